//! JSON: the model, field by field. Its schema is `docs/schema/check-report.v1.json`.

use crate::model::Report;
use std::io::{self, Write};

/// Writes the report indented: a committed baseline then has readable differences.
pub(crate) fn render(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, report)?;
    out.write_all(b"\n")
}
