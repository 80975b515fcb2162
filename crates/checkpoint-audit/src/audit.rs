//! `sekisho audit --cluster`: a cluster in, a report out.

use crate::known::{Known, fetch};
use crate::stored::{gvk, request};
use crate::{Progress, findings};
use rayon::prelude::*;
use sekisho_cluster::{ApiResource, Client, Discovered, Error, Pages, discover};
use sekisho_engine::{ExternalAnswers, Judge, evaluate};
use sekisho_manifest::Document;
use sekisho_policy::{Bundle, Dialect, Digest, Target};
use sekisho_report::{
    Basis, Diagnostic, Finding, InventoryBasis, Report, Summary, TargetBasis, apply_baseline,
};
use sekisho_value::Value;
use sekisho_watchdog::{LIMIT, Watchdog};
use std::collections::BTreeMap;

/// What a cluster is judged by.
pub struct AuditOptions<'a> {
    /// policies that are given by path; may be empty
    pub bundle: &'a Bundle,
    /// the policies of the cluster count, too
    pub policies_of_cluster: bool,
    /// a ConfigMap of the cluster whose values are policies: namespace and name
    pub config_map: Option<&'a (String, String)>,
    /// the dialects that are built in
    pub dialects: &'a [&'a dyn Dialect],
    /// tells of a kind whether it is a policy of a dialect that is not built in
    pub unsupported: fn(group: &str, kind: &str) -> Option<&'static str>,
    /// what is judged for
    pub target: &'a Target,
    /// the time that decides on expiry
    pub now: jiff::Timestamp,
    /// the version of the engine, for the basis
    pub engine_version: &'a str,
    /// objects that are known beside what is in the cluster
    pub objects: &'a [Document],
    /// what providers of external data answer
    pub external: &'a ExternalAnswers,
    /// judge the pods that controllers would create
    pub implied: bool,
    /// unknown fields of policies are errors
    pub strict: bool,
    /// the one namespace that is judged; none for all, and what is in none
    pub namespace: Option<&'a str>,
    /// how many findings of each key do not count
    pub baseline: Option<&'a BTreeMap<String, usize>>,
}

/// Lists every kind that a policy may be about, page by page, and judges every object of it.
///
/// # Errors
/// Where the cluster cannot be asked, or has not the one namespace that is to be judged, or where
/// policies or what they look up cannot be fetched: nothing is judged then, and there is nothing to
/// report.
pub async fn audit(
    client: &Client,
    options: &AuditOptions<'_>,
    progress: &dyn Progress,
) -> Result<Report, Error> {
    let found = discover(client).await?;
    if let Some(namespace) = options.namespace {
        // Lists of one that is not there are empty, and would pass for clean.
        client.get(&format!("/api/v1/namespaces/{namespace}")).await?;
    }
    let known = fetch(client, &found, options).await?;
    let mut run = Run::new(options, &known);
    run.errors.extend(known.errors.iter().cloned());
    run.judge_all(client, &found, progress).await;
    Ok(run.report(&known))
}

struct Run<'a> {
    options: &'a AuditOptions<'a>,
    known: &'a Known,
    watchdog: Watchdog,
    findings: Vec<Finding>,
    errors: Vec<Diagnostic>,
    kinds: usize,
    objects: usize,
    /// of everything that was judged
    revision: Digest,
}

#[derive(Default)]
struct Judged {
    findings: Vec<Finding>,
    errors: Vec<Diagnostic>,
}

impl<'a> Run<'a> {
    fn new(options: &'a AuditOptions<'a>, known: &'a Known) -> Self {
        Self {
            options,
            known,
            watchdog: Watchdog::start(LIMIT),
            findings: Vec::new(),
            errors: Vec::new(),
            kinds: 0,
            objects: 0,
            revision: Digest::of([]),
        }
    }

    async fn judge_all(&mut self, client: &Client, found: &Discovered, progress: &dyn Progress) {
        if self.known.set.is_empty() && self.errors.is_empty() {
            let message = "there is no policy to judge by";
            let help = "the cluster holds none, and none is given: see --policies and --pack";
            self.errors.push(Diagnostic::general(message).with_help(help));
        }
        for (group, error) in &found.missing {
            let message = format!("kinds of `{group}` are not judged: {error}");
            self.errors.push(Diagnostic::general(message));
        }
        let wanted = |resource: &&ApiResource| {
            resource.listable
                && self.known.set.judges(&gvk(resource))
                && (self.options.namespace.is_none() || resource.namespaced)
        };
        let kinds: Vec<&ApiResource> = found.resources.iter().filter(wanted).collect();
        progress.kinds(kinds.len());
        for resource in kinds {
            let mut pages = Pages::new(client, resource, self.options.namespace);
            loop {
                match pages.next().await {
                    Ok(Some(page)) => self.judge_page(resource, page),
                    Ok(None) => break,
                    // It was taken away since the kinds were asked for.
                    Err(error) if error.is_not_found() => break,
                    Err(error) => {
                        let message =
                            format!("not all `{}` are judged: {error}", resource.qualified());
                        self.errors.push(Diagnostic::general(message));
                        break;
                    }
                }
            }
            self.kinds += 1;
            progress.judged_kind();
        }
    }

    fn judge_page(&mut self, resource: &ApiResource, page: Vec<Value>) {
        self.objects += page.len();
        self.revision = revision(self.revision, resource, &page);
        let judged: Vec<Judged> =
            page.into_par_iter().map(|object| self.judge(resource, object)).collect();
        for one in judged {
            self.findings.extend(one.findings);
            self.errors.extend(one.errors);
        }
    }

    fn judge(&self, resource: &ApiResource, object: Value) -> Judged {
        let watched = self.watchdog.watch();
        let judge = Judge {
            inventory: &self.known.inventory,
            schemas: &self.known.schemas,
            now: self.options.now,
            implied: self.options.implied,
            record: false,
            cancelled: Some(watched.stop()),
        };
        let request = request(gvk(resource), &resource.plural, object);
        let verdict = evaluate(&self.known.set, &request, &judge);
        let dialects = self.options.dialects;
        let found = verdict.judgements.into_iter();
        Judged {
            findings: found.map(|judgement| findings::finding(judgement, dialects)).collect(),
            errors: verdict.errors.iter().map(|e| findings::error(&request, e)).collect(),
        }
    }

    fn report(mut self, known: &Known) -> Report {
        if let Some(baseline) = self.options.baseline {
            apply_baseline(&mut self.findings, baseline);
        }
        let summary = Summary {
            kinds: Some(self.kinds),
            objects: self.objects,
            errors: self.errors.len(),
            ..Summary::default()
        };
        let summary = summary.count(&self.findings);
        let target = self.options.target;
        let basis = Basis {
            policy_set: known.set.digest().to_owned(),
            sequence: known.set.sequence(),
            engine_version: self.options.engine_version.to_owned(),
            target: TargetBasis {
                id: target.id.clone(),
                labels: target.labels.clone(),
                kubernetes_version: target.kubernetes_version.to_string(),
                kubernetes_version_assumed: target.assumed,
            },
            inventory: InventoryBasis {
                revision: self.revision.to_string(),
                complete: self.errors.is_empty() && self.options.namespace.is_none(),
                age_seconds: None,
            },
            time: self.options.now.to_string(),
            settings: None,
        };
        Report {
            version: (),
            summary,
            basis,
            policies: known.set.states().to_vec(),
            findings: self.findings,
            skipped: Vec::new(),
            errors: self.errors,
        }
    }
}

/// The digest of what was judged before and a page more.
fn revision(before: Digest, resource: &ApiResource, page: &[Value]) -> Digest {
    let of = |object: &Value| {
        let text = |key: &str| object.path_str(&["metadata", key]).unwrap_or_default().to_owned();
        [text("namespace"), text("name"), text("uid"), text("resourceVersion")].join("/")
    };
    let objects: Vec<String> = page.iter().map(of).collect();
    let kind = resource.qualified();
    let parts = objects.iter().map(|object| object.as_bytes());
    Digest::of([before.as_bytes().as_slice(), kind.as_bytes()].into_iter().chain(parts))
}
