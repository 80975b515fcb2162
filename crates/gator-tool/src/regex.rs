//! Regular expressions in Go's syntax (RE2), as gator takes them in messages and filters.
//!
//! They are Rego's: `regex.match` of the engine reads and matches them as Go does, and words what
//! is wrong with them as Go does.

use sekisho_policy::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::builtins::Facts;
use sekisho_rego::{DEFAULT_DEPTH, Options, Policies, Prepared, Question, Scratch, Source};
use sekisho_value::{Map, Value};
use std::cell::RefCell;

const MODULE: &str = "package re\n\nmatched := regex.match(input.pattern, input.text)\n";

/// Matches texts by regular expressions of Go.
pub(crate) struct Regexes {
    /// `None` where the module does not compile, which a test refutes
    prepared: Option<Prepared>,
}

thread_local! {
    /// What an evaluation leaves behind: its memory, and the compiled patterns.
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Regexes {
    pub(crate) fn new() -> Self {
        let budget = Budget::standard();
        let source = Source::new("re.rego", MODULE);
        let modules = vec![(source, Version::V1)];
        let (policies, _, _) = Policies::compile(modules, &Options::default(), &budget);
        let prepared = policies.and_then(|policies| policies.document(&["re", "matched"]).ok());
        Self { prepared }
    }

    /// Whether the pattern matches a part of the text.
    ///
    /// # Errors
    /// What is wrong with the pattern, in Go's words, or that it costs too much.
    pub(crate) fn is_match(&self, pattern: &str, text: &str) -> Result<bool, String> {
        let prepared = self.prepared.as_ref().ok_or("regular expressions are not there")?;
        let input = Value::Object(Map::from_iter([
            ("pattern", Value::from(pattern)),
            ("text", Value::from(text)),
        ]));
        let budget = Budget::standard();
        let data = Value::object();
        let question = Question {
            input: Some(&input),
            data: &data,
            facts: &Facts::default(),
            budget: &budget,
            depth: DEFAULT_DEPTH,
            strict_builtin_errors: true,
            reads: None,
            print: None,
            cover: None,
        };
        SCRATCH.with_borrow_mut(|scratch| {
            let matched = prepared.evaluate(scratch, &question, |value| {
                value.is_some_and(|value| matches!(value, sekisho_rego::Term::Bool(true)))
            });
            matched.map_err(|error| match error.message.split_once("error parsing regexp: ") {
                Some((_, what)) => format!("error parsing regexp: {what}"),
                None => error.message,
            })
        })
    }

    /// What is wrong with a pattern, where something is.
    pub(crate) fn fault(&self, pattern: &str) -> Option<String> {
        self.is_match(pattern, "").err()
    }
}

#[cfg(test)]
mod tests {
    use super::Regexes;

    #[test]
    fn patterns_mean_what_they_mean_to_go() {
        let regexes = Regexes::new();
        let cases = [
            ("", "", Ok(true)),
            ("b", "abc", Ok(true)),
            ("B", "abc", Ok(false)),
            ("(?i)B", "abc", Ok(true)),
            ("^b", "a\nb", Ok(false)),
            ("(?m)^b", "a\nb", Ok(true)),
            ("a$", "a\n", Ok(false)),
            (r"\Qa.b\E\z", "a.b", Ok(true)),
            (r"\Qa.b\E\z", "axb", Ok(false)),
            (r"^(?P<name>[[:alpha:]]+)$", "word", Ok(true)),
            (r"^\w+$", "é", Ok(false)),
            (r"^\pL+$", "é", Ok(true)),
            (r"^\d$", "٣", Ok(false)),
            ("a{,2}", "a{,2}", Ok(true)),
            ("[(", "", Err("error parsing regexp: missing closing ]: `[(`")),
            ("(?=a)", "", Err("error parsing regexp: invalid or unsupported Perl syntax: `(?=`")),
            (r"\1", "", Err("error parsing regexp: invalid escape sequence: `\\1`")),
            ("a**", "", Err("error parsing regexp: invalid nested repetition operator: `**`")),
            ("a{1001}", "", Err("error parsing regexp: invalid repeat count: `{1001}`")),
        ];
        for (pattern, text, wanted) in cases {
            let found = regexes.is_match(pattern, text);
            assert_eq!(found, wanted.map_err(str::to_owned), "{pattern:?} in {text:?}");
        }
    }

    #[test]
    fn huge_patterns_are_refused_and_not_run() {
        let regexes = Regexes::new();
        let nested = "(".repeat(100_000);
        let repeated = "(((a{100}){100}){100})";
        let long = "[a-z]+x".repeat(1_000_000);
        for pattern in [nested.as_str(), repeated, &long] {
            assert!(regexes.fault(pattern).is_some(), "{}", &pattern[..20]);
        }
    }
}
