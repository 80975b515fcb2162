//! Brings together what is about one file.

use crate::model::{Diagnostic, Finding, Report, Resource, Skipped};
use std::collections::HashMap;

/// Everything about one file.
pub(crate) struct FileGroup<'a> {
    /// `None` for what is about the whole run
    pub(crate) file: Option<&'a str>,
    pub(crate) findings: Vec<&'a Finding>,
    pub(crate) skipped: Vec<&'a Skipped>,
    pub(crate) errors: Vec<&'a Diagnostic>,
}

/// The report file by file, in the order in which findings, then skipped documents, then errors
/// first name them.
pub(crate) fn by_file(report: &Report) -> Vec<FileGroup<'_>> {
    let mut groups = Groups::default();
    for finding in &report.findings {
        groups.of(Some(&finding.location.file), |group| group.findings.push(finding));
    }
    for skipped in &report.skipped {
        groups.of(Some(&skipped.file), |group| group.skipped.push(skipped));
    }
    for error in &report.errors {
        groups.of(error.file.as_deref(), |group| group.errors.push(error));
    }
    groups.list
}

#[derive(Default)]
struct Groups<'a> {
    list: Vec<FileGroup<'a>>,
    index: HashMap<Option<&'a str>, usize>,
}

impl<'a> Groups<'a> {
    fn of(&mut self, file: Option<&'a str>, add: impl FnOnce(&mut FileGroup<'a>)) {
        let next = self.list.len();
        let at = *self.index.entry(file).or_insert(next);
        if at == next {
            self.list.push(FileGroup {
                file,
                findings: Vec::new(),
                skipped: Vec::new(),
                errors: Vec::new(),
            });
        }
        if let Some(group) = self.list.get_mut(at) {
            add(group);
        }
    }
}

/// The findings of one file object by object, in the order in which they first come.
pub(crate) fn by_resource<'a>(findings: &[&'a Finding]) -> Vec<(&'a Resource, Vec<&'a Finding>)> {
    let mut list: Vec<(&Resource, Vec<&Finding>)> = Vec::new();
    let mut index: HashMap<&Resource, usize> = HashMap::new();
    for finding in findings {
        let at = *index.entry(&finding.resource).or_insert(list.len());
        match list.get_mut(at) {
            Some((_, group)) => group.push(finding),
            None => list.push((&finding.resource, vec![finding])),
        }
    }
    list
}
