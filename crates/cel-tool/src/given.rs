//! What an expression is evaluated over.

use sekisho_kube_model::{Gvk, ProblemKind, Schemas};
use sekisho_manifest::{Document, ReadOptions, read, read_document};
use sekisho_value::{Map, Value};
use std::fmt;
use std::io::Read as _;
use std::path::Path;

/// What is given to an expression, as the API server would give it.
#[derive(Debug, Default)]
pub struct Given {
    /// the object, as it would be stored
    pub object: Option<Value>,
    /// the object as it was
    pub old_object: Option<Value>,
    /// the parameters
    pub params: Option<Value>,
    /// the kinds that are known
    pub schemas: Schemas,
    /// what of the objects nobody will see
    pub warnings: Vec<ReadFault>,
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadFault {
    /// the file, with line and column where they are known
    pub place: String,
    /// why
    pub message: String,
}

impl fmt::Display for ReadFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.message)
    }
}

impl Given {
    /// Reads files: the object, what it was, the parameters, and CustomResourceDefinitions; `-` is
    /// the standard input.
    ///
    /// # Errors
    /// All that cannot be read.
    pub fn read(
        object: Option<&Path>,
        old_object: Option<&Path>,
        params: Option<&Path>,
        definitions: &[impl AsRef<Path>],
    ) -> Result<Self, Vec<ReadFault>> {
        let mut faults = Vec::new();
        let mut crds = Vec::new();
        let files = [object, old_object, params].into_iter().flatten();
        if files.chain(definitions.iter().map(AsRef::as_ref)).filter(|path| is_stdin(path)).count()
            > 1
        {
            let message = "standard input can be read once, and is given more often".to_owned();
            return Err(vec![ReadFault { place: STDIN.to_owned(), message }]);
        }
        for path in definitions {
            let path = path.as_ref();
            match contents(path) {
                Ok(bytes) => {
                    let name = path.display().to_string();
                    let found = read(&name, bytes, &ReadOptions::default());
                    let defines =
                        |document: &Document| document.kind() == "CustomResourceDefinition";
                    if found.errors.is_empty() && !found.documents.iter().any(defines) {
                        let message = "it holds no CustomResourceDefinition".to_owned();
                        faults.push(ReadFault { place: name.clone(), message });
                    }
                    crds.extend(found.documents.into_iter().map(|document| document.value));
                    faults.extend(found.errors.iter().map(|error| ReadFault {
                        place: format!("{name}:{}:{}", error.line, error.column),
                        message: error.message.clone(),
                    }));
                }
                Err(fault) => faults.push(fault),
            }
        }
        let (schemas, problems) = Schemas::with_crds(&crds);
        faults.extend(problems.into_iter().map(|(_, problem)| ReadFault {
            place: "CustomResourceDefinition".to_owned(),
            message: problem.message,
        }));
        let mut warnings = Vec::new();
        let mut stored = |path: Option<&Path>| {
            let document = document(path?).map_err(|fault| faults.push(fault)).ok()?;
            // What has no kind is given as it is.
            if Gvk::of(&document.value).is_none() {
                return Some(document.value);
            }
            let decoded = schemas.store(&document.value);
            for problem in decoded.problems {
                let told = match problem.kind {
                    ProblemKind::WrongType => &mut faults,
                    ProblemKind::UnknownField => &mut warnings,
                    _ => continue,
                };
                let (name, at) = (&document.source().name, document.locate(&problem.pointer));
                let place = format!("{name}:{}:{}", at.line, at.column);
                told.push(ReadFault { place, message: problem.message });
            }
            Some(decoded.object)
        };
        let (object, old_object, params) = (stored(object), stored(old_object), stored(params));
        if faults.is_empty() {
            Ok(Self { object, old_object, params, schemas, warnings })
        } else {
            Err(faults)
        }
    }

    /// The request that brings the object.
    #[must_use]
    pub fn request(&self) -> Value {
        let operation = match (&self.object, &self.old_object) {
            (None, Some(_)) => "DELETE",
            (Some(_), Some(_)) => "UPDATE",
            _ => "CREATE",
        };
        let subject = self.object.as_ref().or(self.old_object.as_ref());
        let gvk = subject.and_then(Gvk::of).unwrap_or_else(|| Gvk::new("", "", ""));
        let text = |path: &[&str]| {
            subject.and_then(|object| object.path_str(path)).unwrap_or_default().to_owned()
        };
        let kind = object([
            ("group", Value::from(gvk.group.as_str())),
            ("version", Value::from(gvk.version.as_str())),
            ("kind", Value::from(gvk.kind.as_str())),
        ]);
        let plural = self.schemas.kind_of(&gvk).map(|kind| kind.plural()).unwrap_or_default();
        let resource = object([
            ("group", Value::from(gvk.group.as_str())),
            ("version", Value::from(gvk.version.as_str())),
            ("resource", Value::from(plural)),
        ]);
        object([
            ("kind", kind.clone()),
            ("resource", resource.clone()),
            ("requestKind", kind),
            ("requestResource", resource),
            ("name", Value::from(text(&["metadata", "name"]))),
            ("namespace", Value::from(text(&["metadata", "namespace"]))),
            ("operation", Value::from(operation)),
            ("userInfo", object([])),
            ("dryRun", Value::Bool(false)),
        ])
    }
}

fn object<const N: usize>(entries: [(&str, Value); N]) -> Value {
    Value::Object(Map::from_iter(entries))
}

/// What stands for the standard input.
const STDIN: &str = "-";

fn is_stdin(path: &Path) -> bool {
    path == Path::new(STDIN)
}

fn contents(path: &Path) -> Result<Vec<u8>, ReadFault> {
    let fault = |error: std::io::Error| ReadFault {
        place: path.display().to_string(),
        message: error.to_string(),
    };
    if !is_stdin(path) {
        return std::fs::read(path).map_err(fault);
    }
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).map_err(fault)?;
    Ok(bytes)
}

fn document(path: &Path) -> Result<Document, ReadFault> {
    let name = path.display().to_string();
    read_document(&name, contents(path)?).map_err(|error| ReadFault {
        place: format!("{name}:{}:{}", error.line, error.column),
        message: error.message,
    })
}
