//! Recorded objects: what was given to an API server, and what it stored.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test may fail, and says why it is skipped"
)]

use sekisho_kube_model::{ProblemKind, Schemas};
use sekisho_value::{Value, from_json};
use std::path::Path;

/// Pairs of given and stored objects; none where the recordings are not on this machine.
fn pairs() -> Vec<(Value, Value)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../../shared/corpora/defaulting/pairs.jsonl");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: {} is not there", file.display());
        return Vec::new();
    };
    let pairs: Vec<_> = text
        .lines()
        .map(|line| {
            let pair = from_json(line).unwrap();
            (pair.get("given").unwrap().clone(), pair.get("stored").unwrap().clone())
        })
        .collect();
    assert!(!pairs.is_empty(), "{} is empty", file.display());
    println!("{} pairs", pairs.len());
    pairs
}

#[test]
fn accepted_objects_have_no_problem() {
    let schemas = Schemas::builtin();
    for (given, _) in pairs() {
        let decoded = schemas.decode(&given);
        let problems: Vec<_> = decoded
            .problems
            .iter()
            // The recording client let unknown fields pass.
            .filter(|problem| problem.kind != ProblemKind::UnknownField)
            .collect();
        assert!(problems.is_empty(), "{problems:?}\n{given:?}");
    }
}

#[test]
fn stored_objects_are_canonical() {
    let schemas = Schemas::builtin();
    for (_, stored) in pairs() {
        let decoded = schemas.decode(&stored);
        assert_eq!(decoded.problems, [], "{stored:?}");
        assert_eq!(decoded.object, stored);
    }
}

#[test]
fn given_objects_are_stored_as_recorded() {
    let schemas = Schemas::builtin();
    let mut failed = 0;
    for (given, stored) in pairs() {
        let found = schemas.store(&given).object;
        if found != stored {
            failed += 1;
            if failed <= 10 {
                println!("{}\n{}\n", found.to_json(), stored.to_json());
            }
        }
    }
    assert_eq!(failed, 0);
}
