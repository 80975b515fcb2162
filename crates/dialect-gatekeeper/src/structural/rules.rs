//! Rules in CEL that schemas hold (`x-kubernetes-validations`): compiled with the template, and
//! asked when a constraint is read, as the API server asks them when one is created. Fields have
//! no declared types here, so that an expression of wrong types is told when it is asked.
//!
//! Source of the rules: `pkg/apiserver/schema/cel` and `pkg/apis/apiextensions/validation` of
//! `k8s.io/apiextensions-apiserver`.

use super::schema::{Additional, Schema};
use sekisho_cel::kubernetes::{self, Expressions, PER_CALL_LIMIT, Release};
use sekisho_cel::types::Type;
use sekisho_cel::{Activation, Cost, Environment, Evaluation, Program, Scratch, Term};
use sekisho_policy::{Budget, Fault};
use sekisho_value::{Map, Pointer, Value};
use std::sync::{Arc, OnceLock};

/// A rule of a value.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    text: String,
    program: Program,
    message: Option<String>,
    message_expression: Option<Program>,
    /// the field that it is about, below the value
    field: Pointer,
    /// what the value was may be absent, and the rule knows it
    knows_creation: bool,
}

/// What all rules of one object may cost.
const ALL_LIMIT: u64 = 10_000_000;
/// The release of Kubernetes whose expressions Gatekeeper 3.23 is built with.
const RELEASE: Release = Release { minor: 36 };
const EXTENSION: &str = "x-kubernetes-validations";
const REASONS: [&str; 4] =
    ["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"];

/// What rules may read; `None` where a library is broken.
fn environment() -> Option<&'static Environment> {
    static MADE: OnceLock<Option<Environment>> = OnceLock::new();
    let made = || {
        let base = kubernetes::base(RELEASE, Expressions::Stored);
        base.variable("self", Type::Dyn).variable("oldSelf", Type::Dyn).build().ok()
    };
    MADE.get_or_init(made).as_ref()
}

impl Schema {
    /// Compiles the rules of a schema that was read, and of those within it.
    pub(super) fn compile_rules(&mut self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        let Some(map) = value.as_object() else { return };
        let list = map.get(EXTENSION).and_then(Value::as_array).unwrap_or_default();
        for (index, item) in list.iter().enumerate() {
            self.rules.extend(Rule::compile(item, &at.key(EXTENSION).index(index), faults));
        }
        let properties = map.get("properties").and_then(Value::as_object);
        for (name, schema) in &mut self.properties {
            if let Some(value) = properties.and_then(|properties| properties.get(name)) {
                let at = at.key("properties").key(name);
                Arc::make_mut(schema).compile_rules(value, &at, faults);
            }
        }
        if let (Some(schema), Some(value)) = (&mut self.items, map.get("items")) {
            schema.compile_rules(value, &at.key("items"), faults);
        }
        if let (Additional::Of(schema), Some(value)) =
            (&mut self.additional, map.get("additionalProperties"))
        {
            schema.compile_rules(value, &at.key("additionalProperties"), faults);
        }
    }

    /// Tells of the rules that a value breaks. It is as its schema wants it otherwise.
    pub(crate) fn check_rules(&self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        if !self.has_rules() {
            return;
        }
        let budget = Budget::standard();
        let mut asked = Asked { budget: &budget, left: ALL_LIMIT, faults };
        // What costs too much is told, and nothing is asked any more.
        let _ = asked.all(self, value, at);
    }

    fn has_rules(&self) -> bool {
        !self.rules.is_empty()
            || self.properties.iter().any(|(_, schema)| schema.has_rules())
            || self.items.as_ref().is_some_and(|schema| schema.has_rules())
            || matches!(&self.additional, Additional::Of(schema) if schema.has_rules())
    }

    /// A value as rules see it: the fields that the schema names have the names of CEL.
    fn seen(&self, value: &Value, budget: &Budget<'_>) -> Option<Value> {
        budget.step(1).ok()?;
        Some(match value {
            Value::Object(map) => {
                let mut seen = Map::new();
                for (name, value) in map.iter() {
                    let value = match self.of_field(name) {
                        Some(schema) => schema.seen(value, budget)?,
                        None => value.clone(),
                    };
                    match self.property(name) {
                        None => seen.insert(name.as_str(), value),
                        // Other names cannot be written in CEL.
                        Some(_) => match kubernetes::escape(name) {
                            Some(name) => seen.insert(name.as_str(), value),
                            None => continue,
                        },
                    };
                }
                Value::Object(seen)
            }
            Value::Array(items) => match &self.items {
                Some(schema) => {
                    let items: Option<Vec<Value>> =
                        items.iter().map(|item| schema.seen(item, budget)).collect();
                    Value::from(items?)
                }
                None => value.clone(),
            },
            scalar => scalar.clone(),
        })
    }
}

impl Rule {
    fn compile(item: &Value, at: &Pointer, faults: &mut Vec<Fault>) -> Option<Self> {
        let mut fault = |key: &str, message: String, help: &str| {
            faults.push(Fault::new(at.key(key), message).with_help(help));
        };
        let Some(environment) = environment() else {
            fault("rule", "the libraries of CEL are broken".to_owned(), "report this");
            return None;
        };
        let text = |key: &str| item.path_str(&[key]).map(str::trim).filter(|text| !text.is_empty());
        // A rule that is missing is told of the schema's shape.
        let rule = text("rule")?;
        if let Some(reason) = text("reason").filter(|reason| !REASONS.contains(reason)) {
            let help = format!("the reasons are {}", REASONS.join(", "));
            fault("reason", format!("unknown reason `{reason}`"), &help);
        }
        let knows_creation = item.get("optionalOldSelf").and_then(Value::as_bool) == Some(true);
        let field = match text("fieldPath").map(field) {
            None => Pointer::root(),
            Some(Some(field)) => field,
            Some(None) => {
                let help = "write it as `.spec.replicas` or `.labels['app.kubernetes.io/name']`";
                fault("fieldPath", "`fieldPath` is no path of fields".to_owned(), help);
                return None;
            }
        };
        let optional = knows_creation
            .then(|| environment.with_variables([("oldSelf", Type::optional(Type::Dyn))]));
        let environment = optional.as_ref().unwrap_or(environment);
        let mut compile = |key: &str, text: &str, wanted: &Type| {
            let program = match environment.compile(text) {
                Ok(program) => program,
                Err(found) => {
                    for one in found {
                        let (line, column) = (one.line, one.column);
                        let place = format!("line {line}, column {column} of the expression");
                        let help = one.help.as_deref().unwrap_or("see the CEL of Kubernetes");
                        fault(key, format!("{} ({place})", one.message), help);
                    }
                    return None;
                }
            };
            let found = program.result_type();
            if !found.is_dyn() && found != wanted {
                let help = format!("the expression is to give a {wanted}");
                fault(key, format!("must evaluate to {wanted} but got {found}"), &help);
                return None;
            }
            Some(program)
        };
        let program = compile("rule", rule, &Type::Bool);
        let message_expression = match text("messageExpression") {
            None => None,
            Some(text) => Some(compile("messageExpression", text, &Type::String)?),
        };
        Some(Self {
            text: rule.to_owned(),
            program: program?,
            message: text("message").map(str::to_owned),
            message_expression,
            field,
            knows_creation,
        })
    }

    /// Whether it compares with what the value was: nothing, where a constraint is read.
    fn is_of_changes(&self) -> bool {
        !self.knows_creation && self.program.variables().any(|name| name == "oldSelf")
    }
}

/// A path of fields below a value: `.a.b['c']`.
fn field(path: &str) -> Option<Pointer> {
    let mut at = Pointer::root();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix("['") {
            let (name, after) = after.split_once("']")?;
            (at, rest) = (at.key(name), after);
            continue;
        }
        let after = rest.strip_prefix('.')?;
        let end = after.find(['.', '[']).unwrap_or(after.len());
        let (name, after) = after.split_at(end);
        if name.is_empty() {
            return None;
        }
        (at, rest) = (at.key(name), after);
    }
    Some(at)
}

/// No more is asked: it would cost too much, which is told.
struct TooMuch;

/// Rules that are asked of one object.
struct Asked<'a> {
    budget: &'a Budget<'a>,
    left: u64,
    faults: &'a mut Vec<Fault>,
}

impl Asked<'_> {
    fn all(&mut self, schema: &Schema, value: &Value, at: &Pointer) -> Result<(), TooMuch> {
        // Of nulls, only what holds them may say something.
        if value.is_null() {
            return Ok(());
        }
        self.budget.step(1).map_err(|_| self.too_much(at))?;
        self.rules(schema, value, at)?;
        match value {
            Value::Object(map) => {
                for (name, value) in map.iter() {
                    if let Some(schema) = schema.of_field(name) {
                        self.all(schema, value, &at.key(name))?;
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    if let Some(schema) = &schema.items {
                        self.all(schema, item, &at.index(index))?;
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn rules(&mut self, schema: &Schema, value: &Value, at: &Pointer) -> Result<(), TooMuch> {
        let mut rules = schema.rules.iter().filter(|rule| !rule.is_of_changes()).peekable();
        if rules.peek().is_none() {
            return Ok(());
        }
        let seen = schema.seen(value, self.budget).ok_or(()).map_err(|()| self.too_much(at))?;
        for rule in rules {
            let verdict = self.value(&rule.program, &seen, at, |term| match term {
                Term::Bool(holds) => Ok(holds),
                _ => Err("it gives neither true nor false".to_owned()),
            })?;
            let (at, message) = match verdict {
                Ok(true) => continue,
                Ok(false) => {
                    let message = self.message(rule, &seen, at)?;
                    let unsaid = || format!("failed rule: {}", rule.text);
                    (at.join(&rule.field), message.unwrap_or_else(unsaid))
                }
                Err(message) => (at.clone(), format!("{message} evaluating rule: {}", rule.text)),
            };
            let help = format!("the template asks that `{}`", rule.text);
            self.faults.push(Fault::new(at, message).with_help(help));
        }
        Ok(())
    }

    /// What a rule says where it is broken.
    fn message(
        &mut self,
        rule: &Rule,
        seen: &Value,
        at: &Pointer,
    ) -> Result<Option<String>, TooMuch> {
        if let Some(program) = &rule.message_expression {
            let given = self.value(program, seen, at, |term| match term {
                Term::String(text) => Ok(text.trim().to_owned()),
                _ => Err(String::new()),
            })?;
            let shown = given.ok().filter(|text| !text.is_empty() && !text.contains('\n'));
            if shown.is_some() {
                return Ok(shown);
            }
        }
        Ok(rule.message.clone())
    }

    /// The value of an expression, or the message of its error.
    fn value<T>(
        &mut self,
        program: &Program,
        seen: &Value,
        at: &Pointer,
        read: impl FnOnce(Term<'_>) -> Result<T, String>,
    ) -> Result<Result<T, String>, TooMuch> {
        let scratch = Scratch::new();
        let cost = Cost::limited(PER_CALL_LIMIT.min(self.left));
        let mut activation = Activation::new();
        activation.set("self", Term::borrowed(seen));
        activation.set("oldSelf", Term::Optional(None));
        let given = program.evaluate(Evaluation::new(&scratch, self.budget, &cost), &activation);
        let given = match given {
            Ok(term) => read(term),
            Err(error) => Err(error.message().to_owned()),
        };
        match self.left.checked_sub(cost.spent().max(1)) {
            Some(left) => self.left = left,
            None => return Err(self.too_much(at)),
        }
        if self.budget.step(1).is_err() {
            return Err(self.too_much(at));
        }
        Ok(given)
    }

    fn too_much(&mut self, at: &Pointer) -> TooMuch {
        let message = "the rules of the template's schema cost more than they may: no further \
                       rule is asked";
        let help = "bound lists and texts in the schema by `maxItems` and `maxLength`";
        self.faults.push(Fault::new(at.clone(), message).with_help(help));
        TooMuch
    }
}
