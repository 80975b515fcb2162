//! sekisho-engine
