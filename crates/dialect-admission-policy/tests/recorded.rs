//! What a real API server answered to requests under policies of ours
//! (`tests/golden/admission-policy`) is answered here: whether it lets them through, its words,
//! its status, its warnings, its audit annotations, and the objects as policies change them; and
//! which policies it refuses.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

#[path = "recorded/answer.rs"]
mod answer;
#[path = "recorded/scene.rs"]
mod scene;

use answer::{expected, given};
use scene::Scene;
use sekisho_value::{Value, from_json};
use std::path::Path;

/// A file's header and scenarios.
fn file(path: &Path) -> (Value, Vec<Value>) {
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| from_json(line).unwrap());
    (lines.next().unwrap(), lines.collect())
}

#[test]
fn what_the_api_server_answered_is_answered_here() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/golden/admission-policy");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut policies, mut answers, mut wrong) = (0, 0, Vec::new());
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
                if let Err(why) = expected.agrees_with(&given) {
                    let number = case.path_str(&["name"]).unwrap();
                    wrong.push(format!("{at}: case {number}: {why}"));
                }
            }
        }
    }
    println!("{policies} policies, {answers} answers");
    assert!(policies >= 10 && answers >= 100, "{policies} policies, {answers} answers");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
