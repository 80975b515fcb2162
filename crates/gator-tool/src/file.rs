//! Files that suites name, read as gator reads them.

use rayon::prelude::*;
use sekisho_checkpoint_check::read_file;
use sekisho_manifest::{Document, ReadError, ReadOptions, Source, read_part, read_stream_part};
use sekisho_report::Diagnostic;
use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock};

/// A text, and its documents.
pub(crate) struct Text {
    /// the path as it is shown
    pub(crate) name: Arc<str>,
    bytes: Vec<u8>,
    options: ReadOptions,
    parted: OnceLock<Result<Parted, Fault>>,
    documents: OnceLock<Result<Vec<Document>, Fault>>,
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

impl From<ReadError> for Fault {
    fn from(ReadError { line, column, message, help }: ReadError) -> Self {
        Self { line, column, message, help }
    }
}

impl Fault {
    pub(crate) fn diagnostic(&self, file: &Arc<str>) -> Diagnostic {
        let at = Diagnostic::at(Arc::clone(file), self.line, self.column, self.message.clone());
        Diagnostic { help: self.help.clone(), ..at }
    }
}

/// Scalars are gator's: `yes` is a text.
const OPTIONS: ReadOptions = ReadOptions { gator: true, client_kinds: true, last_key_wins: false };

/// Scalars are kubectl's, as they are to gator where it reads objects and not suites; and of a key
/// that stands twice the last value counts.
const OF_OBJECTS: ReadOptions = ReadOptions { gator: false, last_key_wins: true, ..OPTIONS };

impl Text {
    pub(crate) fn new(name: Arc<str>, bytes: Vec<u8>) -> Self {
        let (parted, documents) = (OnceLock::new(), OnceLock::new());
        Self { name, bytes, options: OPTIONS, parted, documents }
    }

    /// The text itself.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn parted(&self) -> Result<&Parted, Fault> {
        let parted = || Parted::new(Arc::clone(&self.name), self.bytes.as_slice());
        self.parted.get_or_init(parted).as_ref().map_err(Clone::clone)
    }

    /// The first document: what gator reads of suites, templates and constraints. None where
    /// nothing stands in the text.
    pub(crate) fn first(&self) -> Result<Option<Document>, Fault> {
        let Parted { source, parts } = self.parted()?;
        let Some(part) = parts.first() else { return Ok(None) };
        Ok(Some(read_part(source, 0..part.end, &self.options)?))
    }

    /// What stands behind the first document.
    pub(crate) fn behind_first(&self) -> Vec<Document> {
        let Ok(Parted { source, parts }) = self.parted() else { return Vec::new() };
        let read = |part: &Range<usize>| read_part(source, part.clone(), &self.options).ok();
        parts.iter().skip(1).filter_map(read).collect()
    }

    /// Every document.
    pub(crate) fn all(&self) -> Result<&[Document], &Fault> {
        let read = || self.parted()?.read(&self.options);
        self.documents.get_or_init(read).as_deref()
    }
}

/// Every document of a text of objects.
pub(crate) fn read_objects(name: Arc<str>, bytes: Vec<u8>) -> Result<Vec<Document>, Fault> {
    Parted::new(name, bytes)?.read(&OF_OBJECTS)
}

/// A text, and where its documents stand that hold anything.
struct Parted {
    source: Arc<Source>,
    parts: Vec<Range<usize>>,
}

impl Parted {
    fn new<'b>(name: Arc<str>, bytes: impl Into<Cow<'b, [u8]>>) -> Result<Self, Fault> {
        let source = Source::decode(name, bytes)?;
        let parts = source.parts().filter(|part| holds(source.text(), part)).collect();
        Ok(Self { source, parts })
    }

    /// Reads the documents, several at once. Of faults the first is told.
    fn read(&self, options: &ReadOptions) -> Result<Vec<Document>, Fault> {
        let read = |part: &Range<usize>| read_stream_part(&self.source, part.clone(), options);
        let read: Vec<Result<Vec<Document>, ReadError>> = self.parts.par_iter().map(read).collect();
        let mut documents = Vec::with_capacity(read.len());
        for part in read {
            documents.append(&mut part?);
        }
        Ok(documents)
    }
}

/// Whether a part holds more than comments and directives. What stands behind `---` on its line is
/// content, too.
fn holds(text: &str, part: &Range<usize>) -> bool {
    let text = text.get(part.clone()).unwrap_or_default();
    let mut lines = text.strip_prefix("---").unwrap_or(text).lines();
    lines.any(|line| {
        let line = line.trim_start_matches('\u{feff}').trim_ascii();
        !line.is_empty() && !line.starts_with(['#', '%'])
    })
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

#[cfg(test)]
mod tests {
    use super::{Text, join, plain, read_objects};
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
    fn streams_of_json_are_read_and_nulls_passed_over() {
        for (text, wanted) in [
            ("null\n", &[][..]),
            ("~\n---\nk: a\n---\nnull # c\n", &[r#"{"k":"a"}"#]),
            ("{\"n\":1.0}\n{\"n\":1e3}{\n}\n", &[r#"{"n":1}"#, r#"{"n":1000}"#, "{}"]),
            ("{\"n\":\"a\"}\n---\nk: b\n", &[r#"{"n":"a"}"#, r#"{"k":"b"}"#]),
        ] {
            let read = read_objects("f".into(), text.as_bytes().to_vec()).unwrap();
            let found: Vec<String> = read.iter().map(|document| document.value.to_json()).collect();
            assert_eq!(found, wanted, "{text:?}");
        }
        assert!(read_objects("f".into(), b"{\"n\":1}\n{\"n\":\n".to_vec()).is_err());
        let many = "{}".repeat(1_000_000);
        let fault = read_objects("f".into(), many.into_bytes()).unwrap_err();
        assert!(fault.message.contains("too many"), "{fault:?}");
    }

    #[test]
    fn faults_have_their_place_in_the_file() {
        let read = Text::new("f".into(), b"n: a\n---\nn: [\n".to_vec());
        assert!(read.first().unwrap().is_some());
        let fault = read.all().unwrap_err();
        assert!(fault.line >= 3, "{fault:?}");
        let many = "n: a\n---\n".repeat(300) + "n: b: c\n";
        let read = Text::new("f".into(), many.clone().into_bytes());
        assert_eq!(read.all().unwrap_err().line, 601);
        let read = Text::new("f".into(), many.replace(": b: ", ": b").into_bytes());
        let last = read.all().unwrap().last().unwrap();
        assert_eq!(last.locate(&sekisho_value::Pointer::root()).line, 601);
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
