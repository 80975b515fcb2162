//! An application that a team runs.

use super::random::Random;

/// How far an application is hardened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Posture {
    /// meets `restricted`
    Hardened,
    /// meets `baseline`
    Ordinary,
    /// breaks `baseline`
    Risky,
}

/// What the manifests of an application share.
pub(super) struct App {
    pub(super) team: &'static str,
    pub(super) name: String,
    pub(super) part_of: &'static str,
    pub(super) namespace: String,
    pub(super) image: String,
    pub(super) version: String,
    pub(super) port: u64,
    pub(super) posture: Posture,
}

pub(super) const TEAMS: [&str; 12] = [
    "checkout",
    "catalog",
    "identity",
    "payments",
    "search",
    "logistics",
    "media",
    "messaging",
    "observability",
    "platform",
    "pricing",
    "reporting",
];
/// The stages that each team has a namespace for.
pub(super) const STAGES: [&str; 3] = ["prod", "staging", "dev"];
const SUBJECTS: [&str; 16] = [
    "account",
    "basket",
    "billing",
    "campaign",
    "customer",
    "event",
    "inventory",
    "invoice",
    "ledger",
    "notification",
    "order",
    "profile",
    "refund",
    "session",
    "shipment",
    "voucher",
];
const ROLES: [&str; 8] =
    ["api", "backend", "cache", "exporter", "gateway", "indexer", "scheduler", "worker"];
const PRODUCTS: [&str; 5] = ["storefront", "back-office", "partner-portal", "mobile", "data-lake"];
const REGISTRIES: [&str; 3] =
    ["registry.example.com", "ghcr.io/example", "europe-docker.pkg.dev/example/apps"];

impl App {
    /// The application with a number.
    pub(super) fn new(number: u64, random: &mut Random) -> Self {
        let team = random.pick(&TEAMS);
        let subject = random.pick(&SUBJECTS);
        let role = random.pick(&ROLES);
        let name = format!("{subject}-{role}-{number:04}");
        let registry = random.pick(&REGISTRIES);
        let version = format!("{}.{}.{}", random.below(4), random.below(30), random.below(12));
        Self {
            team,
            part_of: random.pick(&PRODUCTS),
            namespace: format!("{team}-{}", random.pick(&STAGES)),
            image: format!("{registry}/{team}/{subject}-{role}:v{version}"),
            name,
            version,
            port: 8000 + random.below(20) * 100,
            posture: match random.below(100) {
                0..30 => Posture::Hardened,
                30..85 => Posture::Ordinary,
                _ => Posture::Risky,
            },
        }
    }

    /// Where a file of the application lies in the tree.
    pub(super) fn path(&self, file: &str) -> String {
        format!("{}/{}/{file}", self.team, self.name)
    }

    /// The metadata of an object, its labels included.
    pub(super) fn metadata(&self, name: &str) -> String {
        format!(
            "metadata:\n  name: {name}\n  namespace: {}\n  labels:\n{}",
            self.namespace,
            self.labels(4)
        )
    }

    /// The recommended labels, indented by so many spaces.
    pub(super) fn labels(&self, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let Self { name, part_of, version, team, .. } = self;
        format!(
            "{pad}app.kubernetes.io/name: {name}\n\
             {pad}app.kubernetes.io/instance: {name}-main\n\
             {pad}app.kubernetes.io/version: \"{version}\"\n\
             {pad}app.kubernetes.io/part-of: {part_of}\n\
             {pad}app.kubernetes.io/managed-by: Helm\n\
             {pad}example.com/team: {team}\n"
        )
    }

    /// The labels that select the pods, indented by so many spaces.
    pub(super) fn selector(&self, indent: usize) -> String {
        let pad = " ".repeat(indent);
        let name = &self.name;
        format!(
            "{pad}app.kubernetes.io/name: {name}\n{pad}app.kubernetes.io/instance: {name}-main\n"
        )
    }
}
