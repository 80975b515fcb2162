//! `METADATA` comments: YAML that stands above what it describes.

use super::parser::Parser;
use super::token::Comment;
use crate::Span;
use crate::ast::{Annotations, Module};
use sekisho_manifest::{ReadOptions, read_document_as};
use sekisho_value::{Map, Str, Value};

/// What a block stands above.
#[derive(Clone, Copy)]
enum Below {
    Package,
    Import,
    Rule(usize),
}

impl Parser<'_> {
    /// Reads the blocks, and attaches them to what follows.
    pub(super) fn annotate(&mut self, module: &mut Module) {
        let comments = self.comments();
        let mut at = 0;
        let mut below = statements(module);
        below.sort_by_key(|(start, _)| *start);
        while let Some(first) = comments.get(at) {
            at += 1;
            if !self.begins_block(first) {
                continue;
            }
            let begin = at;
            while let (Some(comment), Some(before)) = (comments.get(at), comments.get(at - 1))
                && comment.first_column
                && self.is_next_line(before.span, comment.span)
                && !self.begins_block(comment)
            {
                at += 1;
            }
            let lines = comments.get(begin..at).unwrap_or_default();
            if let Some(value) = self.block(first, lines) {
                let end = lines.last().map_or(first.span, |last| last.span);
                let next = below.partition_point(|(start, _)| *start <= first.span.end);
                let statement = below.get(next).map(|(_, statement)| *statement);
                if let Some(annotations) = self.attach(first.span.to(end), value, statement) {
                    module.annotations.push(annotations);
                }
            }
        }
    }

    fn comment_text(&self, comment: &Comment) -> &str {
        self.text_of(comment.span).strip_prefix('#').unwrap_or_default()
    }

    fn begins_block(&self, comment: &Comment) -> bool {
        comment.first_column && self.comment_text(comment).trim().starts_with("METADATA")
    }

    fn is_next_line(&self, before: Span, after: Span) -> bool {
        let between = self.text_of(Span { start: before.end, end: after.start });
        between.bytes().filter(|byte| *byte == b'\n').count() == 1
    }

    /// The object that a block's YAML is.
    fn block(&mut self, first: &Comment, lines: &[Comment]) -> Option<Value> {
        let mut yaml = String::new();
        for line in lines {
            let text = self.comment_text(line);
            yaml.push_str(text.strip_prefix(' ').unwrap_or(text));
            yaml.push('\n');
        }
        if yaml.trim().is_empty() {
            self.report(first.span, "expected METADATA block, found whitespace");
            self.help_later("write `# title: …` or another field on the next line");
            return None;
        }
        // In OPA's reading `yes` is text, as in gator's.
        let options = ReadOptions { gator: true, ..ReadOptions::default() };
        let value = match read_document_as("", yaml.as_bytes(), &options) {
            Ok(document) => document.value,
            Err(error) => {
                // OPA names the line behind the one that its YAML reader names.
                let line = lines.get(error.line as usize).or(lines.last()).unwrap_or(first);
                self.report(
                    line.span,
                    format_args!("yaml: line {}: {}", error.line, error.message),
                );
                if let Some(help) = error.help {
                    self.help_later(help);
                }
                return None;
            }
        };
        match normalise(&value) {
            Ok(value) => Some(value),
            Err(message) => {
                self.report(first.span, message);
                None
            }
        }
    }

    /// Says what a block stands above, and whether its scope fits that.
    fn attach(&mut self, span: Span, value: Value, below: Option<Below>) -> Option<Annotations> {
        let entrypoint = value.get("entrypoint").and_then(Value::as_bool) == Some(true);
        let scope: Str = match (value.path_str(&["scope"]), below) {
            (Some(scope), _) => scope.into(),
            (None, Some(Below::Rule(_))) if entrypoint => "document".into(),
            (None, Some(Below::Rule(_))) => "rule".into(),
            (None, Some(Below::Package)) => "package".into(),
            (None, Some(Below::Import)) => "import".into(),
            (None, None) => Str::default(),
        };
        let (fits, wanted) = match scope.as_str() {
            "rule" | "document" => (matches!(below, Some(Below::Rule(_))), "rule"),
            "package" | "subpackages" => (matches!(below, Some(Below::Package)), "package"),
            _ => {
                self.report(
                    span,
                    format_args!(
                        "invalid annotation scope '{scope}'. Use one of 'rule', 'document', \
                         'package', or 'subpackages'"
                    ),
                );
                return None;
            }
        };
        if !fits {
            let have = match below {
                Some(Below::Rule(_)) => " (have rule)",
                Some(Below::Package) => " (have package)",
                Some(Below::Import) => " (have import)",
                None => "",
            };
            let message = format!("annotation scope '{scope}' must be applied to {wanted}{have}");
            self.report(span, message);
            return None;
        }
        if entrypoint && !matches!(scope.as_str(), "document" | "package") {
            let message =
                format!("annotation entrypoint applied to non-document or package scope '{scope}'");
            self.report(span, message);
            return None;
        }
        let rule = match below {
            Some(Below::Rule(rule)) => Some(rule),
            _ => None,
        };
        let mut value = value;
        if let Some(map) = value.as_object_mut() {
            map.insert("scope", scope.as_str());
        }
        Some(Annotations { value, scope, rule, span })
    }
}

/// What a block may stand above, by where it begins.
fn statements(module: &Module) -> Vec<(u32, Below)> {
    let package = (module.package.span.start, Below::Package);
    let imports = module.imports.iter().map(|import| (import.span.start, Below::Import));
    let rules = module.rules.iter().enumerate();
    let rules = rules.map(|(index, rule)| (rule.span.start, Below::Rule(index)));
    std::iter::once(package).chain(imports).chain(rules).collect()
}

/// The fields as `rego.metadata.chain` gives them.
fn normalise(value: &Value) -> Result<Value, String> {
    let Some(fields) = value.as_object() else {
        return Err("yaml: the annotation is no object".into());
    };
    let mut out = Map::new();
    for (key, value) in fields.iter() {
        if value.is_null() {
            continue;
        }
        let value = match key.as_str() {
            "scope" | "title" | "description" => text(key, value)?,
            "entrypoint" => match value.as_bool() {
                Some(true) => Value::Bool(true),
                Some(false) => continue,
                None => return Err(wrong(key, "a boolean")),
            },
            "organizations" => each(key, value, |item| text("organizations", item))?,
            "related_resources" => each(key, value, related_resource)?,
            "authors" => each(key, value, author)?,
            "schemas" => each(key, value, schema)?,
            "custom" | "labels" | "compile" => match value.as_object() {
                Some(map) if map.is_empty() => continue,
                Some(_) => value.clone(),
                None => return Err(wrong(key, "an object")),
            },
            _ => continue,
        };
        let is_empty = value.as_str() == Some("") || value.as_array().is_some_and(<[_]>::is_empty);
        if !is_empty {
            out.insert(key.clone(), value);
        }
    }
    Ok(Value::Object(out))
}

fn wrong(key: &str, expected: &str) -> String {
    format!("yaml: `{key}` must be {expected}")
}

fn text(key: &str, value: &Value) -> Result<Value, String> {
    match value {
        Value::String(_) => Ok(value.clone()),
        Value::Number(number) => Ok(Value::from(number.literal().into_owned())),
        Value::Bool(bool) => Ok(Value::from(bool.to_string())),
        _ => Err(wrong(key, "a string")),
    }
}

fn each(
    key: &str,
    value: &Value,
    item: impl Fn(&Value) -> Result<Value, String>,
) -> Result<Value, String> {
    let items = value.as_array().ok_or_else(|| wrong(key, "a list"))?;
    Ok(Value::from(items.iter().map(item).collect::<Result<Vec<_>, _>>()?))
}

fn related_resource(value: &Value) -> Result<Value, String> {
    let invalid = |why: &str| format!("invalid related-resource definition: {why}");
    let mut out = Map::new();
    match value {
        Value::String(reference) if reference.is_empty() => {
            return Err(invalid("ref URL may not be empty string"));
        }
        Value::String(reference) => {
            out.insert("ref", reference.clone());
        }
        Value::Object(_) => {
            let reference = trimmed(value, "ref");
            if reference.is_empty() {
                return Err(invalid("'ref' value required in object"));
            }
            out.insert("ref", reference);
            let description = trimmed(value, "description");
            if !description.is_empty() {
                out.insert("description", description);
            }
        }
        _ => return Err(invalid("invalid value type, must be string or map")),
    }
    Ok(Value::Object(out))
}

fn author(value: &Value) -> Result<Value, String> {
    let invalid = |why: &str| format!("invalid author definition: {why}");
    let (name, email) = match value {
        Value::String(text) => {
            name_and_email(text).ok_or_else(|| invalid("author is an empty string"))?
        }
        Value::Object(_) => {
            let (name, email) = (trimmed(value, "name"), trimmed(value, "email"));
            if name.is_empty() && email.is_empty() {
                return Err(invalid("'name' and/or 'email' values required in object"));
            }
            (name.to_owned(), email.to_owned())
        }
        _ => return Err(invalid("invalid value type, must be string or map")),
    };
    let mut out = Map::new();
    for (key, value) in [("name", name), ("email", email)] {
        if !value.is_empty() {
            out.insert(key, value);
        }
    }
    Ok(Value::Object(out))
}

/// `Jane Doe <jane@example.com>`
fn name_and_email(text: &str) -> Option<(String, String)> {
    let mut words: Vec<&str> = text.split_whitespace().collect();
    let last = *words.last()?;
    let email = last.strip_prefix('<').and_then(|rest| rest.strip_suffix('>'));
    if email.is_some() {
        words.pop();
    }
    Some((words.join(" "), email.unwrap_or_default().to_owned()))
}

fn trimmed<'v>(value: &'v Value, key: &str) -> &'v str {
    value.get(key).and_then(Value::as_str).unwrap_or_default().trim()
}

/// `input.a: schema.b`, or with a schema in place of the reference.
fn schema(value: &Value) -> Result<Value, String> {
    let fields = value.as_object().ok_or_else(|| wrong("schemas", "a list of objects"))?;
    let Some((path, target)) = fields.entry_at(0) else {
        return Err("invalid document reference".into());
    };
    let mut out = Map::new();
    out.insert("path", reference(path).ok_or("invalid document reference")?);
    match target {
        Value::String(target) => {
            let parts = reference(target).ok_or("invalid schema reference")?;
            if parts.at(0).and_then(Value::as_str) != Some("schema") {
                return Err("invalid schema reference".into());
            }
            out.insert("schema", parts);
        }
        Value::Object(_) => {
            out.insert("definition", target.clone());
        }
        _ => return Err(format!("invalid schema declaration for path {:?}", path.as_str())),
    }
    Ok(Value::Object(out))
}

/// The parts of a reference of names and strings.
fn reference(text: &str) -> Option<Value> {
    use crate::ast::{ExprKind, Version};
    let source = crate::Source::new("", text);
    let (term, _) = super::parse_term(&source, crate::SourceId(0), Version::V1);
    let mut parts = Vec::new();
    match term?.kind {
        ExprKind::Var(name) => parts.push(Value::from(name)),
        ExprKind::Ref { head, path } => {
            parts.push(Value::from(head.as_var()?.clone()));
            for part in path {
                parts.push(Value::from(part.as_string()?.clone()));
            }
        }
        _ => return None,
    }
    Some(Value::from(parts))
}
