//! What holds for every text file.

use super::{Problems, TextFile};
use crate::workspace;

/// Checks one file for trailing space and for paths of the machine it was written on.
pub(super) fn check(file: &TextFile, problems: &mut Problems) {
    let name = workspace::shown(&file.path);
    // Test data may be malformed on purpose; what people write by hand may not.
    let extension = file.path.extension().and_then(|extension| extension.to_str());
    let is_written = matches!(extension, None | Some("rs" | "toml" | "md" | "go" | "sh"));
    let foreign = machine_paths();
    for (number, line) in file.text.lines().enumerate() {
        let number = number + 1;
        if is_written && line.ends_with([' ', '\t']) {
            problems.error(&file.path, number, "trailing white space");
        }
        if is_written && let Some(path) = foreign.iter().find(|path| line.contains(*path)) {
            problems.error(&file.path, number, format!("`{path}` is a path of one machine"));
        }
    }
    if is_written && !file.text.is_empty() && !file.text.ends_with('\n') && name != "LICENSE" {
        problems.error(&file.path, 0, "the last line does not end");
    }
}

/// The beginnings of paths that are true on one machine only: this checkout, the folder that
/// may lie beside it, and home folders.
fn machine_paths() -> Vec<String> {
    let root = workspace::root();
    let beside = root.parent().map(|parent| parent.join("shared"));
    let here = std::iter::once(root.to_owned()).chain(beside);
    let homes = ["home", "Users"].map(|name| format!("/{name}/"));
    here.map(|path| path.display().to_string()).chain(homes).collect()
}
