//! The documentation of every built-in rule.

use sekisho_dialects::DIALECTS;
use sekisho_packs::{DIALECT, LIBRARY};
use sekisho_policy::{Rule, Severity};
use sekisho_report::RuleInfo;
use std::fmt::Write as _;

/// Every rule with its dialect, in the order of the lists.
pub(crate) fn all() -> impl Iterator<Item = (&'static str, &'static Rule)> {
    let of_dialects = DIALECTS
        .iter()
        .flat_map(|dialect| dialect.rules().iter().map(|rule| (dialect.name(), *rule)));
    let own = sekisho_checkpoint_check::RULES
        .iter()
        .map(|rule| (rule.id.split_once('/').map_or("", |(dialect, _)| dialect), *rule));
    of_dialects.chain(own)
}

/// The rules as renderers want them.
pub(crate) fn infos() -> Vec<RuleInfo> {
    let info = |(dialect, rule): (&str, &Rule)| RuleInfo {
        id: rule.id.to_owned(),
        dialect: dialect.to_owned(),
        title: rule.title.to_owned(),
        description: rule.what.to_owned(),
        help_markdown: markdown(rule),
        docs: rule.references.first().map(|reference| reference.url.to_owned()),
        severity: rule.severity,
    };
    all().map(info).collect()
}

/// The policies that come with Sekisho, as renderers want rules.
pub(crate) fn library() -> impl Iterator<Item = RuleInfo> {
    LIBRARY.iter().map(|policy| RuleInfo {
        id: policy.kind().to_owned(),
        dialect: DIALECT.to_owned(),
        title: policy.title().to_owned(),
        description: policy.about().to_owned(),
        help_markdown: policy.readme.to_owned(),
        docs: None,
        severity: policy.severity(),
    })
}

/// The documentation of a rule in Markdown, as `explain` prints it.
pub(crate) fn markdown(rule: &Rule) -> String {
    let mut text = format!("# {}: {}\n", rule.id, rule.title);
    for (heading, body) in [("What it does", rule.what), ("Why is this bad", rule.why)] {
        // Writing to a `String` cannot fail.
        let _ = write!(text, "\n## {heading}\n\n{}\n", body.trim());
    }
    for (heading, body) in [("Example", rule.example), ("Use instead", rule.fix)] {
        if !body.trim().is_empty() {
            let _ = write!(text, "\n## {heading}\n\n```yaml\n{}\n```\n", body.trim());
        }
    }
    let _ = write!(text, "\nSeverity: {}\n", severity(rule.severity));
    if !rule.references.is_empty() {
        text.push_str("\n## References\n\n");
    }
    for reference in rule.references {
        let _ = writeln!(text, "- {}: <{}>", reference.title, reference.url);
    }
    text
}

fn severity(severity: Severity) -> &'static str {
    severity.as_str()
}
