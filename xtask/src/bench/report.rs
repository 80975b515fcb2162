//! How the figures are shown.

use super::Figure;
use crate::{documents, process, workspace};
use anyhow::Context as _;
use std::fmt::Write as _;
use std::process::Command;

/// The figures as text: ours, each rival's and how many times ours that is.
pub(super) fn text(figures: &[Figure]) -> String {
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
pub(super) fn write_docs(figures: &[Figure]) -> anyhow::Result<()> {
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
    for figure in figures {
        let Figure { bench, case, unit, ours, note, rivals } = figure;
        let rivals: Vec<String> = rivals
            .iter()
            .map(|(name, theirs)| format!("{name}: {} ({:.1})", number(*theirs), theirs / ours))
            .collect();
        let (ours, rivals) = (number(*ours), rivals.join("<br>"));
        let note = documents::cell(note);
        writeln!(text, "| {bench} | {case} | {unit} | {ours} | {rivals} | {note} |")?;
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
         of its suite, by Rego, over objects of `cargo xtask generate-tree`, which are the \
         inventory, too: the whole program, and one review in a process that holds the policies, \
         beside the mean of `gator bench`; and an object under constraints of our own.\n",
    );
    std::fs::write(workspace::root().join("docs/PERFORMANCE.md"), text)
        .context("cannot write docs/PERFORMANCE.md")
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
    use super::number;

    #[test]
    fn numbers() {
        assert_eq!([0.126, 12.34, 4567.8].map(number), ["0.13", "12.3", "4568"]);
    }
}
