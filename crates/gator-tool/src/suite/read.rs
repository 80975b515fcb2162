//! A file to its suite.

use super::admission;
use super::fields::{Object, Reader};
use super::{
    Assertion, Case, Expected, GROUP, KIND, MutationCase, MutationTest, Suite, Test, Violations,
};
use crate::file::{self, Text};
use crate::outcome::Problem;
use sekisho_kube_model::Gvk;
use sekisho_report::Diagnostic;
use sekisho_value::{Pointer, Value};
use std::path::Path;
use std::sync::Arc;

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// a suite that can be run
    pub(crate) suite: Option<Suite>,
    /// why it is none, or what it asks for in vain
    pub(crate) errors: Vec<Diagnostic>,
    /// what is wrong with the suite beside its tests
    pub(crate) malformed: Vec<Diagnostic>,
    /// fields that nothing reads
    pub(crate) unknown: Vec<Diagnostic>,
}

/// Reads a file. One that holds no suite gives nothing; what cannot be read is an error only where
/// it names the group of suites.
pub(crate) fn read(name: &Arc<str>, path: &Path, bytes: Vec<u8>) -> Found {
    let mut found = Found::default();
    if !may_be_suite(&bytes) {
        return found;
    }
    let text = Text::new(Arc::clone(name), bytes);
    let document = match text.first() {
        Ok(Some(document)) => document,
        Ok(None) => return found,
        Err(fault) => {
            found.errors.push(fault.diagnostic(name));
            return found;
        }
    };
    found.errors.extend(passed_over(&text));
    if !is_suite(&document.value) {
        return found;
    }
    let reader = Reader::new(&document, Arc::clone(name));
    found.suite = reader.root().map(|root| suite(&root, name, path));
    found.malformed = reader.problems.take();
    found.unknown = reader.unknown.take();
    found
}

/// Whether a text can hold a suite. Text in UTF-16 is looked at more closely.
fn may_be_suite(bytes: &[u8]) -> bool {
    let group = GROUP.as_bytes();
    bytes.starts_with(&[0xff, 0xfe])
        || bytes.starts_with(&[0xfe, 0xff])
        || bytes.windows(group.len()).any(|window| window == group)
}

fn is_suite(value: &Value) -> bool {
    Gvk::of(value).is_some_and(|gvk| gvk.group == GROUP && gvk.kind == KIND)
}

/// Gator reads the first document of a file alone, and passes over further suites in silence.
fn passed_over(text: &Text) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    for document in text.behind_first() {
        if is_suite(&document.value) {
            let at = document.locate(&Pointer::root());
            let message = "only the first document of a file is run, and this suite is another";
            let error = Diagnostic::at(Arc::clone(&text.name), at.line, at.column, message);
            errors.push(error.with_help("give it a file of its own"));
        }
    }
    errors
}

fn suite(root: &Object<'_>, name: &Arc<str>, path: &Path) -> Suite {
    root.known(&[
        "apiVersion",
        "kind",
        "metadata",
        "skip",
        "tests",
        "mutations",
        "admissionPolicies",
    ]);
    Suite {
        name: Arc::clone(name),
        folder: path.parent().map_or_else(Default::default, file::plain),
        skip: root.flag("skip"),
        tests: each(root, "tests", test, |test| &mut test.malformed),
        mutations: each(root, "mutations", mutation, |test| &mut test.malformed),
        admission: each(root, "admissionPolicies", admission::test, |test| &mut test.malformed),
    }
}

/// The objects of a list, read one by one: what is wrong with one is no problem of the others.
pub(super) fn each<T>(
    object: &Object<'_>,
    name: &str,
    read: fn(&Object<'_>) -> T,
    malformed: fn(&mut T) -> &mut Option<Problem>,
) -> Vec<T> {
    let one = |object: &Object<'_>| {
        let (mut part, problem) = object.apart(read);
        *malformed(&mut part) = problem;
        part
    };
    object.objects(name).iter().map(one).collect()
}

fn test(object: &Object<'_>) -> Test {
    object.known(&["name", "template", "constraint", "expansion", "invalid", "skip", "cases"]);
    let text = |name| object.text(name).unwrap_or_default();
    Test {
        place: object.place(),
        name: text("name"),
        template: text("template"),
        constraint: text("constraint"),
        expansion: text("expansion"),
        invalid: object.flag("invalid"),
        skip: object.flag("skip"),
        cases: each(object, "cases", case, |case| &mut case.malformed),
        malformed: None,
    }
}

fn case(object: &Object<'_>) -> Case {
    object.known(&[
        "name",
        "object",
        "inventory",
        "assertions",
        "skip",
        "externalData",
        "warnings",
        "checkpoints",
    ]);
    Case {
        place: object.place(),
        name: object.text("name").unwrap_or_default(),
        object: object.text("object").unwrap_or_default(),
        inventory: paths(object, "inventory"),
        assertions: object.objects("assertions").iter().map(assertion).collect(),
        skip: object.flag("skip"),
        external_data: paths(object, "externalData"),
        warnings: object.has("warnings").then(|| object.expressions("warnings")),
        checkpoints: object.texts("checkpoints"),
        malformed: None,
    }
}

pub(super) fn paths(object: &Object<'_>, name: &str) -> Vec<String> {
    object.texts(name).into_iter().map(|(path, _)| path).collect()
}

fn assertion(object: &Object<'_>) -> Assertion {
    object.known(&["violations", "message"]);
    Assertion {
        place: object.place(),
        violations: violations(object),
        message: object.expression("message"),
    }
}

/// As Kubernetes' `IntOrString` is read: a text, or a number of 32 bits.
fn violations(object: &Object<'_>) -> Violations {
    match object.value("violations") {
        None => Violations::Yes,
        Some(Value::String(word)) => match word.as_str() {
            "yes" => Violations::Yes,
            "no" => Violations::No,
            word => Violations::Word(word.to_owned()),
        },
        Some(Value::Number(number)) => {
            let double = number.as_f64();
            match i32::try_from(number.as_i64().unwrap_or(i64::MAX)) {
                Ok(count) => Violations::Exactly(count),
                Err(_) if double.fract() == 0.0 && double.abs() < f64::from(i32::MAX) => {
                    // A number such as `1.0` or `1e0`, which Go writes as `1`.
                    Violations::Exactly(format!("{double:.0}").parse().unwrap_or_default())
                }
                Err(_) => {
                    let help = r#"give "yes", "no" or how many there are"#;
                    let message = format!("`{}` is no number of violations", number.literal());
                    object.problem("violations", message, help);
                    Violations::Yes
                }
            }
        }
        Some(_) => {
            object.wrong_value("violations", r#""yes", "no" or a number"#);
            Violations::Yes
        }
    }
}

fn mutation(object: &Object<'_>) -> MutationTest {
    object.only(&["name", "mutators", "skip", "cases"]);
    if !object.has("mutators") {
        let message = "a test of mutators without `mutators`";
        object.problem("name", message, "name the files of the mutators");
    }
    MutationTest {
        place: object.place(),
        name: object.text("name").unwrap_or_default(),
        mutators: paths(object, "mutators"),
        skip: object.flag("skip"),
        cases: each(object, "cases", mutation_case, |case| &mut case.malformed),
        malformed: None,
    }
}

fn mutation_case(object: &Object<'_>) -> MutationCase {
    let expectations = ["expected", "unchanged", "error"];
    object.only(&[
        "name",
        "object",
        "inventory",
        "externalData",
        "skip",
        "expected",
        "unchanged",
        "error",
    ]);
    let given: Vec<&str> = expectations.into_iter().filter(|name| object.has(name)).collect();
    if let [one, other, ..] = given.as_slice() {
        let message = format!("`{one}` and `{other}` exclude each other");
        object.problem(other, message, "say one thing of the object");
    }
    MutationCase {
        place: object.place(),
        name: object.text("name").unwrap_or_default(),
        object: object.text("object").unwrap_or_default(),
        inventory: paths(object, "inventory"),
        external_data: paths(object, "externalData"),
        skip: object.flag("skip"),
        expected: match given.first() {
            Some(&"expected") => object.text("expected").map(Expected::Object),
            Some(&"error") => object.expression("error").map(Expected::Error),
            Some(_) => object.flag("unchanged").then_some(Expected::Unchanged),
            None => None,
        },
        malformed: None,
    }
}
