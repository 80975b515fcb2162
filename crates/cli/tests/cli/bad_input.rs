//! What cannot be read is an error with its place, never a pass, a panic or a hang.

use crate::scene::Scene;

#[test]
fn unreadable_texts_are_errors_with_their_place() {
    let deep = "[".repeat(10_000);
    let nested = format!("apiVersion: v1\nkind: Pod\nspec: {deep}");
    let bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]
e: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]
g: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]
apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n";
    for (text, line, part) in [
        (&b"apiVersion: v1\nkind: [Pod\n"[..], None, ""),
        (b"apiVersion: v1\nkind: Pod\nmetadata:\n\tname: a\n", Some(4), "tab"),
        (b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nkind: Pod\n", Some(4), "already set"),
        (b"apiVersion: v1\nkind: Pod\nmetadata: *nowhere\n", Some(3), "nowhere"),
        (bomb.as_bytes(), None, "alias"),
        (nested.as_bytes(), None, "deep"),
        (b"apiVersion: v1\nkind: Pod\nmetadata: {name: \xff}\n", Some(3), "UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00\x00\x00", None, "binary"),
        (b"apiVersion: v1\nkind: Pod\nmetadata: [a]\n", Some(3), "metadata"),
        (
            b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  containers: web\n",
            Some(5),
            "containers",
        ),
        (
            b"apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: 'true'\n  containers: [{name: a, image: a}]\n",
            Some(5),
            "hostPID",
        ),
        (b"apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {x: 1}}\n", Some(3), "x"),
    ] {
        let run = Scene::new().file("a.yaml", text).run(&["check", "-o", "json"]).code(2);
        let json = run.json();
        let error = &json["errors"][0];
        let shown = String::from_utf8_lossy(&text[..text.len().min(80)]).into_owned();
        assert_eq!(error["file"], "a.yaml", "{shown}");
        if let Some(line) = line {
            assert_eq!(error["line"], line, "{shown}: {error}");
        }
        assert!(error["column"].as_u64().is_some_and(|column| column > 0), "{shown}: {error}");
        assert!(run.errors().contains(part), "{shown}: {error}");
    }
}

#[test]
fn odd_but_sound_texts_are_read() {
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec:\n  hostPID: yes\n  containers:\n  - {name: a, image: a}\n";
    for (name, text) in [
        ("byte order mark", format!("\u{feff}{pod}")),
        ("windows lines", pod.replace('\n', "\r\n")),
        (
            "null where an object belongs",
            pod.replace("hostPID: yes", "securityContext: null\n  hostPID: yes"),
        ),
        (
            "a list",
            format!(
                "apiVersion: v1\nkind: List\nitems:\n- {}",
                pod.trim_end().replace('\n', "\n  ")
            ),
        ),
        ("comments before", format!("# a\n---\n# b\n---\n{pod}")),
    ] {
        let run = Scene::new().file("a.yaml", &text).run(&["check", "-o", "json"]).code(1);
        assert_eq!(run.json()["findings"][0]["rule"], "hostNamespaces", "{name}: {run:?}");
        assert_eq!(run.json()["summary"]["errors"], 0, "{name}: {run:?}");
    }
}

#[cfg(unix)]
#[test]
fn unreadable_files_and_links_are_errors() {
    use std::os::unix::fs::symlink;
    let scene =
        Scene::new().file("a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n");
    symlink(scene.path("nowhere"), scene.path("broken.yaml")).unwrap();
    symlink(scene.path(""), scene.path("loop")).unwrap();
    let run = scene.run(&["check", "-o", "json"]).code(2);
    assert!(run.errors().contains("broken link"), "{run:?}");
    assert!(run.errors().contains("link loop"), "{run:?}");
    assert_eq!(run.json()["summary"]["objects"], 1);
}

#[test]
fn documents_that_are_no_objects_are_skipped_with_the_reason() {
    let scene = Scene::new()
        .file("values.yaml", "replicaCount: 1\nimage: {repository: nginx, tag: '1'}\n")
        .file("compose.yaml", "services: {web: {image: nginx}}\n")
        .file(".github/workflows/ci.yaml", "on: push\njobs: {test: {runs-on: ubuntu-latest, steps: []}}\n")
        .file("templates/web.yaml", "apiVersion: v1\nkind: Pod\nmetadata:\n  name: {{ .Values.name }}\n")
        .file("kustomization.yaml", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n")
        .file("unknown.yaml", "apiVersion: example.com/v1\nkind: Thing\nmetadata: {name: a}\n");
    let run = scene.run(&["check", "-o", "json"]).code(0);
    let json = run.json();
    assert_eq!(json["summary"]["objects"], 1, "{run:?}");
    let skipped = json["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 5, "{run:?}");
    assert!(skipped.iter().all(|s| !s["reason"].as_str().unwrap().is_empty()));
}
