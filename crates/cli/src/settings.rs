//! `.sekisho.yaml`: defaults of options, turned into the arguments that they stand for.

use anyhow::{Context as _, Result, bail};
use clap::ArgMatches;
use clap::parser::ValueSource;
use sekisho_manifest::Document;
use sekisho_value::{Pointer, Value};
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// The name of the file, in the working folder or above.
const FILE: &str = ".sekisho.yaml";

/// What a setting is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// one text
    Text,
    /// one path, relative to the file's folder
    Path,
    /// one or several texts
    Texts,
    /// one or several paths, relative to the file's folder
    Paths,
    /// true or false
    Switch,
    /// formats, each with a file or without
    Outputs,
    /// the arguments that stand without an option
    Inputs,
}

/// Every setting, by the name of its option.
const SETTINGS: &[(&str, Shape)] = &[
    ("paths", Shape::Inputs),
    ("policies", Shape::Paths),
    ("pod-security", Shape::Texts),
    ("pod-security-config", Shape::Path),
    ("kubernetes-version", Shape::Text),
    ("target", Shape::Path),
    ("baseline", Shape::Path),
    ("output", Shape::Outputs),
    ("fail-on", Shape::Text),
    ("exclude", Shape::Texts),
    ("time", Shape::Text),
    ("namespace", Shape::Text),
    ("as", Shape::Text),
    ("as-group", Shape::Texts),
    ("no-implied", Shape::Switch),
    ("strict", Shape::Switch),
    ("quiet", Shape::Switch),
    ("color", Shape::Text),
    ("no-progress", Shape::Switch),
];

/// The settings that `show` has too; what is meant for `check` alone is no error there.
const OF_SHOW: &[&str] = &["paths", "exclude", "namespace", "color"];

/// The arguments that the settings file stands for, less those that the command line gives.
pub(crate) fn arguments(command: &str, given: &ArgMatches) -> Result<Vec<OsString>> {
    let Some(file) = find(given)? else {
        return Ok(Vec::new());
    };
    let bytes = std::fs::read(&file).with_context(|| format!("{}", file.display()))?;
    let name = file.display().to_string();
    let document = crate::config::document(&name, &bytes)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut reader = Reader { document: &document, folder, arguments: Vec::new() };
    let Value::Object(map) = &document.value else {
        if document.value.is_null() {
            return Ok(Vec::new());
        }
        bail!("{name}: settings are `option: value` lines");
    };
    for (key, value) in map.iter() {
        let at = Pointer::root().key(key);
        let Some((option, shape)) = SETTINGS.iter().find(|(option, _)| option == key) else {
            let names: Vec<&str> = SETTINGS.iter().map(|(option, _)| *option).collect();
            return Err(reader
                .error(&at, &format!("unknown setting `{key}`"))
                .context(format!("the settings are {}", names.join(", "))));
        };
        let known = command == "check" || OF_SHOW.contains(option);
        let overridden = given.try_contains_id(&id(option)).is_ok()
            && given.value_source(&id(option)) == Some(ValueSource::CommandLine);
        if known && !overridden && !value.is_null() {
            reader.setting(option, *shape, value, &at)?;
        }
    }
    Ok(reader.arguments)
}

/// The identifier that clap knows an option by.
fn id(option: &str) -> String {
    match option {
        "as" => "user".to_owned(),
        "as-group" => "groups".to_owned(),
        _ => option.replace('-', "_"),
    }
}

fn find(given: &ArgMatches) -> Result<Option<PathBuf>> {
    if given.get_flag("no_config") {
        return Ok(None);
    }
    if let Some(file) = given.get_one::<String>("config") {
        return Ok(Some(PathBuf::from(file)));
    }
    let folder = std::env::current_dir().context("the working folder")?;
    let found = folder.ancestors().map(|folder| folder.join(FILE)).find(|file| file.is_file());
    Ok(found.map(|file| match file.strip_prefix(&folder) {
        Ok(relative) => relative.to_path_buf(),
        Err(_) => file,
    }))
}

struct Reader<'a> {
    document: &'a Document,
    folder: &'a Path,
    arguments: Vec<OsString>,
}

impl Reader<'_> {
    fn error(&self, at: &Pointer, message: &str) -> anyhow::Error {
        crate::config::error(self.document, at, message)
    }

    fn setting(&mut self, option: &str, shape: Shape, value: &Value, at: &Pointer) -> Result<()> {
        match shape {
            Shape::Switch => match value.as_bool() {
                Some(true) => self.arguments.push(format!("--{option}").into()),
                Some(false) => {}
                None => return Err(self.error(at, &format!("`{option}` wants true or false"))),
            },
            Shape::Text | Shape::Path => {
                let text = self.text(option, value, at)?;
                self.push(option, &text, shape == Shape::Path);
            }
            Shape::Texts | Shape::Paths => {
                for text in self.texts(option, value, at)? {
                    self.push(option, &text, shape == Shape::Paths);
                }
            }
            Shape::Inputs => {
                for text in self.texts(option, value, at)? {
                    let path = if text == "-" { text } else { self.relative(&text) };
                    self.arguments.push(path.into());
                }
            }
            Shape::Outputs => self.outputs(value, at)?,
        }
        Ok(())
    }

    fn push(&mut self, option: &str, text: &str, is_path: bool) {
        let text = if is_path { self.relative(text) } else { text.to_owned() };
        self.arguments.push(format!("--{option}={text}").into());
    }

    /// A path of the settings file as seen from the working folder.
    fn relative(&self, path: &str) -> String {
        self.folder.join(path).display().to_string()
    }

    fn text(&self, option: &str, value: &Value, at: &Pointer) -> Result<String> {
        match value {
            Value::String(text) => Ok(text.to_string()),
            Value::Number(number) => Ok(number.to_string()),
            other => {
                let message = format!("`{option}` wants a string, found a {}", other.kind());
                Err(self.error(at, &message))
            }
        }
    }

    fn texts(&self, option: &str, value: &Value, at: &Pointer) -> Result<Vec<String>> {
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| self.text(option, item, &at.index(index)))
                .collect(),
            one => Ok(vec![self.text(option, one, at)?]),
        }
    }

    /// `text`, or a list of formats and of `{format, file}`.
    fn outputs(&mut self, value: &Value, at: &Pointer) -> Result<()> {
        let one = [value.clone()];
        let items = value.as_array().unwrap_or(&one);
        for (index, item) in items.iter().enumerate() {
            let at = if value.as_array().is_some() { at.index(index) } else { at.clone() };
            if let Value::Object(map) = item {
                if let Some(key) = map.keys().find(|key| *key != "format" && *key != "file") {
                    let message =
                        format!("unknown field `{key}`: an output has `format` and `file`");
                    return Err(self.error(&at.key(key), &message));
                }
                let format = map.get("format").cloned().unwrap_or_default();
                let format = self.text("format", &format, &at.key("format"))?;
                self.push("output", &format, false);
                if let Some(file) = map.get("file") {
                    let file = self.text("file", file, &at.key("file"))?;
                    self.push("output-file", &file, true);
                }
            } else {
                let format = self.text("output", item, &at)?;
                self.push("output", &format, false);
            }
        }
        Ok(())
    }
}
