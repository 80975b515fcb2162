//! What is asked wrongly of `serve` and `audit`, and what a server tells of itself.

use crate::serving::Serving;
use sekisho_value::{Value, from_json};
use std::process::Command;

fn sekisho(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_sekisho")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_would_be_without_effect_is_an_error() {
    let plain = ["serve", "--pod-security", "baseline", "--listen", "127.0.0.1:0"];
    let signed = ["--self-signed", "localhost"];
    let reach = "`--kubeconfig` is without effect here: give --cluster, --certificate-secret";
    let names =
        "`--failure-policy`: no policy is called `nosuch`: the policies are baseline:latest";
    for (arguments, told) in [
        (&["--self-signed", ""][..], "a certificate is for a name"),
        (&["--self-signed", "a b"], "a certificate is for a name"),
        (&["--self-signed", "a", "--kubeconfig", "x"], reach),
        (&["--self-signed", "a", "--context", "x"], "`--context` is without effect here"),
        (&["--self-signed", "a", "--failure-policy", "nosuch=ignore"], names),
        (
            &["--self-signed", "a", "--failure-policy", "baseline:lates=ignore"],
            "did you mean `baseline:latest`?",
        ),
        (
            &["--self-signed", "a", "--image-policy", "nosuch"],
            "`--image-policy`: no policy is call",
        ),
        (&["--self-signed", "a", "--admission-policies"], "--cluster"),
        (
            &["--self-signed", "a", "--failure-policy", "fail", "--failure-policy=ignore"],
            "`--failure-policy` cannot be used multiple times without a policy",
        ),
        (
            &["--self-signed", "a", "--failure-policy", "b*=fail", "--failure-policy=b*=ignore"],
            "`--failure-policy` cannot be used multiple times for `b*`",
        ),
        (&[], "<--tls-cert <FILE>|--self-signed [<NAME>]>"),
        (&["--tls-cert", "x"], "--tls-key <FILE>"),
        (&["--self-signed", "a", "--tls-cert", "x", "--tls-key", "y"], "cannot be used with"),
        (&["--self-signed", "a", "--metrics-listen", "9090"], "write it as `127.0.0.1:8443`"),
    ] {
        let (code, said, wrong) = sekisho(&[plain.as_slice(), arguments].concat());
        assert_eq!((code, said.as_str()), (Some(2), ""), "{arguments:?}: {wrong}");
        assert!(wrong.contains(told), "{arguments:?}: {wrong}");
    }
    let listening = ["serve", "--pod-security", "baseline", "--listen", "localhost:8443"];
    let (code, _, wrong) = sekisho(&[listening.as_slice(), &signed].concat());
    assert!(code == Some(2) && wrong.contains("`:8443` for every address"), "{wrong}");
}

#[test]
fn a_cluster_that_does_not_answer_is_no_report() {
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = dir.path().join("kubeconfig");
    let text = "clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}]\n\
                users: [{name: u, user: {}}]\ncurrent-context: a\n\
                contexts: [{name: a, context: {cluster: c, user: u}}]\n";
    std::fs::write(&kubeconfig, text).unwrap();
    let audit = ["audit", "--cluster", "--no-progress", "--kubeconfig"];
    let of_file = kubeconfig.to_str().unwrap();
    for format in ["text", "json", "sarif"] {
        let (code, said, wrong) =
            sekisho(&[audit.as_slice(), &[of_file, "--output", format]].concat());
        assert_eq!((code, said.as_str()), (Some(2), ""), "{wrong}");
        let told = "error: nothing is judged: cannot connect to `127.0.0.1:1`";
        assert!(wrong.starts_with(told), "{wrong}");
    }
    let (code, _, wrong) = sekisho(&[audit.as_slice(), &[of_file, "--context", "b"]].concat());
    assert_eq!(code, Some(2));
    assert!(wrong.contains(&format!("{of_file}: the kubeconfig has no context `b`")), "{wrong}");
}

/// What keeps a server from starting is told as all that follows would be.
#[test]
fn faults_at_the_start_are_logged() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policies.yaml");
    std::fs::write(&file, "apiVersion: sekisho.dev/v1alpha1\nkind: PodSecurityLevel\n").unwrap();
    let faulty = file.to_str().unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let signed = ["--self-signed", "localhost"];
    let level = ["--pod-security", "baseline"];
    let missing = ["--tls-cert", "/missing", "--tls-key", "/missing"];
    for (arguments, told) in [
        ([signed, ["-p", faulty]].concat(), "the policies cannot be used"),
        ([signed, ["-p", "/missing"]].concat(), "the policies cannot be used"),
        ([level, signed, ["--listen", &taken]].concat(), "cannot listen on"),
        ([level.as_slice(), &missing].concat(), "/missing"),
        ([level, signed, ["--context", "x"]].concat(), "`--context` is without effect here"),
    ] {
        let (code, _, log) = sekisho(&[&["serve"], arguments.as_slice()].concat());
        assert_eq!(code, Some(2), "{arguments:?}: {log}");
        let lines: Vec<Value> = log
            .lines()
            .map(|line| from_json(line).unwrap_or_else(|_| panic!("{arguments:?}: {line}")))
            .collect();
        assert!(lines.iter().all(|line| line.path_str(&["event"]) == Some("error")), "{log}");
        assert!(lines.last().unwrap().path_str(&["message"]).unwrap().contains(told), "{log}");
        let places = lines.iter().filter(|line| line.get("file").is_some()).count();
        assert_eq!(places > 0, arguments.contains(&"-p"), "{log}");
    }
}

/// Every line of the log is an object, the server's own among them.
#[test]
fn all_that_is_logged_is_json() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("policies.yaml");
    let level = "apiVersion: sekisho.dev/v1alpha1\nkind: PodSecurityLevel\n\
                 metadata: {name: l}\nspec: {level: baseline}\n";
    std::fs::write(&file, level).unwrap();
    let server = Serving::start(&["-p", file.to_str().unwrap()]);
    std::fs::write(&file, level.replace("baseline", "none")).unwrap();
    server.hear("the last good ones stay in force");
    std::fs::write(&file, level.replace("baseline", "restricted")).unwrap();
    server.hear("new policies are in force");
    let lines = server.log.lock().unwrap().clone();
    assert!(lines.len() >= 3, "{lines:?}");
    for line in lines {
        let told = from_json(&line).unwrap_or_else(|_| panic!("{line}"));
        for key in ["time", "event", "message"] {
            assert!(told.get(key).is_some_and(|of| of.as_str().is_some()), "{line}");
        }
        if told.path_str(&["event"]) == Some("error") {
            assert!(told.path_str(&["file"]).unwrap().ends_with("policies.yaml"), "{line}");
            assert!(told.get("line").and_then(Value::as_i64).is_some(), "{line}");
        }
    }
}

/// `SIGHUP` asks for files to be read again, and ends nobody.
#[test]
fn a_hangup_reads_files_again() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("level.yaml");
    let write = |level: &str| {
        let text = "apiVersion: pod-security.admission.config.k8s.io/v1\nkind: \
                    PodSecurityConfiguration\n";
        std::fs::write(&file, format!("{text}defaults: {{enforce: {level}}}\n")).unwrap();
    };
    write("baseline");
    let server = Serving::start(&["-p", file.to_str().unwrap()]);
    let hang_up = || {
        let sent = Command::new("kill").args(["-HUP", &server.pid().to_string()]).status();
        assert!(sent.unwrap().success());
    };
    // One that finds nothing new, and one that does.
    hang_up();
    write("restricted");
    hang_up();
    server.hear("new policies are in force");
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.pid())).unwrap();
    assert!(!status.contains("State:\tZ"), "{status}");
}

/// A file that is being written is no change; one that is deleted is, and what went with it is told.
#[test]
fn an_emptied_file_takes_nothing_away() {
    let dir = tempfile::tempdir().unwrap();
    let level = |name: &str| {
        format!(
            "apiVersion: sekisho.dev/v1alpha1\nkind: PodSecurityLevel\nmetadata: {{name: \
             {name}}}\nspec: {{level: baseline}}\n"
        )
    };
    let (one, other) = (dir.path().join("one.yaml"), dir.path().join("other.yaml"));
    std::fs::write(&one, level("one")).unwrap();
    std::fs::write(&other, level("other")).unwrap();
    let server = Serving::start(&["-p", dir.path().to_str().unwrap()]);
    std::fs::write(&other, "\n").unwrap();
    server.hear("the file is empty, and held policies before");
    server.hear("the last good ones stay in force");
    assert!(!server.said("new policies are in force"));
    std::fs::remove_file(&other).unwrap();
    server.hear("new policies are in force; gone: local/pod-security/PodSecurityLevel/other");
}

/// What takes no settings file says so.
#[test]
fn a_settings_file_is_no_option_of_a_server() {
    let arguments = ["serve", "--self-signed", "h", "--pod-security", "baseline", "--config", "x"];
    let (code, _, log) = sekisho(&arguments);
    assert_eq!(code, Some(2), "{log}");
    assert!(log.contains("`--config` is without effect here"), "{log}");
}
