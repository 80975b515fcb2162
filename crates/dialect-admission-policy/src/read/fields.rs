//! The fields of the object that an expression reads: where a finding is shown.

use sekisho_cel::ast::{Expr, ExprKind, Literal, operator};
use sekisho_value::Pointer;
use std::collections::BTreeMap;

/// The fields that variables read, by their names.
pub(crate) type VariableFields = BTreeMap<String, Vec<Pointer>>;

/// More fields than these say nothing about what is wrong.
const MOST: usize = 4;

/// The fields of `object` that an expression reads, by itself or through variables, in the order in
/// which it reads them; none where they are too many.
pub(crate) fn fields_of(expression: &Expr, variables: &VariableFields) -> Vec<Pointer> {
    let mut found = Vec::new();
    walk(expression, variables, &mut found);
    let all = found.clone();
    let is_within =
        |one: &Pointer, other: &Pointer| one != other && other.strip_prefix(one).is_some();
    found.retain(|one| !all.iter().any(|other| is_within(one, other)));
    if found.len() > MOST { Vec::new() } else { found }
}

fn walk(expression: &Expr, variables: &VariableFields, found: &mut Vec<Pointer>) {
    if let Some(field) = field(expression) {
        add(field, found);
        return;
    }
    match &expression.kind {
        ExprKind::Literal(_) | ExprKind::Ident(_) => {}
        ExprKind::Select { operand, field, .. } => match &operand.kind {
            ExprKind::Ident(name) if name == "variables" => {
                for read in variables.get(field.as_str()).into_iter().flatten() {
                    add(read.clone(), found);
                }
            }
            _ => walk(operand, variables, found),
        },
        ExprKind::Call { target, args, .. } => {
            let parts = target.iter().map(|target| &**target).chain(args);
            parts.for_each(|part| walk(part, variables, found));
        }
        ExprKind::List(items) => {
            items.iter().for_each(|item| walk(&item.value, variables, found));
        }
        ExprKind::Map(entries) => {
            let parts = entries.iter().flat_map(|entry| [&entry.key, &entry.value]);
            parts.for_each(|part| walk(part, variables, found));
        }
        ExprKind::Struct { fields, .. } => {
            fields.iter().for_each(|field| walk(&field.value, variables, found));
        }
        ExprKind::Comprehension(fold) => {
            let parts = [&fold.range, &fold.init, &fold.condition, &fold.step, &fold.result];
            parts.into_iter().for_each(|part| walk(part, variables, found));
        }
    }
}

fn add(field: Pointer, found: &mut Vec<Pointer>) {
    if !found.contains(&field) {
        found.push(field);
    }
}

/// The field that a chain of names is, where it begins with `object`.
fn field(expression: &Expr) -> Option<Pointer> {
    let key = |of: &Expr, key: &str| match &of.kind {
        ExprKind::Ident(name) if name == "object" => Some(Pointer::root().key(key)),
        _ => Some(field(of)?.key(key)),
    };
    match &expression.kind {
        ExprKind::Select { operand, field, .. } => key(operand, field),
        ExprKind::Call { target: None, function, args } => match args.as_slice() {
            [of, index] if *function == operator::INDEX || *function == operator::OPT_SELECT => {
                match &index.kind {
                    ExprKind::Literal(Literal::String(name)) => key(of, name),
                    _ => None,
                }
            }
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{VariableFields, fields_of};
    use sekisho_cel::kubernetes::{Admission, Release};
    use sekisho_value::Pointer;

    #[test]
    fn fields_are_found() {
        let environment = Admission::of(Release::NEWEST).environment().unwrap();
        let read = vec![Pointer::root().keys(&["spec", "x"])];
        let variables = VariableFields::from([("x".to_owned(), read)]);
        for (expression, wanted) in [
            ("object.spec.replicas <= 5", &["/spec/replicas"][..]),
            (
                "has(object.metadata.labels) && 'team' in object.metadata.labels",
                &["/metadata/labels"],
            ),
            ("object.metadata.labels['a/b'] == 'x'", &["/metadata/labels/a~1b"]),
            ("object.?spec.?x.orValue(1) == 1", &["/spec/x"]),
            ("has(object.spec) && object.spec.a > 1", &["/spec/a"]),
            ("object.spec.containers.all(c, c.image == 'x')", &["/spec/containers"]),
            ("variables.x > 1 && [object.y].size() == 1", &["/spec/x", "/y"]),
            ("oldObject.spec.a == 1 && object == oldObject", &[]),
            ("object.a + object.b + object.c + object.d + object.e == 1", &[]),
        ] {
            let parsed = environment.parse(expression).unwrap();
            let found = fields_of(&parsed, &variables);
            let found: Vec<&str> = found.iter().map(Pointer::as_str).collect();
            assert_eq!(found, wanted, "{expression}");
        }
    }
}
