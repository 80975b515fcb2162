//! `.sekisho.yaml`: defaults of options, turned into the arguments that they stand for.

use anyhow::{Context as _, Result, bail};
use clap::ArgMatches;
use clap::error::{ContextKind, ContextValue};
use clap::parser::ValueSource;
use sekisho_manifest::Document;
use sekisho_value::{Map, Pointer, Value};
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
    ("pack", Shape::Texts),
    ("pod-security", Shape::Texts),
    ("pod-security-config", Shape::Path),
    ("kubernetes-version", Shape::Text),
    ("target", Shape::Path),
    ("baseline", Shape::Path),
    ("output", Shape::Outputs),
    ("fail-on", Shape::Text),
    ("exclude", Shape::Texts),
    ("inventory", Shape::Paths),
    ("time", Shape::Text),
    ("namespace", Shape::Text),
    ("as", Shape::Text),
    ("as-group", Shape::Texts),
    ("no-implied", Shape::Switch),
    ("gator-compat", Shape::Switch),
    ("strict", Shape::Switch),
    ("quiet", Shape::Switch),
    ("color", Shape::Text),
    ("no-progress", Shape::Switch),
];

/// The settings that `show` has too; what is meant for `check` alone is no error there.
const OF_SHOW: &[&str] = &["paths", "exclude", "namespace", "color"];

/// A settings file, as the arguments that it stands for.
pub(crate) struct Settings {
    pub(crate) file: PathBuf,
    document: Document,
    arguments: Vec<Argument>,
}

/// An argument, with the setting that it comes from.
struct Argument {
    text: OsString,
    option: &'static str,
    at: Pointer,
}

impl Settings {
    /// The arguments.
    pub(crate) fn arguments(&self) -> impl Iterator<Item = OsString> {
        self.arguments.iter().map(|argument| argument.text.clone())
    }

    /// The error of the first setting whose argument is not understood, at its place.
    pub(crate) fn error(
        &self,
        parse: impl Fn(&OsString) -> Result<(), clap::Error>,
    ) -> Option<anyhow::Error> {
        self.arguments.iter().find_map(|argument| {
            let error = parse(&argument.text).err()?;
            Some(crate::config::error(
                &self.document,
                &argument.at,
                &wrong(argument.option, &error),
            ))
        })
    }
}

/// What is wrong with the value of a setting, without the option that nobody gave.
fn wrong(option: &str, error: &clap::Error) -> String {
    let mut message = format!("wrong value of `{option}`");
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue) {
        message.push_str(&format!(": `{value}`"));
    }
    if let Some(source) = std::error::Error::source(error) {
        message.push_str(&format!(": {source}"));
    }
    if let Some(ContextValue::Strings(values)) = error.get(ContextKind::ValidValue) {
        message.push_str(&format!("\nhelp: it is one of {}", values.join(", ")));
    }
    message
}

/// The settings file that is in force, less what the command line gives.
pub(crate) fn read(command: &str, given: &ArgMatches) -> Result<Option<Settings>> {
    let Some(file) = find(given)? else {
        return Ok(None);
    };
    let bytes = crate::config::read(&file)?;
    let name = file.display().to_string();
    let document = crate::config::document(&name, &bytes)?;
    let folder = file.parent().unwrap_or(Path::new(""));
    let mut reader = Reader { document: &document, folder, arguments: Vec::new() };
    let nothing = Map::new();
    let map = match &document.value {
        Value::Object(map) => map,
        Value::Null => &nothing,
        _ => bail!("{name}: settings are `option: value` lines"),
    };
    for (key, value) in map.iter() {
        let at = Pointer::root().key(key);
        let Some((option, shape)) = SETTINGS.iter().find(|(option, _)| option == key) else {
            let message = format!("unknown setting `{key}`\nhelp: {}", known(key));
            return Err(reader.error(&at, &message));
        };
        let known = command == "check" || OF_SHOW.contains(option);
        let overridden = given.try_contains_id(&id(option)).is_ok()
            && given.value_source(&id(option)) == Some(ValueSource::CommandLine);
        if known && !overridden && !value.is_null() {
            reader.setting(option, *shape, value, &at)?;
        }
    }
    let arguments = reader.arguments;
    Ok(Some(Settings { file, document, arguments }))
}

/// Which settings there are: the one that was probably meant, or all.
fn known(key: &str) -> String {
    let dashed = key.replace('_', "-").to_lowercase();
    let names = SETTINGS.iter().map(|(option, _)| *option);
    match names.clone().find(|name| is_near(&dashed, name)) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("the settings are {}", names.collect::<Vec<_>>().join(", ")),
    }
}

/// Whether two names are the same but for one place.
fn is_near(given: &str, name: &str) -> bool {
    let same = |a: &mut dyn Iterator<Item = (u8, u8)>| a.take_while(|(a, b)| a == b).count();
    let start = same(&mut given.bytes().zip(name.bytes()));
    let shorter = given.len().min(name.len());
    let end = same(&mut given.bytes().rev().zip(name.bytes().rev())).min(shorter - start);
    let differ = given.len().max(name.len()) - start - end;
    differ == 0 || name.len() > 3 && differ <= 2
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
    if let Some(file) = given.get_one::<PathBuf>("config") {
        return Ok(Some(file.clone()));
    }
    let folder = std::env::current_dir().context("the working folder")?;
    // A link that leads nowhere, or a folder, is an error once it is read: what it was to set
    // does not get lost in silence.
    let found = folder
        .ancestors()
        .map(|folder| folder.join(FILE))
        .find(|file| std::fs::symlink_metadata(file).is_ok());
    Ok(found.map(|file| match file.strip_prefix(&folder) {
        Ok(relative) => relative.to_path_buf(),
        Err(_) => file,
    }))
}

struct Reader<'a> {
    document: &'a Document,
    folder: &'a Path,
    arguments: Vec<Argument>,
}

impl Reader<'_> {
    fn error(&self, at: &Pointer, message: &str) -> anyhow::Error {
        crate::config::error(self.document, at, message)
    }

    fn setting(
        &mut self,
        option: &'static str,
        shape: Shape,
        value: &Value,
        at: &Pointer,
    ) -> Result<()> {
        match shape {
            Shape::Switch => match value.as_bool() {
                Some(true) => self.add(format!("--{option}").into(), option, at),
                Some(false) => {}
                None => return Err(self.error(at, &format!("`{option}` wants true or false"))),
            },
            Shape::Text | Shape::Path => {
                let text = self.text(option, value, at)?;
                self.push(option, &text, shape == Shape::Path, at);
            }
            Shape::Texts | Shape::Paths => {
                for (text, at) in self.texts(option, value, at)? {
                    self.push(option, &text, shape == Shape::Paths, &at);
                }
            }
            Shape::Inputs => {
                for (text, at) in self.texts(option, value, at)? {
                    let path = if text == "-" { text.into() } else { self.relative(&text) };
                    self.add(path, option, &at);
                }
            }
            Shape::Outputs => self.outputs(value, at)?,
        }
        Ok(())
    }

    fn push(&mut self, option: &'static str, text: &str, is_path: bool, at: &Pointer) {
        let mut argument = OsString::from(format!("--{option}="));
        argument.push(if is_path { self.relative(text) } else { text.into() });
        self.add(argument, option, at);
    }

    fn add(&mut self, text: OsString, option: &'static str, at: &Pointer) {
        self.arguments.push(Argument { text, option, at: at.clone() });
    }

    /// A path of the settings file as seen from the working folder.
    fn relative(&self, path: &str) -> OsString {
        self.folder.join(path).into()
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

    fn texts(&self, option: &str, value: &Value, at: &Pointer) -> Result<Vec<(String, Pointer)>> {
        match value {
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, item)| {
                    let at = at.index(index);
                    Ok((self.text(option, item, &at)?, at))
                })
                .collect(),
            one => Ok(vec![(self.text(option, one, at)?, at.clone())]),
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
                self.push("output", &format, false, &at);
                if let Some(file) = map.get("file") {
                    let file = self.text("file", file, &at.key("file"))?;
                    self.push("output-file", &file, true, &at);
                }
            } else {
                let format = self.text("output", item, &at)?;
                self.push("output", &format, false, &at);
            }
        }
        Ok(())
    }
}
