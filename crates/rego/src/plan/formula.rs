//! What a text has to be for something to hold.

use crate::program::Matcher;
use sekisho_value::Str;

/// What a text has to be for something to hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Formula {
    /// nothing: it holds
    Always,
    /// it does not hold
    Never,
    /// one of these, or begin or end with one of these
    Some(Texts),
    /// none of these, nor begin or end with one of these
    None(Texts),
}

/// What a text is tested for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Texts {
    members: Vec<Str>,
    prefixes: Vec<Str>,
    suffixes: Vec<Str>,
}

impl Texts {
    fn and(mut self, other: Self) -> Self {
        self.members.extend(other.members);
        self.prefixes.extend(other.prefixes);
        self.suffixes.extend(other.suffixes);
        self
    }
}

impl Formula {
    pub(super) fn of(holds: bool) -> Self {
        if holds { Self::Always } else { Self::Never }
    }

    pub(super) fn member(members: Vec<Str>) -> Self {
        Self::Some(Texts { members, ..Texts::default() })
    }

    pub(super) fn prefix(prefixes: Vec<Str>) -> Self {
        Self::Some(Texts { prefixes, ..Texts::default() })
    }

    pub(super) fn suffix(suffixes: Vec<Str>) -> Self {
        Self::Some(Texts { suffixes, ..Texts::default() })
    }

    pub(super) fn not(self) -> Self {
        match self {
            Self::Always => Self::Never,
            Self::Never => Self::Always,
            Self::Some(texts) => Self::None(texts),
            Self::None(texts) => Self::Some(texts),
        }
    }

    /// None where it cannot be said so simply.
    pub(super) fn and(self, other: Self) -> Option<Self> {
        Some(match (self, other) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Always, other) | (other, Self::Always) => other,
            (Self::None(left), Self::None(right)) => Self::None(left.and(right)),
            (left, right) if left == right => left,
            _ => return None,
        })
    }

    /// None where it cannot be said so simply.
    pub(super) fn or(self, other: Self) -> Option<Self> {
        Some(self.not().and(other.not())?.not())
    }

    pub(super) fn matcher(self) -> Matcher {
        let (not, texts) = match self {
            Self::Always => (true, Texts::default()),
            Self::Never => (false, Texts::default()),
            Self::Some(texts) => (false, texts),
            Self::None(texts) => (true, texts),
        };
        let Texts { mut members, prefixes, suffixes } = texts;
        members.sort();
        members.dedup();
        let prefixes = shortest(prefixes, |text| text.as_bytes().to_vec());
        let suffixes = shortest(suffixes, |text| text.bytes().rev().collect());
        Matcher { not, members, prefixes, suffixes }
    }
}

/// Of texts that begin alike the shortest says it all: without the others, only the last text that
/// is not behind another can begin it. `key` is how they are read.
fn shortest(mut texts: Vec<Str>, key: fn(&Str) -> Vec<u8>) -> Vec<Str> {
    texts.sort_by_cached_key(key);
    let mut kept: Vec<Str> = Vec::new();
    let mut last: Option<Vec<u8>> = None;
    for text in texts {
        let bytes = key(&text);
        if !last.as_ref().is_some_and(|last| bytes.starts_with(last)) {
            kept.push(text);
            last = Some(bytes);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::Formula;
    use sekisho_value::Str;

    #[test]
    fn each_way_to_match() {
        let lists: [&[&str]; 6] = [
            &[],
            &[""],
            &["b", "a", "ab", "abc", "b"],
            &["docker.io/", "docker.io/library/", "gcr.io", "é"],
            &["ab", "abc", "b", "a/", "a0"],
            &[":latest", "latest", "t", ":v1", "é"],
        ];
        let texts = [
            "",
            "a",
            "ab",
            "abcd",
            "a/x",
            "a1",
            "b",
            "docker.io/x",
            "gcr",
            "éa",
            "z",
            "aé",
            "x:v1",
        ];
        for list in lists {
            let parts: Vec<Str> = list.iter().map(|text| Str::from(*text)).collect();
            type Test = fn(&str, &str) -> bool;
            let ways: [(Formula, Test); 3] = [
                (Formula::member(parts.clone()), |text, part| text == part),
                (Formula::prefix(parts.clone()), |text, part| text.starts_with(part)),
                (Formula::suffix(parts), |text, part| text.ends_with(part)),
            ];
            for text in texts {
                for (formula, test) in &ways {
                    let expected = list.iter().any(|part| test(text, part));
                    let matcher = formula.clone().matcher();
                    assert_eq!(matcher.matches(text), expected, "{formula:?} {text}");
                    let not = formula.clone().not().matcher();
                    assert_eq!(not.matches(text), !expected, "not {formula:?} {text}");
                }
            }
        }
    }
}
