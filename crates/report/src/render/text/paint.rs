//! Colours.

use crate::model::Action;
use anstyle::{AnsiColor, Style};

/// file and object
pub(super) const HEADING: Style = AnsiColor::Magenta.on_default().bold();
pub(super) const BOLD: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
/// line numbers, arrows and bars
pub(super) const FRAME: Style = AnsiColor::Blue.on_default().bold();
pub(super) const DENY: Style = AnsiColor::Red.on_default().bold();
pub(super) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const AUDIT: Style = AnsiColor::Cyan.on_default().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();

/// The colour of an action.
pub(super) fn of_action(action: Action) -> Style {
    match action {
        Action::Deny => DENY,
        Action::Warn => WARN,
        Action::Audit | Action::Off => AUDIT,
    }
}

/// Paints, or does not.
#[derive(Clone, Copy, Debug)]
pub(super) struct Paint {
    pub(super) color: bool,
}

impl Paint {
    /// The text in a style.
    pub(super) fn with(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() {
            format!("{style}{text}{style:#}")
        } else {
            text.to_owned()
        }
    }
}
