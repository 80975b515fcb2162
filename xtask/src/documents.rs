//! Text of generated documents.

/// What stands between two markers.
pub(crate) fn between<'a>(text: &'a str, begin: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(begin)?;
    Some(rest.split_once(end)?.0)
}

/// Text as it can stand in a cell of a Markdown table.
pub(crate) fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::{between, cell};

    #[test]
    fn markers() {
        assert_eq!(between("a<b>c<d>e", "<b>", "<d>"), Some("c"));
        assert_eq!(between("a<b>c", "<b>", "<d>"), None);
    }

    #[test]
    fn cells() {
        assert_eq!(cell(" a|b\nc "), "a\\|b c");
    }
}
