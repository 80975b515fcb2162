use crate::{Answer, Error, TestEnv};
use sekisho_value::{Value, from_json};
use std::time::{Duration, Instant};

/// The event is written after the response has gone out.
const PATIENCE: Duration = Duration::from_secs(5);

impl TestEnv {
    /// The audit events so far (`audit.k8s.io/v1` `Event`), oldest first.
    ///
    /// # Errors
    /// Where the log cannot be read.
    pub fn audit_log(&self) -> Result<Vec<Value>, Error> {
        let path = self.dir().join("audit.log");
        let text = std::fs::read_to_string(&path).map_err(|source| Error::Read { path, source })?;
        // The last line may be half written.
        Ok(text.lines().filter_map(|line| from_json(line).ok()).collect())
    }

    /// The audit event of a request that was answered.
    ///
    /// # Errors
    /// Where the log cannot be read, or none comes within five seconds.
    pub fn audit_event(&self, answer: &Answer) -> Result<Value, Error> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let event = self.audit_log()?.into_iter().rev().find(|event| {
                event.path_str(&["auditID"]) == Some(&answer.audit_id)
                    && event.path_str(&["stage"]) == Some("ResponseComplete")
            });
            match event {
                Some(event) => return Ok(event),
                None if Instant::now() > deadline => {
                    return Err(Error::NoAuditEvent(answer.audit_id.clone()));
                }
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
    }
}
