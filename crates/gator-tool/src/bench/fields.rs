//! The figures as JSON and YAML, fields in gator's order.

use super::figures::{Figures, go_duration};
use sekisho_manifest::to_yaml;
use sekisho_value::Value;

enum Field {
    /// as JSON
    Scalar(String),
    List(Vec<String>),
    Fields(Vec<(&'static str, Field)>),
}

fn text(text: &str) -> String {
    Value::from(text).to_json()
}

fn fields(figures: &Figures) -> Vec<(&'static str, Field)> {
    let number = |number: usize| Field::Scalar(number.to_string());
    let duration = |time: u64| Field::Scalar(text(&go_duration(time)));
    let Figures { setup_breakdown: setup, latencies, .. } = figures;
    let mut fields = vec![
        ("engine", Field::Scalar(text(figures.engine.as_str()))),
        ("templateCount", number(figures.template_count)),
        ("constraintCount", number(figures.constraint_count)),
        ("objectCount", number(figures.object_count)),
        ("iterations", number(figures.iterations)),
        ("concurrency", number(figures.concurrency)),
        ("totalReviews", number(figures.iterations * figures.object_count)),
        ("setupDuration", duration(figures.setup_duration)),
        (
            "setupBreakdown",
            Field::Fields(vec![
                ("clientCreation", duration(setup.client_creation)),
                ("templateCompilation", duration(setup.template_compilation)),
                ("constraintLoading", duration(setup.constraint_loading)),
                ("dataLoading", duration(setup.data_loading)),
            ]),
        ),
        ("totalDuration", duration(figures.total_duration)),
        (
            "latencies",
            Field::Fields(vec![
                ("min", duration(latencies.min)),
                ("max", duration(latencies.max)),
                ("mean", duration(latencies.mean)),
                ("p50", duration(latencies.p50)),
                ("p95", duration(latencies.p95)),
                ("p99", duration(latencies.p99)),
            ]),
        ),
        ("violationCount", number(figures.violation_count)),
        ("reviewsPerSecond", Field::Scalar(figures.reviews_per_second.to_string())),
    ];
    for (name, names) in [
        ("skippedTemplates", &figures.skipped_templates),
        ("skippedConstraints", &figures.skipped_constraints),
    ] {
        if !names.is_empty() {
            fields.push((name, Field::List(names.clone())));
        }
    }
    let referential = figures.referential_data_supported.to_string();
    fields.push(("referentialDataSupported", Field::Scalar(referential)));
    fields
}

/// A list, indented by two spaces.
pub(super) fn json(all: &[Figures]) -> String {
    let items: Vec<String> =
        all.iter().map(|figures| format!("\n  {}", json_of(&fields(figures), 1))).collect();
    format!("[{}\n]", items.join(","))
}

fn json_of(fields: &[(&str, Field)], depth: usize) -> String {
    let pad = "  ".repeat(depth + 1);
    let lines: Vec<String> = fields
        .iter()
        .map(|(name, field)| {
            let value = match field {
                Field::Scalar(json) => json.clone(),
                Field::List(items) => {
                    let items: Vec<String> =
                        items.iter().map(|item| format!("\n{pad}  {}", text(item))).collect();
                    format!("[{}\n{pad}]", items.join(","))
                }
                Field::Fields(fields) => json_of(fields, depth + 1),
            };
            format!("\n{pad}\"{name}\": {value}")
        })
        .collect();
    format!("{{{}\n{}}}", lines.join(","), "  ".repeat(depth))
}

/// A list in block style.
pub(super) fn yaml(all: &[Figures]) -> String {
    let mut out = String::new();
    for figures in all {
        let mut lines = Vec::new();
        yaml_of(&fields(figures), 1, &mut lines);
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        out.push_str("- ");
        out.push_str(text.trim_start());
    }
    out
}

fn yaml_of(fields: &[(&str, Field)], depth: usize, lines: &mut Vec<String>) {
    let pad = "  ".repeat(depth);
    for (name, field) in fields {
        match field {
            Field::Scalar(json) => {
                // Units and engines need no quotes.
                lines.push(format!("{pad}{name}: {}", json.trim_matches('"')));
            }
            Field::List(items) => {
                lines.push(format!("{pad}{name}:"));
                lines.extend(items.iter().map(|item| {
                    format!("{pad}  - {}", to_yaml(&Value::from(item.as_str())).trim_end())
                }));
            }
            Field::Fields(fields) => {
                lines.push(format!("{pad}{name}:"));
                yaml_of(fields, depth + 1, lines);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::figures::Figures;
    use super::{json, yaml};

    #[test]
    fn fields_stand_in_order() {
        let figures = Figures {
            template_count: 2,
            setup_duration: 1_500,
            skipped_constraints: vec!["a".to_owned()],
            reviews_per_second: 2.5,
            ..Figures::default()
        };
        let all = [figures.clone(), figures];
        let json = json(&all);
        assert!(json.starts_with("[\n  {\n    \"engine\": \"cel\",\n    \"templateCount\": 2,\n"));
        assert!(json.contains("\"setupBreakdown\": {\n      \"clientCreation\": \"0s\",\n"));
        assert!(json.contains("\"skippedConstraints\": [\n      \"a\"\n    ],\n"));
        assert!(json.ends_with("\"referentialDataSupported\": false\n  }\n]"));
        assert!(serde_json::from_str::<serde_json::Value>(&json).is_ok());
        let yaml = yaml(&all);
        assert!(yaml.starts_with("- engine: cel\n  templateCount: 2\n"), "{yaml}");
        assert!(
            yaml.contains("\n  setupDuration: 1.5µs\n  setupBreakdown:\n    clientCreation: 0s\n")
        );
        assert!(
            yaml.contains(
                "\n  skippedConstraints:\n    - a\n  referentialDataSupported: false\n- "
            )
        );
    }
}
