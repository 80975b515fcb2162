//! Advice for what authors write by mistake who know other languages.

/// How to mend an error, told by its message and by what stands at its place.
pub(super) fn advice(text: &str, message: &str, at: usize) -> Option<&'static str> {
    let before = text.get(..at).unwrap_or_default();
    let here = text.get(at..).unwrap_or_default();
    let word = |word: &str| {
        here.strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let twice = |sign: &str| {
        here.starts_with(sign)
            && (before.ends_with(sign) || here.get(1..).is_some_and(|rest| rest.starts_with(sign)))
    };
    let line = before.rsplit('\n').next().unwrap_or_default().trim();
    Some(match () {
        () if twice("&") => {
            "there is no `&&`: write each condition on a line of its own, or separate them by `;`"
        }
        () if twice("|") => {
            "there is no `||`: write a rule of the same name for each alternative, or `x in {…}`"
        }
        () if here.starts_with('\'') => "texts stand between double quotes or backquotes",
        () if here.starts_with('!') => "write `not` before what is not to hold",
        () if message.contains("non-terminated string") => {
            "close the text with `\"`; one of several lines stands between backquotes"
        }
        () if message.contains("unexpected eof") => {
            "something opened above is not closed: look for a missing `}`, `]` or `)`"
        }
        () if line == "for" || line.ends_with("{ for") => {
            "there is no `for`: write `some x in …` for one, `every x in … { … }` for all"
        }
        () if word("if") && message.contains("unexpected if") => {
            "conditions of a body need no `if`; for branches write `else := … if { … }`"
        }
        () if here.starts_with('}') && before.trim_end().ends_with(';') => "leave out the last `;`",
        () if here.starts_with(',') && line.contains("some ") => {
            "separate expressions by `;` or lines"
        }
        () if message.contains("missing body") => {
            "what is to hold for all stands in braces: `every x in … { … }`"
        }
        () if message.contains("expected \":\"") => {
            "each key of an object is followed by `:` and its value"
        }
        () if line.starts_with("package ") && here.starts_with('-') => {
            "names are of letters, digits and `_`; others stand in brackets: `package a[\"b-c\"]`"
        }
        () => return None,
    })
}
