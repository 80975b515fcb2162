use sekisho_kube_model::Gvk;
use sekisho_policy::EvalError;

/// Why a policy could not be evaluated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// the policy or its binding is at fault, in the words of the API server; the failure policy
    /// says what becomes of it
    Configuration { words: String, help: Option<String> },
    /// something is not known here, or it cost more than it may: what the API server would say
    /// cannot be told
    Here(EvalError),
}

impl Fault {
    pub(crate) fn configuration(words: impl Into<String>) -> Self {
        Self::Configuration { words: words.into(), help: None }
    }

    /// The same, with the place of what asks for what is wrong: it stands in no object.
    pub(crate) fn asked_for(self, field: &str, place: &str) -> Self {
        let at = format!("`{field}` stands at `{place}`");
        let with = |help: Option<String>| match help {
            Some(help) => Some(format!("{help}; {at}")),
            None => Some(at.clone()),
        };
        match self {
            Self::Configuration { words, help } => Self::Configuration { words, help: with(help) },
            Self::Here(EvalError::Failed { message, help }) => {
                Self::Here(EvalError::Failed { message, help: with(help) })
            }
            other => other,
        }
    }

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
