//! `sekisho rego check`

use crate::eval::compile;
use crate::limits::{Limits, Watch};
use crate::load::load;
use crate::render::{Problem, errors};
use crate::{ERROR, OK};
use sekisho_rego::ast::Version;
use std::io::{self, Write};

/// What is checked, and how.
#[derive(Clone, Debug)]
pub struct CheckOptions {
    /// policy files and folders
    pub paths: Vec<String>,
    /// a schema of the input, or a folder of schemas that annotations name
    pub schema: Option<String>,
    /// the syntax of modules
    pub version: Version,
    /// errors go to `out`, as `opa check --format json` shows them
    pub json: bool,
    /// what it may cost
    pub limits: Limits,
    /// colour in errors
    pub color: bool,
}

/// Reads and compiles; says all that is wrong.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn check(options: &CheckOptions, out: &mut dyn Write, err: &mut dyn Write) -> io::Result<u8> {
    let loaded = load(&options.paths);
    let mut problems: Vec<Problem> = loaded.errors.iter().map(Problem::of_file).collect();
    if problems.is_empty() && loaded.modules.is_empty() {
        problems.push(Problem::general("no `.rego` file among these paths"));
    }
    let watch = Watch::start(options.limits.time);
    let budget = watch.budget(&options.limits);
    let schema = options.schema.as_deref();
    if let Err(found) = compile(loaded.modules, options.version, schema, &budget, &options.limits) {
        problems.extend(found);
    }
    if options.json {
        if !problems.is_empty() {
            writeln!(out, "{}", errors(&problems).to_json_pretty())?;
        }
    } else {
        for problem in &problems {
            problem.write(options.color, err)?;
        }
    }
    Ok(if problems.is_empty() { OK } else { ERROR })
}
