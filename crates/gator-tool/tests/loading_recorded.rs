//! Templates, constraints, mutators and expansion templates that are odd or wrong, what mutators make of
//! generated objects, and what gator v3.23 says of each (`tests/golden/gatekeeper-loading/record.sh`).

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_gator_tool::{FailurePolicy, ObjectFormat, ObjectTestOptions, test_objects};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Where ours is another answer, and why.
const DIFFERENT: &[(&[&str], &str)] = &[
    (
        &[
            "e-cel-noexpr",
            "e-cel-syntax",
            "e-cel-type",
            "o-k-authorizer",
            "o-k-match-error",
            "o-k-not-bool",
            "o-k-raw-params",
        ],
        "what does not compile is told of the template, and not when it judges",
    ),
    (&["e-nosource", "e-source-null", "o-c-no-source"], "gator panics"),
    (&["g-ms-2", "g-same-name-kinds"], "the API server sets the default of `operation`"),
    (&["g-null-meta"], "an API server takes nulls out"),
    (&["g-pt-8", "g-ptc-8"], "a path test without a condition never lets the mutator do anything"),
    (&["r-http"], "nothing is asked over the network"),
    (&["r-on"], "OPA 1.17 reads YAML 1.1, and OPA 1.22 reads YAML 1.2"),
    (&["s-fmt-creditcard-bad", "s-fmt-isbn-bad"], "formats that are not checked"),
    (&["s-int64"], "Go holds the number as a double, and misses the last integers of 64 bits"),
    (
        &[
            "g-match-3",
            "g-ptc-5",
            "s-list-type-map",
            "s-list-type-set",
            "t-code-item-null",
            "t-ops-lower",
            "t-ops-null-item",
            "u-match-badglob",
            "u-match-unknown",
            "u-noname",
            "u-pathtest-cond",
        ],
        "the API server, or kubectl, refuses it",
    ),
    (
        &["o-e-no-kind", "o-e-no-version", "x-kindempty", "x-nokind", "x-noversion"],
        "what is of no kind or no version cannot be judged",
    ),
    (
        &[
            "o-lib-full-set-in-call",
            "o-lib-full-set-in-call-noimport",
            "o-lib2-key",
            "o-lib2-neq-nested",
            "o-lib2-obj-val",
            "o-lib2-value-in-array",
            "o-lib2-value-in-comp",
            "o-lib2-value-in-comp-in-call",
            "o-lib2-value-in-nested",
            "o-lib2-value-in-plus",
            "o-lib3-head-obj",
            "o-lib3-head-obj-val",
            "o-lib3-some-in-set",
        ],
        "what Gatekeeper overlooks is undefined in silence",
    ),
];

/// What gator says: the results in the order of their texts, or nothing where it refuses.
struct Answer {
    code: u8,
    results: Vec<String>,
    refuses: bool,
}

/// A line of the recording: the name, and the answer.
fn answer(line: &str) -> (&str, Answer) {
    let mut parts = line.split('\t');
    let (name, code) = (parts.next().unwrap(), parts.next().unwrap().parse().unwrap());
    let (said, results): (Vec<&str>, Vec<&str>) = parts.partition(|part| part.starts_with("# "));
    let results = results.into_iter().map(str::to_owned).collect();
    (name, Answer { code, results, refuses: !said.is_empty() })
}

fn ours(documents: &str) -> (Answer, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let options = ObjectTestOptions {
        cel: Some(FailurePolicy::Fail),
        verbose: false,
        filenames: Vec::new(),
        format: ObjectFormat::Text,
        deny_only: false,
        now: jiff::Timestamp::UNIX_EPOCH,
    };
    let code = test_objects(&options, Some(&mut documents.as_bytes()), &mut out, &mut err).unwrap();
    let out = String::from_utf8(out).unwrap();
    let mut results: Vec<String> = out.lines().map(str::to_owned).collect();
    results.sort();
    let said = String::from_utf8(err).unwrap();
    (Answer { code, results, refuses: said.contains("error:") }, said)
}

#[test]
fn what_gator_refuses_is_refused() {
    let folder =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/gatekeeper-loading");
    let given = fs::read_to_string(folder.join("given.tsv")).unwrap();
    let recorded = fs::read_to_string(folder.join("answers.tsv")).unwrap();
    let shared = fs::read_to_string(folder.join("documents.tsv")).unwrap();
    let shared: BTreeMap<&str, &str> =
        shared.lines().map(|line| line.split_once('\t').unwrap()).collect();
    let recorded: BTreeMap<&str, Answer> = recorded.lines().map(answer).collect();
    let (mut count, mut wrong) = (0, String::new());
    for line in given.lines() {
        let (name, documents) = line.split_once('\t').unwrap();
        count += 1;
        let gator = &recorded[name];
        let documents = documents.split('\t').map(|text| shared.get(text).copied().unwrap_or(text));
        let documents: Vec<&str> = documents.collect();
        let (ours, said) = ours(&documents.join("\n---\n"));
        let same =
            (ours.code, ours.refuses, &ours.results) == (gator.code, gator.refuses, &gator.results);
        let different = DIFFERENT.iter().find(|(of, _)| of.contains(&name));
        match (same, different) {
            (false, None) => {
                wrong += &format!(
                    "{name}: exit {}, gator {}\n  ours: {:?}\n  gator: {:?}\n  {said}\n",
                    ours.code, gator.code, ours.results, gator.results
                );
            }
            (true, Some((_, why))) => {
                wrong += &format!("{name} is the same, though {why}\n");
            }
            _ => {}
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 1150, "{count} lines");
}
