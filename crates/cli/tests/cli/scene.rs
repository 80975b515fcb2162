//! Runs the real binary in a temporary folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A temporary folder with files.
pub(crate) struct Scene {
    folder: tempfile::TempDir,
}

/// What a run gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Writes a file, its folders included.
    pub(crate) fn file(self, path: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path(path)).unwrap()
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        self.run_in("", args, "")
    }

    pub(crate) fn run_with_input(&self, args: &[&str], input: &str) -> Run {
        self.run_in("", args, input)
    }

    pub(crate) fn run_in(&self, folder: &str, args: &[&str], input: &str) -> Run {
        use std::io::Write as _;
        let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(args)
            .current_dir(self.path(folder))
            .env_remove("NO_COLOR")
            .env_remove("CLICOLOR_FORCE")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A child that reads no standard input may be gone before this is written.
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().expect("the run ended by itself"),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Run {
    /// The output as JSON.
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// `action rule kind/name` of each finding.
    pub(crate) fn findings(&self) -> Vec<String> {
        let json = self.json();
        let line = |finding: &serde_json::Value| {
            let text =
                |pointer: &str| finding.pointer(pointer).unwrap().as_str().unwrap().to_owned();
            let (action, rule) = (text("/action"), text("/rule"));
            format!("{action} {rule} {}/{}", text("/resource/kind"), text("/resource/name"))
        };
        json["findings"].as_array().unwrap().iter().map(line).collect()
    }

    /// The messages of all errors, one to a line.
    pub(crate) fn errors(&self) -> String {
        let json = self.json();
        let message = |error: &serde_json::Value| error["message"].as_str().unwrap().to_owned();
        let messages: Vec<String> =
            json["errors"].as_array().unwrap().iter().map(message).collect();
        messages.join("\n")
    }

    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        self
    }
}

/// The workspace's folder.
pub(crate) fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}
