//! What a real API server answered to requests under policies of ours
//! (`tests/golden/admission-policy`) is answered here: whether it lets them through, its words,
//! its status, its warnings, its audit annotations, and the objects as policies change them; and
//! which policies it refuses.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

#[path = "recorded/answer.rs"]
mod answer;
#[path = "recorded/scene.rs"]
mod scene;

use answer::{expected, given};
use scene::Scene;
use sekisho_value::{Value, from_json};
use std::collections::BTreeSet;
use std::path::Path;

/// A file's header and scenarios.
fn file(path: &Path) -> (Value, Vec<Value>) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| from_json(line).unwrap());
    (lines.next().unwrap(), lines.collect())
}

/// The cases that are known to differ (`tests/golden/differences.json`).
fn known() -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/differences.json");
    let list = from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
    let own = |entry: &&Value| entry.path_str(&["suite"]) == Some("admission-policy");
    let cases = list.as_array().unwrap().iter().filter(own);
    let cases = cases.flat_map(|entry| entry.get("cases").and_then(Value::as_array).unwrap());
    cases.map(|case| case.as_str().unwrap().to_owned()).collect()
}

#[test]
fn what_the_api_server_answered_is_answered_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/admission-policy");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut policies, mut answers, mut differing, mut wrong) = (0, 0, 0, Vec::new());
    let mut known = known();
    for path in &files {
        let name = path.file_stem().unwrap().to_string_lossy();
        let (header, scenarios) = file(path);
        for scenario in scenarios {
            let scene = Scene::of(&header, &scenario);
            let at = format!("{name}: {}", scenario.path_str(&["name"]).unwrap());
            policies += scene.policies();
            let of_policies = scene.refusals().into_iter().chain(scene.typed());
            wrong.extend(of_policies.map(|why| format!("{at}: {why}")));
            for case in scenario.get("cases").and_then(Value::as_array).unwrap() {
                answers += 1;
                let (expected, given) = (expected(&scene, case), given(&scene, case));
                let number = format!("{at}: {}", case.path_str(&["name"]).unwrap());
                match expected.agrees_with(&given) {
                    Err(_) if known.remove(&number) => differing += 1,
                    Err(why) => wrong.push(format!("{number}: {why}")),
                    Ok(()) => {}
                }
            }
        }
    }
    wrong.extend(known.iter().map(|case| format!("{case}: listed as known, and does not differ")));
    println!("{policies} policies, {answers} answers, {differing} of them known to differ");
    assert!(policies >= 60 && answers >= 1_000, "{policies} policies, {answers} answers");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
