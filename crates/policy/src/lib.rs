//! sekisho-policy
