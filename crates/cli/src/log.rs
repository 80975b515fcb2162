//! The log of a server: lines that are written beside the requests they are about.

use sekisho_report::Diagnostic;
use sekisho_value::{Map, Value};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};

/// How many lines may wait to be written. A reader that is slow is not waited for.
const WAITING: usize = 4_096;

/// Writes lines to standard error, from a thread of its own.
#[derive(Clone)]
pub(crate) struct Log {
    lines: SyncSender<String>,
    /// how many there was no room for since that was told last
    left_out: Arc<AtomicU64>,
}

impl Log {
    pub(crate) fn start() -> Self {
        let (lines, waiting) = sync_channel::<String>(WAITING);
        let left_out = Arc::new(AtomicU64::new(0));
        let log = Self { lines, left_out: Arc::clone(&left_out) };
        std::thread::spawn(move || {
            for mut line in waiting {
                line.push('\n');
                let mut stderr = std::io::stderr().lock();
                // Where that fails nobody is there to be told.
                let _ = stderr.write_all(line.as_bytes());
                match left_out.swap(0, Ordering::Relaxed) {
                    0 => {}
                    lines => {
                        let _ = writeln!(stderr, "{{\"event\":\"log\",\"leftOut\":{lines}}}");
                    }
                }
            }
        });
        log
    }

    /// Tells what happened to the server itself.
    pub(crate) fn note(&self, event: &str, message: &str) {
        self.line(Value::Object(noted(event, message)).to_json());
    }

    /// Tells what is wrong with policies.
    pub(crate) fn wrong(&self, diagnostics: &[Diagnostic]) {
        for diagnostic in diagnostics {
            let mut line = noted("error", &diagnostic.message);
            if let Some(file) = &diagnostic.file {
                line.insert("file", &**file);
            }
            for (key, number) in [("line", diagnostic.line), ("column", diagnostic.column)] {
                if let Some(number) = number {
                    line.insert(key, i64::from(number));
                }
            }
            if let Some(help) = &diagnostic.help {
                line.insert("help", help.as_str());
            }
            self.line(Value::Object(line).to_json());
        }
    }

    /// Writes a line, soon.
    pub(crate) fn line(&self, line: String) {
        if self.lines.try_send(line).is_err() {
            self.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn noted(event: &str, message: &str) -> Map {
    let time = jiff::Timestamp::now().to_string();
    let entries = [("time", time.as_str()), ("event", event), ("message", message)];
    Map::from_iter(entries.map(|(key, text)| (key, Value::from(text))))
}
