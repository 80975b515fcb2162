//! Which tests and cases are run: `-r/--run`.

use crate::regex::Regexes;

/// Selects tests and cases by their names, as gator's filter does.
pub(crate) enum Filter {
    /// everything
    All,
    /// cases of that name, and all cases of tests of that name
    Either(String),
    /// cases of the second name in tests of the first
    Both(String, String),
}

impl Filter {
    /// Reads a filter: nothing, one regular expression, or two with `//` between them.
    ///
    /// # Errors
    /// What is wrong, in gator's words.
    pub(crate) fn parse(text: &str, regexes: &Regexes) -> Result<Self, String> {
        let parts: Vec<&str> = text.split("//").collect();
        let checked = |pattern: &str| match regexes.fault(pattern) {
            Some(fault) => Err(format!("invalid test filter: {fault}")),
            None => Ok(pattern.to_owned()),
        };
        match parts.as_slice() {
            [""] => Ok(Self::All),
            [either] => Ok(Self::Either(checked(either)?)),
            [test, case] => Ok(Self::Both(checked(test)?, checked(case)?)),
            _ => Err(r#"invalid test filter: a filter may include at most one "//""#.to_owned()),
        }
    }

    /// Whether a test is run, given the names of its cases.
    pub(crate) fn takes_test<'n>(
        &self,
        regexes: &Regexes,
        test: &str,
        mut cases: impl Iterator<Item = &'n str>,
    ) -> bool {
        let is_match = |pattern: &str, name: &str| regexes.is_match(pattern, name) == Ok(true);
        match self {
            Self::All => true,
            Self::Either(pattern) => {
                is_match(pattern, test) || cases.any(|case| is_match(pattern, case))
            }
            Self::Both(pattern, _) => is_match(pattern, test),
        }
    }

    /// Whether a case of a test is run.
    pub(crate) fn takes_case(&self, regexes: &Regexes, test: &str, case: &str) -> bool {
        let is_match = |pattern: &str, name: &str| regexes.is_match(pattern, name) == Ok(true);
        match self {
            Self::All => true,
            Self::Either(pattern) => is_match(pattern, case) || is_match(pattern, test),
            Self::Both(of_test, of_case) => is_match(of_case, case) && is_match(of_test, test),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Filter;
    use crate::regex::Regexes;

    #[test]
    fn filters_select_as_gators() {
        let regexes = Regexes::new();
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
            let filter = Filter::parse(text, &regexes).unwrap();
            let found = filter.takes_test(&regexes, test, [case].into_iter());
            assert_eq!(found, takes_test, "{text}");
            assert_eq!(filter.takes_case(&regexes, test, case), takes_case, "{text}");
        }
        for (text, wanted) in [
            ("a//b//c", r#"invalid test filter: a filter may include at most one "//""#),
            ("///", "invalid test filter: a filter"),
            ("[", "invalid test filter: error parsing regexp: missing closing ]: `[`"),
            ("a//(", "invalid test filter: error parsing regexp: missing closing ): `(`"),
        ] {
            match Filter::parse(text, &regexes) {
                // `///` is `/` behind `//`.
                Ok(_) => assert_eq!(text, "///"),
                Err(error) => assert_eq!(error, wanted),
            }
        }
    }
}
