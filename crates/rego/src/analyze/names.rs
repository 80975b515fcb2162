//! Variables by number, and sets of them.

use crate::builtins::{self, Builtin, Release};
use foldhash::HashMap;
use sekisho_value::Str;
use smol_str::format_smolstr;

/// A variable of the modules under analysis: its number among all [`Names`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Name(pub(super) u32);

impl Name {
    /// `input`
    pub(super) const INPUT: Self = Self(0);
    /// `data`
    pub(super) const DATA: Self = Self(1);
    /// `eq`, which `=` calls
    pub(super) const EQ: Self = Self(2);
    /// `assign`, which `:=` calls
    pub(super) const ASSIGN: Self = Self(3);

    /// It is `input` or `data`.
    pub(super) fn is_root(self) -> bool {
        self == Self::INPUT || self == Self::DATA
    }
}

/// What is known of a variable.
#[derive(Clone, Debug)]
struct Entry {
    text: Str,
    /// what it was called before it was made unique
    original: Option<Name>,
    /// the built-in of this name
    builtin: Option<&'static Builtin>,
}

/// All variables, by number and by text.
#[derive(Clone, Debug)]
pub(super) struct Names {
    entries: Vec<Entry>,
    by_text: HashMap<Str, Name>,
    /// something that is written begins as generated names do
    alike: bool,
    generated: u32,
    wildcards: u32,
    prefix: &'static str,
    /// whose built-ins are called
    pub(super) release: Release,
}

impl Names {
    /// Only the fixed names; generated ones start with the prefix (`__local`, of queries
    /// `__localq`).
    pub(super) fn new(prefix: &'static str, release: Release) -> Self {
        let mut names = Self { prefix, release, ..Self::none() };
        for fixed in ["input", "data", "eq", "assign"] {
            names.intern(&Str::from(fixed));
        }
        names
    }

    /// No names at all, to stand in for others for a while.
    pub(super) fn none() -> Self {
        Self {
            entries: Vec::new(),
            by_text: HashMap::default(),
            alike: false,
            generated: 0,
            wildcards: 0,
            prefix: "",
            release: Release::default(),
        }
    }

    /// A variable of that text is written somewhere.
    pub(super) fn is_written(&self, text: &str) -> bool {
        self.by_text.contains_key(text)
    }

    /// The number of a variable of that text.
    pub(super) fn intern(&mut self, text: &Str) -> Name {
        if let Some(name) = self.by_text.get(text) {
            return *name;
        }
        self.alike |= text.starts_with(self.prefix);
        let builtin = builtins::find(text).and_then(|builtin| builtin.of(self.release));
        let name = self.push(text.clone(), builtin);
        self.by_text.insert(text.clone(), name);
        name
    }

    fn push(&mut self, text: Str, builtin: Option<&'static Builtin>) -> Name {
        let name = Name(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.entries.push(Entry { text, original: None, builtin });
        name
    }

    /// A new wildcard; each `_` is a variable of its own.
    pub(super) fn wildcard(&mut self) -> Name {
        let text = format_smolstr!("${}", self.wildcards);
        self.wildcards += 1;
        self.push(text, None)
    }

    /// A new variable that no module mentions. All of them are to be interned before the first
    /// of these.
    pub(super) fn generate(&mut self) -> Name {
        loop {
            let text = format_smolstr!("{}{}__", self.prefix, self.generated);
            self.generated += 1;
            if !(self.alike && self.by_text.contains_key(&text)) {
                return self.push(text, None);
            }
        }
    }

    /// Its text.
    pub(super) fn text(&self, name: Name) -> &Str {
        static NONE: Str = Str::new_static("");
        self.entries.get(name.0 as usize).map_or(&NONE, |entry| &entry.text)
    }

    /// Its text, where it was renamed the one that its author wrote.
    pub(super) fn shown(&self, name: Name) -> &Str {
        self.text(self.original(name).unwrap_or(name))
    }

    /// As it stands in the text.
    pub(super) fn written(&self, name: Name) -> &str {
        if self.is_wildcard(name) { "_" } else { self.shown(name) }
    }

    /// What it was called before it was made unique.
    pub(super) fn original(&self, name: Name) -> Option<Name> {
        self.entries.get(name.0 as usize).and_then(|entry| entry.original)
    }

    /// Remembers what it was called before it was made unique.
    pub(super) fn set_original(&mut self, name: Name, original: Name) {
        if let Some(entry) = self.entries.get_mut(name.0 as usize) {
            entry.original = Some(original);
        }
    }

    /// A built-in has this name.
    pub(super) fn is_builtin(&self, name: Name) -> bool {
        self.builtin(name).is_some()
    }

    /// The built-in of this name.
    pub(super) fn builtin(&self, name: Name) -> Option<&'static Builtin> {
        self.entries.get(name.0 as usize).and_then(|entry| entry.builtin)
    }

    /// It is written `_`.
    pub(super) fn is_wildcard(&self, name: Name) -> bool {
        self.text(name).starts_with('$')
    }

    /// It was made here.
    pub(super) fn is_generated(&self, name: Name) -> bool {
        self.text(name).starts_with("__local")
    }
}

/// A set of variables: a sorted list, since most are small.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct NameSet(Vec<Name>);

impl NameSet {
    /// `input` and `data`, which are always bound.
    pub(super) fn roots() -> Self {
        Self(vec![Name::INPUT, Name::DATA])
    }

    pub(super) fn contains(&self, name: Name) -> bool {
        self.0.binary_search(&name).is_ok()
    }

    pub(super) fn insert(&mut self, name: Name) {
        match self.0.last() {
            Some(last) if *last >= name => {
                if let Err(at) = self.0.binary_search(&name) {
                    self.0.insert(at, name);
                }
            }
            _ => self.0.push(name),
        }
    }

    pub(super) fn remove(&mut self, name: Name) {
        if let Ok(at) = self.0.binary_search(&name) {
            self.0.remove(at);
        }
    }

    pub(super) fn extend(&mut self, other: &Self) {
        if self.0.is_empty() {
            return self.0.clone_from(&other.0);
        }
        other.iter().for_each(|name| self.insert(name));
    }

    pub(super) fn retain(&mut self, keep: impl Fn(Name) -> bool) {
        self.0.retain(|name| keep(*name));
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Name> + '_ {
        self.0.iter().copied()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Its members by text, as OPA lists them in messages.
    pub(super) fn by_text(&self, names: &Names) -> Vec<Name> {
        let mut sorted = self.0.clone();
        sorted.sort_by(|a, b| names.text(*a).cmp(names.text(*b)));
        sorted
    }
}

impl FromIterator<Name> for NameSet {
    fn from_iter<T: IntoIterator<Item = Name>>(iter: T) -> Self {
        let mut set = Self::default();
        iter.into_iter().for_each(|name| set.insert(name));
        set
    }
}
