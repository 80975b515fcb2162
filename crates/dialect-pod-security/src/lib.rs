//! sekisho-dialect-pod-security
