//! sekisho-checkpoint-check
