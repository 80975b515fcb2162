//! All that `docs/PERFORMANCE.md` tells of admission: ours, and a rival beside it, on the same
//! policies and the same reviews in one run.

use super::drive::Plan;
use super::gatekeeper::Gatekeeper;
use super::link::Target;
use super::report::{Report, quantile};
use super::serving::Serving;
use super::{Arguments, RivalWebhook, measured, process};
use crate::bench::gatekeeper::library;
use crate::bench::{Figure, measure, report};
use crate::workspace;
use anyhow::{Context as _, anyhow, ensure};
use bytes::Bytes;
use sekisho_value::{Map, Value, from_json};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// How many requests a second come from a cluster where little happens, and from one where much
/// does.
const FEW: f64 = 50.0;
const MANY: f64 = 1_000.0;

/// In how many turns servers are asked as much as they take, one after the other: whatever else the
/// machine does meanwhile is then in the way of all of them alike.
const TURNS: u32 = 3;

/// After how many requests memory is looked at.
const REQUESTS: [usize; 2] = [100_000, 1_000_000];

/// How often it is started.
const STARTS: usize = 10;

/// What is measured of all.
struct Course<'a> {
    arguments: &'a Arguments,
    reviews: &'a Arc<[Bytes]>,
    program: PathBuf,
    constraints: Vec<String>,
    /// those that the reviews are in
    namespaces: Vec<Value>,
}

/// Measures, prints and writes.
pub(super) async fn measure(arguments: &Arguments, reviews: &Arc<[Bytes]>) -> anyhow::Result<()> {
    let program = match &arguments.program {
        Some(program) => program.clone(),
        None => crate::process::build_sekisho(true)?,
    };
    let (constraints, namespaces) = (library::policies()?, namespaces(reviews)?);
    let course = Course { arguments, reviews, program, constraints, namespaces };
    let dir = tempfile::tempdir()?;
    let policies = dir.path().join("policies");
    std::fs::create_dir(&policies)?;
    library::write(&course.constraints, &policies)?;
    let inventory = dir.path().join("namespaces.json");
    let list = Value::from(course.namespaces.clone());
    let list = [("apiVersion", "v1".into()), ("kind", "List".into()), ("items", list)];
    std::fs::write(&inventory, Value::Object(list.into_iter().collect()).to_json())?;
    let given = ["--policies".into(), policies.into(), "--inventory".into(), inventory.into()];
    let mut figures = course.beside(&given).await?;
    figures.extend(course.whole(&given).await?);
    print!("{}", report::text(&figures));
    if arguments.write_docs {
        report::write_docs(&figures)?;
    }
    Ok(())
}

/// The namespaces that reviews are in.
pub(super) fn namespaces(reviews: &[Bytes]) -> anyhow::Result<Vec<Value>> {
    let mut names = BTreeSet::new();
    for review in reviews {
        let review = from_json(std::str::from_utf8(review)?).map_err(|error| anyhow!("{error}"))?;
        let name = review.path_str(&["request", "namespace"]).filter(|name| !name.is_empty());
        names.extend(name.map(str::to_owned));
    }
    let namespace = |name: String| {
        let metadata = Map::from_iter([("name", Value::from(name))]);
        let fields = [("apiVersion", "v1".into()), ("kind", "Namespace".into())];
        let metadata = ("metadata", Value::Object(metadata));
        Value::Object(fields.into_iter().chain([metadata]).collect())
    };
    Ok(names.into_iter().map(namespace).collect())
}

/// What a review is about.
fn object(review: &[u8]) -> anyhow::Result<String> {
    let review = from_json(std::str::from_utf8(review)?).map_err(|error| anyhow!("{error}"))?;
    let of = |path: &[&str]| review.path_str(path).unwrap_or_default().to_owned();
    let kind = of(&["request", "kind", "kind"]);
    Ok(format!("{kind} {}/{}", of(&["request", "namespace"]), of(&["request", "name"])))
}

/// A server that is measured.
struct Asked<'s> {
    name: &'s str,
    target: &'s Target,
    pid: u32,
}

/// What was measured of one server under constraints alone.
struct Side {
    /// the reviews that it denies, each sent once
    refused: BTreeSet<usize>,
    few: Report,
    most: Report,
}

impl Course<'_> {
    fn plan(&self, rate: Option<f64>) -> Plan {
        let Arguments { seconds, lanes, .. } = *self.arguments;
        Plan { rate, seconds, lanes, most: usize::MAX, first: 0 }
    }

    async fn run(&self, target: &Target, plan: &Plan, pid: u32) -> anyhow::Result<Report> {
        measured(target, self.reviews, plan, self.arguments.warm_up, Some(pid)).await
    }

    /// Which reviews a server denies, and what it takes where few come.
    async fn few(&self, asked: &Asked<'_>) -> anyhow::Result<(BTreeSet<usize>, Report)> {
        let Asked { name, target, pid } = *asked;
        let once = Plan { most: self.reviews.len(), seconds: 3_600.0, ..self.plan(None) };
        let once = super::drive::drive(target, self.reviews, &once).await?;
        ensure!(once.failures == 0, "{name}: {} requests failed", once.failures);
        // Of few requests a clock tick of CPU is much: they are given twice the time.
        let few = Plan { seconds: self.arguments.seconds * 2.0, ..self.plan(Some(FEW)) };
        let few = self.run(target, &few, pid).await?;
        println!("{name}, {FEW:.0} a second\n{}", few.text());
        Ok((once.refused, few))
    }

    /// What servers take where as many come as are answered, each in its turns.
    async fn most(&self, all: &[Asked<'_>]) -> anyhow::Result<Vec<Report>> {
        let part = |seconds: f64| seconds / f64::from(TURNS);
        let mut told: Vec<Report> = Vec::new();
        for _ in 0..TURNS {
            for (at, Asked { target, pid, .. }) in all.iter().enumerate() {
                // It goes on where it was, so that it is asked about all objects alike.
                let first = told.get(at).map_or(0, Report::answered);
                let first = usize::try_from(first).unwrap_or_default();
                let seconds = part(self.arguments.seconds);
                let plan = Plan { seconds, first, ..self.plan(None) };
                let warm_up = part(self.arguments.warm_up);
                let turn = measured(target, self.reviews, &plan, warm_up, Some(*pid)).await?;
                match told.get_mut(at) {
                    Some(before) => before.add(turn)?,
                    None => told.push(turn),
                }
            }
        }
        for (Asked { name, .. }, most) in all.iter().zip(&told) {
            println!("{name}, as many as it takes, in {TURNS} turns\n{}", most.text());
        }
        Ok(told)
    }

    /// Ours and the rival's, with the constraints alone.
    async fn beside(&self, given: &[OsString]) -> anyhow::Result<Vec<Figure>> {
        let http1 = self.arguments.http1;
        let serving = Serving::start(&self.program, given, http1).await?;
        let rival = match self.arguments.rival {
            None => None,
            Some(RivalWebhook::Gatekeeper) => {
                Some(Gatekeeper::start(&self.constraints, &self.namespaces, http1)?)
            }
        };
        let ours = Asked { name: "sekisho", target: &serving.target, pid: serving.pid() };
        let theirs = rival.iter().map(|rival| Asked {
            name: &rival.name,
            target: &rival.target,
            pid: rival.pid(),
        });
        let asked: Vec<Asked<'_>> = std::iter::once(ours).chain(theirs).collect();
        let mut few = Vec::new();
        for asked in &asked {
            few.push(self.few(asked).await?);
        }
        let most = self.most(&asked).await?;
        let mut sides = asked.iter().zip(few).zip(most).map(|((asked, (refused, few)), most)| {
            (asked.name.to_owned(), Side { refused, few, most })
        });
        let (_, ours) = sides.next().context("no server was asked")?;
        for report in [&ours.few, &ours.most] {
            ensure!(report.result.failures == 0, "{} requests failed", report.result.failures);
        }
        let theirs = sides.next();
        if let Some((name, theirs)) = &theirs {
            println!("{}", self.verdicts(&ours, name, theirs)?);
        }
        Ok(self.compared(&ours, theirs.as_ref()))
    }

    /// Whether both deny the same: else what they take is no comparison.
    fn verdicts(&self, ours: &Side, name: &str, theirs: &Side) -> anyhow::Result<String> {
        let (all, denied) = (self.reviews.len(), ours.refused.len());
        let told = |numbers: Vec<&usize>| -> anyhow::Result<String> {
            let first = numbers.first().and_then(|number| self.reviews.get(**number));
            let object = first.map(|review| object(review)).transpose()?;
            let object = object.map_or(String::new(), |object| format!(", `{object}` first"));
            Ok(format!("{}{object}", numbers.len()))
        };
        if ours.refused == theirs.refused {
            return Ok(format!("both deny the same {denied} of {all} reviews"));
        }
        let [alone, others] = [(ours, theirs), (theirs, ours)]
            .map(|(one, other)| told(one.refused.difference(&other.refused).collect()));
        Ok(format!(
            "they differ: of {all} reviews sekisho alone denies {}, {name} alone {}",
            alone?, others?
        ))
    }

    fn compared(&self, ours: &Side, theirs: Option<&(String, Side)>) -> Vec<Figure> {
        let of = format!("{} constraints", self.constraints.len());
        let figure =
            |case: String, unit, get: &dyn Fn(&Side) -> f64, note: &dyn Fn(&Side) -> String| {
                let rivals = theirs.iter().map(|(name, side)| (name.clone(), get(side)));
                let notes = std::iter::once(("ours", ours))
                    .chain(theirs.iter().map(|(name, side)| (name.as_str(), side)))
                    .map(|(name, side)| format!("{name}: {}", note(side)));
                Figure {
                    bench: "admission",
                    case: format!("{of}, {case}"),
                    unit,
                    ours: get(ours),
                    rivals: rivals.collect(),
                    note: notes.collect::<Vec<_>>().join("; "),
                }
            };
        let cpu = |report: &Report| report.cpu().unwrap_or(f64::NAN);
        let late = |report: &Report, part| report.result.due.value_at_quantile(part) as f64 / 1e3;
        let denied = |side: &Side| {
            let others = |(_, theirs): &(String, Side)| {
                side.refused.symmetric_difference(&theirs.refused).count()
            };
            let differ = match theirs.map_or(0, others) {
                0 => String::new(),
                some => format!(" ({some} reviews are answered otherwise)"),
            };
            let result = &side.few.result;
            format!("{} denied{differ}, {} failed", result.denied, result.failures)
        };
        let rate = |side: &Side| {
            format!("{:.0} a second, {} failed", side.most.throughput(), side.most.result.failures)
        };
        let nothing = |_: &Side| String::new();
        let few = format!("{FEW:.0} a second");
        let mut figures = vec![
            figure(format!("{few}, CPU of a request"), "µs", &|side| cpu(&side.few), &denied),
            figure(format!("{few}, p50 at the client"), "ms", &|s| late(&s.few, 0.5), &nothing),
            figure(format!("{few}, p99 at the client"), "ms", &|s| late(&s.few, 0.99), &nothing),
            figure("at the most, CPU of a request".into(), "µs", &|s| cpu(&s.most), &nothing),
            figure(
                "at the most, one request after".into(),
                "µs",
                &|side| 1e6 / side.most.throughput(),
                &rate,
            ),
            figure("memory".into(), "MB", &|side| peak(&side.most), &nothing),
        ];
        for figure in &mut figures {
            if figure.note.split("; ").all(|note| note.ends_with(": ")) {
                figure.note.clear();
            }
        }
        figures
    }

    /// Ours with all kinds of policies at once.
    async fn whole(&self, given: &[OsString]) -> anyhow::Result<Vec<Figure>> {
        let admission_policies = workspace::root().join("xtask/src/load/admission-policies");
        let count = workspace::files(&admission_policies, &[])?.len();
        let mut arguments = given.to_vec();
        arguments.extend(["--pod-security".into(), "restricted".into()]);
        arguments.extend(["--policies".into(), admission_policies.into()]);
        let mut starts = Vec::new();
        for _ in 1..STARTS {
            let serving = Serving::start(&self.program, &arguments, self.arguments.http1).await?;
            starts.push(serving.ready.as_secs_f64() * 1e3);
        }
        let serving = Serving::start(&self.program, &arguments, self.arguments.http1).await?;
        starts.push(serving.ready.as_secs_f64() * 1e3);
        let (target, pid) = (&serving.target, serving.pid());
        let fresh = process::look(pid)?.resident as f64 / 1e6;

        let many = self.run(target, &self.plan(Some(MANY)), pid).await?;
        println!("sekisho, all policies, {MANY:.0} a second\n{}", many.text());
        let most = self.run(target, &self.plan(None), pid).await?;
        println!("sekisho, all policies, as many as it takes\n{}", most.text());
        for report in [&many, &most] {
            ensure!(report.result.failures == 0, "{} requests failed", report.result.failures);
        }
        drop(serving);
        let kept = self.kept(&arguments).await?;

        let figure = |case: String, unit, ours, note| Figure {
            bench: "admission",
            case: format!("all policies, {case}"),
            unit,
            ours,
            rivals: BTreeMap::new(),
            note,
        };
        let own = many.own().unwrap_or_default();
        let at = |part| quantile(&own, part) / 1e3;
        let rate = format!("{MANY:.0} a second");
        let client = &many.result.due;
        let [first, second] = kept;
        Ok(vec![
            figure(
                "start to ready".into(),
                "ms",
                measure::median(starts),
                format!(
                    "restricted, {} constraints, {count} admission policies, from files; median \
                     of {STARTS}; {fresh:.1} MB then",
                    self.constraints.len()
                ),
            ),
            figure(
                format!("{rate}, p99 of the server's own time, at most"),
                "ms",
                at(0.99),
                format!(
                    "p50 at most {:.2}, p99.9 at most {:.2}; at the client p50 {:.2}, p99 {:.2}; \
                     {} requests, {} failed",
                    at(0.5),
                    at(0.999),
                    client.value_at_quantile(0.5) as f64 / 1e3,
                    client.value_at_quantile(0.99) as f64 / 1e3,
                    many.answered(),
                    many.result.failures,
                ),
            ),
            figure(
                format!("{rate}, CPU of a request"),
                "µs",
                many.cpu().unwrap_or(f64::NAN),
                String::new(),
            ),
            figure(format!("{rate}, memory"), "MB", peak(&many), "the most there was".into()),
            figure(
                "at the most, one request after".into(),
                "µs",
                1e6 / most.throughput(),
                format!("{:.0} a second; the client has the same cores", most.throughput()),
            ),
            figure(
                format!("memory after {} requests at the most", REQUESTS[1]),
                "MB",
                second,
                format!("after {}: {first:.1} MB", REQUESTS[0]),
            ),
        ])
    }

    /// The memory of one server after more and more requests, as many at once as it takes.
    async fn kept(&self, policies: &[OsString]) -> anyhow::Result<[f64; REQUESTS.len()]> {
        let serving = Serving::start(&self.program, policies, self.arguments.http1).await?;
        let mut kept = [f64::NAN; REQUESTS.len()];
        let mut before = 0;
        for (requests, kept) in REQUESTS.into_iter().zip(&mut kept) {
            let plan = Plan { most: requests - before, seconds: 3_600.0, ..self.plan(None) };
            let result = super::drive::drive(&serving.target, self.reviews, &plan).await?;
            ensure!(result.failures == 0, "{} requests failed", result.failures);
            *kept = process::look(serving.pid())?.resident as f64 / 1e6;
            println!("sekisho, all policies, after {requests} requests: {kept:.1} MB");
            before = requests;
        }
        Ok(kept)
    }
}

/// The most memory that a process had, in megabytes.
fn peak(report: &Report) -> f64 {
    report.used.map_or(f64::NAN, |(_, after)| after.peak as f64 / 1e6)
}
