//! sekisho-report
