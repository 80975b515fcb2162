//! Manifests as real projects ship them: every document is judged, or skipped or refused with a
//! reason, and nothing crashes.

use super::sekisho::Report;
use super::{Outcome, Sekisho};
use crate::workspace;
use std::path::Path;

const EXTENSIONS: [&str; 3] = ["yaml", "yml", "json"];

/// Judges each file by itself, and all of them at once.
pub(super) fn run(sekisho: &Sekisho, path: &Path) -> anyhow::Result<Outcome> {
    let path = &std::path::absolute(path)?;
    let mut outcome = Outcome::default();
    let mut objects = 0;
    let mut files = 0;
    for file in workspace::files(path, &[])? {
        let is_manifest = file
            .extension()
            .is_some_and(|extension| EXTENSIONS.iter().any(|known| extension == *known));
        if !is_manifest {
            continue;
        }
        let name = file.strip_prefix(path)?.display().to_string();
        let text = std::fs::read(&file)?;
        let result =
            match sekisho.check(&["--fail-on".as_ref(), "never".as_ref(), file.as_os_str()]) {
                Ok((code, report)) => {
                    objects += report.summary.objects;
                    files += report.summary.files;
                    collect(&name, &report, &mut outcome);
                    accounted(&String::from_utf8_lossy(&text), code, &report)
                }
                Err(error) => Err(format!("{error:#}")),
            };
        outcome.add(name, result);
    }
    let (_, whole) = sekisho.check(&["--fail-on".as_ref(), "never".as_ref(), path.as_os_str()])?;
    let same = whole.summary.objects == objects && whole.summary.files == files;
    let result = if same {
        Ok(())
    } else {
        let Report { summary, .. } = &whole;
        let (at_once, in_files) = (summary.objects, summary.files);
        Err(format!(
            "{at_once} objects in {in_files} files at once, {objects} in {files} one by one"
        ))
    };
    outcome.add("all files at once", result);
    outcome.objects = objects;
    Ok(outcome)
}

/// Notes what was not judged.
fn collect(name: &str, report: &Report, outcome: &mut Outcome) {
    for error in &report.errors {
        let place = format!("{name}:{}", error.line.unwrap_or_default());
        outcome.refused.push((place, error.message.clone()));
    }
    for skipped in &report.skipped {
        outcome.unjudged.push((format!("{name}:{}", skipped.line), skipped.reason.clone()));
    }
}

/// Whether every document of a file has an answer.
fn accounted(text: &str, code: i32, report: &Report) -> Result<(), String> {
    let Report { summary, skipped, errors, .. } = report;
    if errors.is_empty() != (code == 0) {
        return Err(format!("exit code {code} with {} errors", errors.len()));
    }
    let mute = errors.iter().any(|error| error.message.trim().is_empty())
        || skipped.iter().any(|skipped| skipped.reason.trim().is_empty());
    if mute {
        return Err("a document is skipped or refused without a reason".to_owned());
    }
    let documents = documents(text);
    let answers = summary.objects + skipped.len() + errors.len();
    // What follows a syntax error cannot be read; the error answers for it.
    if answers < documents && errors.is_empty() {
        return Err(format!("{documents} documents, but answers for {answers}"));
    }
    Ok(())
}

/// How many YAML documents a text has, counted without a parser: what stands between lines that
/// begin with `---`, if it is more than comments.
fn documents(text: &str) -> usize {
    let mut documents = 0;
    let mut content = false;
    for line in text.lines() {
        let marker = line == "---" || line.starts_with("--- ") || line == "...";
        let rest = line.strip_prefix("---").filter(|_| marker).unwrap_or(line).trim();
        if marker {
            documents += usize::from(content);
            content = false;
        }
        content |= !rest.is_empty() && !rest.starts_with(['#', '%']) && rest != "...";
    }
    documents + usize::from(content)
}

#[cfg(test)]
mod tests {
    use super::documents;

    #[test]
    fn counts() {
        let cases = [
            ("", 0),
            ("# nothing\n", 0),
            ("a: 1\n", 1),
            ("---\na: 1\n---\n", 1),
            ("a: 1\n---\n# b\n---\nc: 1\n", 2),
            ("--- # first\na: 1\n--- {b: 1}\n", 2),
            ("a: |\n  --- x\n", 1),
        ];
        for (text, expected) in cases {
            assert_eq!(documents(text), expected, "{text:?}");
        }
    }
}
