//! MutatingAdmissionPolicies, read.
//!
//! Source of the rules: `validateMutatingAdmissionPolicySpec` of Kubernetes'
//! `admissionregistration/validation`.

use crate::join::Policy;
use crate::read::{Definition, Environments, Expression, Reader};
use sekisho_cel::EnvironmentError;
use sekisho_cel::kubernetes::{JSON_PATCH, OBJECT};
use sekisho_cel::types::Type;
use sekisho_policy::{KubernetesVersion, OperationSet};
use sekisho_value::{Pointer, Value};

/// A MutatingAdmissionPolicy, compiled.
#[derive(Debug)]
pub(crate) struct MutatingPolicy {
    pub(crate) definition: Definition,
    pub(super) mutations: Vec<Change>,
    /// `reinvocationPolicy: IfNeeded`
    pub(super) reinvoked: bool,
    /// an expression reads `namespaceObject`
    pub(super) reads_namespace: bool,
    /// an expression asks `authorizer`
    pub(crate) asks_authorizer: bool,
}

/// One of `mutations`.
#[derive(Debug)]
pub(super) struct Change {
    pub(super) patch: Patch,
    /// one expression, as lists of them are evaluated
    pub(super) expression: Vec<Option<Expression>>,
}

/// `patchType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Patch {
    ApplyConfiguration,
    JsonPatch,
}

impl Patch {
    const ALL: [Self; 2] = [Self::ApplyConfiguration, Self::JsonPatch];

    const fn name(self) -> &'static str {
        match self {
            Self::ApplyConfiguration => "ApplyConfiguration",
            Self::JsonPatch => "JSONPatch",
        }
    }

    /// The field that holds its expression.
    const fn field(self) -> &'static str {
        match self {
            Self::ApplyConfiguration => "applyConfiguration",
            Self::JsonPatch => "jsonPatch",
        }
    }

    /// What its expression gives.
    fn result(self) -> Type {
        match self {
            Self::ApplyConfiguration => Type::Struct(OBJECT.into()),
            Self::JsonPatch => Type::list(Type::Struct(JSON_PATCH.into())),
        }
    }
}

impl Reader<'_> {
    /// A MutatingAdmissionPolicy.
    ///
    /// # Errors
    /// Never, but that CEL's libraries are broken.
    pub(crate) fn mutating_policy(
        &mut self,
        object: &Value,
        version: KubernetesVersion,
    ) -> Result<MutatingPolicy, EnvironmentError> {
        let (definition, environments) = self.definition(object, version)?;
        let at = Pointer::root().key("spec");
        let spec = object.get("spec").unwrap_or(&Value::Null);
        let deletes = |rule: &crate::matching::ResourceRule| {
            // `*` means what can be mutated.
            rule.operations != OperationSet::ALL
                && rule.operations.contains(sekisho_policy::Operation::Delete)
        };
        if definition.constraints.rules.iter().any(deletes) {
            let at = at.keys(&["matchConstraints", "resourceRules"]);
            self.not_supported(&at, "DELETE", &["*", "CONNECT", "CREATE", "UPDATE"]);
        }
        let reinvoked = match spec.path_str(&["reinvocationPolicy"]) {
            Some("IfNeeded") => true,
            Some("Never") => false,
            other => {
                let at = at.key("reinvocationPolicy");
                self.not_supported(&at, other.unwrap_or_default(), &["IfNeeded", "Never"]);
                false
            }
        };
        let mutations = self.mutations(spec, &at, &environments)?;
        let mut policy = MutatingPolicy {
            definition,
            mutations,
            reinvoked,
            reads_namespace: false,
            asks_authorizer: false,
        };
        policy.reads_namespace = policy.reads("namespaceObject");
        policy.asks_authorizer = policy.reads("authorizer");
        Ok(policy)
    }

    fn mutations(
        &mut self,
        spec: &Value,
        at: &Pointer,
        environments: &Environments,
    ) -> Result<Vec<Change>, EnvironmentError> {
        let environment = environments.of_mutations()?;
        let mut changes = Vec::new();
        let items = self.items(spec, at, "mutations");
        if items.is_empty() {
            let help = "say what is changed by an `applyConfiguration` or a `jsonPatch`";
            self.fault(&at.key("mutations"), "`mutations` must hold at least one", help);
        }
        for (item, at) in items {
            let given = item.path_str(&["patchType"]).unwrap_or_default();
            let Some(patch) = Patch::ALL.into_iter().find(|patch| patch.name() == given) else {
                let known = Patch::ALL.map(Patch::name);
                self.not_supported(&at.key("patchType"), given, &known);
                continue;
            };
            for other in Patch::ALL.into_iter().filter(|other| *other != patch) {
                if item.get(other.field()).is_some_and(|given| !given.is_null()) {
                    let message = format!(
                        "`{}` must not be given where `patchType` is `{given}`",
                        other.field()
                    );
                    self.fault(&at.key(other.field()), message, "take it away");
                }
            }
            let Some(of) = item.get(patch.field()).filter(|given| !given.is_null()) else {
                let message =
                    format!("`{}` must be given where `patchType` is `{given}`", patch.field());
                self.fault(&at.key(patch.field()), message, "give it an `expression`");
                continue;
            };
            let at = at.key(patch.field());
            let wanted = [patch.result()];
            let expression = self.expression(&environment, of, &at, "expression", &wanted);
            changes.push(Change { patch, expression: vec![expression] });
        }
        Ok(changes)
    }
}

impl Policy for MutatingPolicy {
    const KIND: &'static str = "MutatingAdmissionPolicy";
    const BINDING: &'static str = "MutatingAdmissionPolicyBinding";

    fn read(
        reader: &mut Reader<'_>,
        object: &Value,
        version: KubernetesVersion,
    ) -> Result<Self, EnvironmentError> {
        reader.mutating_policy(object, version)
    }

    fn definition(&self) -> &Definition {
        &self.definition
    }

    fn asks_authorizer(&self) -> bool {
        self.asks_authorizer
    }
}

impl MutatingPolicy {
    /// Whether an expression reads a name, through variables or by itself.
    fn reads(&self, name: &str) -> bool {
        let changes = self.mutations.iter().flat_map(|change| &change.expression);
        let mut programs =
            self.definition.conditions_of(name).chain(changes.flatten()).map(|e| &e.program);
        let reads = |read: &str| read == name || read.starts_with(&format!("{name}."));
        programs.any(|program| program.variables().any(reads))
            || self.definition.variables_read.iter().any(|read| reads(read))
    }
}
