use sekisho_policy::Severity;
use sekisho_value::Value;

/// How bad a violation is, where an annotation of a template or constraint says so: one named
/// `severity`, or `severity` below any domain.
pub(crate) fn of(document: &Value) -> Option<Severity> {
    let annotations = document.path(&["metadata", "annotations"])?.as_object()?;
    let named = annotations.iter().find(|(key, _)| {
        *key == "severity" || key.rsplit_once('/').is_some_and(|(_, name)| name == "severity")
    });
    let word = named?.1.as_str()?.to_ascii_lowercase();
    [Severity::Info, Severity::Low, Severity::Medium, Severity::High, Severity::Critical]
        .into_iter()
        .find(|severity| severity.as_str() == word)
}
