//! Makes text from manifests and policies harmless to what shows it.
//!
//! A manifest is written by anyone. Shown as it is, it could move the cursor and recolour or hide
//! what else is shown (escape sequences), show another order than it has (bidirectional
//! controls), or give orders to the CI system that reads the log: Azure Pipelines, TeamCity and
//! GitHub obey `##word[…]` anywhere in a line, GitHub `::word::` where a line begins.

use std::borrow::Cow;

/// The text on one line, with control characters made visible and commands broken up.
pub(crate) fn neutral(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        if text.get(at..).is_some_and(|rest| breaks_command(&shown, rest)) {
            shown.push(' ');
        }
        shown.push(visible(c));
    }
    Cow::Owned(shown)
}

/// Nothing in the text needs a change; true of nearly all.
fn is_plain(text: &str) -> bool {
    !text.contains("##")
        && (text.bytes().all(|b| matches!(b, 0x20..=0x7e)) || text.chars().all(|c| visible(c) == c))
}

/// A visible character in the place of one that is not.
pub(crate) fn visible(c: char) -> char {
    match c {
        '\t' => ' ',
        '\0'..='\x1f' => {
            char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER)
        }
        '\x7f' => '\u{2421}',
        '\u{80}'..='\u{9f}'
        | '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{2069}'
        | '\u{feff}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{fffe}'
        | '\u{ffff}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// Whether `rest` would complete a CI command that `shown` begins: `##word[`, where a space
/// between the two `#` breaks it.
pub(crate) fn breaks_command(shown: &str, rest: &str) -> bool {
    shown.ends_with('#')
        && rest.strip_prefix('#').is_some_and(|rest| {
            rest.bytes().find(|b| !b.is_ascii_alphabetic()).is_some_and(|b| b == b'[')
        })
}

#[cfg(test)]
mod tests {
    use super::neutral;

    #[test]
    fn hostile_text_is_made_visible() {
        for (given, shown) in [
            ("plain text", "plain text"),
            ("caf\u{e9} \u{65e5}\u{672c}", "caf\u{e9} \u{65e5}\u{672c}"),
            ("\u{1b}[2Jgone", "\u{241b}[2Jgone"),
            ("\u{9b}31mred", "\u{fffd}31mred"),
            ("a\nb\r\tc\0\u{7f}", "a\u{240a}b\u{240d} c\u{2400}\u{2421}"),
            ("\u{202e}drow\u{2066}", "\u{fffd}drow\u{fffd}"),
            ("x ##[error]y", "x # #[error]y"),
            ("##vso[task.setvariable]y", "# #vso[task.setvariable]y"),
            ("###teamcity[x", "## #teamcity[x"),
            ("## a heading [1]", "## a heading [1]"),
            ("\u{301}lone", "\u{301}lone"),
        ] {
            assert_eq!(neutral(given), shown, "{given:?}");
        }
    }
}
