//! What the documentation shows is what the command prints.

use crate::scene::{Scene, workspace};

#[test]
fn the_text_output_is_as_documented() {
    let docs = std::fs::read_to_string(workspace().join("docs/output.md")).unwrap();
    let (_, shown) = docs.split_once("## Text\n\n```\n").unwrap();
    let (shown, _) = shown.split_once("```").unwrap();
    let example = std::fs::read(workspace().join("examples/breakout.yaml")).unwrap();
    let scene = Scene::new().file("examples/breakout.yaml", example);
    let run = scene.run(&["check", "examples/breakout.yaml"]).code(1);
    assert!(shown.contains("deny[") && run.out.contains(shown), "{shown}\n{}", run.out);
}
