use sekisho_rego::{Schemas, Source};
use sekisho_value::{Map, Str, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Policies and data as files gave them.
#[derive(Debug, Default)]
pub struct Loaded {
    /// the modules, in byte order of their paths
    pub modules: Vec<Source>,
    /// the base documents
    pub data: Map,
    /// files that could not be read or joined: the path, line and column where known, and why
    pub errors: Vec<LoadError>,
}

/// A file that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// the file
    pub file: String,
    /// line and column, from 1
    pub place: Option<(u32, u32)>,
    /// why
    pub message: String,
    /// how to mend it
    pub help: Option<String>,
}

/// Reads files and folders, as `opa eval -d` does. `.rego` files are modules; `.json`, `.yaml` and
/// `.yml` files are base documents, in a folder below the document of the folder's path.
#[must_use]
pub fn load(paths: &[String]) -> Loaded {
    let mut loaded = Loaded::default();
    for path in paths {
        let root = Path::new(path);
        match fs::metadata(root) {
            Ok(found) if found.is_dir() => loaded.folder(root),
            Ok(_) => loaded.file(root, &[]),
            Err(error) => loaded.fail(root, error.to_string()),
        }
    }
    loaded
}

/// Reads schemas, as `opa check --schema` does: a file is the schema of the input, the files of a
/// folder are named by their paths. Annotations count in any case.
pub(crate) fn schemas(path: Option<&str>) -> Result<Schemas, LoadError> {
    let Some(path) = path else { return Ok(Schemas::default()) };
    let root = Path::new(path);
    let fail = |path: &Path, message: String| LoadError {
        file: path.display().to_string(),
        place: None,
        message,
        help: None,
    };
    let mut named = BTreeMap::new();
    let mut pending = vec![(root.to_owned(), Vec::<Str>::new(), true)];
    while let Some((path, mut name, is_root)) = pending.pop() {
        let found = fs::metadata(&path).map_err(|error| fail(&path, error.to_string()))?;
        if !found.is_dir() {
            if !is_root {
                name.pop();
                name.push(file_stem(&path).into());
            }
            named.insert(name, read(&path)?);
            continue;
        }
        let entries = fs::read_dir(&path).map_err(|error| fail(&path, error.to_string()))?;
        // What a link leads back to ends where the system refuses so long a path.
        for entry in entries.flatten().map(|entry| entry.path()) {
            let mut below = name.clone();
            below.push(file_name(&entry).into());
            pending.push((entry, below, false));
        }
    }
    Ok(Schemas { named: Some(named) })
}

/// A JSON or YAML document.
fn read(path: &Path) -> Result<Value, LoadError> {
    let name = path.display().to_string();
    let fail = |place, message, help| LoadError { file: name.clone(), place, message, help };
    let text = match fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => return Err(fail(None, "the file is not UTF-8".to_owned(), None)),
        Err(error) => return Err(fail(None, error.to_string(), None)),
    };
    if path.extension().is_some_and(|extension| extension == "json") {
        return sekisho_value::from_json(&text)
            .map_err(|error| fail(None, error.to_string(), None));
    }
    match sekisho_manifest::read_document(&name, text.into_bytes()) {
        Ok(document) => Ok(document.value),
        Err(error) => Err(fail(Some((error.line, error.column)), error.message, error.help)),
    }
}

impl Loaded {
    fn fail(&mut self, path: &Path, message: String) {
        let file = path.display().to_string();
        self.errors.push(LoadError { file, place: None, message, help: None });
    }

    fn folder(&mut self, root: &Path) {
        let mut pending = vec![(root.to_owned(), Vec::<Str>::new())];
        let mut seen = std::collections::HashSet::new();
        while let Some((folder, keys)) = pending.pop() {
            if !fs::canonicalize(&folder).is_ok_and(|real| seen.insert(real)) {
                continue;
            }
            let entries = match fs::read_dir(&folder) {
                Ok(entries) => entries,
                Err(error) => {
                    self.fail(&folder, error.to_string());
                    continue;
                }
            };
            let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
            paths.sort();
            let mut folders = Vec::new();
            for path in paths {
                if path.is_dir() {
                    let mut keys = keys.clone();
                    keys.push(file_name(&path).into());
                    folders.push((path, keys));
                } else if is_module(&path) || is_data(&path) {
                    self.file(&path, &keys);
                }
            }
            pending.extend(folders.into_iter().rev());
        }
    }

    fn file(&mut self, path: &Path, keys: &[Str]) {
        if is_module(path) {
            match fs::read(path).map(String::from_utf8) {
                Ok(Ok(text)) => {
                    self.modules.push(Source::new(&path.display().to_string(), &text));
                }
                Ok(Err(_)) => self.fail(path, "the file is not UTF-8".to_owned()),
                Err(error) => self.fail(path, error.to_string()),
            }
            return;
        }
        match read(path) {
            Ok(value) => self.join(path, keys, value),
            Err(error) => self.errors.push(error),
        }
    }

    fn join(&mut self, path: &Path, keys: &[Str], value: Value) {
        let mut value = value;
        for key in keys.iter().rev() {
            value = Value::Object(Map::from_iter([(key.clone(), value)]));
        }
        let Value::Object(map) = value else {
            return self.fail(path, "base documents are an object at the top".to_owned());
        };
        if let Err(at) = merge(&mut self.data, &map) {
            self.fail(path, format!("`{at}` has another value in an earlier file"));
        }
    }
}

/// Joins objects; the path of what both have and is no object in both.
fn merge(into: &mut Map, from: &Map) -> Result<(), String> {
    for (key, value) in from.iter() {
        match (into.get_mut(key), value) {
            (None, _) => {
                into.insert(key.clone(), value.clone());
            }
            (Some(Value::Object(below)), Value::Object(more)) => {
                merge(below, more).map_err(|at| format!("{key}.{at}"))?;
            }
            (Some(same), _) if same == value => {}
            (Some(_), _) => return Err(key.to_string()),
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn file_stem(path: &Path) -> String {
    path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

fn is_module(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "rego")
}

fn is_data(path: &Path) -> bool {
    let extension = path.extension().and_then(std::ffi::OsStr::to_str);
    matches!(extension, Some("json" | "yaml" | "yml"))
}
