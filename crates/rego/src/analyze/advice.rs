//! Advice for what authors mistake: names that are not there, and what stands in their place.

use crate::builtins;
use crate::{Code, Diagnostic};

/// How to mend an error, told by its message.
pub(super) fn advice(fault: &Diagnostic) -> Option<String> {
    if let Some(name) = fault.message.strip_prefix("undefined function ") {
        if builtins::find(name).is_some() {
            return Some("OPA has it in later releases".to_owned());
        }
        return similar(name).map(|known| format!("did you mean `{known}`?"));
    }
    if let Some(name) =
        fault.message.strip_prefix("deprecated built-in function calls in expression: ")
    {
        let instead = match name {
            "re_match" => "regex.match",
            "set_diff" => "x - y",
            "any" => "true in x",
            "all" => "every y in x { y }",
            "net.cidr_overlap" => "net.cidr_contains",
            "cast_array" | "cast_set" => "a comprehension",
            "cast_boolean" => "is_boolean",
            "cast_null" => "is_null",
            "cast_object" => "is_object",
            "cast_string" => "is_string",
            _ => return None,
        };
        return Some(format!("write `{instead}`"));
    }
    if fault.code != Code::UnsafeVar {
        return None;
    }
    let name = fault.message.strip_prefix("var ")?.split(' ').next()?;
    Some(match name {
        "True" | "TRUE" => "write `true`".to_owned(),
        "False" | "FALSE" => "write `false`".to_owned(),
        "None" | "nil" | "NULL" | "undefined" => {
            "write `null`; what is undefined is tested by `not`".to_owned()
        }
        "_" => "bind it outside of `not`, in a rule or with `some`".to_owned(),
        _ => format!(
            "give `{name}` a value (`{name} := …`, `some {name} in …`), or correct the name"
        ),
    })
}

/// The built-in function whose name differs least.
fn similar(name: &str) -> Option<&'static str> {
    let allowed = name.len() / 4 + 1;
    let distances = builtins::all().map(|builtin| (distance(name, builtin.name), builtin.name));
    let near =
        distances.filter(|(distance, known)| *distance <= allowed && *distance < known.len());
    near.min().map(|(_, known)| known)
}

/// How many letters are put in, left out or changed; of long names only that they differ.
fn distance(left: &str, right: &str) -> usize {
    if left.len() > 64 || left.len().abs_diff(right.len()) > 16 {
        return usize::MAX;
    }
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (above, char) in (1..).zip(left.chars()) {
        let mut next = vec![above];
        for ((change, put), other) in row.iter().zip(row.iter().skip(1)).zip(&right) {
            let changed = change + usize::from(char != *other);
            let before = next.last().copied().unwrap_or(above);
            next.push(changed.min(put + 1).min(before + 1));
        }
        row = next;
    }
    row.last().copied().unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn similar_names() {
        for (name, known) in [
            ("startwith", Some("startswith")),
            ("regex.matches", Some("regex.match")),
            ("to_numbr", Some("to_number")),
            ("f", None),
            ("my_function", None),
            ("", None),
        ] {
            assert_eq!(similar(name), known, "{name}");
        }
    }
}
