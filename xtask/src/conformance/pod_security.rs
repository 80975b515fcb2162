//! Pods of the upstream Pod Security admission tests. The path of a file says what is expected:
//! `LEVEL/VERSION/{pass,fail}/CHECK<n>.yaml`.

use super::Outcome;
use super::sekisho::{Report, Sekisho};
use crate::workspace;
use anyhow::{Context as _, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// Checks that another takes the place of at the restricted level, and since which minor
/// version (`Overrides` of the upstream checks).
const OVERRIDDEN: [(&str, &str, u32); 4] = [
    ("hostpathvolumes", "restrictedvolumes", 0),
    ("capabilities_baseline", "capabilities_restricted", 22),
    ("seccompprofile_baseline", "seccompprofile_restricted", 19),
    ("procmount", "procmount_restricted", 35),
];

/// Judges every folder of files at the level and version that its path names.
pub(super) fn run(sekisho: &Sekisho, path: &Path) -> anyhow::Result<Outcome> {
    let path = &std::path::absolute(path)?;
    let mut folders: BTreeMap<PathBuf, Vec<String>> = BTreeMap::new();
    for file in workspace::files(path, &[])? {
        if file.extension().is_some_and(|extension| extension == "yaml") {
            let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            folders.entry(file.parent().unwrap_or(path).to_owned()).or_default().push(name);
        }
    }
    let mut outcome = Outcome::default();
    for (folder, files) in folders {
        let below = folder.strip_prefix(path)?.to_string_lossy().into_owned();
        let parts: Vec<_> = below.split('/').collect();
        let [level, version, expected @ ("pass" | "fail")] = parts.as_slice() else {
            bail!("`{below}` is not LEVEL/VERSION/pass or LEVEL/VERSION/fail");
        };
        let level_and_version = format!("{level}:{version}");
        let (_, report) = sekisho.check(&[
            "--pod-security".as_ref(),
            level_and_version.as_ref(),
            "--fail-on".as_ref(),
            "never".as_ref(),
            folder.as_os_str(),
        ])?;
        let minor = version.strip_prefix("v1.").and_then(|minor| minor.parse().ok());
        let minor = minor.with_context(|| format!("`{version}` is no version"))?;
        let case = Case { level, minor, refused: *expected == "fail", alone: files.len() };
        for file in files {
            outcome.add(format!("{below}/{file}"), case.judge(&file, &report));
        }
    }
    Ok(outcome)
}

/// What holds for the files of one folder.
struct Case<'a> {
    level: &'a str,
    minor: u32,
    /// whether the files are expected to be refused
    refused: bool,
    /// how many files the folder has, each with one object
    alone: usize,
}

impl Case<'_> {
    fn judge(&self, file: &str, report: &Report) -> Result<(), String> {
        let is_here = |of: &str| Path::new(of).file_name().is_some_and(|name| name == file);
        for error in &report.errors {
            if error.file.as_deref().is_none_or(is_here) {
                return Err(format!("error: {}", error.message));
            }
        }
        if let Some(skipped) = report.skipped.iter().find(|skipped| is_here(&skipped.file)) {
            return Err(format!("skipped: {}", skipped.reason));
        }
        if report.summary.objects != self.alone {
            let (judged, given) = (report.summary.objects, self.alone);
            return Err(format!("{judged} objects were judged in a folder of {given}"));
        }
        let reported: BTreeSet<String> = report
            .findings
            .iter()
            .filter(|finding| finding.dialect == "pod-security" && finding.action == "deny")
            .filter(|finding| is_here(&finding.location.file))
            .map(|finding| finding.rule.to_lowercase())
            .collect();
        let listed = || reported.iter().map(String::as_str).collect::<Vec<_>>().join(", ");
        match (self.refused, reported.is_empty()) {
            (false, true) => Ok(()),
            (false, false) => Err(format!("refused by {}", listed())),
            (true, true) => Err("not refused".to_owned()),
            (true, false) => {
                let check = self.check_of(file);
                if reported.contains(&check) {
                    Ok(())
                } else {
                    Err(format!("`{check}` is not among {}", listed()))
                }
            }
        }
    }

    /// The check that a file is about, in lower case.
    fn check_of(&self, file: &str) -> String {
        let stem = file.strip_suffix(".yaml").unwrap_or(file);
        let check = stem.trim_end_matches(|c: char| c.is_ascii_digit());
        OVERRIDDEN
            .into_iter()
            .find(|(from, _, since)| {
                self.level == "restricted" && *from == check && self.minor >= *since
            })
            .map_or(check, |(_, to, _)| to)
            .to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::Case;

    #[test]
    fn checks_of_files() {
        let cases = [
            ("baseline", 37, "hostnamespaces2.yaml", "hostnamespaces"),
            ("baseline", 37, "hostpathvolumes0.yaml", "hostpathvolumes"),
            ("restricted", 0, "hostpathvolumes0.yaml", "restrictedvolumes"),
            ("restricted", 21, "capabilities_baseline3.yaml", "capabilities_baseline"),
            ("restricted", 22, "capabilities_baseline3.yaml", "capabilities_restricted"),
            ("restricted", 34, "procmount0.yaml", "procmount"),
            ("restricted", 35, "procmount10.yaml", "procmount_restricted"),
        ];
        for (level, minor, file, expected) in cases {
            let case = Case { level, minor, refused: true, alone: 1 };
            assert_eq!(case.check_of(file), expected, "{level} 1.{minor} {file}");
        }
    }
}
