use sekisho_kube_model::Gvk;
use sekisho_policy::EvalError;

/// Why a policy could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// the policy or its binding is at fault, in the words of the API server; the failure policy
    /// says what becomes of it
    Configuration(String),
    /// something is not known here, or it cost more than it may: what the API server would say
    /// cannot be told
    Here(EvalError),
}

impl Fault {
    pub(crate) fn unknown_namespace(name: &str) -> Self {
        Self::Here(EvalError::Unmatched {
            message: format!("namespace `{name}` is not known"),
            help: Some("give the Namespace among the manifests, or with `--inventory`".to_owned()),
        })
    }

    pub(crate) fn unknown_kind(gvk: &Gvk) -> Self {
        Self::Here(EvalError::Unmatched {
            message: format!("the plural of `{gvk}` is not known"),
            help: Some("give its CustomResourceDefinition".to_owned()),
        })
    }

    pub(crate) fn here(message: String, help: &str) -> Self {
        Self::Here(EvalError::Failed { message, help: Some(help.to_owned()) })
    }
}
