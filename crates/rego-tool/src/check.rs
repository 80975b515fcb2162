//! `sekisho rego check`

use crate::eval::compile;
use crate::limits::{Limits, Watch};
use crate::load::load;
use crate::render::Problem;
use crate::{ERROR, OK};
use sekisho_rego::ast::Version;
use std::io::{self, Write};

/// Reads and compiles; says all that is wrong.
///
/// # Errors
/// Where `err` cannot be written.
pub fn check(
    paths: &[String],
    version: Version,
    limits: &Limits,
    color: bool,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let loaded = load(paths);
    let mut problems: Vec<Problem> = loaded.errors.iter().map(Problem::of_file).collect();
    if problems.is_empty() && loaded.modules.is_empty() {
        problems.push(Problem::general("no `.rego` file among these paths"));
    }
    let watch = Watch::start(limits.time);
    if let Err(found) = compile(loaded.modules, version, &watch.budget(limits)) {
        problems.extend(found);
    }
    for problem in &problems {
        problem.write(color, err)?;
    }
    Ok(if problems.is_empty() { OK } else { ERROR })
}
