//! Nothing passes in silence: bytes without an outcome are bytes without content.

/// Whether a stream holds nothing that could be meant as a document: blanks, comments,
/// separators, and empty or null documents. It is told without the reader under test.
pub fn is_empty(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else { return false };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // What YAML counts as the end of a line.
    let lines = text.split(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
    lines.flat_map(words).all(|word| is_nothing(word, text))
}

/// The words of a line up to its comment.
fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split([' ', '\t'])
        .filter(|word| !word.is_empty())
        .take_while(|word| !word.starts_with('#'))
}

/// Whether a word says nothing by itself.
fn is_nothing(word: &str, text: &str) -> bool {
    let word = word.strip_prefix("---").unwrap_or(word).trim_start_matches('\u{feff}');
    matches!(word, "" | "..." | "~" | "null" | "Null" | "NULL")
        || word.starts_with(['#', '&', '!'])
        // A tag can make null of a text between quotes.
        || (text.contains('!') && text.contains("null"))
}
