//! The command line.

use crate::cluster::ClusterArgs;
use crate::commands::audit::AuditArgs;
use crate::commands::cel::CelArgs;
use crate::commands::gator::{ExpandArgs, GatorArgs};
use crate::commands::install::InstallArgs;
use crate::commands::mutate::MutateArgs;
use crate::commands::rego::RegoArgs;
use crate::commands::test::TestArgs;
use crate::progress::Bar;
use crate::values::{self, Listen, PodSecurity, PolicyDirection};
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};
use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::Timestamp;
use sekisho_packs::Pack;
use sekisho_policy::KubernetesVersion;
use sekisho_report::{Action, Format};
use std::path::PathBuf;

/// The policy checkpoint for Kubernetes fleets.
///
/// Judges manifests by the policies you have, as the API server would, before they get there.
#[derive(Debug, Parser)]
#[command(name = "sekisho", version = VERSION, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Version and commit.
pub(crate) const VERSION: &str =
    concat!(env!("CARGO_PKG_VERSION"), " (", env!("SEKISHO_COMMIT"), ")");

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Check(Box<CheckArgs>),
    Show(ShowArgs),
    Mutate(Box<MutateArgs>),
    Audit(Box<AuditArgs>),
    Serve(Box<ServeArgs>),
    Install(InstallArgs),
    Test(TestArgs),
    Explain(ExplainArgs),
    /// Print what ExpansionTemplates make of the objects that are given
    Expand(ExpandArgs),
    Gator(GatorArgs),
    Cel(Box<CelArgs>),
    Rego(Box<RegoArgs>),
    Completions(CompletionsArgs),
}

/// Judge manifests
///
/// With none of --policies, --pack and --pod-security, Pod Security's baseline level denies, its
/// restricted level warns, and the pod-security.kubernetes.io labels of Namespaces among the
/// manifests count.
///
/// Exit code: 0 clean, 1 findings at or above --fail-on, 2 something could not be read or judged.
#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    /// The user who creates the objects
    #[arg(long = "as", value_name = "USER", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) user: Option<String>,

    /// A group of that user; repeatable
    #[arg(long = "as-group", value_name = "GROUP", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) groups: Vec<String>,

    /// Where Gatekeeper's CLI differs from its webhook, judge as the CLI does: nothing is mutated,
    /// what policies see of namespaces and operations is what `gator test` gives, and constraints
    /// that cannot be matched or evaluated are violated
    #[arg(long)]
    pub(crate) gator_compat: bool,

    /// Skipped documents, schema findings and unknown fields of policies are errors
    #[arg(long)]
    pub(crate) strict: bool,

    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// What of the judgements is told, and how.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Findings of this earlier JSON output do not count
    #[arg(long, value_name = "FILE")]
    pub(crate) baseline: Option<PathBuf>,

    /// Output format: text, json, sarif, junit, github or gitlab; repeatable with --output-file
    /// [default: text]
    #[arg(short, long, value_name = "FORMAT", hide_possible_values = true,
          value_parser = PossibleValuesParser::new(Format::ALL.map(Format::as_str)))]
    pub(crate) output: Vec<String>,

    /// Where the output of the --output before it goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Vec<PathBuf>,

    /// The weakest action that makes the exit code 1
    #[arg(long, value_enum, default_value_t = FailOn::Deny, value_name = "ACTION")]
    pub(crate) fail_on: FailOn,

    /// The time that decides on expiry, as in `2026-11-21T12:00:00Z` [default: now]
    #[arg(long, value_name = "RFC3339", value_parser = values::time)]
    pub(crate) time: Option<Timestamp>,

    /// Do not judge the pods that controllers would create
    #[arg(long)]
    pub(crate) no_implied: bool,

    /// Show only findings that count, and errors
    #[arg(short, long)]
    pub(crate) quiet: bool,

    /// No progress bar
    #[arg(long)]
    pub(crate) no_progress: bool,

    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

impl ReportArgs {
    /// The progress of the work, where it is wanted.
    pub(crate) fn bar(&self) -> Bar {
        Bar::new(!self.no_progress && !self.quiet)
    }
}

/// What to judge by.
#[derive(Clone, Debug, Args)]
pub(crate) struct PolicyArgs {
    /// Policy file or folder, in any supported dialect; repeatable
    #[arg(short, long, value_name = "PATH")]
    pub(crate) policies: Vec<PathBuf>,

    /// Policies that come with Sekisho: recommended, restricted or reliability; repeatable
    #[arg(long, value_name = "NAME", value_parser = values::pack)]
    pub(crate) pack: Vec<Pack>,

    /// Pod Security level that denies whatever labels namespaces have, as `restricted` or
    /// `baseline:v1.30`; repeatable
    #[arg(long, value_name = "LEVEL[:VERSION]", value_parser = values::pod_security)]
    pub(crate) pod_security: Vec<PodSecurity>,

    /// A `PodSecurityConfiguration`, as kube-apiserver takes it
    #[arg(long, value_name = "FILE")]
    pub(crate) pod_security_config: Option<PathBuf>,

    /// The version judged for; sets what `latest` means and which API versions are served, while
    /// schemas are those of 1.36 [default: the newest known]
    #[arg(long, value_name = "v1.N", value_parser = values::kubernetes_version)]
    pub(crate) kubernetes_version: Option<KubernetesVersion>,

    /// What is judged for: a file with `id`, `labels` and `kubernetesVersion`
    #[arg(long, value_name = "FILE")]
    pub(crate) target: Option<PathBuf>,

    /// Objects that policies may look up, and that are not judged: what a cluster holds; file or
    /// folder, repeatable
    #[arg(long, value_name = "PATH")]
    pub(crate) inventory: Vec<PathBuf>,

    /// What a provider of external data answers: `provider`, and `values` by key; repeatable. What
    /// is not answered is an error
    #[arg(long, value_name = "FILE")]
    pub(crate) external_data: Vec<PathBuf>,
}

/// Answer the admission requests of an API server
///
/// Takes `AdmissionReview` at /validate over HTTPS. Policies are read again when their files
/// change; faulty ones are told, and the last good ones stay in force.
#[derive(Clone, Debug, Args)]
#[command(group = ArgGroup::new("certificate").required(true).args(["tls_cert", "self_signed"]))]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) policies: PolicyArgs,

    #[command(flatten)]
    pub(crate) cluster: ClusterArgs,

    /// Judge by the cluster's ValidatingAdmissionPolicies and MutatingAdmissionPolicies, too, which
    /// its API server enforces itself
    #[arg(long, requires = "cluster")]
    pub(crate) admission_policies: bool,

    /// Where to listen; `:PORT` is every address, of IPv4 and IPv6
    #[arg(long, default_value = ":8443", value_name = "[ADDRESS]:PORT",
          value_parser = values::listen)]
    pub(crate) listen: Listen,

    /// The serving certificate and what it is signed by, in PEM; read again when it changes
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,

    /// The key of the serving certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,

    /// Make a certificate for this name or address at every start, and print the authority that
    /// clients are to trust; repeatable
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "localhost",
          conflicts_with = "tls_cert", value_parser = values::server_name)]
    pub(crate) self_signed: Vec<String>,

    /// Keep that certificate in a Secret of the cluster, which all replicas share: it is renewed
    /// in time, and trusted by the webhook configurations whose label `sekisho.dev/certificate`
    /// names the Secret
    #[arg(long, value_name = "NAMESPACE/NAME", requires = "self_signed",
          value_parser = crate::cluster::namespaced)]
    pub(crate) certificate_secret: Option<(String, String)>,

    /// Tell metrics here, in plain HTTP, and no longer at --listen
    #[arg(long, value_name = "[ADDRESS]:PORT", value_parser = values::listen)]
    pub(crate) metrics_listen: Option<Listen>,

    /// Tell the policies in force at /debug/policies of --metrics-listen
    #[arg(long, requires = "metrics_listen")]
    pub(crate) debug: bool,

    /// Tell denials as Events in the cluster, beside the log: some a second at most, and the same
    /// denial once in ten minutes
    #[arg(long)]
    pub(crate) events: bool,

    /// Log what each part of a request took, as a line of JSON
    #[arg(long)]
    pub(crate) trace: bool,

    /// Which way a request goes that cannot be judged: fail refuses it, ignore lets it through
    /// with a warning; as `POLICY=DIRECTION` where a policy cannot be evaluated whose name or id
    /// is POLICY, in which `*` stands for anything; repeatable [default: fail]
    #[arg(long, value_name = "[POLICY=]DIRECTION", value_parser = values::failure_direction)]
    pub(crate) failure_policy: Vec<PolicyDirection>,

    /// Answer the ImagePolicyWebhook plugin at /imagepolicy by the policies of this name or id,
    /// in which `*` stands for anything; repeatable
    #[arg(long, value_name = "POLICY", value_parser = NonEmptyStringValueParser::new())]
    pub(crate) image_policy: Vec<String>,

    /// The longest that a request may take, in seconds; the API server's own timeout is kept
    /// where it is shorter
    #[arg(long, default_value_t = 5, value_name = "SECONDS",
          value_parser = clap::value_parser!(u64).range(1..=30))]
    pub(crate) deadline: u64,

    /// How many requests are judged at once [default: the number of cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) concurrency: Option<u16>,

    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// Print manifests as policies see them: as the API server would store them
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    pub(crate) input: InputArgs,

    /// Output format; JSON is one `List`
    #[arg(short, long, value_enum, default_value_t = ShowFormat::Yaml)]
    pub(crate) output: ShowFormat,

    #[command(flatten)]
    pub(crate) settings: SettingsArgs,
}

/// Print the documentation of a check; without ID, the list of checks
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The id of a check or of a policy of a pack, as in findings: `hostNamespaces`
    pub(crate) id: Option<String>,

    #[arg(long, value_enum, default_value_t = Color::Auto)]
    /// When to use colour; `NO_COLOR` is honoured
    pub(crate) color: Color,
}

/// Print the completions of a shell
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

/// What is read.
#[derive(Debug, Args)]
pub(crate) struct InputArgs {
    /// Files, folders, globs, or `-` for standard input [default: .]
    #[arg(value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Files and folders to pass over; a glob on the path or any part of it; repeatable
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,

    /// The namespace of objects that name none
    #[arg(short, long, default_value = "default", value_parser = values::namespace)]
    pub(crate) namespace: String,
}

/// Where defaults of options come from, and how output looks.
#[derive(Clone, Debug, Args)]
pub(crate) struct SettingsArgs {
    /// Defaults of options [default: .sekisho.yaml in this folder or above]
    #[arg(long, value_name = "FILE", conflicts_with = "no_config")]
    pub(crate) config: Option<PathBuf>,

    /// Read no defaults of options
    #[arg(long)]
    pub(crate) no_config: bool,

    /// When to use colour; `NO_COLOR` is honoured
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub(crate) color: Color,
}

/// The weakest action that fails a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum FailOn {
    Deny,
    Warn,
    Audit,
    Never,
}

impl FailOn {
    pub(crate) fn action(self) -> Option<Action> {
        match self {
            Self::Deny => Some(Action::Deny),
            Self::Warn => Some(Action::Warn),
            Self::Audit => Some(Action::Audit),
            Self::Never => None,
        }
    }
}

/// How `show` prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ShowFormat {
    Yaml,
    Json,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}
