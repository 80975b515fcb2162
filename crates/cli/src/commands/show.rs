//! `sekisho show`

use super::check::{paths, read_stdin};
use crate::args::{ShowArgs, ShowFormat};
use crate::output;
use anyhow::Result;
use sekisho_checkpoint_check::{ShowOptions, Silent, collect, show};
use sekisho_manifest::to_yaml;
use sekisho_report::{Level, RenderOptions, Summary, render_diagnostic};
use sekisho_value::{Map, Value};
use std::io::Write as _;
use std::process::ExitCode;

pub(crate) fn run(args: &ShowArgs) -> Result<ExitCode> {
    let input = collect(&paths(&args.input.paths), &args.input.exclude);
    let options = ShowOptions { namespace: &args.input.namespace };
    let shown = show(input, &read_stdin, &options, &Silent);
    output::to_stdout(|out| match args.output {
        ShowFormat::Json => {
            let list = Map::from_iter([
                ("apiVersion", Value::from("v1")),
                ("kind", Value::from("List")),
                ("items", Value::from(shown.objects.clone())),
            ]);
            writeln!(out, "{}", Value::Object(list).to_json_pretty())
        }
        ShowFormat::Yaml => shown.objects.iter().enumerate().try_for_each(|(index, object)| {
            let separator = if index == 0 { "" } else { "---\n" };
            write!(out, "{separator}{}", to_yaml(object))
        }),
    })?;
    let options = RenderOptions {
        color: output::color_of_stderr(args.settings.color),
        ..RenderOptions::default()
    };
    let mut err = std::io::stderr().lock();
    for skipped in &shown.skipped {
        let _ = writeln!(err, "skipped: {}:{}: {}", skipped.file, skipped.line, skipped.reason);
    }
    let entries = shown.warnings.iter().map(|warning| (warning, Level::Warning));
    for (diagnostic, level) in entries.chain(shown.errors.iter().map(|e| (e, Level::Error))) {
        let _ = render_diagnostic(level, diagnostic, &options, &mut err);
    }
    let failed = !shown.errors.is_empty();
    Ok(ExitCode::from(if failed { Summary::ERRORS } else { Summary::CLEAN }))
}
