//! Tests of a text against a constant list: made into one look-up when the program is made.

use super::Planner;
use crate::builtins::Builtin;
use crate::program::{Matcher, Op, Reg, Src};
use sekisho_value::{Str, Value};

/// A shorter list is gone through as quickly.
const FEW: usize = 4;

impl Planner<'_> {
    /// Where the built-in tests its first argument against a constant list of texts: looks it up,
    /// and goes on at `done`. What is no text is left to the built-in that follows.
    pub(super) fn matcher(&mut self, builtin: &Builtin, args: &[Src], dst: Reg, done: u32) {
        let [src, list] = args else { return };
        let make: fn(Vec<Str>) -> Matcher = match builtin.name {
            "strings.any_prefix_match" => prefixes,
            "internal.member_2" => members,
            _ => return,
        };
        let Some(Value::Array(items)) = self.known_value(*list) else { return };
        if items.len() < FEW {
            return;
        }
        let text = |item: &Value| match item {
            Value::String(text) => Some(text.clone()),
            _ => None,
        };
        let Some(texts) = items.iter().map(text).collect::<Option<Vec<Str>>>() else { return };
        let Ok(matcher) = u16::try_from(self.program.matchers.len()) else { return };
        self.program.matchers.push(make(texts));
        self.e.emit(Op::Matches { src: *src, matcher, dst, done });
    }
}

fn members(mut texts: Vec<Str>) -> Matcher {
    texts.sort();
    texts.dedup();
    Matcher::Members(texts)
}

/// Of texts that begin alike the shortest says it all: without the others, only the last text that
/// is not behind another can begin it.
fn prefixes(mut texts: Vec<Str>) -> Matcher {
    texts.sort();
    let mut kept: Vec<Str> = Vec::new();
    for text in texts {
        if !kept.last().is_some_and(|last| text.starts_with(last.as_str())) {
            kept.push(text);
        }
    }
    Matcher::Prefixes(kept)
}

#[cfg(test)]
mod tests {
    use super::{members, prefixes};
    use sekisho_value::Str;

    #[test]
    fn each_way_to_match() {
        let lists: [&[&str]; 5] = [
            &[],
            &[""],
            &["b", "a", "ab", "abc", "b"],
            &["docker.io/", "docker.io/library/", "gcr.io", "é"],
            &["ab", "abc", "b", "a/", "a0"],
        ];
        for list in lists {
            let texts: Vec<Str> = list.iter().map(|text| Str::from(*text)).collect();
            let (prefixes, members) = (prefixes(texts.clone()), members(texts));
            for text in ["", "a", "ab", "abcd", "a/x", "a1", "b", "docker.io/x", "gcr", "éa", "z"]
            {
                let begins = list.iter().any(|part| text.starts_with(part));
                assert_eq!(prefixes.matches(text), begins, "{list:?} {text}");
                assert_eq!(members.matches(text), list.contains(&text), "{list:?} {text}");
            }
        }
    }
}
