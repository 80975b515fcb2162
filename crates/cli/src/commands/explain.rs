//! `sekisho explain`

use super::rules;
use crate::args::ExplainArgs;
use crate::output;
use anstyle::Style;
use anyhow::{Result, bail};
use sekisho_packs::{LIBRARY, Library};
use sekisho_report::Summary;
use std::io::{self, Write};
use std::process::ExitCode;

pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode> {
    let bold = if output::color(args.color) { Style::new().bold() } else { Style::new() };
    let Some(id) = &args.id else {
        output::to_stdout(|out| list(out, bold))?;
        return Ok(ExitCode::SUCCESS);
    };
    let of_rules = rules::all().filter(|(_, rule)| rule.id.eq_ignore_ascii_case(id));
    let of_library = LIBRARY.iter().filter(|policy| {
        policy.kind().eq_ignore_ascii_case(id) || policy.name.eq_ignore_ascii_case(id)
    });
    let found: Vec<String> = of_rules
        .map(|(_, rule)| rules::markdown(rule))
        .chain(of_library.map(|policy| policy.readme.to_owned()))
        .collect();
    if found.is_empty() {
        let ids = rules::all().map(|(_, rule)| rule.id).chain(LIBRARY.iter().map(Library::kind));
        let near = ids.filter(|known| {
            let (known, id) = (known.to_lowercase(), id.to_lowercase());
            known.contains(&id) || id.contains(&known)
        });
        let near: Vec<&str> = near.collect();
        if near.is_empty() {
            bail!("no check `{id}`: `sekisho explain` lists them");
        }
        output::note(&format!("error: no check `{id}`: did you mean {}?", near.join(", ")));
        return Ok(ExitCode::from(Summary::ERRORS));
    }
    output::to_stdout(|out| {
        for text in &found {
            for line in text.lines() {
                if line.starts_with('#') {
                    writeln!(out, "{bold}{line}{bold:#}")?;
                } else {
                    writeln!(out, "{line}")?;
                }
            }
        }
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn list(out: &mut dyn Write, bold: Style) -> io::Result<()> {
    let ids = rules::all().map(|(_, rule)| rule.id).chain(LIBRARY.iter().map(Library::kind));
    let width = ids.map(str::len).max().unwrap_or_default();
    let mut dialect = "";
    for (of, rule) in rules::all() {
        if of != dialect {
            let gap = if dialect.is_empty() { "" } else { "\n" };
            writeln!(out, "{gap}{bold}{of}{bold:#}")?;
            dialect = of;
        }
        writeln!(out, "  {:width$}  {}", rule.id, rule.title)?;
    }
    writeln!(out, "\n{bold}policies of packs{bold:#}")?;
    for policy in LIBRARY {
        writeln!(out, "  {:width$}  {}", policy.kind(), policy.title())?;
    }
    Ok(())
}
