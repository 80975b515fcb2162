//! The rules of a SARIF run.

use super::Text;
use crate::model::{Finding, Report, Severity};
use crate::render::RuleInfo;
use crate::render::wording::qualified_rule;
use serde::Serialize;
use std::collections::HashMap;

/// Every documented rule, and after them those that only findings name.
pub(super) struct Rules<'a> {
    descriptors: Vec<Rule>,
    index: HashMap<(&'a str, &'a str), usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Rule {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    short_description: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    full_description: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help: Option<Help>,
    #[serde(skip_serializing_if = "Option::is_none")]
    help_uri: Option<String>,
    properties: Properties,
}

#[derive(Serialize)]
struct Help {
    text: String,
    markdown: String,
}

#[derive(Serialize)]
struct Properties {
    tags: Vec<String>,
    precision: &'static str,
    #[serde(rename = "security-severity", skip_serializing_if = "Option::is_none")]
    security_severity: Option<&'static str>,
}

impl<'a> Rules<'a> {
    pub(super) fn of(report: &'a Report, documented: &'a [RuleInfo]) -> Self {
        let mut rules = Self { descriptors: Vec::new(), index: HashMap::new() };
        for info in documented {
            rules.add((&info.dialect, &info.id), || {
                let bare = bare(&info.dialect, &info.id, info.severity);
                Rule {
                    short_description: text(&info.title).or(bare.short_description),
                    full_description: text(&info.description).or(bare.full_description),
                    help: help(info).or(bare.help),
                    help_uri: info.docs.clone(),
                    ..bare
                }
            });
        }
        for finding in &report.findings {
            rules.add((&finding.dialect, &finding.rule), || Rule {
                help_uri: finding.docs.clone(),
                ..bare(&finding.dialect, &finding.rule, finding.severity)
            });
        }
        rules
    }

    fn add(&mut self, key: (&'a str, &'a str), rule: impl FnOnce() -> Rule) {
        let next = self.descriptors.len();
        if *self.index.entry(key).or_insert(next) == next {
            self.descriptors.push(rule());
        }
    }

    pub(super) fn descriptors(&self) -> &[Rule] {
        &self.descriptors
    }

    /// The id of the finding's rule and its place among the descriptors.
    pub(super) fn index_of(&self, finding: &Finding) -> (&str, usize) {
        let key = (finding.dialect.as_str(), finding.rule.as_str());
        let at = self.index.get(&key).copied().unwrap_or_default();
        (self.descriptors.get(at).map_or("", |rule| rule.id.as_str()), at)
    }
}

fn bare(dialect: &str, rule: &str, severity: Severity) -> Rule {
    let Text { text: about } = Text::message(&format!("The rule {rule} of {dialect}."));
    Rule {
        // Code scanning wants all three; the rules of a user's own policies have no more.
        short_description: text(rule),
        full_description: text(&about),
        help: Some(Help { text: about.clone(), markdown: about }),
        help_uri: None,
        id: qualified_rule(dialect, rule),
        properties: Properties {
            tags: vec!["security".to_owned(), "kubernetes".to_owned(), dialect.to_owned()],
            precision: "very-high",
            security_severity: score(severity),
        },
    }
}

/// The number by which code scanning sorts: over 9 is critical, over 7 high, from 4 medium, above
/// 0 low; 0 is no security matter.
fn score(severity: Severity) -> Option<&'static str> {
    match severity {
        Severity::Critical => Some("9.5"),
        Severity::High => Some("8.0"),
        Severity::Medium => Some("5.5"),
        Severity::Low => Some("2.0"),
        Severity::Info => None,
    }
}

fn text(text: &str) -> Option<Text> {
    (!text.is_empty()).then(|| Text::message(text))
}

fn help(info: &RuleInfo) -> Option<Help> {
    let markdown = info.help_markdown.clone();
    let text = if info.description.is_empty() { &markdown } else { &info.description };
    (!markdown.is_empty()).then(|| Help { text: text.clone(), markdown: markdown.clone() })
}
