//! sekisho-kube-model
