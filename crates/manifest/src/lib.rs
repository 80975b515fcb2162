//! sekisho-manifest
