//! What the type checker says, in OPA's words: the fault itself, and apart from it what was had
//! and what was wanted.

use super::ty::{Field, FunctionTy, Ty};
use crate::Location;
use crate::analyze::draft::{Term, Value};
use crate::analyze::names::Names;
use crate::analyze::show;
use crate::builtins::Builtin;

/// Something of the wrong type.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) at: Location,
    pub(super) message: String,
    /// had and wanted
    pub(super) details: Option<String>,
    /// it is wrong since a type is not known
    pub(super) unknown: bool,
}

impl Fault {
    pub(super) fn new(at: Location, message: String) -> Self {
        Self { at, message, details: None, unknown: false }
    }

    /// Arguments that do not fit.
    pub(super) fn arguments(at: Location, message: &str, have: &[Ty], want: &str) -> Self {
        let shown: Vec<String> = have.iter().map(ToString::to_string).collect();
        let details = format!("have: ({})\nwant: {want}", shown.join(", "));
        Self {
            at,
            message: message.to_owned(),
            details: Some(details),
            unknown: have.iter().any(Ty::is_open),
        }
    }

    /// Two sides that can never be equal.
    pub(super) fn mismatch(at: Location, left: &Ty, right: &Ty) -> Self {
        let mut details = format!("left  : {left}\nright : {right}");
        let kind = match (left, right) {
            (Ty::Object(_), Ty::Object(_)) => Some("objects"),
            (Ty::Array(_), Ty::Array(_)) => Some("arrays"),
            (Ty::Set(_), Ty::Set(_)) => Some("sets"),
            _ => None,
        };
        if let Some(kind) = kind {
            details.push_str(&format!(
                "\nhint  : both sides are {kind} but their types differ, so they can never be \
                 equal"
            ));
        }
        Self {
            at,
            message: "match error".to_owned(),
            details: Some(details),
            unknown: left.is_open() || right.is_open(),
        }
    }
}

fn named(name: Option<&&str>, ty: &Ty) -> String {
    match name {
        Some(name) if !name.is_empty() => format!("{name}: {ty}"),
        _ => ty.to_string(),
    }
}

/// The parameters of a function, by name where it has names.
pub(super) fn parameters(function: &FunctionTy, builtin: Option<&Builtin>) -> String {
    list(function, builtin, false)
}

/// The parameters of a function and its result, which may be one more argument.
pub(super) fn wanted(function: &FunctionTy, builtin: Option<&Builtin>) -> String {
    list(function, builtin, true)
}

fn list(function: &FunctionTy, builtin: Option<&Builtin>, with_result: bool) -> String {
    let names = builtin.map(|builtin| builtin.param_names.as_slice()).unwrap_or_default();
    let params = function.params.iter().enumerate();
    let mut parts: Vec<String> = params.map(|(at, ty)| named(names.get(at), ty)).collect();
    if let (true, Some(result)) = (with_result, &function.result) {
        let name = builtin.map(|builtin| &builtin.result_name);
        parts.push(named(name, result));
    }
    parts.extend(function.variadic.iter().map(|ty| format!("{ty}...")));
    format!("({})", parts.join(", "))
}

/// An operator as it is called now.
pub(super) fn operator(names: &Names, operator: &Term) -> String {
    match &operator.value {
        Value::Ref(path) => show::reference(names, show::As::Is, path),
        _ => show::term(names, show::As::Is, operator),
    }
}

/// A reference as it was written.
pub(super) fn reference(names: &Names, path: &[Term]) -> String {
    show::reference(names, show::As::Written, path)
}

/// What stands before a part is nothing to look into.
pub(super) fn unsupported(names: &Names, path: &[Term], position: usize, have: &Ty) -> Fault {
    let whole = reference(names, path);
    let before = reference(names, path.get(..=position).unwrap_or(path));
    let at = path.first().map(|head| head.at).unwrap_or_default();
    let message = match have {
        Ty::Function(_) => {
            let last = path.last();
            let hidden = last
                .and_then(Term::as_var)
                .is_some_and(|name| names.original(name).is_none() && names.is_generated(name));
            let shown = match hidden {
                true => reference(names, path.split_last().map_or(path, |(_, rest)| rest)),
                false => reference(names, path),
            };
            format!("function {shown} used as reference, not called")
        }
        _ => format!("undefined ref: {whole}"),
    };
    let carets = "^".repeat(before.chars().count());
    let details = Some(format!("{whole}\n{carets}\nhave: {have}"));
    Fault { at, message, details, unknown: false }
}

/// A part cannot be found in what stands before it.
pub(super) fn invalid(
    names: &Names,
    path: &[Term],
    position: usize,
    have: &Ty,
    want: &Ty,
    one_of: &[Field],
) -> Fault {
    let whole = reference(names, path);
    let before = reference(names, path.get(..position).unwrap_or_default());
    let pad = " ".repeat(before.chars().count() + 1);
    let at = path.first().map(|head| head.at).unwrap_or_default();
    let mut details = format!("{whole}\n{pad}^\n");
    match (have, path.get(position)) {
        (Ty::Unknown, Some(part)) => {
            let part = show::term(names, show::As::Written, part);
            details.push_str(&format!("{pad}have: {part}\n"));
        }
        _ => details.push_str(&format!("{pad}have (type): {have}\n")),
    }
    if one_of.is_empty() && *want != Ty::Unknown {
        details.push_str(&format!("{pad}want (type): {want}"));
    } else {
        let shown: Vec<String> = one_of.iter().map(quoted).collect();
        details.push_str(&format!("{pad}want (one of): [{}]", shown.join(" ")));
    }
    Fault { at, message: format!("undefined ref: {whole}"), details: Some(details), unknown: false }
}

fn quoted(field: &Field) -> String {
    match field {
        Field::String(text) => {
            let mut out = String::new();
            show::quote(&mut out, text);
            out
        }
        Field::Null => "null".to_owned(),
        other => other.to_string(),
    }
}

/// The properties that a type is known to have.
pub(super) fn fields(ty: &Ty) -> Vec<Field> {
    let mut found = Vec::new();
    match ty {
        Ty::Object(object) => found.extend(object.properties.iter().map(|(key, _)| key.clone())),
        Ty::Any(of) => found.extend(of.iter().flat_map(fields)),
        _ => {}
    }
    found.sort();
    found.dedup();
    found
}
