//! Files that suites name, read as gator reads them.

use sekisho_checkpoint_check::read_file;
use sekisho_manifest::{Document, ReadError, ReadOptions, read_document_as};
use sekisho_report::Diagnostic;
use sekisho_value::Value;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// A text, and where its documents begin.
pub(crate) struct Text {
    /// the path as it is shown
    pub(crate) name: Arc<str>,
    bytes: Vec<u8>,
    parts: Vec<Part>,
    options: ReadOptions,
    documents: OnceLock<Result<Vec<Document>, Fault>>,
}

/// One document of a text, by byte offsets.
#[derive(Clone, Copy, Debug)]
struct Part {
    start: usize,
    end: usize,
    /// how many lines are before it
    line: u32,
}

/// What is wrong with a text, and where.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// from 1
    pub(crate) line: u32,
    /// from 1
    pub(crate) column: u32,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

impl Fault {
    fn of(error: ReadError, lines_before: u32) -> Self {
        let ReadError { line, column, message, help } = error;
        Self { line: line + lines_before, column, message, help }
    }

    pub(crate) fn diagnostic(&self, file: &Arc<str>) -> Diagnostic {
        let at = Diagnostic::at(Arc::clone(file), self.line, self.column, self.message.clone());
        Diagnostic { help: self.help.clone(), ..at }
    }
}

/// Scalars are gator's: `yes` is a text.
const OPTIONS: ReadOptions = ReadOptions { gator: true, client_kinds: true, last_key_wins: false };

/// In streams of more documents than these, places are counted from each document's own start.
const MOST_PLACED: usize = 200;

impl Text {
    pub(crate) fn new(name: Arc<str>, bytes: Vec<u8>) -> Self {
        Self::read_as(name, bytes, OPTIONS)
    }

    /// Scalars are kubectl's, as they are to gator where it reads objects and not suites; and of a
    /// key that stands twice the last value counts.
    pub(crate) fn of_objects(name: Arc<str>, bytes: Vec<u8>) -> Self {
        Self::read_as(name, bytes, ReadOptions { gator: false, last_key_wins: true, ..OPTIONS })
    }

    fn read_as(name: Arc<str>, bytes: Vec<u8>, options: ReadOptions) -> Self {
        let parts = split(&bytes);
        Self { name, bytes, parts, options, documents: OnceLock::new() }
    }

    /// The text itself.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first document: what gator reads of suites, templates and constraints. None where
    /// nothing stands in the text.
    pub(crate) fn first(&self) -> Result<Option<Document>, Fault> {
        let Some(part) = self.parts.first() else { return Ok(None) };
        let text = self.bytes.get(..part.end).unwrap_or_default();
        read_document_as(&self.name, text, &self.options)
            .map(Some)
            .map_err(|error| Fault::of(error, 0))
    }

    /// What stands behind the first document.
    pub(crate) fn behind_first(&self) -> Vec<Result<Document, Fault>> {
        self.parts.iter().skip(1).map(|part| self.read(*part)).collect()
    }

    /// Every document.
    pub(crate) fn all(&self) -> Result<&[Document], &Fault> {
        let read = || self.parts.iter().map(|part| self.read(*part)).collect();
        self.documents.get_or_init(read).as_deref()
    }

    /// Every document, for who needs the text no longer.
    pub(crate) fn into_all(self) -> Result<Vec<Document>, Fault> {
        self.parts.iter().map(|part| self.read(*part)).collect()
    }

    fn read(&self, part: Part) -> Result<Document, Fault> {
        let text = self.bytes.get(part.start..part.end).unwrap_or_default();
        if self.parts.len() > MOST_PLACED {
            return read_document_as(&self.name, text, &self.options)
                .map_err(|error| Fault::of(error, part.line));
        }
        // Empty lines in the place of what is before keep the numbers of lines.
        let mut placed = vec![b'\n'; part.line as usize];
        placed.extend_from_slice(text);
        read_document_as(&self.name, placed, &self.options).map_err(|error| Fault::of(error, 0))
    }
}

/// The documents of a text that hold anything. A line that begins with `---` begins one.
fn split(bytes: &[u8]) -> Vec<Part> {
    let utf_16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    if utf_16 {
        return vec![Part { start: 0, end: bytes.len(), line: 0 }];
    }
    let mut parts = Vec::new();
    let mut part = Part { start: 0, end: 0, line: 0 };
    let (mut at, mut line, mut holds) = (0, 0_u32, false);
    for text in bytes.split_inclusive(|byte| *byte == b'\n') {
        if text.starts_with(b"---") {
            if holds {
                parts.push(Part { end: at, ..part });
            }
            part = Part { start: at, end: at, line };
            // What stands behind it on its line is content, too.
            holds = text.get(3..).is_some_and(|rest| !is_blank(rest));
        } else {
            holds = holds || !is_blank(text);
        }
        at += text.len();
        line = line.saturating_add(1);
    }
    if holds {
        parts.push(Part { end: at, ..part });
    }
    parts
}

/// Whether nothing but a comment or a directive stands on a line.
fn is_blank(line: &[u8]) -> bool {
    let line = line.strip_prefix(&[0xef, 0xbb, 0xbf]).unwrap_or(line).trim_ascii();
    line.is_empty() || line.starts_with(b"#") || line.starts_with(b"%")
}

/// How paths are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shown {
    /// below what the user gave
    AsGiven,
    /// from the root, without the slash before, as gator shows them
    AsGator,
}

/// The files of a suite, each read once.
pub(crate) struct Files {
    folder: PathBuf,
    shown: Shown,
    read: Mutex<HashMap<PathBuf, Read>>,
}

type Read = Result<Arc<Text>, Unreadable>;

/// A file that cannot be read.
#[derive(Clone, Debug)]
pub(crate) struct Unreadable {
    /// the path as it is shown
    pub(crate) name: Arc<str>,
    /// what is wrong with it, in the words of the system
    pub(crate) reason: String,
}

impl Unreadable {
    /// As Go words it.
    pub(crate) fn message(&self) -> String {
        match self.reason.as_str() {
            "is a folder, not a file" => format!("read {}: is a directory", self.name),
            reason => format!("open {}: {reason}", self.name),
        }
    }
}

impl Files {
    pub(crate) fn new(folder: PathBuf, shown: Shown) -> Self {
        Self { folder, shown, read: Mutex::default() }
    }

    /// The path of a file as it is shown.
    pub(crate) fn name(&self, path: &str) -> Arc<str> {
        shown(&join(&self.folder, path), self.shown)
    }

    /// Reads a file, given by its path below the suite's folder.
    pub(crate) fn read(&self, path: &str) -> Read {
        let path = join(&self.folder, path);
        let known = |read: &HashMap<PathBuf, Read>| read.get(&path).cloned();
        if let Some(known) = self.read.lock().ok().as_deref().and_then(known) {
            return known;
        }
        let name = shown(&path, self.shown);
        let read = match read_file(&path) {
            Ok(bytes) => Ok(Arc::new(Text::new(name, bytes))),
            Err(reason) => Err(Unreadable { name, reason }),
        };
        if let Ok(mut known) = self.read.lock() {
            known.insert(path, read.clone());
        }
        read
    }
}

/// The path as it is shown.
pub(crate) fn shown(path: &Path, shown: Shown) -> Arc<str> {
    match shown {
        Shown::AsGiven => path.display().to_string().into(),
        Shown::AsGator => {
            let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
            plain(&absolute).display().to_string().trim_start_matches('/').into()
        }
    }
}

/// A path below a folder. One that begins with `/` is below it all the same (`path.Join` of Go).
fn join(folder: &Path, path: &str) -> PathBuf {
    plain(&folder.join(path.trim_start_matches('/')))
}

/// A path without `.` and `..` where they can be taken out of its text.
pub(crate) fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match (part, plain.components().next_back()) {
            (Component::CurDir, _) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                plain.pop();
            }
            (Component::ParentDir, Some(Component::RootDir)) => {}
            _ => plain.push(part),
        }
    }
    plain
}

/// A value as Go writes it to JSON.
pub(crate) fn go_json(value: &Value) -> String {
    let json = value.to_json();
    if !json.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return json;
    }
    json.chars().fold(String::with_capacity(json.len()), |mut out, char| {
        match char {
            '<' => out.push_str("\\u003c"),
            '>' => out.push_str("\\u003e"),
            '&' => out.push_str("\\u0026"),
            '\u{2028}' => out.push_str("\\u2028"),
            '\u{2029}' => out.push_str("\\u2029"),
            char => out.push(char),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::{Text, join, plain};
    use std::path::Path;

    #[test]
    fn texts_are_split_into_documents_with_their_places() {
        // text, the names of its documents and their lines
        let cases: [(&str, &[(&str, u32)]); 9] = [
            ("", &[]),
            ("# c\n\n---\n---\n# d\n", &[]),
            ("n: a", &[("a", 1)]),
            ("---\nn: a\n", &[("a", 2)]),
            ("n: a\n---\n\nn: b\n", &[("a", 1), ("b", 4)]),
            ("n: a\r\n--- # c\r\nn: b\r\n---\r\n", &[("a", 1), ("b", 3)]),
            ("---\n# c\n---\nn: a\n", &[("a", 4)]),
            ("\u{feff}n: a\n", &[("a", 1)]),
            ("n: a\nt: |\n  ---\n  x\n---\nn: b\n", &[("a", 1), ("b", 6)]),
        ];
        for (text, wanted) in cases {
            let read = Text::new("f".into(), text.as_bytes().to_vec());
            let documents = read.all().unwrap();
            let found: Vec<(String, u32)> = documents
                .iter()
                .map(|document| {
                    let at = document.locate(&sekisho_value::Pointer::root().key("n"));
                    (document.value.path_str(&["n"]).unwrap().to_owned(), at.line)
                })
                .collect();
            let wanted: Vec<(String, u32)> =
                wanted.iter().map(|(name, line)| ((*name).to_owned(), *line)).collect();
            assert_eq!(found, wanted, "{text:?}");
            let first = read.first().unwrap();
            let name = first.map(|document| document.value.path_str(&["n"]).unwrap().to_owned());
            assert_eq!(name, wanted.first().map(|(name, _)| name.clone()), "{text:?}");
        }
    }

    #[test]
    fn faults_have_their_place_in_the_file() {
        let read = Text::new("f".into(), b"n: a\n---\nn: [\n".to_vec());
        assert!(read.first().unwrap().is_some());
        let fault = read.all().unwrap_err();
        assert!(fault.line >= 3, "{fault:?}");
        let many = "n: a\n---\n".repeat(300) + "n: b: c\n";
        let read = Text::new("f".into(), many.into_bytes());
        assert_eq!(read.all().unwrap_err().line, 601);
    }

    #[test]
    fn paths_are_joined_as_go_joins_them() {
        for (folder, path, wanted) in [
            ("a/b", "c.yaml", "a/b/c.yaml"),
            ("a/b", "../c.yaml", "a/c.yaml"),
            ("a", "../../c.yaml", "../c.yaml"),
            ("", "./c.yaml", "c.yaml"),
            ("../a", "../c.yaml", "../c.yaml"),
            ("/a", "../../c.yaml", "/c.yaml"),
            ("a", "/c.yaml", "a/c.yaml"),
        ] {
            assert_eq!(join(Path::new(folder), path), Path::new(wanted), "{folder} {path}");
        }
        assert_eq!(plain(Path::new("a/./b/../c")), Path::new("a/c"));
    }
}
