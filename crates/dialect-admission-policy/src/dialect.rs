use sekisho_policy::{CompileContext, Compiled, Dialect, PolicyDocument};

/// The dialect's name.
pub const NAME: &str = "admission-policy";

/// The API group of the documents.
const GROUP: &str = "admissionregistration.k8s.io";

/// ValidatingAdmissionPolicy, MutatingAdmissionPolicy and their bindings.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdmissionPolicy;

impl Dialect for AdmissionPolicy {
    fn name(&self) -> &'static str {
        NAME
    }

    fn about(&self) -> &'static str {
        "ValidatingAdmissionPolicy and MutatingAdmissionPolicy, as the API server applies them"
    }

    fn reads(&self, group: &str, kind: &str) -> bool {
        const KINDS: [&str; 2] = ["ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"];
        group == GROUP && KINDS.contains(&kind)
    }

    fn compile(&self, _: &[PolicyDocument<'_>], _: &CompileContext<'_>) -> Compiled {
        Compiled::default()
    }
}
