//! Types of expressions by the schemas of the kinds that a policy is about: what the API server
//! writes into `status.typeChecking`. It is advice and no verdict: requests are judged without
//! schemas.
//!
//! Source of the rules: `pkg/admission/plugin/policy/validating/typechecking.go` of
//! `k8s.io/apiserver`.

use crate::read::Definition;
use sekisho_cel::Diagnostic;
use sekisho_cel::kubernetes::{KindTypes, Release, Rule as Kinds, TypeChecker, TypeWarning};
use sekisho_kube_model::Gvk;
use sekisho_policy::{Advice, CompileContext, PolicyDocument, Reference, Rule, Severity};
use sekisho_value::{Pointer, Value};

pub(crate) static RULE: Rule = Rule {
    id: "admission-policy/type-checking",
    title: "an expression that does not fit the kinds it is about",
    severity: Severity::Medium,
    what: "Checks `expression` and `messageExpression` of each validation against the schemas of \
           the kinds that `matchConstraints` names without wildcards, and of `paramKind`: built-in \
           kinds, and those whose CustomResourceDefinitions come with the policies.",
    why: "A field that no object has is an error in every request, and the failure policy says \
          what becomes of it: all are refused, or all let through. The API server warns in \
          `status.typeChecking`, which nobody sees before the policy is in force.",
    example: "kind: ValidatingAdmissionPolicy\nspec:\n  matchConstraints:\n    resourceRules:\n    - \
              {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: \
              [deployments]}\n  validations:\n  - expression: object.spec.replica <= 5",
    fix: "kind: ValidatingAdmissionPolicy\nspec:\n  matchConstraints:\n    resourceRules:\n    - \
          {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: \
          [deployments]}\n  validations:\n  - expression: object.spec.replicas <= 5",
    references: &[Reference {
        title: "Validating Admission Policy: type checking",
        url: "https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/#type-checking",
    }],
};

/// What is unwise about the expressions of a policy.
pub(crate) fn advice(
    definition: &Definition,
    document: &PolicyDocument<'_>,
    object: &Value,
    context: &CompileContext<'_>,
    types: &KindTypes<'_>,
) -> Vec<Advice> {
    let Some(checker) = checker(definition, object, context, types) else { return Vec::new() };
    let mut all = Vec::new();
    let validations = object.path(&["spec", "validations"]).and_then(Value::as_array);
    let at = Pointer::root().keys(&["spec", "validations"]);
    for (index, validation) in validations.unwrap_or_default().iter().enumerate() {
        for key in ["expression", "messageExpression"] {
            let expression = validation.path_str(&[key]).unwrap_or_default();
            let warnings =
                if expression.is_empty() { Vec::new() } else { checker.check(expression) };
            let pointer = at.index(index).key(key);
            for (fault, kinds) in by_fault(&warnings) {
                let document = document.document.clone();
                let place = document.locate_in_text(&pointer, expression, fault.line, fault.column);
                all.push(Advice {
                    policy: definition.id.clone(),
                    rule: &RULE,
                    document,
                    pointer: pointer.clone(),
                    place,
                    message: format!("{} (of {})", fault.message, kinds.join(", ")),
                    help: fault.help.clone().unwrap_or_else(|| GENERAL_HELP.to_owned()),
                });
            }
        }
    }
    all
}

fn checker(
    definition: &Definition,
    object: &Value,
    context: &CompileContext<'_>,
    types: &KindTypes<'_>,
) -> Option<TypeChecker> {
    let texts = |rule: &'_ Value, key: &str| -> Vec<String> {
        let list = rule.get(key).and_then(Value::as_array).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let rules = object.path(&["spec", "matchConstraints", "resourceRules"]);
    let rules: Vec<[Vec<String>; 3]> = rules
        .and_then(Value::as_array)
        .unwrap_or_default()
        .iter()
        .map(|rule| ["apiGroups", "apiVersions", "resources"].map(|key| texts(rule, key)))
        .collect();
    let rules: Vec<[Vec<&str>; 3]> = rules
        .iter()
        .map(|lists| lists.each_ref().map(|list| list.iter().map(String::as_str).collect()))
        .collect();
    let rules: Vec<Kinds<'_>> = rules
        .iter()
        .map(|[groups, versions, resources]| Kinds { groups, versions, resources })
        .collect();
    let params = definition
        .param_kind
        .as_ref()
        .map(|kind| Gvk::new(kind.group.clone(), kind.version.clone(), kind.kind.clone()));
    let variables = object.path(&["spec", "variables"]).and_then(Value::as_array);
    let variables: Vec<(&str, &str)> = variables
        .unwrap_or_default()
        .iter()
        .filter_map(|of| Some((of.path_str(&["name"])?, of.path_str(&["expression"])?)))
        .collect();
    let release = Release::new(context.target.kubernetes_version.minor.into());
    TypeChecker::new(types, release, &rules, params.as_ref(), &variables).ok()
}

const GENERAL_HELP: &str = "mend the expression, or the kinds that the policy is about";

/// What is wrong, and with which kinds.
fn by_fault(warnings: &[TypeWarning]) -> Vec<(&Diagnostic, Vec<String>)> {
    let mut all: Vec<(&Diagnostic, Vec<String>)> = Vec::new();
    for warning in warnings {
        let kind = warning.kind.to_string();
        for fault in &warning.faults {
            let same =
                |other: &&Diagnostic| (&other.message, other.span) == (&fault.message, fault.span);
            match all.iter_mut().find(|(other, _)| same(other)) {
                Some((_, kinds)) => kinds.push(kind.clone()),
                None => all.push((fault, vec![kind.clone()])),
            }
        }
    }
    all
}
