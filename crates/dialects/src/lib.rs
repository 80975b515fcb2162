//! sekisho-dialects
