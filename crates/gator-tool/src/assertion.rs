//! Whether what the policies say is what a case expects.

use crate::go;
use crate::outcome::Problem;
use crate::suite::{Assertion, Expression, Place, Violations};

const WORDS: &str =
    r#"invalid yaml: assertion.violation, if set, must be a nonnegative integer, "yes", or "no""#;

/// Compares the messages of violations with an assertion. To gator an expression that nothing is
/// compared with may be anything.
///
/// # Errors
/// How they differ, in gator's words.
pub(crate) fn check(
    assertion: &Assertion,
    messages: &[String],
    as_gator: bool,
) -> Result<(), Problem> {
    let expression = assertion.message.as_ref().filter(|_| !(as_gator && messages.is_empty()));
    let count = match expression {
        None => messages.len(),
        Some(expression) => matching(expression, messages)?.into_iter().filter(|it| *it).count(),
    };
    let Some(problem) = difference(assertion, count) else { return Ok(()) };
    let found = go::list(messages.iter().map(String::as_str));
    let message = format!("{}: got messages {found}", problem.message);
    Err(Problem { message, ..problem }.at(&assertion.place))
}

/// Which texts an expression matches.
///
/// # Errors
/// Where it is none, or costs more than it may.
pub(crate) fn matching(expression: &Expression, texts: &[String]) -> Result<Vec<bool>, Problem> {
    let pattern = expression.compile()?;
    texts.iter().map(|text| expression.matches(&pattern, text)).collect()
}

/// How the number of violations that match differs from what is wanted.
fn difference(assertion: &Assertion, count: usize) -> Option<Problem> {
    let wanted = match assertion.violations {
        Violations::Yes if count == 0 => "at least 1".to_owned(),
        Violations::No if count > 0 => "none".to_owned(),
        Violations::Exactly(..0) | Violations::Word(_) => return Some(Problem::error(WORDS)),
        Violations::Exactly(wanted) if usize::try_from(wanted) != Ok(count) => {
            format!("exactly {wanted}")
        }
        _ => return None,
    };
    let containing = match &assertion.message {
        Some(message) => format!(" containing {}", go::quoted(&message.text)),
        None => String::new(),
    };
    Some(Problem::failed(format!(
        "unexpected number of violations: got {count} violations{containing} but want {wanted}"
    )))
}

/// Compares warnings with those that are expected: each is expected, and each expected is there.
/// `place` is that of the whole list.
///
/// # Errors
/// All in which they differ.
pub(crate) fn check_warnings(
    expected: &[Expression],
    warnings: &[String],
    place: &Place,
) -> Result<(), Problem> {
    let mut is_expected = vec![false; warnings.len()];
    let mut problems = Vec::new();
    for expression in expected {
        let matching = match matching(expression, warnings) {
            Ok(matching) => matching,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        for (is_expected, matches) in is_expected.iter_mut().zip(&matching) {
            *is_expected |= *matches;
        }
        if !matching.contains(&true) {
            let wanted = go::quoted(&expression.text);
            let given = go::list(warnings.iter().map(String::as_str));
            let message = format!("no warning contains {wanted}: got warnings {given}");
            problems.push(Problem::failed(message).at(&expression.place));
        }
    }
    if is_expected.contains(&false) {
        let unexpected = warnings.iter().zip(&is_expected).filter(|(_, expected)| !**expected);
        let given = go::list(unexpected.map(|(text, _)| text.as_str()));
        let message = format!("unexpected warnings: got warnings {given}");
        problems.push(Problem::failed(message).at(place));
    }
    Problem::joined(problems).map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests {
    use super::{check, check_warnings};
    use crate::outcome::ProblemKind;
    use crate::suite::{Assertion, Expression, Place, Violations};

    fn place() -> Place {
        Place { file: "suite.yaml".into(), line: 1, column: 2 }
    }

    fn expression(text: &str) -> Expression {
        Expression { place: place(), field: "message", text: text.to_owned() }
    }

    #[test]
    fn assertions_are_compared_as_gator_compares_them() {
        use Violations::{Exactly, No, Word, Yes};
        let word = || Word("True".to_owned());
        let unexpected = "unexpected number of violations: got ";
        let words = super::WORDS;
        // violations, message, what is found, what is wrong (gator's own words)
        let cases = [
            (Yes, None, vec!["a"], None),
            (Yes, None, vec![], Some(format!("{unexpected}0 violations but want at least 1: got messages []"))),
            (No, None, vec![], None),
            (No, None, vec!["a", "b"], Some(format!("{unexpected}2 violations but want none: got messages [a b]"))),
            (Exactly(0), None, vec![], None),
            (Exactly(2), None, vec!["a", "b"], None),
            (Exactly(3), None, vec!["a"], Some(format!("{unexpected}1 violations but want exactly 3: got messages [a]"))),
            (Yes, Some("b$"), vec!["a", "ab"], None),
            (No, Some("x"), vec!["a", "b"], None),
            (No, Some("\"a\""), vec!["\"a\""], Some(format!("{unexpected}1 violations containing \"\\\"a\\\"\" but want none: got messages [\"a\"]"))),
            (Exactly(1), Some(""), vec!["a"], None),
            (Exactly(-1), None, vec![], Some(format!("{words}: got messages []"))),
            (word(), None, vec!["a"], Some(format!("{words}: got messages [a]"))),
            (Yes, Some("["), vec!["a"], Some("message contains invalid regular expression: error parsing regexp: missing closing ]: `[`".to_owned())),
            // Gator does not look at an expression that nothing is compared with.
            (No, Some("["), vec![], None),
        ];
        for (violations, message, found, wanted) in cases {
            let message = message.map(expression);
            let assertion = Assertion { place: place(), violations, message };
            let found: Vec<String> = found.into_iter().map(str::to_owned).collect();
            let problem = check(&assertion, &found, true).err();
            assert_eq!(problem.as_ref().map(|problem| problem.message.clone()), wanted);
            if let Some(problem) = problem {
                let failed = problem.message.starts_with("unexpected");
                assert_eq!(problem.kind == ProblemKind::Failed, failed);
                assert_eq!(problem.notes[0].place, place());
            }
        }
    }

    #[test]
    fn warnings_are_all_expected_and_all_there() {
        let cases: [(&[&str], &[&str], bool); 6] = [
            (&[], &[], true),
            (&[], &["a"], false),
            (&["a"], &[], false),
            (&["^a", "b$"], &["ab"], true),
            (&["^a"], &["ab", "b"], false),
            (&["."], &["ab", "b"], true),
        ];
        for (expected, given, wanted) in cases {
            let expected: Vec<Expression> = expected.iter().map(|text| expression(text)).collect();
            let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
            let found = check_warnings(&expected, &given, &place());
            assert_eq!(found.is_ok(), wanted, "{expected:?} {given:?}: {found:?}");
        }
    }
}
