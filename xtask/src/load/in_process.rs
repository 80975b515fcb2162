//! The same reviews, judged in this process by one thread: what of a request's CPU is not the
//! server's.

use super::process;
use crate::bench::gatekeeper::library;
use anyhow::{anyhow, ensure};
use bytes::Bytes;
use sekisho_checkpoint_admission::{Basis, Conduct, FailureDirection, Review, judge, line};
use sekisho_engine::BuildOptions;
use sekisho_manifest::{ReadOptions, read};
use sekisho_policy::{Bundle, BundleFile, Target};
use sekisho_value::Value;
use std::hint::black_box;
use std::time::Duration;

/// The allocator of `sekisho`.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How far a request is taken; each step has those before it.
#[derive(Clone, Copy)]
enum Until {
    Read,
    Judged,
    Answered,
    Logged,
}

/// Judges the reviews again and again, and tells what each step takes.
pub(super) fn measure(reviews: &[Bytes], rounds: usize) -> anyhow::Result<()> {
    let basis = basis(reviews)?;
    let mut before = 0.0;
    for (name, until) in [
        ("read", Until::Read),
        ("judged", Until::Judged),
        ("answered", Until::Answered),
        ("logged", Until::Logged),
    ] {
        let findings = run(&basis, reviews, until)?;
        let start = process::look(std::process::id())?.cpu;
        for _ in 0..rounds {
            run(&basis, reviews, until)?;
        }
        let took = process::look(std::process::id())?.cpu - start;
        let each = took * 1e6 / (rounds * reviews.len()) as f64;
        println!("{name}: {:.1} µs more, {each:.1} µs in all; {findings} findings", each - before);
        before = each;
    }
    Ok(())
}

/// What `serve` has of these policies and namespaces.
fn basis(reviews: &[Bytes]) -> anyhow::Result<Basis> {
    let files = library::policies()?.into_iter().enumerate().map(|(index, text)| BundleFile {
        path: format!("policy-{index}.yaml").into(),
        bytes: text.into_bytes().into(),
    });
    let options = BuildOptions {
        dialects: sekisho_dialects::DIALECTS,
        unsupported: sekisho_dialects::unsupported,
        target: &Target::default(),
        strict: false,
    };
    let namespaces = super::admission::namespaces(reviews)?;
    let texts: Vec<String> = namespaces.iter().map(Value::to_json).collect();
    let inventory = read("namespaces", texts.join("\n---\n").as_bytes(), &ReadOptions::default());
    Basis::build(&Bundle::anonymous(files.collect()), &options, &inventory.documents)
        .map_err(|diagnostics| anyhow!("{diagnostics:?}"))
}

fn run(basis: &Basis, reviews: &[Bytes], until: Until) -> anyhow::Result<usize> {
    let conduct = Conduct {
        on_error: &FailureDirection::Fail.into(),
        now: jiff::Timestamp::UNIX_EPOCH,
        cancelled: None,
        until: None,
        on_wait: None,
        partner: None,
    };
    let mut findings = 0;
    for text in reviews {
        let review = Review::read(text)?;
        if matches!(until, Until::Read) {
            black_box(review);
            continue;
        }
        let (answer, verdict) = judge(&review.request, basis, &conduct);
        ensure!(verdict.errors.is_empty(), "{:?}", verdict.errors);
        findings += verdict.judgements.len();
        if matches!(until, Until::Answered | Until::Logged) {
            black_box(answer.to_json(review.version, &review.request.uid));
        }
        if matches!(until, Until::Logged) {
            let took = Duration::ZERO;
            black_box(line(&review.request, &answer, &verdict, conduct.now, took));
        }
        black_box((answer, verdict));
    }
    Ok(findings)
}
