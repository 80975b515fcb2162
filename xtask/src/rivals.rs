//! `cargo xtask rivals`: the programs that benchmarks compare with, built into a cache outside
//! the tree.

use crate::process;
use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The arguments of `cargo xtask rivals`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Build only these; all of them where none is named
    names: Vec<String>,
}

/// Where a rival comes from.
enum Origin {
    /// a command of a Go module
    Go { module: &'static str, package: &'static str },
    /// a program of a package from the Python Package Index
    Python { package: &'static str },
}

/// A program that does what ours does.
pub(crate) struct Rival {
    pub(crate) name: &'static str,
    pub(crate) version: &'static str,
    origin: Origin,
}

/// The rivals; versions are fixed, so that figures can be compared.
pub(crate) const RIVALS: [Rival; 4] = [
    Rival {
        name: "gator",
        version: "3.23.1",
        origin: Origin::Go {
            module: "github.com/open-policy-agent/gatekeeper/v3",
            package: "./cmd/gator",
        },
    },
    Rival {
        name: "gatekeeper",
        version: "3.23.1",
        origin: Origin::Go { module: "github.com/open-policy-agent/gatekeeper/v3", package: "." },
    },
    Rival {
        name: "kube-score",
        version: "1.20.0",
        origin: Origin::Go { module: "github.com/zegl/kube-score", package: "./cmd/kube-score" },
    },
    Rival { name: "checkov", version: "3.3.30", origin: Origin::Python { package: "checkov" } },
];

impl Rival {
    /// A rival by its name.
    pub(crate) fn named(name: &str) -> Option<&'static Self> {
        RIVALS.iter().find(|rival| rival.name == name)
    }

    /// Its program, where it has been built.
    pub(crate) fn program(&self) -> Option<PathBuf> {
        let program = self.folder().ok()?.join("bin").join(self.name);
        program.is_file().then_some(program)
    }

    /// The folder of its source; none where it is not a Go module.
    ///
    /// # Errors
    /// Where Go does not find it.
    #[cfg(feature = "load")]
    pub(crate) fn source(&self) -> anyhow::Result<Option<PathBuf>> {
        match self.origin {
            Origin::Go { module, .. } => go_module(module, self.version).map(Some),
            Origin::Python { .. } => Ok(None),
        }
    }

    fn folder(&self) -> anyhow::Result<PathBuf> {
        Ok(cache()?.join("rivals").join(format!("{}-{}", self.name, self.version)))
    }

    fn build(&self) -> anyhow::Result<PathBuf> {
        let folder = self.folder()?;
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot create `{}`", folder.display()))?;
        match self.origin {
            Origin::Go { module, package } => {
                build_go(module, self.version, package, &folder.join("bin").join(self.name))?;
            }
            Origin::Python { package } => install_python(package, self.version, &folder)?,
        }
        self.program().context("it was built, but its program is not there")
    }
}

/// Builds what is not there yet.
///
/// # Errors
/// Where a rival is unknown; or does not build, once all have been tried.
pub(crate) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let mut failed = 0;
    let mut wanted: Vec<&Rival> = Vec::new();
    for name in &arguments.names {
        wanted.push(Rival::named(name).with_context(|| format!("no rival is named `{name}`"))?);
    }
    if wanted.is_empty() {
        wanted.extend(&RIVALS);
    }
    for rival in wanted {
        match rival.program().map_or_else(|| rival.build(), Ok) {
            Ok(program) => println!("{} {}: {}", rival.name, rival.version, program.display()),
            Err(error) => {
                eprintln!("error: {} {}: {error:#}", rival.name, rival.version);
                failed += 1;
            }
        }
    }
    if failed > 0 {
        bail!("{failed} could not be built");
    }
    Ok(())
}

/// The cache folder of the project.
fn cache() -> anyhow::Result<PathBuf> {
    let folder = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
    if let Some(cache) = folder("SEKISHO_CACHE") {
        return Ok(cache.into());
    }
    if let Some(cache) = folder("XDG_CACHE_HOME") {
        return Ok(PathBuf::from(cache).join("sekisho"));
    }
    let home = folder("HOME").context("none of SEKISHO_CACHE, XDG_CACHE_HOME and HOME is set")?;
    Ok(PathBuf::from(home).join(".cache/sekisho"))
}

/// The folder of a module in Go's cache.
fn go_module(module: &str, version: &str) -> anyhow::Result<PathBuf> {
    let told = process::capture(
        Command::new("go").args(["mod", "download", "-json"]).arg(format!("{module}@v{version}")),
    )?;
    let told: serde_json::Value = serde_json::from_str(&told)?;
    let folder = told.get("Dir").and_then(|dir| dir.as_str()).context("go names no folder")?;
    Ok(folder.into())
}

/// Builds from a copy of the module's folder: `go install` refuses modules that use `replace`.
fn build_go(module: &str, version: &str, package: &str, to: &Path) -> anyhow::Result<()> {
    let from = go_module(module, version)?;
    let copy = tempfile::tempdir()?;
    for file in crate::workspace::files(&from, &[])? {
        let target = copy.path().join(file.strip_prefix(&from)?);
        std::fs::create_dir_all(target.parent().context("a file has no folder")?)?;
        // Read and written, not copied: the module cache is read-only, and so would the copy be.
        std::fs::write(&target, std::fs::read(&file)?)?;
    }
    process::run(
        Command::new("go")
            .args(["build", "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o"])
            .arg(to)
            .arg(package)
            .current_dir(copy.path())
            .env("CGO_ENABLED", "0"),
    )
}

fn install_python(package: &str, version: &str, folder: &Path) -> anyhow::Result<()> {
    process::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(folder))?;
    process::run(
        Command::new(folder.join("bin/pip"))
            .args(["install", "--quiet", "--disable-pip-version-check"])
            .arg(format!("{package}=={version}")),
    )
}
