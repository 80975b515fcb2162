//! sekisho-checkpoints
