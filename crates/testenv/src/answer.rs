use sekisho_value::{Value, from_json};

/// What the API server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// the HTTP status
    pub status: u16,
    /// the body; a string where it is no JSON
    pub body: Value,
    /// the texts of the `Warning` headers, in order
    pub warnings: Vec<String>,
    /// the `Audit-Id` header, by which the audit log names the request
    pub audit_id: String,
}

impl Answer {
    /// Whether the server did what was asked.
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The message of a `Status` object; empty where the body is none.
    #[must_use]
    pub fn message(&self) -> &str {
        match self.body.path_str(&["kind"]) {
            Some("Status") => self.body.path_str(&["message"]).unwrap_or_default(),
            _ => "",
        }
    }

    /// The reason of a `Status` object, `Invalid` for example; empty where there is none.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self.body.path_str(&["kind"]) {
            Some("Status") => self.body.path_str(&["reason"]).unwrap_or_default(),
            _ => "",
        }
    }

    pub(crate) fn new(response: ureq::http::Response<()>, text: &str) -> Self {
        let headers = response.headers();
        let texts = |name: &str| {
            headers
                .get_all(name)
                .iter()
                .map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned())
        };
        Self {
            status: response.status().as_u16(),
            body: from_json(text).unwrap_or_else(|_| text.into()),
            warnings: texts("warning").flat_map(|header| warning_texts(&header)).collect(),
            audit_id: texts("audit-id").next().unwrap_or_default(),
        }
    }
}

/// The quoted texts of a `Warning` header: `299 - "text"`, several divided by commas (RFC 7234,
/// section 5.5).
fn warning_texts(header: &str) -> Vec<String> {
    let mut texts = Vec::new();
    let mut chars = header.chars();
    while chars.by_ref().any(|char| char == '"') {
        let mut text = String::new();
        while let Some(char) = chars.next() {
            match char {
                '"' => break,
                '\\' => text.extend(chars.next()),
                char => text.push(char),
            }
        }
        texts.push(text);
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::warning_texts;

    #[test]
    fn warnings_are_unquoted() {
        for (header, texts) in [
            (r#"299 - "unknown field \"spec.x\"""#, vec![r#"unknown field "spec.x""#]),
            (r#"299 - "a, b",299 - "c\\d""#, vec!["a, b", r"c\d"]),
            ("299 -", vec![]),
        ] {
            assert_eq!(warning_texts(header), texts, "{header}");
        }
    }
}
