//! The figures as tables.

use super::columns::Columns;
use super::figures::{Figures, short_duration};
use std::fmt::Write as _;

/// The figures of every engine, and all side by side.
pub(super) fn table(all: &[Figures]) -> String {
    let mut text = all.iter().map(of_engine).collect::<Vec<_>>().join("\n");
    if all.len() > 1 {
        text.push('\n');
        text.push_str(&side_by_side(all));
    }
    text
}

fn of_engine(figures: &Figures) -> String {
    let Figures { setup_breakdown: setup, latencies, .. } = figures;
    let mut columns = Columns::default();
    let mut line = |text: String| columns.line(&text);
    line("Configuration:".to_owned());
    line(format!("  Templates:\t{}", figures.template_count));
    line(format!("  Constraints:\t{}", figures.constraint_count));
    line(format!("  Objects:\t{}", figures.object_count));
    line(format!("  Iterations:\t{}", figures.iterations));
    if figures.concurrency > 1 {
        line(format!("  Concurrency:\t{}", figures.concurrency));
    }
    line(format!("  Total Reviews:\t{}", figures.iterations * figures.object_count));
    line(String::new());
    let skipped =
        [("Templates", &figures.skipped_templates), ("Constraints", &figures.skipped_constraints)];
    if skipped.iter().any(|(_, names)| !names.is_empty()) {
        line("Warnings:".to_owned());
        for (what, names) in skipped.into_iter().filter(|(_, names)| !names.is_empty()) {
            line(format!("  Skipped {what}:\t{} ({})", names.len(), names.join(", ")));
        }
        line(String::new());
    }
    if !figures.referential_data_supported {
        line("Note:".to_owned());
        let engine = figures.engine.as_str();
        line(format!("  Referential Data:\tNot supported by {engine} engine"));
        line("  \t(Referential constraints cannot be exercised with this engine)".to_owned());
        line(String::new());
    }
    line("Timing:".to_owned());
    line(format!("  Setup Duration:\t{}", short_duration(figures.setup_duration)));
    for (step, time) in [
        ("Client Creation", setup.client_creation),
        ("Template Compilation", setup.template_compilation),
        ("Constraint Loading", setup.constraint_loading),
        ("Data Loading", setup.data_loading),
    ] {
        line(format!("    └─ {step}:\t{}", short_duration(time)));
    }
    line(format!("  Total Duration:\t{}", short_duration(figures.total_duration)));
    line(format!("  Throughput:\t{:.2} reviews/sec", figures.reviews_per_second));
    line(String::new());
    line("Latency (per review):".to_owned());
    for (name, time) in [
        ("Min", latencies.min),
        ("Max", latencies.max),
        ("Mean", latencies.mean),
        ("P50", latencies.p50),
        ("P95", latencies.p95),
        ("P99", latencies.p99),
    ] {
        line(format!("  {name}:\t{}", short_duration(time)));
    }
    line(String::new());
    line("Results:".to_owned());
    line(format!("  Violations Found:\t{}", figures.violation_count));
    let engine = figures.engine.as_str().to_uppercase();
    format!("=== Benchmark Results: {engine} Engine ===\n\n{}", columns.to_text())
}

fn side_by_side(all: &[Figures]) -> String {
    let mut columns = Columns::default();
    let mut row = |name: &str, cell: &dyn Fn(&Figures) -> String| {
        let cells: String = all.iter().map(|figures| format!("\t{}", cell(figures))).collect();
        columns.line(&format!("{name}{cells}"));
    };
    row("Metric", &|figures| figures.engine.as_str().to_uppercase());
    row("------", &|_| "------".to_owned());
    row("Templates", &|figures| figures.template_count.to_string());
    row("Constraints", &|figures| figures.constraint_count.to_string());
    row("Setup Time", &|figures| short_duration(figures.setup_duration));
    row("Throughput", &|figures| format!("{:.2}/sec", figures.reviews_per_second));
    row("Mean Latency", &|figures| short_duration(figures.latencies.mean));
    row("P95 Latency", &|figures| short_duration(figures.latencies.p95));
    row("P99 Latency", &|figures| short_duration(figures.latencies.p99));
    row("Violations", &|figures| figures.violation_count.to_string());
    let mut text = format!("=== Engine Comparison ===\n\n{}", columns.to_text());
    if let [a, b] = all {
        let (fast, slow) =
            if a.reviews_per_second >= b.reviews_per_second { (a, b) } else { (b, a) };
        if slow.reviews_per_second > 0.0 {
            let _ = writeln!(
                text,
                "\nPerformance: {} is {:.2}x faster than {}",
                fast.engine.as_str().to_uppercase(),
                fast.reviews_per_second / slow.reviews_per_second,
                slow.engine.as_str().to_uppercase()
            );
        }
    }
    text
}
