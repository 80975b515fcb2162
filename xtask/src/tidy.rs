//! `cargo xtask tidy`: what the compiler and clippy do not check. It also runs as a test.

mod crates;
mod documents;
mod layers;
mod licences;
mod purity;
mod rust_source;
mod text;

use crate::workspace;
use anyhow::{Context as _, bail};
use serde_json::Value;
use std::fmt;
use std::path::{Path, PathBuf};

/// Something that breaks a rule of the tree.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Problem {
    /// relative to the root of the workspace
    path: String,
    /// starts at 1; 0 where it is about the whole file
    line: usize,
    message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path, self.message),
            line => write!(f, "{}:{line}: {}", self.path, self.message),
        }
    }
}

/// What the checks have found so far.
#[derive(Debug, Default)]
struct Problems {
    errors: Vec<Problem>,
    warnings: Vec<Problem>,
}

impl Problems {
    fn error(&mut self, path: &Path, line: usize, message: impl Into<String>) {
        self.errors.push(problem(path, line, message.into()));
    }

    fn warning(&mut self, path: &Path, line: usize, message: impl Into<String>) {
        self.warnings.push(problem(path, line, message.into()));
    }
}

fn problem(path: &Path, line: usize, message: String) -> Problem {
    Problem { path: workspace::shown(path), line, message }
}

/// A file of the project that is text.
struct TextFile {
    path: PathBuf,
    text: String,
}

/// Everything the checks look at, read once.
struct Tree {
    files: Vec<TextFile>,
    /// `cargo metadata` with all dependencies
    metadata: Value,
}

impl Tree {
    fn read() -> anyhow::Result<Self> {
        let mut files = Vec::new();
        // What fuzzing leaves behind is arbitrary bytes.
        let without = ["target", ".git", "corpus", "artifacts"];
        for path in workspace::files(workspace::root(), &without)? {
            let bytes = std::fs::read(&path)
                .with_context(|| format!("cannot read `{}`", workspace::shown(&path)))?;
            if !bytes.contains(&0)
                && let Ok(text) = String::from_utf8(bytes)
            {
                files.push(TextFile { path, text });
            }
        }
        Ok(Self { files, metadata: crates::metadata()? })
    }

    /// A file by its path relative to the root of the workspace.
    fn file(&self, path: &str) -> Option<&TextFile> {
        let path = workspace::root().join(path);
        self.files.iter().find(|file| file.path == path)
    }
}

/// Runs every check.
fn check() -> anyhow::Result<Problems> {
    let tree = Tree::read()?;
    let mut problems = Problems::default();
    layers::check(&tree, &mut problems)?;
    licences::check(&tree, &mut problems)?;
    crates::check(&tree, &mut problems)?;
    documents::check(&tree, &mut problems);
    for file in &tree.files {
        text::check(file, &mut problems);
        if file.path.extension().is_some_and(|extension| extension == "rs") {
            rust_source::check(file, &mut problems);
            purity::check(file, &mut problems);
        }
    }
    problems.errors.sort();
    problems.warnings.sort();
    Ok(problems)
}

/// Prints what is wrong with the tree.
///
/// # Errors
/// Where something is.
pub(crate) fn run() -> anyhow::Result<()> {
    let problems = check()?;
    for warning in &problems.warnings {
        println!("warning: {warning}");
    }
    for error in &problems.errors {
        println!("error: {error}");
    }
    match problems.errors.len() {
        0 => Ok(()),
        1 => bail!("the tree breaks one rule"),
        many => bail!("the tree breaks rules in {many} places"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_tree_is_tidy() {
        let problems = super::check().unwrap();
        let errors: Vec<_> = problems.errors.iter().map(ToString::to_string).collect();
        assert!(errors.is_empty(), "\n{}\n", errors.join("\n"));
    }
}
