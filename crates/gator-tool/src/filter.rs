//! Which tests and cases are run: `-r/--run`.

use sekisho_go_regex::Pattern;

/// Selects tests and cases by their names, as gator's filter does.
pub(crate) enum Filter {
    /// everything
    All,
    /// cases of that name, and all cases of tests of that name
    Either(Pattern),
    /// cases of the second name in tests of the first
    Both(Pattern, Pattern),
}

impl Filter {
    /// Reads a filter: nothing, one regular expression, or two with `//` between them.
    ///
    /// # Errors
    /// What is wrong, in gator's words.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split("//").collect();
        let pattern = |text: &str| {
            Pattern::new(text).map_err(|fault| format!("invalid test filter: {fault}"))
        };
        match parts.as_slice() {
            [""] => Ok(Self::All),
            [either] => Ok(Self::Either(pattern(either)?)),
            [test, case] => Ok(Self::Both(pattern(test)?, pattern(case)?)),
            _ => Err(r#"invalid test filter: a filter may include at most one "//""#.to_owned()),
        }
    }

    /// Whether a test is run, given the names of its cases.
    pub(crate) fn takes_test<'n>(
        &self,
        test: &str,
        mut cases: impl Iterator<Item = &'n str>,
    ) -> bool {
        match self {
            Self::All => true,
            Self::Either(name) => matches(name, test) || cases.any(|case| matches(name, case)),
            Self::Both(name, _) => matches(name, test),
        }
    }

    /// Whether a case of a test is run.
    pub(crate) fn takes_case(&self, test: &str, case: &str) -> bool {
        match self {
            Self::All => true,
            Self::Either(name) => matches(name, case) || matches(name, test),
            Self::Both(of_test, of_case) => matches(of_case, case) && matches(of_test, test),
        }
    }
}

/// What cannot be told is run.
fn matches(pattern: &Pattern, name: &str) -> bool {
    pattern.is_match(name).unwrap_or(true)
}

#[cfg(test)]
mod tests {
    use super::Filter;

    #[test]
    fn filters_select_as_gators() {
        // filter, test, case, whether the test is run, whether the case is
        let cases = [
            ("", "t", "c", true, true),
            ("t", "t", "c", true, true),
            ("c", "t", "c", true, true),
            ("x", "t", "c", false, false),
            ("^label$", "labels", "label", true, true),
            ("//", "t", "c", true, true),
            ("t//", "t", "c", true, true),
            ("//c", "t", "c", true, true),
            ("//x", "t", "c", true, false),
            ("t//x", "t", "c", true, false),
            ("x//c", "t", "c", false, false),
            ("^t$//^c$", "t", "c", true, true),
        ];
        for (text, test, case, takes_test, takes_case) in cases {
            let filter = Filter::parse(text).unwrap();
            let found = filter.takes_test(test, [case].into_iter());
            assert_eq!(found, takes_test, "{text}");
            assert_eq!(filter.takes_case(test, case), takes_case, "{text}");
        }
        for (text, wanted) in [
            ("a//b//c", r#"invalid test filter: a filter may include at most one "//""#),
            ("///", "invalid test filter: a filter"),
            ("[", "invalid test filter: error parsing regexp: missing closing ]: `[`"),
            ("a//(", "invalid test filter: error parsing regexp: missing closing ): `(`"),
        ] {
            match Filter::parse(text) {
                // `///` is `/` behind `//`.
                Ok(_) => assert_eq!(text, "///"),
                Err(error) => assert_eq!(error, wanted),
            }
        }
    }
}
