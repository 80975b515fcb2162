//! Measures the reviews of one engine.

use super::figures::{Figures, Latencies, Setup};
use super::{BenchEngine, BenchOptions};
use crate::gatekeeper::{engines, only, request, set_of};
use crate::go;
use crate::objects::without_kind;
use sekisho_dialect_gatekeeper::{FailurePolicy, Numbers};
use sekisho_engine::{ErrorKind, Judge, MemoryInventory, PolicySet, VerdictError, evaluate};
use sekisho_kube_model::Schemas;
use sekisho_manifest::Document;
use sekisho_policy::Request;
use sekisho_report::Diagnostic;
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Why nothing was measured.
pub(super) struct Failed {
    pub(super) message: String,
    pub(super) diagnostics: Vec<Diagnostic>,
}

/// More reviews than these do not run at once.
const MOST_AT_ONCE: usize = 256;

pub(super) fn measure(
    given: &Given<'_>,
    engine: BenchEngine,
    options: &BenchOptions,
) -> Result<Figures, Failed> {
    let Given { templates, constraints, objects } = given;
    let failed = |message: String| Failed { message, diagnostics: Vec::new() };
    let start = Instant::now();
    let schemas = Schemas::builtin();
    let client_creation = nanoseconds(start);
    let name = |document: &Document| document.name().unwrap_or_default().to_owned();
    let kind = |template: &Document| {
        let kind = template.value.path_str(&["spec", "crd", "spec", "names", "kind"]);
        kind.unwrap_or_default().to_owned()
    };
    let (loaded, skipped): (Vec<&Document>, Vec<&Document>) =
        templates.iter().partition(|template| engines(&template.value).contains(&engine.engine()));
    if loaded.is_empty() {
        return Err(failed(format!(
            "no templates compatible with {} engine (all {} templates skipped)",
            engine.as_str(),
            templates.len()
        )));
    }
    let kinds: BTreeSet<String> = loaded.iter().map(|template| kind(template)).collect();
    let (loaded_constraints, skipped_constraints): (Vec<&Document>, Vec<&Document>) =
        constraints.iter().partition(|constraint| kinds.contains(constraint.kind()));
    if loaded_constraints.is_empty() {
        return Err(failed(format!(
            "no constraints loaded (all {} constraints skipped due to missing templates)",
            constraints.len()
        )));
    }
    let of_engine: Vec<Document> =
        loaded.iter().map(|template| only(template, engine.engine())).collect();
    let mut policies: Vec<&Document> = of_engine.iter().collect();
    let refused =
        |diagnostics| Failed { diagnostics, ..failed("the policies are not in order".to_owned()) };
    let start = Instant::now();
    set_of(&policies, Numbers::Doubles, FailurePolicy::default()).map_err(refused)?;
    let template_compilation = nanoseconds(start);
    policies.extend(&loaded_constraints);
    let start = Instant::now();
    let set = set_of(&policies, Numbers::Doubles, FailurePolicy::default()).map_err(refused)?;
    // They are made for their templates, which are compiled with them.
    let constraint_loading = nanoseconds(start);
    let start = Instant::now();
    let referential = engine == BenchEngine::Rego;
    let mut inventory = MemoryInventory::new();
    for object in objects {
        if !referential {
            // A review by CEL needs the kind, and Rego's inventory the version too.
            if object.kind().is_empty() {
                let name = object.name().unwrap_or_default();
                let namespace = object.value.path_str(&["metadata", "namespace"]);
                let namespace = namespace.unwrap_or_default();
                let message = format!("review failed for {namespace}/{name}: it has no kind");
                return Err(failed(message));
            }
            continue;
        }
        if let Some(lacking) = without_kind(object) {
            let message = format!("adding data {}", go::quoted(&name(object)));
            return Err(Failed { message, diagnostics: vec![lacking] });
        }
        inventory.insert(object.value.clone());
    }
    let data_loading = nanoseconds(start);
    let setup = Setup { client_creation, template_compilation, constraint_loading, data_loading };
    let bench = Bench { set, inventory, schemas, objects, options };
    for _ in 0..options.warmup {
        for object in bench.objects {
            bench.review(object).map_err(failed)?;
        }
    }
    let start = Instant::now();
    let (durations, violation_count) = bench.run().map_err(failed)?;
    let total_duration = nanoseconds(start);
    let reviews = durations.len() as f64;
    Ok(Figures {
        engine,
        template_count: loaded.len(),
        skipped_templates: skipped.into_iter().map(name).collect(),
        constraint_count: loaded_constraints.len(),
        skipped_constraints: skipped_constraints.into_iter().map(name).collect(),
        referential_data_supported: referential,
        object_count: bench.objects.len(),
        iterations: options.iterations,
        concurrency: options.concurrency,
        setup_duration: client_creation + template_compilation + constraint_loading + data_loading,
        setup_breakdown: setup,
        total_duration,
        latencies: Latencies::of(durations),
        violation_count,
        reviews_per_second: if total_duration == 0 {
            0.0
        } else {
            reviews * 1e9 / total_duration as f64
        },
    })
}

fn nanoseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// What was given, by what it is for.
pub(super) struct Given<'d> {
    templates: Vec<&'d Document>,
    constraints: Vec<&'d Document>,
    objects: Vec<&'d Document>,
}

impl<'d> Given<'d> {
    /// The documents by what they are for; or what is lacking.
    pub(super) fn of(documents: &'d [Document]) -> Result<Self, &'static str> {
        let mut given =
            Given { templates: Vec::new(), constraints: Vec::new(), objects: Vec::new() };
        for document in documents {
            let group = document.api_version().split_once('/').map_or("", |(group, _)| group);
            match group {
                "templates.gatekeeper.sh" => given.templates.push(document),
                "constraints.gatekeeper.sh" => given.constraints.push(document),
                _ => given.objects.push(document),
            }
        }
        let lacking = match &given {
            _ if documents.is_empty() => "no input data identified",
            Given { templates, .. } if templates.is_empty() => {
                "no ConstraintTemplates found in input"
            }
            Given { constraints, .. } if constraints.is_empty() => "no Constraints found in input",
            Given { objects, .. } if objects.is_empty() => "no objects to review found in input",
            _ => return Ok(given),
        };
        Err(lacking)
    }
}

struct Bench<'b> {
    set: PolicySet,
    inventory: MemoryInventory,
    schemas: Schemas,
    objects: &'b [&'b Document],
    options: &'b BenchOptions,
}

impl Bench<'_> {
    /// One review, as gator makes it of an object: how many violations there are.
    fn review(&self, object: &Document) -> Result<usize, String> {
        let request: Request = request::of_object(object.value.clone());
        let judge = Judge {
            inventory: &self.inventory,
            schemas: &self.schemas,
            now: self.options.now,
            implied: false,
            record: false,
            cancelled: None,
        };
        let verdict = evaluate(&self.set, &request, &judge);
        // To gator what cannot be matched or evaluated is a violation.
        let counts =
            |error: &VerdictError| matches!(error.kind, ErrorKind::Unmatched | ErrorKind::Failed);
        match verdict.errors.iter().find(|error| !counts(error)) {
            Some(error) => Err(format!(
                "review failed for {}/{}: {}",
                request.namespace.as_deref().unwrap_or_default(),
                request.name,
                error.message
            )),
            None => Ok(verdict.judgements.len() + verdict.errors.len()),
        }
    }

    /// All reviews: how long each takes, and how many violations there are.
    fn run(&self) -> Result<(Vec<u64>, usize), String> {
        let count = self.options.iterations.saturating_mul(self.objects.len());
        let threads = self.options.concurrency.clamp(1, MOST_AT_ONCE);
        let next = AtomicUsize::new(0);
        let all = Mutex::new((Vec::new(), 0));
        let failed = Mutex::new(None);
        let work = || {
            let (mut durations, mut violations) = (Vec::new(), 0);
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                if at >= count {
                    break;
                }
                let Some(object) = self.objects.get(at % self.objects.len()) else { break };
                let start = Instant::now();
                let reviewed = self.review(object);
                durations.push(nanoseconds(start));
                match reviewed {
                    Ok(found) => violations += found,
                    Err(message) => {
                        next.store(count, Ordering::Relaxed);
                        if let Ok(mut failed) = failed.lock() {
                            failed.get_or_insert(message);
                        }
                        break;
                    }
                }
            }
            if let Ok(mut all) = all.lock() {
                all.0.append(&mut durations);
                all.1 += violations;
            }
        };
        if threads == 1 {
            work();
        } else {
            std::thread::scope(|scope| {
                for _ in 1..threads {
                    // Where the system gives no more threads, those that there are do the work.
                    let _ = std::thread::Builder::new().spawn_scoped(scope, work);
                }
                work();
            });
        }
        match failed.into_inner().ok().flatten() {
            Some(message) => Err(message),
            None => all.into_inner().map_err(|_| "a review did not end".to_owned()),
        }
    }
}
