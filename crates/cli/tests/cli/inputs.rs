//! What is read: nothing to judge never passes for clean, and nothing is waited for in vain.

use crate::scene::Scene;

const POD: &str = "apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  hostPID: true
  containers: [{name: a, image: a:1}]
";

#[test]
fn nothing_to_judge_is_an_error() {
    for (input, code) in [
        ("", 2),
        ("# nothing\n", 2),
        ("---\n", 2),
        ("Error: chart not found\n", 2),
        ("replicas: 1\n", 2),
        ("apiVersion: v1\nkind: List\nitems: []\n", 2),
        (POD, 1),
        ("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n", 0),
    ] {
        for command in
            [&["check", "-", "-o", "json"][..], &["check", "-", "-o", "json", "--fail-on", "deny"]]
        {
            let run = Scene::new().run_with_input(command, input).code(code);
            if code == 2 {
                assert_eq!(run.errors(), "standard input holds no object", "{input}");
            }
        }
        let run = Scene::new().run_with_input(&["show", "-"], input);
        assert_eq!(run.code == 2, code == 2, "{input}: {run:?}");
    }
    let scene = Scene::new()
        .file("empty/keep", "")
        .file("texts/a.txt", POD)
        .file("out/a.yaml", POD)
        .file("values/values.yaml", "replicas: 1\n")
        .file(".gitignore", "out/\n");
    for (args, code, part) in [
        (&["check", "empty"][..], 2, "no manifest in this folder"),
        (&["check", "texts"], 2, "no manifest in this folder"),
        (&["check", "texts/a.txt"], 1, ""),
        (&["check", "out"], 1, ""),
        (&["check", "--exclude", "*"], 2, "no manifest in this folder"),
        (&["check", "--exclude", "*.yaml"], 2, "no manifest in this folder"),
        // What is passed over is told.
        (&["check", "values"], 0, ""),
        // Hooks of version control name files, of which some are none of ours.
        (&["check", "out/a.yaml", "--exclude", "out"], 0, ""),
        (&["check", "out/a.yaml", "-p", "empty"], 2, "no manifest in this folder"),
        (&["show", "empty"], 2, "no manifest in this folder"),
    ] {
        let run = scene.run(args).code(code);
        assert!(format!("{}{}", run.out, run.err).contains(part), "{args:?}: {run:?}");
    }
    // A folder that was read already gives something.
    scene.run(&["check", "out", "out/../out", "./out"]).code(1);
}

#[test]
fn exclusions_are_spelt_as_paths_are() {
    let scene = Scene::new()
        .file("a/p.yaml", POD)
        .file("b/c.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    let absolute = scene.path("a").display().to_string();
    for pattern in ["a", "a/", "./a", "./a/", "a/*", &absolute, &format!("{absolute}/")] {
        for path in [".", "./", scene.path("").to_str().unwrap()] {
            let run = scene.run(&["check", path, "--exclude", pattern, "-o", "json"]);
            assert_eq!(run.code, 0, "{path} {pattern}: {run:?}");
            assert_eq!(run.json()["summary"]["files"], 1, "{path} {pattern}");
        }
    }
    for pattern in ["", ".", "/", "["] {
        let run = scene.run(&["check", "--exclude", pattern, "-o", "json"]).code(2);
        assert!(run.errors().contains("glob"), "{pattern}: {run:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn files_of_any_name_are_read() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt as _;
    let name = OsStr::from_bytes(b"bad\xff.yaml");
    let scene = Scene::new();
    std::fs::write(scene.path("").join(name), POD).unwrap();
    for args in [vec![], vec![name]] {
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(["check", "-o", "json"])
            .args(&args)
            .current_dir(scene.path(""))
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn pipes_are_read_and_devices_are_not() {
    let scene = Scene::new().file("a.yaml", POD);
    let shell = |script: &str| {
        let script = script.replace("sekisho", env!("CARGO_BIN_EXE_sekisho"));
        let output = std::process::Command::new("bash")
            .args(["-c", &script])
            .current_dir(scene.path(""))
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(text).unwrap())
    };
    for script in [
        "sekisho check <(cat a.yaml)",
        "sekisho check <(sleep 0.2; cat a.yaml)",
        "cat a.yaml | sekisho check /dev/stdin",
        "sekisho check /dev/stdin <a.yaml",
        "mkfifo pipe; (sleep 0.2; cat a.yaml >pipe) & sekisho check pipe",
        "sekisho check a.yaml --baseline <(sekisho check <(true) -o json)",
    ] {
        let (code, text) = shell(script);
        assert_eq!(code, Some(1), "{script}: {text}");
    }
    let part = "is neither a file nor a pipe";
    for script in [
        "sekisho check /dev/zero",
        "sekisho check a.yaml --baseline /dev/zero",
        "sekisho check a.yaml --target /dev/zero",
        "sekisho check a.yaml --config /dev/zero",
        "sekisho check a.yaml -p /dev/zero",
        "sekisho check a.yaml --pod-security-config /dev/zero",
    ] {
        let (code, text) = shell(script);
        assert_eq!(code, Some(2), "{script}: {text}");
        assert!(text.contains(part), "{script}: {text}");
    }
    // Within a folder they are skipped, in the order of their names.
    let (code, text) =
        shell("mkdir d; cp a.yaml d; mkfifo d/z.yaml d/b.yaml d/c.yaml; sekisho check d -o json");
    assert_eq!(code, Some(1), "{text}");
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    let skipped: Vec<_> = json["skipped"].as_array().unwrap().iter().map(|s| &s["file"]).collect();
    assert_eq!(skipped, ["d/b.yaml", "d/c.yaml", "d/z.yaml"]);
}
