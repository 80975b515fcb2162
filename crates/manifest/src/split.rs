//! A stream to its documents, as kubectl splits it before any YAML is parsed
//! (`YAMLReader` of `k8s.io/apimachinery/pkg/util/yaml`).

use crate::fault::Fault;

/// One document of a stream, by byte offsets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

/// The documents of a stream. A line that begins with `---` ends one and begins another, whatever
/// it stands in; only a comment may follow on that line, else the document that it heads is a
/// fault.
pub(crate) struct Parts<'t> {
    text: &'t str,
    start: usize,
    /// Where the next document begins, and what is wrong with the separator before it.
    next: Option<(usize, Option<Fault>)>,
}

impl<'t> Parts<'t> {
    /// The documents from `start` on, which begins a line.
    pub(crate) fn new(text: &'t str, start: usize) -> Self {
        Self { text, start, next: Some((start, None)) }
    }
}

impl Iterator for Parts<'_> {
    type Item = Result<Part, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let text = self.text;
        let (mut begin, mut fault) = self.next.take()?;
        if begin == self.start && is_separator(text, begin) {
            (begin, fault) = behind(text, begin, true);
        }
        let separator = find(text, begin);
        self.next = separator.map(|at| behind(text, at, at == begin));
        Some(match fault {
            Some(fault) => Err(fault),
            None => Ok(Part { start: begin, end: separator.unwrap_or(text.len()) }),
        })
    }
}

fn is_separator(text: &str, at: usize) -> bool {
    text.get(at..).is_some_and(|rest| rest.starts_with("---"))
}

/// The next line that begins with `---`; `from` begins a line.
fn find(text: &str, from: usize) -> Option<usize> {
    if is_separator(text, from) {
        return Some(from);
    }
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    memchr::memmem::find(rest, b"\n---").map(|at| from + at + 1)
}

/// Where the line behind the separator at `at` begins, and what is wrong with the separator. Where
/// nothing stands before it, the line is parsed as YAML, to which `---#` is no separator.
fn behind(text: &str, at: usize, first: bool) -> (usize, Option<Fault>) {
    let rest = text.get(at + 3..).unwrap_or_default();
    let len = rest.find('\n').map_or(rest.len(), |end| end + 1);
    let line = rest.get(..len).unwrap_or_default();
    let line = line.trim_end_matches(['\n', '\r']);
    // What YAML takes for a line break would end the comment.
    let glued =
        first && (line.starts_with('#') || line.contains(['\r', '\u{85}', '\u{2028}', '\u{2029}']));
    let line = line.trim();
    let fault = (glued || !line.is_empty() && !line.starts_with('#')).then(|| {
        let mut fault = Fault::new(at, "text stands behind `---`").help(
            "kubectl takes any line that begins with `---` for the start of a document, with \
             nothing but a comment on it: begin the text on the next line, or indent it",
        );
        fault.template = line.contains("{{");
        fault
    });
    (at + 3 + len, fault)
}

#[cfg(test)]
mod tests {
    use super::Parts;

    #[test]
    fn streams_are_split_as_kubectl_splits_them() {
        let cases: [(&str, &[&str]); 10] = [
            ("a: 1\n", &["a: 1\n"]),
            ("a: 1\n---\nb: 2\n", &["a: 1\n", "b: 2\n"]),
            ("---\na: 1\n--- # two\r\nb: 2\n---", &["a: 1\n", "b: 2\n", ""]),
            ("a: |\n  x\n---\n  y\n", &["a: |\n  x\n", "  y\n"]),
            ("a: |\n  ---\n  y\n", &["a: |\n  ---\n  y\n"]),
            ("a: 1\n--- b: 2\nc: 3\n---\nd: 4\n", &["a: 1\n", "error 5", "d: 4\n"]),
            ("-----BEGIN\n", &["error 0"]),
            ("---\n---\n", &["", ""]),
            ("---# one\na: 1\n", &["error 0"]),
            ("a: 1\n---# two\nb: 2\n", &["a: 1\n", "b: 2\n"]),
        ];
        for (text, want) in cases {
            let got: Vec<String> = Parts::new(text, 0)
                .map(|part| match part {
                    Ok(part) => text[part.start..part.end].to_owned(),
                    Err(fault) => format!("error {}", fault.offset),
                })
                .collect();
            assert_eq!(got, want, "{text:?}");
        }
    }
}
