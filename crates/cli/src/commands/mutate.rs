//! `sekisho mutate`

use super::check::{paths, read_stdin};
use crate::args::{Color, InputArgs, ShowFormat, VERSION};
use crate::output;
use crate::values;
use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use diffy::DiffOptions;
use sekisho_checkpoint_check::{
    Answers, MutateOptions, MutatedManifest, MutatedManifests, Silent, bundle_of_paths, collect,
    mutate_manifests,
};
use sekisho_dialects::{DIALECTS, unsupported};
use sekisho_manifest::to_yaml;
use sekisho_policy::{Bundle, KubernetesVersion};
use sekisho_report::{Diagnostic, Level, RenderOptions, Summary, render_diagnostic};
use sekisho_value::{Map, Value};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

/// Print manifests as mutating policies would leave them
///
/// Policies see an object as the API server would store it; what they change is printed in the
/// object as it was given, without the API server's defaults. An object that cannot be mutated is
/// an error and is not printed; none is printed where something is wrong with the policies.
///
/// Exit code: 0 all was mutated, or there was nothing to change; 2 something could not be read or
/// mutated.
#[derive(Debug, Args)]
pub(crate) struct MutateArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Policy file or folder, in any supported dialect; repeatable
    #[arg(short, long, value_name = "PATH", required = true)]
    pub(crate) policies: Vec<PathBuf>,

    /// Objects that are known and not mutated: Namespaces, by whose labels policies match; file
    /// or folder, repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) inventory: Vec<PathBuf>,

    /// What a provider of external data answers: `provider`, and `values` by key; repeatable. What
    /// is not answered is an error
    #[arg(long, value_name = "FILE")]
    pub(crate) external_data: Vec<PathBuf>,

    /// The user who creates the objects
    #[arg(long = "as", value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: Option<String>,

    /// A group of that user; repeatable
    #[arg(long = "as-group", value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) groups: Vec<String>,

    /// The version judged for: which API versions are served, and what expressions may use
    /// [default: the newest known]
    #[arg(long, value_name = "v1.N", value_parser = values::kubernetes_version)]
    pub(crate) kubernetes_version: Option<KubernetesVersion>,

    /// Output format; JSON is one `List`
    #[arg(short, long, value_enum, default_value_t = ShowFormat::Yaml, conflicts_with = "diff")]
    pub(crate) output: ShowFormat,

    /// Print what changes, as a unified diff of YAML
    #[arg(long)]
    pub(crate) diff: bool,

    /// Unknown fields of policies are errors
    #[arg(long)]
    pub(crate) strict: bool,

    /// When to use colour; `NO_COLOR` is honoured
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

pub(crate) fn run(args: &MutateArgs) -> Result<ExitCode> {
    let (files, policy_errors) = bundle_of_paths(&args.policies);
    let bundle = Bundle::anonymous(files);
    let user = values::user(args.user.as_deref(), &args.groups)?;
    let options = MutateOptions {
        bundle: &bundle,
        dialects: DIALECTS,
        unsupported,
        target: &values::target(args.kubernetes_version),
        now: jiff::Timestamp::now(),
        namespace: &args.input.namespace,
        user: &user,
        strict: args.strict,
        inventory: &args.inventory,
        external_data: &Answers::read(&args.external_data),
    };
    let input = collect(&paths(&args.input.paths), &args.input.exclude);
    let mut found = mutate_manifests(input, &read_stdin, &options, &Silent);
    if !policy_errors.is_empty() {
        // What only a part of the policies made of a manifest must not be taken for the whole.
        found.objects.clear();
    }
    found.errors.splice(0..0, policy_errors);
    output::to_stdout(|out| {
        if args.diff {
            write_diff(&found.objects, out)
        } else {
            write(&found.objects, args.output, out)
        }
    })?;
    tell(&found, args.color);
    let failed = !found.errors.is_empty();
    Ok(ExitCode::from(if failed { Summary::ERRORS } else { Summary::CLEAN }))
}

fn write(objects: &[MutatedManifest], format: ShowFormat, out: &mut dyn Write) -> io::Result<()> {
    match format {
        ShowFormat::Json => {
            let items: Vec<Value> = objects.iter().map(|object| object.mutated.clone()).collect();
            let list = Map::from_iter([
                ("apiVersion", Value::from("v1")),
                ("kind", Value::from("List")),
                ("items", Value::from(items)),
            ]);
            writeln!(out, "{}", Value::Object(list).to_json_pretty())
        }
        ShowFormat::Yaml => objects.iter().enumerate().try_for_each(|(index, object)| {
            let separator = if index == 0 { "" } else { "---\n" };
            write!(out, "{separator}{}", to_yaml(&object.mutated))
        }),
    }
}

/// Both sides are printed alike, so that nothing but what mutation changes differs.
fn write_diff(objects: &[MutatedManifest], out: &mut dyn Write) -> io::Result<()> {
    for object in objects.iter().filter(|object| object.mutated != object.given) {
        let (given, mutated) = (to_yaml(&object.given), to_yaml(&object.mutated));
        let text = |field: &str| object.given.path_str(&["metadata", field]).unwrap_or_default();
        let name = if text("name").is_empty() { text("generateName") } else { text("name") };
        let kind = object.given.path_str(&["kind"]).unwrap_or_default();
        let from = format!("{}:{} {kind} {name}", object.file, object.line);
        let by: Vec<&str> = object.applied.iter().map(|id| id.name()).collect();
        let to = format!("mutated by {}", by.join(", "));
        let mut options = DiffOptions::new();
        options.set_original_filename(from).set_modified_filename(to);
        write!(out, "{}", options.create_patch(&given, &mutated))?;
    }
    Ok(())
}

fn tell(found: &MutatedManifests, color: Color) {
    let options = RenderOptions {
        color: output::color_of_stderr(color),
        tool_version: VERSION,
        ..RenderOptions::default()
    };
    let mut err = io::stderr().lock();
    for skipped in &found.skipped {
        let _ = writeln!(err, "skipped: {}:{}: {}", skipped.file, skipped.line, skipped.reason);
    }
    let all = |all: &[Diagnostic], level: Level| -> Vec<(Diagnostic, Level)> {
        all.iter().map(|one| (one.clone(), level)).collect()
    };
    let entries = [all(&found.warnings, Level::Warning), all(&found.errors, Level::Error)];
    for (diagnostic, level) in entries.into_iter().flatten() {
        let _ = render_diagnostic(level, &diagnostic, &options, &mut err);
    }
}
