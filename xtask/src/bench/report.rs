//! How the figures are shown.

use super::Figure;
use crate::{documents, process, workspace};
use anyhow::Context as _;
use std::process::Command;

/// The figures as text: ours, each rival's and how many times ours that is.
pub(crate) fn text(figures: &[Figure]) -> String {
    let mut text = String::new();
    for figure in figures {
        let Figure { bench, case, unit, ours, note, .. } = figure;
        let note = if note.is_empty() { String::new() } else { format!("  ({note})") };
        text.push_str(&format!("{bench}: {case}{note}\n"));
        text.push_str(&format!("  {:<24}{:>12} {unit}\n", "ours", number(*ours)));
        for (name, theirs) in &figure.rivals {
            let times = theirs / ours;
            text.push_str(&format!(
                "  {name:<24}{:>12} {unit}  {times:>7.1} times ours\n",
                number(*theirs)
            ));
        }
    }
    text
}

/// Writes docs/PERFORMANCE.md.
pub(crate) fn write_docs(figures: &[Figure]) -> anyhow::Result<()> {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let rustc = process::capture(Command::new("rustc").arg("--version"))?;
    let mut text = format!(
        "# Performance\n\n\
         Written by `cargo xtask bench --write-docs` after `cargo xtask rivals`. Lower is better \
         everywhere; a ratio says how many times our figure a rival's is. All figures of a row \
         were taken in the same run, on a machine with {cores} cores, with {rustc}: \
         libraries in the profile `measure`, ours and the rivals' for speed alike, commands as \
         they are released.\n\n\
         | bench | case | unit | ours | rivals (ratio) | note |\n\
         |---|---|---|--:|---|---|\n",
        rustc = rustc.trim().split(" (").next().unwrap_or_default(),
    );
    let path = workspace::root().join("docs/PERFORMANCE.md");
    let before = std::fs::read_to_string(&path).unwrap_or_default();
    for row in rows(&before, figures) {
        text.push_str(&row);
        text.push('\n');
    }
    text.push_str(
        "\n`size` is the stripped binary, `startup` the time of `sekisho --version`. `check` is \
         the whole program on the tree of `cargo xtask generate-tree`, from start to end, its \
         JSON thrown away; memory is the largest resident set that `wait4` reports. kube-score \
         and checkov judge by rules of their own, so their figures compare the work of a user, \
         not that of one rule. checkov is run on a tenth of the tree. `judge` is one evaluation \
         of `restricted:latest` on a parsed pod with two containers. `read` turns text into \
         values; ours keeps the place of every node, the others do not. `rego` is one evaluation \
         of a template of Gatekeeper's library on the first violating and the first passing \
         sample of its suite, with what can be reused reused; `parameters known` is a program \
         made for the constraint's parameters. `containerlimits` is a policy of ours, of the kind \
         that reads quantities (`xtask/src/bench/rego/containerlimits`). `rego-compile` is text to \
         program. `gatekeeper` is each template of Gatekeeper's library with the first constraint \
         of its suite, the pack `recommended`, and policies of ours that read the inventory \
         (`xtask/src/bench/gatekeeper/inventory`), by Rego, over objects of `cargo xtask \
         generate-tree --cluster`, which are the inventory, too: `gator test` is the whole program, \
         its JSON written to a file, and both find the same violations; `gator bench` is what it \
         and `sekisho gator bench` say of one review in a process that holds the policies; and an \
         object under constraints of our own, judged one after the other. `admission` is `cargo xtask load --rival gatekeeper \
         --write-docs`, after `cargo xtask rivals gatekeeper`: the creation of the same objects, \
         as an API server asks about it, sent over TLS to `sekisho serve` and to Gatekeeper's \
         webhook (its manager, as it is shipped, against the API server of `testenv/`), first with \
         those constraints alone, and without an inventory; as much as they take is asked of both \
         in turns. CPU and memory are those of the server as Linux tells them; latencies at the \
         client count from when a request was due, on the same machine, whose cores the client \
         shares. `all policies` are the level `restricted`, the constraints, and the admission \
         policies of `xtask/src/load/admission-policies`.\n",
    );
    std::fs::write(path, text).context("cannot write docs/PERFORMANCE.md")
}

/// The rows of the table: those that stand there, with these figures in the place of older ones of
/// the same bench.
fn rows(before: &str, figures: &[Figure]) -> Vec<String> {
    let of = |row: &str| row.split('|').nth(1).map(str::trim).unwrap_or_default().to_owned();
    let mut rows: Vec<String> =
        before.lines().filter(|line| line.starts_with("| ")).skip(1).map(str::to_owned).collect();
    let mut benches: Vec<&str> = figures.iter().map(|figure| figure.bench).collect();
    benches.dedup();
    for bench in benches {
        let at = rows.iter().position(|row| of(row) == bench).unwrap_or(rows.len());
        rows.retain(|row| of(row) != bench);
        let new = figures.iter().filter(|figure| figure.bench == bench).map(row);
        rows.splice(at..at, new);
    }
    rows
}

fn row(figure: &Figure) -> String {
    let Figure { bench, case, unit, ours, note, rivals } = figure;
    let rivals: Vec<String> = rivals
        .iter()
        .map(|(name, theirs)| format!("{name}: {} ({:.1})", number(*theirs), theirs / ours))
        .collect();
    let (ours, rivals) = (number(*ours), rivals.join("<br>"));
    let note = documents::cell(note);
    format!("| {bench} | {case} | {unit} | {ours} | {rivals} | {note} |")
}

/// A number with three digits that count.
fn number(figure: f64) -> String {
    match figure {
        ..10.0 => format!("{figure:.2}"),
        ..100.0 => format!("{figure:.1}"),
        _ => format!("{figure:.0}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{Figure, number, rows};
    use std::collections::BTreeMap;

    #[test]
    fn rows_of_one_bench_are_put_in_their_place() {
        let before =
            "text\n\n| bench | case |\n|---|---|\n| a | 1 |\n| b | 1 |\n| b | 2 |\n| c | 1 |\n";
        let figure = |bench, case: &str| Figure {
            bench,
            case: case.to_owned(),
            unit: "ms",
            ours: 2.0,
            rivals: BTreeMap::from([("other".to_owned(), 5.0)]),
            note: String::new(),
        };
        let told = rows(before, &[figure("b", "3"), figure("d", "1")]);
        let wanted = [
            "| a | 1 |",
            "| b | 3 | ms | 2.00 | other: 5.00 (2.5) |  |",
            "| c | 1 |",
            "| d | 1 | ms | 2.00 | other: 5.00 (2.5) |  |",
        ];
        assert_eq!(told, wanted);
    }

    #[test]
    fn numbers() {
        assert_eq!([0.126, 12.34, 4567.8].map(number), ["0.13", "12.3", "4568"]);
    }
}
