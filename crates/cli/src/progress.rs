//! A progress bar on a terminal, once a run takes over a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use sekisho_checkpoint_check::Progress;
use std::io::IsTerminal as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// How long a run is left alone.
const PATIENCE: Duration = Duration::from_secs(1);

/// Shows files read and objects judged.
pub(crate) struct Bar {
    bar: ProgressBar,
    started: Instant,
    shown: OnceLock<()>,
}

impl Bar {
    /// A bar that stays hidden where standard error is no terminal, or `enabled` is false.
    pub(crate) fn new(enabled: bool) -> Self {
        let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::hidden());
        let template = "{msg} {wide_bar} {pos}/{len}";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        let shown = OnceLock::new();
        if !enabled || !std::io::stderr().is_terminal() {
            // Never to be shown counts as shown already.
            let _ = shown.set(());
        }
        Self { bar, started: Instant::now(), shown }
    }

    /// Takes the bar from the terminal.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn step(&self) {
        self.bar.inc(1);
        if self.shown.get().is_none() && self.started.elapsed() > PATIENCE {
            self.shown.get_or_init(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }

    fn stage(&self, message: &'static str, count: usize) {
        self.bar.set_message(message);
        self.bar.set_position(0);
        self.bar.set_length(count as u64);
    }
}

impl Progress for Bar {
    fn files(&self, count: usize) {
        self.stage("reading", count);
    }

    fn read_file(&self) {
        self.step();
    }

    fn objects(&self, count: usize) {
        self.stage("judging", count);
    }

    fn judged_object(&self) {
        self.step();
    }
}

impl sekisho_checkpoint_audit::Progress for Bar {
    fn kinds(&self, count: usize) {
        self.stage("judging kinds", count);
    }

    fn judged_kind(&self) {
        self.step();
    }
}
