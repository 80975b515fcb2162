//! Templates made into text.

use crate::template::{Call, Node, Operand, Pipe, TemplateError, parse};
use sekisho_manifest::to_yaml;
use sekisho_value::Value;

/// Renders a template.
pub(crate) fn render(name: &str, text: &str, root: &Value) -> Result<String, TemplateError> {
    let mut out = String::new();
    parse(text)
        .and_then(|nodes| write(&nodes, root, &mut out))
        .map_err(|(line, message)| TemplateError { template: name.to_owned(), line, message })?;
    Ok(out)
}

type Wrong = (u32, String);

/// `dot` is where the template stands.
fn write(nodes: &[Node], dot: &Value, out: &mut String) -> Result<(), Wrong> {
    for node in nodes {
        match node {
            Node::Text(text) => out.push_str(text),
            Node::Print(pipe) => out.push_str(&printed(&value(pipe, dot)?, pipe.line)?),
            Node::If(branches, otherwise) => {
                let mut chosen = otherwise;
                for (condition, body) in branches {
                    if is_true(&value(condition, dot)?) {
                        chosen = body;
                        break;
                    }
                }
                write(chosen, dot, out)?;
            }
            Node::Range(list, body) => match value(list, dot)? {
                Value::Null => {}
                Value::Array(items) => {
                    for item in items.iter() {
                        write(body, item, out)?;
                    }
                }
                other => return Err((list.line, format!("a {} has no items", other.kind()))),
            },
        }
    }
    Ok(())
}

fn value(pipe: &Pipe, dot: &Value) -> Result<Value, Wrong> {
    let mut last = None;
    for call in &pipe.calls {
        last = Some(called(call, last, dot).map_err(|message| (pipe.line, message))?);
    }
    Ok(last.unwrap_or_default())
}

fn called(call: &Call, last: Option<Value>, dot: &Value) -> Result<Value, String> {
    let mut operands = Vec::new();
    for operand in &call.operands {
        operands.push(match operand {
            Operand::Field(fields) => field(fields, dot)?,
            Operand::Text(text) => Value::from(text.as_str()),
            Operand::Number(number) => Value::from(*number),
            Operand::Pipe(pipe) => value(pipe, dot).map_err(|(_, message)| message)?,
        });
    }
    operands.extend(last);
    let Some(function) = &call.function else {
        // Fields take nothing from a pipe.
        return match operands.as_slice() {
            [only] => Ok(only.clone()),
            _ => Err("a value takes nothing".to_owned()),
        };
    };
    match (function.as_str(), operands.as_slice()) {
        ("quote", [of]) => Ok(Value::from(Value::from(plain(of)?).to_json())),
        ("toYaml", [of]) => Ok(Value::from(to_yaml(of).trim_end())),
        ("nindent", [by, of]) => {
            let by = by.as_i64().and_then(|by| usize::try_from(by).ok()).unwrap_or_default();
            let pad = " ".repeat(by);
            let text = plain(of)?;
            let lines = text.lines().map(|line| format!("\n{pad}{line}"));
            Ok(Value::from(lines.collect::<String>()))
        }
        ("printf", [form, of]) => Ok(Value::from(plain(form)?.replace("%s", &plain(of)?))),
        ("not", [of]) => Ok(Value::from(!is_true(of))),
        ("eq", [a, b]) => Ok(Value::from(a == b)),
        ("ne", [a, b]) => Ok(Value::from(a != b)),
        // The first that is true, or the last.
        ("or", [first @ .., last]) => {
            Ok(first.iter().find(|one| is_true(one)).unwrap_or(last).clone())
        }
        _ => Err(format!("`{function}` with {} operands is not known", operands.len())),
    }
}

fn field(fields: &[String], dot: &Value) -> Result<Value, String> {
    let mut at = dot;
    for name in fields {
        at = at.get(name).ok_or_else(|| format!("there is no `.{}`", fields.join(".")))?;
    }
    Ok(at.clone())
}

fn plain(value: &Value) -> Result<String, String> {
    match value {
        Value::Array(_) | Value::Object(_) => Err(format!("a {} is no text", value.kind())),
        Value::Null => Ok(String::new()),
        other => Ok(other.as_str().map_or_else(|| other.to_json(), str::to_owned)),
    }
}

fn printed(value: &Value, line: u32) -> Result<String, Wrong> {
    plain(value).map_err(|message| (line, message))
}

/// Whether Go's templates take a value as true: what is empty or zero is not.
fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        other => match (other.as_bool(), other.as_str()) {
            (Some(truth), _) => truth,
            (_, Some(text)) => !text.is_empty(),
            _ => other.as_i64() != Some(0),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::render;
    use sekisho_value::from_json;

    fn rendered(template: &str) -> Result<String, String> {
        let root = r#"{"a":{"b":"x","n":2,"list":["p","q"],"none":[],"map":{"k":[1]},"yes":true}}"#;
        render("t", template, &from_json(root).unwrap()).map_err(|error| error.to_string())
    }

    /// Each of these is what Helm makes of it.
    #[test]
    fn templates_are_helms() {
        for (template, wanted) in [
            ("", ""),
            ("a {{ .a.b }} c", "a x c"),
            ("a\n  {{- .a.b -}}  \n c", "axc"),
            ("{{ .a.b | quote }}{{ .a.n }}{{ .a.yes }}", "\"x\"2true"),
            ("{{ if .a.none }}1{{ else if .a.b }}2{{ else }}3{{ end }}", "2"),
            ("{{ if .a.none }}1{{ else }}3{{ end }}", "3"),
            ("{{ if not .a.none }}1{{ end }}", "1"),
            ("{{ if eq .a.b \"x\" }}1{{ end }}", "1"),
            ("{{ if ne .a.b \"x\" }}1{{ end }}", ""),
            ("{{ if or .a.none (eq .a.b \"x\") .a.none }}1{{ end }}", "1"),
            ("{{ if or .a.none (ne .a.b (\"x)\" | quote)) }}1{{ end }}", "1"),
            ("{{ range .a.list }}[{{ . }}]{{ end }}{{ range .a.none }}!{{ end }}", "[p][q]"),
            ("{{ range .a.list }}{{ . | printf \"-%s\" | quote }}{{ end }}", "\"-p\"\"-q\""),
            ("m:\n  {{- toYaml .a.map | nindent 2 }}\nend", "m:\n  k:\n  - 1\nend"),
        ] {
            assert_eq!(rendered(template).as_deref(), Ok(wanted), "{template}");
        }
    }

    #[test]
    fn what_is_not_known_is_told() {
        for (template, wanted) in [
            ("\n{{ .a.c }}", "t:2: there is no `.a.c`"),
            ("{{ if .a }}", "t:1: `if` without `end`"),
            ("{{ range .a }}{{ else }}{{ end }}", "t:1: `range` without `end`"),
            ("{{ end }}", "t:1: there is no block to end"),
            ("{{ .a", "t:1: `{{` without `}}`"),
            ("{{ .a }}", "t:1: a object is no text"),
            ("{{ range .a.b }}{{ end }}", "t:1: a string has no items"),
            ("{{ upper .a.b }}", "t:1: `upper` with 1 operands is not known"),
            ("{{ $x }}", "t:1: `$x` is not understood"),
            ("{{ (.a }}", "t:1: `(` without `)`"),
            ("{{ .a) }}", "t:1: there is no `.a)`"),
            ("{{ \"a }}", "t:1: a text without end"),
            ("{{ .a.b .a.n }}", "t:1: `.a.b .a.n` is not understood"),
        ] {
            assert_eq!(rendered(template).unwrap_err(), wanted, "{template}");
        }
        let deep = "{{ if .a }}".repeat(1000);
        assert!(rendered(&deep).unwrap_err().ends_with("blocks are nested too deep"));
        let deep = format!("{{{{ {}.a.b{} }}}}", "(".repeat(1000), ")".repeat(1000));
        assert!(rendered(&deep).unwrap_err().ends_with("parentheses are nested too deep"));
    }
}
