//! What is asked of an API server to keep a copy of one kind's objects: a list, page by page, then
//! a watch from where it ended, and again. Knows neither client nor clock.
//!
//! Source of the rules: "Efficient detection of changes" of Kubernetes' API concepts.

use crate::Error;
use crate::client::status_error;
use sekisho_value::{List, Value, from_json};
use std::time::Duration;

/// The first wait after something failed, and the longest.
const WAIT: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// What is asked next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ask {
    /// a page of the list
    List {
        /// where the last page ended
        resume: Option<String>,
        /// whether it may come in pages
        paged: bool,
    },
    /// what changed since a version
    Watch {
        /// the version
        from: String,
    },
}

/// What an event says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Change {
    /// the object is there, as it is now
    Put(Value),
    /// the object is gone
    Removed(Value),
    /// nothing changed up to now
    Bookmark,
}

/// The state of one copy.
#[derive(Debug)]
pub(crate) struct Reflector {
    stage: Stage,
    failures: u32,
}

#[derive(Debug)]
enum Stage {
    Listing { resume: Option<String>, paged: bool, staged: Vec<Value> },
    Watching { version: String },
}

impl Reflector {
    pub(crate) fn new() -> Self {
        Self { stage: Self::listing(true), failures: 0 }
    }

    fn listing(paged: bool) -> Stage {
        Stage::Listing { resume: None, paged, staged: Vec::new() }
    }

    /// What is to be asked.
    pub(crate) fn ask(&self) -> Ask {
        match &self.stage {
            Stage::Listing { resume, paged, .. } => {
                Ask::List { resume: resume.clone(), paged: *paged }
            }
            Stage::Watching { version } => Ask::Watch { from: version.clone() },
        }
    }

    /// Takes a page of the list; gives all objects once it was the last.
    pub(crate) fn page(&mut self, mut page: Value) -> Result<Option<Vec<Value>>, Error> {
        let of_list = |key: &str| page.path_str(&["metadata", key]).unwrap_or_default().to_owned();
        let (next, version) = (of_list("continue"), of_list("resourceVersion"));
        let wrong =
            |reason: &str| Error::Answer { what: "a list".to_owned(), reason: reason.to_owned() };
        let items = match page.get_mut("items") {
            Some(items @ Value::Array(_)) => {
                items.as_list_mut().map(std::mem::take).unwrap_or_default()
            }
            // Go writes an empty list so.
            Some(Value::Null) => List::new(),
            _ => return Err(wrong("it has no items")),
        };
        let Stage::Listing { resume, staged, .. } = &mut self.stage else {
            return Err(wrong("nobody asked for it"));
        };
        staged.extend(items);
        self.failures = 0;
        if !next.is_empty() {
            *resume = Some(next);
            return Ok(None);
        }
        if version.is_empty() {
            return Err(wrong("it has no version"));
        }
        let all = std::mem::take(staged);
        self.stage = Stage::Watching { version };
        Ok(Some(all))
    }

    /// Takes a line of the watch.
    pub(crate) fn line(&mut self, line: &[u8]) -> Result<Change, Error> {
        let what = || "a watch".to_owned();
        let wrong = |reason: String| Error::Answer { what: what(), reason };
        let text = std::str::from_utf8(line).map_err(|_| wrong("not valid UTF-8".to_owned()))?;
        let event = from_json(text).map_err(|error| wrong(error.to_string()))?;
        let object = event.get("object").cloned().unwrap_or_default();
        let sort = event.path_str(&["type"]).unwrap_or_default();
        if sort == "ERROR" {
            let code = object.get("code").and_then(Value::as_i64).unwrap_or(500);
            let code = u16::try_from(code).unwrap_or(500);
            return Err(status_error(&object, code, what(), None));
        }
        let newer = object.path_str(&["metadata", "resourceVersion"]).unwrap_or_default();
        if newer.is_empty() {
            return Err(wrong(format!("an event `{sort}` without a version")));
        }
        if let Stage::Watching { version } = &mut self.stage {
            newer.clone_into(version);
        }
        self.failures = 0;
        match sort {
            "ADDED" | "MODIFIED" => Ok(Change::Put(object)),
            "DELETED" => Ok(Change::Removed(object)),
            "BOOKMARK" => Ok(Change::Bookmark),
            other => Err(wrong(format!("unknown event `{other}`"))),
        }
    }

    /// Something failed: how long to wait before what [`Self::ask`] then says is asked. `chance` is
    /// a random number, so that many copies do not ask at once.
    pub(crate) fn failed(&mut self, error: &Error, chance: u64) -> Duration {
        match &mut self.stage {
            // The rest of the list is too old to be had: it comes at once, or from the beginning.
            Stage::Listing { resume: Some(_), .. } if error.is_gone() => {
                self.stage = Self::listing(false);
            }
            // Pages of many large objects.
            Stage::Listing { resume: Some(_), staged, .. }
                if matches!(error, Error::TooMuch(_)) =>
            {
                staged.clear();
                self.stage = Self::listing(true);
            }
            // What changed since is not known any more, or cannot be read.
            Stage::Watching { .. }
                if error.is_gone() || matches!(error, Error::Answer { .. } | Error::TooMuch(_)) =>
            {
                self.stage = Self::listing(true);
            }
            _ => {}
        }
        let (first, longest) = WAIT;
        let wait = first.saturating_mul(1 << self.failures.min(10)).min(longest);
        self.failures = self.failures.saturating_add(1);
        let told = match error {
            Error::Status { retry_after: Some(seconds), .. } => Duration::from_secs(*seconds),
            _ => Duration::ZERO,
        };
        // Between half of it and all of it.
        let half = wait / 2;
        let part = u64::try_from(half.as_millis()).unwrap_or(u64::MAX).max(1);
        told.min(longest).max(half + Duration::from_millis(chance % part))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ask, Change, Reflector};
    use crate::Error;
    use crate::client::status_error;
    use sekisho_value::{Value, from_json};
    use std::time::Duration;

    fn page(items: &str, version: &str, next: &str) -> Value {
        let text = format!(
            r#"{{"metadata":{{"resourceVersion":"{version}","continue":"{next}"}},"items":{items}}}"#
        );
        from_json(&text).unwrap()
    }

    fn gone() -> Error {
        status_error(&Value::Null, 410, "x".to_owned(), None)
    }

    fn lost() -> Error {
        Error::Lost("x".to_owned())
    }

    fn list(resume: Option<&str>, paged: bool) -> Ask {
        Ask::List { resume: resume.map(str::to_owned), paged }
    }

    fn watch(from: &str) -> Ask {
        Ask::Watch { from: from.to_owned() }
    }

    fn watching() -> Reflector {
        let mut reflector = Reflector::new();
        reflector.page(page("[]", "5", "")).unwrap();
        reflector
    }

    #[test]
    fn a_list_comes_in_pages_and_a_watch_follows() {
        let mut reflector = Reflector::new();
        assert_eq!(reflector.ask(), list(None, true));
        assert_eq!(reflector.page(page("[1,2]", "5", "t")).unwrap(), None);
        assert_eq!(reflector.ask(), list(Some("t"), true));
        // What was lost is asked for again, from where it was.
        reflector.failed(&lost(), 0);
        assert_eq!(reflector.ask(), list(Some("t"), true));
        let all = reflector.page(page("[3]", "5", "")).unwrap().unwrap();
        assert_eq!(Value::from(all).to_json(), "[1,2,3]");
        assert_eq!(reflector.ask(), watch("5"));
        let mut empty = Reflector::new();
        assert_eq!(empty.page(page("null", "9", "")).unwrap(), Some(Vec::new()));
        for wrong in [page("7", "9", ""), page("[]", "", ""), Value::Null] {
            assert!(Reflector::new().page(wrong).is_err());
        }
    }

    #[test]
    fn a_page_that_is_too_old_means_the_whole_list() {
        let mut reflector = Reflector::new();
        reflector.page(page("[1,2]", "5", "t")).unwrap();
        reflector.failed(&gone(), 0);
        assert_eq!(reflector.ask(), list(None, false));
        let all = reflector.page(page("[9]", "6", "")).unwrap().unwrap();
        assert_eq!(Value::from(all).to_json(), "[9]", "nothing of the old list is kept");
    }

    #[test]
    fn events_move_the_version_on() {
        let mut reflector = watching();
        let object = r#"{"metadata":{"name":"a","resourceVersion":"@"}}"#;
        for (sort, version, wanted) in [
            ("ADDED", "6", "put"),
            ("MODIFIED", "8", "put"),
            ("DELETED", "9", "gone"),
            ("BOOKMARK", "20", ""),
        ] {
            let object = object.replace('@', version);
            let line = format!(r#"{{"type":"{sort}","object":{object}}}"#);
            let change = reflector.line(line.as_bytes()).unwrap();
            let found = match &change {
                Change::Put(_) => "put",
                Change::Removed(_) => "gone",
                Change::Bookmark => "",
            };
            assert_eq!(found, wanted);
            assert_eq!(reflector.ask(), watch(version));
        }
        // A stream that breaks off goes on where it was.
        reflector.failed(&lost(), 0);
        assert_eq!(reflector.ask(), watch("20"));
    }

    #[test]
    fn what_cannot_be_followed_is_listed_anew() {
        let too_old = r#"{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired","message":"too old"}}"#;
        let lines = [
            too_old,
            "{",
            r#"{"type":"ADDED","object":{}}"#,
            r#"{"type":"ODD","object":{"metadata":{"resourceVersion":"6"}}}"#,
        ];
        for line in lines {
            let mut reflector = watching();
            let error = reflector.line(line.as_bytes()).unwrap_err();
            reflector.failed(&error, 0);
            assert_eq!(reflector.ask(), list(None, true), "{line}");
        }
        let other = r#"{"type":"ERROR","object":{"code":500}}"#;
        let mut reflector = watching();
        let error = reflector.line(other.as_bytes()).unwrap_err();
        reflector.failed(&error, 0);
        assert_eq!(reflector.ask(), watch("5"));
    }

    #[test]
    fn waits_grow_and_end() {
        let mut reflector = Reflector::new();
        let waits: Vec<u128> = (0..9).map(|_| reflector.failed(&lost(), 0).as_millis()).collect();
        assert_eq!(waits, [250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
        assert!(reflector.failed(&lost(), u64::MAX) < Duration::from_secs(30));
        let busy = status_error(&Value::Null, 429, "x".to_owned(), Some(20));
        assert_eq!(reflector.failed(&busy, 0), Duration::from_secs(20));
        reflector.page(page("[]", "5", "")).unwrap();
        assert_eq!(reflector.failed(&lost(), 0).as_millis(), 250);
    }
}
