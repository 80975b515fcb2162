use crate::model::{Action, Finding, Status, Summary};

impl Summary {
    /// The exit code of a clean run.
    pub const CLEAN: u8 = 0;
    /// The exit code where findings are at or above what the user fails on.
    pub const FINDINGS: u8 = 1;
    /// The exit code where something could not be read or judged; it wins over the others.
    pub const ERRORS: u8 = 2;

    /// This summary with its findings counted: excepted and baselined ones apart, the others by
    /// their action. Files, objects, skipped documents, errors and seconds stay as they are.
    #[must_use]
    pub fn count(mut self, findings: &[Finding]) -> Self {
        (self.deny, self.warn, self.audit, self.excepted, self.baselined) = (0, 0, 0, 0, 0);
        for finding in findings {
            match (finding.status, finding.action) {
                (Status::Excepted, _) => self.excepted += 1,
                (Status::Baselined, _) => self.baselined += 1,
                (Status::Active, Action::Deny) => self.deny += 1,
                (Status::Active, Action::Warn) => self.warn += 1,
                (Status::Active, Action::Audit) => self.audit += 1,
                (Status::Active, Action::Off) => {}
            }
        }
        self
    }

    /// How many active findings are at or above an action.
    #[must_use]
    pub fn at_or_above(&self, action: Action) -> usize {
        match action {
            Action::Deny => self.deny,
            Action::Warn => self.deny + self.warn,
            Action::Audit | Action::Off => self.deny + self.warn + self.audit,
        }
    }

    /// The exit code of the run; `fail_on` is `None` where findings never fail it.
    #[must_use]
    pub fn exit_code(&self, fail_on: Option<Action>) -> u8 {
        if self.errors > 0 {
            Self::ERRORS
        } else if fail_on.is_some_and(|action| self.at_or_above(action) > 0) {
            Self::FINDINGS
        } else {
            Self::CLEAN
        }
    }
}
