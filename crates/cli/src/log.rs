//! The log of a server: lines that are written beside the requests they are about.

use sekisho_report::Diagnostic;
use sekisho_value::{Map, Value};
use std::io::Write as _;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How many bytes of lines may wait to be written. A reader that is slow is not waited for.
const WAITING: usize = 4 << 20;

/// For how long lines are gathered that are written together. What comes first is written at once.
const GATHERED: Duration = Duration::from_millis(50);

/// How long a server that ends waits for its last lines to be read.
const LAST: Duration = Duration::from_secs(1);

/// Writes lines to standard error, from a thread of its own.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Shared>);

#[derive(Default)]
struct Shared {
    waiting: Mutex<Waiting>,
    /// there are lines where there were none
    come: Condvar,
    /// all of them are written
    written: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: String,
    /// how many there was no room for since that was told last
    left_out: u64,
    /// others were written a moment ago, and these will be
    busy: bool,
    /// nothing is to be gathered any more
    last: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) {
        let mut stderr = std::io::stderr();
        loop {
            let mut waiting = self.lock();
            waiting.busy = false;
            while waiting.lines.is_empty() {
                self.written.notify_all();
                waiting = self.come.wait(waiting).unwrap_or_else(PoisonError::into_inner);
            }
            waiting.busy = true;
            let mut lines = std::mem::take(&mut waiting.lines);
            if let some @ 1.. = std::mem::take(&mut waiting.left_out) {
                lines.push_str(&format!("{{\"event\":\"log\",\"leftOut\":{some}}}\n"));
            }
            drop(waiting);
            // Where that fails nobody is there to be told.
            let _ = stderr.write_all(lines.as_bytes());
            // What comes from now on wakes nobody up, and is written together.
            let goes_on = |waiting: &mut Waiting| !waiting.last;
            drop(self.come.wait_timeout_while(self.lock(), GATHERED, goes_on));
        }
    }
}

impl Log {
    pub(crate) fn start() -> Self {
        let log = Self::default();
        let shared = Arc::clone(&log.0);
        std::thread::spawn(move || shared.write());
        log
    }

    /// Waits until all lines are written, but not for a reader who does not read them.
    pub(crate) fn finish(&self) {
        let mut waiting = self.0.lock();
        waiting.last = true;
        self.0.come.notify_all();
        let unwritten = |waiting: &mut Waiting| waiting.busy || !waiting.lines.is_empty();
        drop(self.0.written.wait_timeout_while(waiting, LAST, unwritten));
    }

    /// Tells what happened to the server itself.
    pub(crate) fn note(&self, event: &str, message: &str) {
        self.line(&Value::Object(noted(event, message)).to_json());
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
            self.line(&Value::Object(line).to_json());
        }
    }

    /// Writes a line, soon.
    pub(crate) fn line(&self, line: &str) {
        let mut waiting = self.0.lock();
        if waiting.lines.len() + line.len() > WAITING {
            waiting.left_out += 1;
            return;
        }
        let is_first = waiting.lines.is_empty() && !waiting.busy;
        waiting.lines.push_str(line);
        waiting.lines.push('\n');
        drop(waiting);
        if is_first {
            self.0.come.notify_one();
        }
    }
}

fn noted(event: &str, message: &str) -> Map {
    let time = jiff::Timestamp::now().to_string();
    let entries = [("time", time.as_str()), ("event", event), ("message", message)];
    Map::from_iter(entries.map(|(key, text)| (key, Value::from(text))))
}
