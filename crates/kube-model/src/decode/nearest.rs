//! Hints for unknown fields and kinds: what was probably meant.

use super::walk::Walk;
use crate::schema::{Shape, TypeRef};

/// How deep a field is looked for below a type.
const DEPTH: usize = 4;

/// Types whose fields are known well enough to be put in the wrong place; other names say too
/// little (`pool` is a field of three sorts of volumes).
const WELL_KNOWN: &[&str] = &[
    "apps/v1.DeploymentSpec",
    "apps/v1.StatefulSetSpec",
    "batch/v1.CronJobSpec",
    "batch/v1.JobSpec",
    "core/v1.Capabilities",
    "core/v1.Container",
    "core/v1.PodSecurityContext",
    "core/v1.PodSpec",
    "core/v1.ResourceRequirements",
    "core/v1.SecurityContext",
    "core/v1.ServiceSpec",
    "meta/v1.LabelSelector",
    "meta/v1.ObjectMeta",
];

/// What was probably meant by an unknown field.
pub(super) fn hint(walk: &Walk<'_>, name: &str) -> Option<String> {
    let types = walk.types();
    let here = *types.last()?;
    if let Some(near) = nearest(here, name) {
        return Some(format!("did you mean `{near}`?"));
    }
    // Perhaps it stands at the wrong level: below, or somewhere else below a type further up.
    for (steps, of) in types.iter().enumerate().rev() {
        let mut paths = Vec::new();
        for depth in 1..=DEPTH {
            below(*of, name, depth, &mut Vec::new(), &mut paths);
            if !paths.is_empty() {
                break;
            }
        }
        // Several places are no hint.
        match paths.as_slice() {
            [] => {}
            [path] => {
                let mut parent = walk.path_text(steps);
                if let Some((below, _)) = path.rsplit_once('.') {
                    if !parent.is_empty() {
                        parent.push('.');
                    }
                    parent.push_str(below);
                }
                return Some(match parent.as_str() {
                    "" => format!("`{name}` belongs at the top of the object"),
                    parent => format!("`{name}` belongs in `{parent}`"),
                });
            }
            _ => return None,
        }
    }
    None
}

/// The paths to the fields of a name that stand exactly so deep below a type.
fn below(
    of: TypeRef<'_>,
    name: &str,
    depth: usize,
    path: &mut Vec<String>,
    found: &mut Vec<String>,
) {
    // A schema of schemas has every field at every level.
    if of.name().is_some_and(|name| name.ends_with("JSONSchemaProps")) {
        return;
    }
    for field in of.fields() {
        // The server's own, and the two sorts of containers that are like the main one.
        if ["status", "initContainers", "ephemeralContainers", "managedFields"]
            .contains(&field.name())
        {
            continue;
        }
        if depth > 1 {
            let (step, of) = match (field.value_type().shape(), field.value_type().item()) {
                (Shape::List, Some(item)) => (format!("{}[]", field.name()), item),
                _ => (field.name().to_owned(), field.value_type()),
            };
            path.push(step);
            below(of, name, depth - 1, path, found);
            path.pop();
        } else if field.name() == name && of.name().is_some_and(|of| WELL_KNOWN.contains(&of)) {
            path.push(name.to_owned());
            found.push(path.join("."));
            path.pop();
        }
    }
}

fn nearest<'s>(of: TypeRef<'s>, name: &str) -> Option<&'s str> {
    of.fields()
        .map(|field| field.name())
        .filter_map(|field| Some((distance(name, field)?, field)))
        .min()
        .map(|(_, field)| field)
}

/// Whether one name was probably meant by the other.
#[must_use]
pub fn is_near(given: &str, name: &str) -> bool {
    distance(given, name).is_some()
}

/// The edits between two names, letter case aside; `None` where they are too many for the length.
fn distance(given: &str, name: &str) -> Option<usize> {
    let most = match given.len().min(name.len()) {
        0..=2 => 0,
        3..=5 => 1,
        6..=11 => 2,
        _ => 3,
    };
    if given.len().abs_diff(name.len()) > most || given.len() > 100 {
        return None;
    }
    let lower = |text: &str| -> Vec<u8> { text.bytes().map(|b| b.to_ascii_lowercase()).collect() };
    let (given, name) = (lower(given), lower(name));
    // Optimal string alignment: insertions, deletions, replacements, and swaps of neighbours.
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=name.len()).collect();
    for (row, byte) in given.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, other) in name.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let replaced = at(&above, column) + usize::from(byte != other);
            let inserted = at(&above, column + 1) + 1;
            let deleted = at(&line, column) + 1;
            let mut best = replaced.min(inserted).min(deleted);
            let swapped = column > 0
                && row > 0
                && name.get(column - 1) == Some(byte)
                && given.get(row - 1) == Some(other);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut above, line);
    }
    above.last().copied().filter(|edits| *edits <= most)
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn edits_are_counted() {
        for (given, name, want) in [
            ("privileged", "privileged", Some(0)),
            ("Privileged", "privileged", Some(0)),
            ("priviledged", "privileged", Some(1)),
            ("privilegde", "privileged", Some(1)),
            ("runAsNonroot", "runAsNonRoot", Some(0)),
            ("container", "containers", Some(1)),
            ("image", "name", None),
            ("env", "envFrom", None),
            ("ip", "id", None),
        ] {
            assert_eq!(distance(given, name), want, "{given} {name}");
        }
    }
}
