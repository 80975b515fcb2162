//! `cargo xtask schemas`: the table of the built-in kinds' schemas.
//!
//! Two sources are joined. Recorded OpenAPI tells what the API server serves, requires, defaults
//! and merges. The Go types (printed by the program in `xtask/schemas-go`, whose `go.mod` pins
//! the same Kubernetes version) tell what OpenAPI does not: the exact type of every field,
//! whether its zero value is dropped when the object is stored, and the kinds of versions that
//! are no longer served. The product is `crates/kube-model/src/schema/builtin.bin`; its layout is
//! documented there, in `schema/blob.rs`.

mod blob;
mod go;
mod openapi;
mod table;

use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `cargo xtask schemas` is asked to do.
#[derive(Clone, Debug, Default)]
pub(crate) struct SchemasArgs {
    /// The folder of recorded OpenAPI documents; `../shared/corpora/openapi/v1.36` where absent.
    pub(crate) dir: Option<PathBuf>,
    /// Only say whether the committed table is current.
    pub(crate) check: bool,
}

/// Generates the table, or compares it with the committed one.
///
/// # Errors
/// Where a source cannot be read, the sources contradict each other, or the check fails.
pub(crate) fn run(args: SchemasArgs) -> anyhow::Result<()> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .context("the xtask package has no parent folder")?;
    let dir = args.dir.unwrap_or_else(|| root.join("../shared/corpora/openapi/v1.36"));
    let target = root.join("crates/kube-model/src/schema/builtin.bin");

    let go = go_types(&root.join("xtask/schemas-go"))?;
    let openapi = openapi::read(&dir)?;
    let table = table::join(&go, &openapi)?;
    let bytes = blob::write(&table)?;

    if args.check {
        let committed =
            std::fs::read(&target).with_context(|| format!("cannot read {}", target.display()))?;
        if committed != bytes {
            bail!("{} is not current; run `cargo xtask schemas`", target.display());
        }
    } else {
        std::fs::write(&target, &bytes)
            .with_context(|| format!("cannot write {}", target.display()))?;
    }
    println!(
        "{} kinds, {} types, {} fields, {} bytes",
        table.kinds.len(),
        table.types.len(),
        table.types.iter().map(|of| of.fields.len()).sum::<usize>(),
        bytes.len()
    );
    Ok(())
}

/// Runs the Go program and reads what it prints.
fn go_types(dir: &Path) -> anyhow::Result<go::GoTypes> {
    let output = Command::new("go")
        .args(["run", "."])
        .current_dir(dir)
        .output()
        .context("cannot run `go`, which reads the Kubernetes types")?;
    if !output.status.success() {
        bail!(
            "`go run .` in {} failed:\n{}",
            dir.display(),
            String::from_utf8_lossy(&output.stderr)
        );
    }
    go::parse(&output.stdout)
}
