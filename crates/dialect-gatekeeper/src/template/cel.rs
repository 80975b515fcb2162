//! The CEL of a template: the source of its engine `K8sNativeValidation`.
//!
//! Source of the rules: `pkg/drivers/k8scel/schema` of Gatekeeper, and
//! `pkg/admission/plugin/policy/validating` of `k8s.io/apiserver`.

use sekisho_cel::kubernetes::{Admission, Release};
use sekisho_cel::types::Type;
use sekisho_cel::{Environment, LazyFields, Program, kubernetes};
use sekisho_policy::{Fault, Told};
use sekisho_value::{Pointer, Value};
use std::sync::OnceLock;

/// The engine's name.
pub(crate) const ENGINE: &str = "K8sNativeValidation";

/// The CEL of a template, compiled: what all its constraints share.
#[derive(Debug)]
pub(crate) struct Cel {
    /// `variables`, in the order in which they may read each other
    pub(crate) variables: LazyFields,
    /// what has to hold for the template to be asked at all
    pub(crate) conditions: Vec<Expression>,
    /// what has to be true
    pub(crate) validations: Vec<Validation>,
    /// whether an error lets an object pass
    pub(crate) ignores_errors: bool,
    /// whether `namespaceObject` is read
    pub(crate) reads_namespace: bool,
    /// what is wrong with expressions of messages: their messages are said instead
    pub(crate) untold: Vec<Fault>,
}

/// What becomes of errors of CEL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailurePolicy {
    /// they count
    #[default]
    Fail,
    /// they let the object pass
    Ignore,
}

/// An expression with its text, which messages repeat.
#[derive(Debug)]
pub(crate) struct Expression {
    pub(crate) text: String,
    pub(crate) program: Program,
}

/// What has to be true, and what is said where it is not.
#[derive(Debug)]
pub(crate) struct Validation {
    pub(crate) expression: Expression,
    pub(crate) message: Option<String>,
    pub(crate) message_expression: Option<Program>,
}

/// The variable of Gatekeeper's that is the constraint's parameters, and where it comes from.
pub(crate) const PARAMS: (&str, &str) = ("params", "gatekeeper_internal_params");
/// The variable of Gatekeeper's that is the object, or what it was where it is deleted.
pub(crate) const ANY_OBJECT: (&str, &str) = ("anyObject", "gatekeeper_internal_object");
/// What Gatekeeper's own names begin with.
const RESERVED_PREFIX: &str = "gatekeeper_internal_";

/// The CEL source of a target and where it stands; `None` where it has none.
pub(super) fn source<'v>(target: &'v Value, at: &Pointer) -> Option<(&'v Value, Pointer)> {
    let list = target.get("code").and_then(Value::as_array)?;
    let (index, code) = list
        .iter()
        .enumerate()
        .find(|(_, code)| code.path_str(&["engine"]).is_some_and(|engine| engine == ENGINE))?;
    let at = at.key("code").index(index).key("source");
    Some((code.get("source").unwrap_or(&Value::Null), at))
}

impl Cel {
    /// Compiles a source. What is wrong is told where it stands in the file.
    pub(super) fn compile(
        source: &Value,
        at: &Pointer,
        default: FailurePolicy,
        told: &mut Told<'_>,
    ) -> Option<Self> {
        let Some(environment) = environment() else {
            told.fault(at.clone(), "the libraries of CEL are broken", "report this");
            return None;
        };
        if source.as_object().is_none() {
            let message = format!("the source wants an object, found a {}", source.kind());
            told.fault(at.clone(), message, "give its `validations`");
            return None;
        }
        let untold = Vec::new();
        let mut compile =
            Compile { environment, default, told, wrong: false, reads_namespace: false, untold };
        let cel = compile.run(source, at);
        cel.filter(|_| !compile.wrong)
    }
}

/// The release of Kubernetes whose libraries Gatekeeper 3.23 is built with.
const RELEASE: Release = Release { minor: 36 };

/// What all sources have; `None` where a library is broken.
fn environment() -> Option<&'static Environment> {
    static MADE: OnceLock<Option<Environment>> = OnceLock::new();
    let made = || Admission::of(RELEASE).environment().ok();
    MADE.get_or_init(made).as_ref()
}

struct Compile<'a, 'd> {
    environment: &'a Environment,
    default: FailurePolicy,
    told: &'a mut Told<'d>,
    wrong: bool,
    reads_namespace: bool,
    untold: Vec<Fault>,
}

impl Compile<'_, '_> {
    fn run(&mut self, source: &Value, at: &Pointer) -> Option<Cel> {
        let ignores_errors = self.failure_policy(source, at) == FailurePolicy::Ignore;
        let generate = source.get("generateVAP");
        if generate.is_some_and(|given| !matches!(given, Value::Null | Value::Bool(_))) {
            let help = "write `true` or `false`, without quotes";
            self.fault(&at.key("generateVAP"), "`generateVAP` wants a boolean", help);
        }
        let (variables, environment) = self.variables(source, at)?;
        let mut conditions = Vec::new();
        for (item, at) in self.items(source, at, "matchCondition") {
            self.text_at(item, &at, "name");
            if let Some(name) = item.path_str(&["name"])
                && name.starts_with(RESERVED_PREFIX)
            {
                self.reserved(&at.key("name"), name);
            }
            conditions.extend(self.expression(&environment, item, &at, "expression", &Type::Bool));
        }
        let mut validations = Vec::new();
        for (item, at) in self.items(source, at, "validations") {
            for key in ["message", "messageExpression"] {
                self.text_at(item, &at, key);
            }
            let text = |key: &str| item.path_str(&[key]).filter(|text| !text.is_empty());
            let message_expression = text("messageExpression")
                .and_then(|text| self.message(&environment, text, &at.key("messageExpression")));
            let expression = self.expression(&environment, item, &at, "expression", &Type::Bool);
            validations.extend(expression.map(|expression| Validation {
                expression,
                message: text("message").map(str::to_owned),
                message_expression,
            }));
        }
        let reads_namespace = self.reads_namespace;
        let untold = std::mem::take(&mut self.untold);
        Some(Cel { variables, conditions, validations, ignores_errors, reads_namespace, untold })
    }

    fn fault(&mut self, at: &Pointer, message: impl Into<String>, help: &str) {
        self.wrong = true;
        self.told.fault(at.clone(), message, help);
    }

    /// Tells of a field that is there, and no text.
    fn text_at(&mut self, item: &Value, at: &Pointer, key: &str) {
        if let Some(other) = item.get(key).filter(|other| !other.is_null())
            && other.as_str().is_none()
        {
            let message = format!("`{key}` wants a text, found a {}", other.kind());
            self.fault(&at.key(key), message, "write it in quotes");
        }
    }

    fn reserved(&mut self, at: &Pointer, name: &str) {
        let help = format!(
            "names that begin with `{RESERVED_PREFIX}`, and the variables `{}` and `{}`, are \
             Gatekeeper's own",
            PARAMS.0, ANY_OBJECT.0
        );
        self.fault(at, format!("the name `{name}` is reserved"), &help);
    }

    fn failure_policy(&mut self, source: &Value, at: &Pointer) -> FailurePolicy {
        let Some(given) = source.get("failurePolicy").filter(|given| !given.is_null()) else {
            return self.default;
        };
        match given.as_str() {
            Some("Fail") => FailurePolicy::Fail,
            Some("Ignore") => FailurePolicy::Ignore,
            _ => {
                let given = given.as_str().map_or_else(|| given.kind().to_string(), str::to_owned);
                let message = format!("unknown failure policy `{given}`");
                self.fault(&at.key("failurePolicy"), message, "write `Fail` or `Ignore`");
                self.default
            }
        }
    }

    /// The items of a list of objects, and where each stands.
    fn items<'v>(
        &mut self,
        source: &'v Value,
        at: &Pointer,
        key: &str,
    ) -> Vec<(&'v Value, Pointer)> {
        let at = at.key(key);
        let list = match source.get(key) {
            None | Some(Value::Null) => &[],
            Some(Value::Array(list)) => list.as_slice(),
            Some(other) => {
                let message = format!("`{key}` wants a list, found a {}", other.kind());
                self.fault(&at, message, "give a list of objects");
                &[]
            }
        };
        list.iter().enumerate().map(|(index, item)| (item, at.index(index))).collect()
    }

    /// The variables, and the environment of what may read them all.
    fn variables(&mut self, source: &Value, at: &Pointer) -> Option<(LazyFields, Environment)> {
        let own = [PARAMS, ANY_OBJECT];
        let inner = self.environment.with_variables(own.map(|(_, from)| (from, Type::Dyn)));
        let mut types = Vec::new();
        let mut fields = Vec::new();
        for (name, from) in own {
            types.push((name.into(), Type::Dyn));
            fields.push((name.into(), inner.compile(from).ok()?));
        }
        // Variables may read the constraint itself by this name; nothing else may.
        let with_constraint = self.environment.with_variables([(PARAMS.0, Type::Dyn)]);
        let mut seen: Vec<&str> = Vec::new();
        for (item, item_at) in self.items(source, at, "variables") {
            let name = item.path_str(&["name"]).unwrap_or_default();
            let own = name == PARAMS.0 || name == ANY_OBJECT.0;
            if own || name.starts_with(RESERVED_PREFIX) {
                self.reserved(&item_at.key("name"), name);
                continue;
            }
            if !is_identifier(name) {
                let message = format!("`{name}` is no name of a variable");
                let help = "letters, digits and `_`, not beginning with a digit";
                self.fault(&item_at.key("name"), message, help);
                continue;
            }
            if seen.contains(&name) {
                let message = format!("there are two variables `{name}`");
                self.fault(&item_at.key("name"), message, "rename one of them");
                continue;
            }
            seen.push(name);
            let environment = kubernetes::variables(&with_constraint, types.clone());
            let compiled = self.expression(&environment, item, &item_at, "expression", &Type::Dyn);
            // What reads a variable that is wrong is not told of for that.
            let of = compiled
                .as_ref()
                .map_or(Type::Dyn, |compiled| compiled.program.result_type().clone());
            types.push((name.into(), of));
            fields.extend(compiled.map(|compiled| (name.into(), compiled.program)));
        }
        let variables = LazyFields::new(kubernetes::VARIABLES, fields);
        Some((variables, kubernetes::variables(self.environment, types)))
    }

    /// The expression at a field, of values of a type.
    fn expression(
        &mut self,
        environment: &Environment,
        item: &Value,
        at: &Pointer,
        key: &str,
        wanted: &Type,
    ) -> Option<Expression> {
        let at = at.key(key);
        let Some(text) = item.path_str(&[key]).filter(|text| !text.trim().is_empty()) else {
            self.fault(&at, format!("`{key}` is missing"), "give an expression of CEL");
            return None;
        };
        let program = match environment.compile(text) {
            Ok(program) => program,
            Err(faults) => {
                for fault in faults {
                    self.tell(&at, text, &fault);
                }
                return None;
            }
        };
        if !wanted.is_dyn() && program.result_type() != wanted {
            let found = program.result_type();
            let message = format!("must evaluate to {wanted} but got {found}");
            let help = format!("compare it with something, or convert it with `{wanted}(…)`");
            self.fault(&at, message, &help);
            return None;
        }
        self.reads_namespace |= program.variables().any(|name| name == "namespaceObject");
        Some(Expression { text: text.to_owned(), program })
    }

    /// The expression of a message. Gatekeeper enforces without one that does not compile.
    fn message(&mut self, environment: &Environment, text: &str, at: &Pointer) -> Option<Program> {
        let wrong = match environment.compile(text) {
            Ok(program) if *program.result_type() == Type::String => {
                self.reads_namespace |= program.variables().any(|name| name == "namespaceObject");
                return Some(program);
            }
            Ok(program) => {
                let found = program.result_type();
                let fault = format!("must evaluate to {} but got {found}", Type::String);
                Fault::new(at.clone(), fault).with_help("convert it with `string(…)`")
            }
            Err(faults) => {
                let mut messages = faults.into_iter().map(|fault| fault.message);
                Fault::new(at.clone(), messages.next().unwrap_or_default())
            }
        };
        self.untold.push(wrong);
        None
    }

    fn tell(&mut self, at: &Pointer, text: &str, fault: &sekisho_cel::Diagnostic) {
        self.wrong = true;
        let place = (fault.line, fault.column);
        self.told.in_text(at, text, place, &fault.message, fault.help.clone());
    }
}

fn is_identifier(name: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphabetic() || byte == b'_';
    name.bytes().next().is_some_and(letter)
        && name.bytes().all(|byte| letter(byte) || byte.is_ascii_digit())
}
