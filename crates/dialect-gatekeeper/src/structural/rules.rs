//! Rules in CEL that schemas hold (`x-kubernetes-validations`): compiled with the template, and
//! asked when a constraint is read, as the API server asks them when one is created.
//!
//! Source of the rules: `pkg/apiserver/schema/cel` and `pkg/apis/apiextensions/validation` of
//! `k8s.io/apiextensions-apiserver`.

use super::rule_costs::{Costs, Times};
use super::schema::{Additional, Schema};
use sekisho_cel::kubernetes::{self, Expressions, PER_CALL_LIMIT, Release, Structural};
use sekisho_cel::types::Type;
use sekisho_cel::{Activation, Cost, Environment, EvalError, Evaluation, Program, Scratch, Term};
use sekisho_policy::{Budget, Fault};
use sekisho_value::{Pointer, Value};
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
/// What helps where rules cost too much.
pub(super) const BOUND: &str = "try simplifying the rule, or adding `maxItems`, `maxProperties` and \
                                `maxLength` where arrays, maps and strings are declared";
const EXTENSION: &str = "x-kubernetes-validations";
const REASONS: [&str; 4] =
    ["FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"];

/// What all rules may use; `None` where a library is broken.
fn libraries() -> Option<&'static Environment> {
    static MADE: OnceLock<Option<Environment>> = OnceLock::new();
    MADE.get_or_init(|| kubernetes::base(RELEASE, Expressions::Stored).build().ok()).as_ref()
}

/// The rules of a value, and how they see it.
#[derive(Clone, Debug)]
pub(super) struct Rules {
    all: Vec<Rule>,
    seen: Arc<Structural>,
}

/// Where a schema stands among those around it.
#[derive(Clone, Copy)]
struct Standing {
    times: Times,
    /// what a value was is found by where it is
    has_old: bool,
}

/// Compiles the rules of the schemas of a template.
struct Compiler<'f> {
    costs: Costs,
    faults: &'f mut Vec<Fault>,
}

impl Schema {
    /// Compiles the rules of a schema that was read, and of those within it.
    pub(super) fn compile_rules(&mut self, value: &Value, at: &Pointer, faults: &mut Vec<Fault>) {
        let mut compiler = Compiler { costs: Costs::default(), faults };
        compiler.all(self, value, at, Standing { times: Times::ONCE, has_old: true });
        let Compiler { costs, faults } = compiler;
        costs.tell(at, faults);
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
        self.rules.is_some()
            || self.properties.iter().any(|(_, schema)| schema.has_rules())
            || self.items.as_ref().is_some_and(|schema| schema.has_rules())
            || matches!(&self.additional, Additional::Of(schema) if schema.has_rules())
    }
}

impl Compiler<'_> {
    fn all(&mut self, schema: &mut Schema, value: &Value, at: &Pointer, standing: Standing) {
        let Some(map) = value.as_object() else { return };
        let list = map.get(EXTENSION).and_then(Value::as_array).unwrap_or_default();
        if !list.is_empty() {
            schema.rules = self.rules(list, value, &at.key(EXTENSION), standing);
        }
        let times = standing.times.within(value);
        let properties = map.get("properties").and_then(Value::as_object);
        for (name, schema) in &mut schema.properties {
            if let Some(value) = properties.and_then(|properties| properties.get(name)) {
                let at = at.key("properties").key(name);
                self.all(Arc::make_mut(schema), value, &at, Standing { times, ..standing });
            }
        }
        if let (Some(schema), Some(items)) = (&mut schema.items, map.get("items")) {
            let is_map = value.path_str(&["x-kubernetes-list-type"]) == Some("map");
            let has_old = standing.has_old && is_map;
            self.all(schema, items, &at.key("items"), Standing { times, has_old });
        }
        let more = map.get("additionalProperties");
        if let (Additional::Of(schema), Some(value)) = (&mut schema.additional, more) {
            let at = at.key("additionalProperties");
            self.all(schema, value, &at, Standing { times, ..standing });
        }
    }

    fn rules(
        &mut self,
        list: &[Value],
        schema: &Value,
        at: &Pointer,
        standing: Standing,
    ) -> Option<Rules> {
        let Some(seen) = Structural::read(schema).map(Arc::new) else {
            let help = "give it a `type`, and what it holds a type that rules can see";
            let message = "the values of this schema have no type in CEL";
            self.faults.push(Fault::new(at.clone(), message).with_help(help));
            return None;
        };
        let mut all = Vec::new();
        for (index, item) in list.iter().enumerate() {
            all.extend(self.rule(item, &seen, &at.index(index), standing));
        }
        Some(Rules { all, seen })
    }

    fn rule(
        &mut self,
        item: &Value,
        seen: &Structural,
        at: &Pointer,
        standing: Standing,
    ) -> Option<Rule> {
        let Self { costs, faults } = self;
        let mut fault = |key: &str, message: String, help: &str| {
            faults.push(Fault::new(at.key(key), message).with_help(help));
        };
        let Some(libraries) = libraries() else {
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
        let environment = seen.environment(libraries, knows_creation);
        let mut compile = |key: &str, text: &str, wanted: &Type| {
            let compiled = environment.check(text).and_then(|checked| {
                let most = environment.estimate(&checked, seen).max;
                Ok((environment.program(&checked, text)?, most))
            });
            let (program, most) = match compiled {
                Ok(compiled) => compiled,
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
            let times = if key == "rule" { standing.times.of(seen) } else { 1 };
            if let Some(message) = costs.add(at, key, most.saturating_mul(times)) {
                fault(key, message, BOUND);
            }
            Some(program)
        };
        let program = compile("rule", rule, &Type::Bool);
        let message_expression = match text("messageExpression") {
            None => None,
            Some(text) => Some(compile("messageExpression", text, &Type::String)?),
        };
        let program = program?;
        let reads_old = program.variables().any(|name| name == "oldSelf");
        if reads_old && !standing.has_old {
            let message = "`oldSelf` cannot be used on the uncorrelatable portion of the schema";
            let help = "what an item of a list was is known where its `x-kubernetes-list-type` is \
                        `map`";
            fault("rule", message.to_owned(), help);
        } else if !reads_old && item.get("optionalOldSelf").is_some_and(|value| !value.is_null()) {
            let message = "`optionalOldSelf` may not be set if `oldSelf` is not used in the rule";
            fault("optionalOldSelf", message.to_owned(), "leave it out");
        }
        Some(Rule {
            text: rule.to_owned(),
            program,
            message: text("message").map(str::to_owned),
            message_expression,
            field,
            knows_creation,
        })
    }
}

impl Rule {
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
        let Some(Rules { all, seen }) = &schema.rules else { return Ok(()) };
        let seen = (&**seen, value);
        for rule in all.iter().filter(|rule| !rule.is_of_changes()) {
            let verdict = self.value(&rule.program, seen, at, |term| match term {
                Term::Bool(holds) => Ok(holds),
                _ => Err("it gives neither true nor false".to_owned()),
            })?;
            let (at, message) = match verdict {
                Ok(true) => continue,
                Ok(false) => {
                    let message = self.message(rule, seen, at)?;
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
        seen: (&Structural, &Value),
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
        seen: (&Structural, &Value),
        at: &Pointer,
        read: impl FnOnce(Term<'_>) -> Result<T, String>,
    ) -> Result<Result<T, String>, TooMuch> {
        let scratch = Scratch::new();
        let cost = Cost::limited(PER_CALL_LIMIT.min(self.left));
        let evaluation = Evaluation::new(&scratch, self.budget, &cost);
        let given: Result<Term<'_>, EvalError> = seen.0.value(evaluation, seen.1).and_then(|own| {
            let mut activation = Activation::new();
            activation.set("self", own);
            activation.set("oldSelf", Term::Optional(None));
            program.evaluate(evaluation, &activation)
        });
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
        self.faults.push(Fault::new(at.clone(), message).with_help(BOUND));
        TooMuch
    }
}
