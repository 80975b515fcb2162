//! Baselines: the findings of an earlier run, which then do not count.
//!
//! Counts are compared per key, so that a second violation never hides behind a first.

use crate::model::{Finding, Status};
use serde::Deserialize;
use serde_json::error::Category;
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

/// The version of the JSON output that is read.
const VERSION: u64 = 1;

/// Why a file is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// it is not JSON
    #[error("the baseline is not JSON")]
    NotJson {
        /// where reading stopped; starts at 1
        line: usize,
        /// where reading stopped; starts at 1, counts bytes
        column: usize,
    },
    /// it is JSON of another kind
    #[error("the baseline is not a report of `sekisho check -o json`")]
    NotAReport {
        /// where it departs from one; starts at 1
        line: usize,
        /// where it departs from one; starts at 1, counts bytes
        column: usize,
    },
    /// it is a report in another version of the format
    #[error("the baseline is a report of version `{0}`")]
    Version(u64),
}

impl BaselineError {
    /// How to mend it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NotJson { .. } | Self::NotAReport { .. } => {
                "write one with `sekisho check -o json --output-file FILE`"
            }
            Self::Version(_) => {
                "version `1` is read here; write it anew with `sekisho check -o json --output-file FILE`"
            }
        }
    }

    /// Line and column, both from 1, where there is such a place.
    #[must_use]
    pub fn place(&self) -> Option<(usize, usize)> {
        match *self {
            Self::NotJson { line, column } | Self::NotAReport { line, column } => {
                // An empty file stops at column 0, and a missing field before the first line.
                Some((line.max(1), column.max(1)))
            }
            Self::Version(_) => None,
        }
    }

    fn from_json(error: &serde_json::Error) -> Self {
        let (line, column) = (error.line(), error.column());
        match error.classify() {
            Category::Data => Self::NotAReport { line, column },
            Category::Syntax | Category::Eof | Category::Io => Self::NotJson { line, column },
        }
    }
}

#[derive(Deserialize)]
struct Head {
    version: u64,
}

#[derive(Deserialize)]
struct Output<'a> {
    #[serde(borrow)]
    findings: Vec<Known<'a>>,
}

#[derive(Deserialize)]
struct Known<'a> {
    #[serde(borrow)]
    key: Cow<'a, str>,
    status: KnownStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum KnownStatus {
    Active,
    Excepted,
    Baselined,
}

/// How many findings of each key an earlier JSON output knows. Findings that an exception
/// covered are left out: when the exception expires, they count.
///
/// # Errors
/// Where the text is not such an output.
pub fn baseline_keys(json: &str) -> Result<BTreeMap<String, usize>, BaselineError> {
    // Editors and shells on Windows put a byte order mark before what they write.
    let json = json.strip_prefix('\u{feff}').unwrap_or(json);
    let head: Head = serde_json::from_str(json).map_err(|e| BaselineError::from_json(&e))?;
    if head.version != VERSION {
        return Err(BaselineError::Version(head.version));
    }
    let output: Output<'_> =
        serde_json::from_str(json).map_err(|e| BaselineError::from_json(&e))?;
    let mut counts = BTreeMap::new();
    for known in output.findings {
        if matches!(known.status, KnownStatus::Active | KnownStatus::Baselined) {
            *counts.entry(known.key.into_owned()).or_insert(0) += 1;
        }
    }
    Ok(counts)
}

/// Marks the first findings of each key as baselined, as many as the baseline knows. Excepted
/// findings stay so, and use none of the count up. Gives the number of findings marked.
pub fn apply_baseline(findings: &mut [Finding], counts: &BTreeMap<String, usize>) -> usize {
    let mut left: HashMap<&str, usize> =
        counts.iter().map(|(key, count)| (key.as_str(), *count)).collect();
    let mut marked = 0;
    for finding in findings.iter_mut().filter(|f| f.status == Status::Active) {
        if let Some(count) = left.get_mut(finding.key.as_str()).filter(|count| **count > 0) {
            *count -= 1;
            finding.status = Status::Baselined;
            marked += 1;
        }
    }
    marked
}
