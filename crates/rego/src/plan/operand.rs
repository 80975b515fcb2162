//! Operands: their values, and patterns that are matched against values.

use super::Planner;
use super::loops::After;
use crate::hir::{Comprehension, ComprehensionKind, Constant, Operand, Var};
use crate::program::{Comparison, Make, Op, Reg, Src};

impl Planner<'_> {
    /// The value of an operand, all of whose variables have values but for those within
    /// references, which are bound here.
    pub(super) fn value(&mut self, operand: &Operand) -> Src {
        match operand {
            Operand::Const(constant) => self.constant(constant),
            Operand::Var(var) => self.e.bound.get(var).copied().unwrap_or(Src::reg(0)),
            Operand::Ref(reference) => self.reference(reference),
            Operand::Array(items) => self.collection(Make::Array, items.iter().collect()),
            Operand::Set(items) => self.collection(Make::Set, items.iter().collect()),
            Operand::Object(entries) => {
                let items = entries.iter().flat_map(|(key, value)| [key, value]).collect();
                self.collection(Make::Object, items)
            }
            Operand::Comprehension(comprehension) => self.comprehension(comprehension),
        }
    }

    fn collection(&mut self, what: Make, items: Vec<&Operand>) -> Src {
        let sources: Vec<Src> = items.iter().map(|operand| self.value(operand)).collect();
        let folded = match what {
            Make::Array => self.fold_array(&sources),
            Make::Object => self.fold_object(&sources),
            Make::Set => None,
        };
        if let Some(folded) = folded {
            return folded;
        }
        let start = self.in_row(&sources);
        let dst = self.e.register();
        let entries = if what == Make::Object { items.len() / 2 } else { items.len() };
        match u16::try_from(entries) {
            Ok(count) => self.e.emit(Op::Make { what, dst, start, count }),
            Err(_) => self.e.too_large = true,
        }
        Src::reg(dst)
    }

    /// Values in registers in a row; the first of them.
    pub(super) fn row(&mut self, operands: &[&Operand]) -> Reg {
        // Values first: what they need must not stand between those of the row.
        let sources: Vec<Src> = operands.iter().map(|operand| self.value(operand)).collect();
        self.in_row(&sources)
    }

    pub(super) fn in_row(&mut self, sources: &[Src]) -> Reg {
        let sources: Vec<Option<Src>> = sources.iter().copied().map(Some).collect();
        self.in_row_where(&sources)
    }

    /// Puts those that there are into their place of a row.
    pub(super) fn in_row_where(&mut self, sources: &[Option<Src>]) -> Reg {
        let start = self.e.run(sources.len());
        let longest = self.e.rows.entry(start).or_default();
        *longest = sources.len().max(*longest);
        for (at, src) in sources.iter().enumerate() {
            if let Some(src) = *src {
                let dst = start.saturating_add(Reg::try_from(at).unwrap_or(Reg::MAX));
                self.e.emit(Op::Move { dst, src });
            }
        }
        start
    }

    fn comprehension(&mut self, comprehension: &Comprehension) -> Src {
        if let Some(folded) = self.fold_comprehension(comprehension) {
            return folded;
        }
        let (mark, dst) = (self.e.register(), self.e.register());
        self.e.emit(Op::Begin { mark });
        let done = self.e.label();
        let scope = self.e.open(done);
        let (counts, read) = match &comprehension.kind {
            ComprehensionKind::Array(value) => (true, vec![value]),
            ComprehensionKind::Set(value) => (false, vec![value]),
            ComprehensionKind::Object(key, value) => (false, vec![key, value]),
        };
        let after = if counts { After::Counts } else { After::Reads(&read) };
        self.body(&comprehension.body, after);
        let what = match &comprehension.kind {
            ComprehensionKind::Array(value) => {
                self.push(value);
                Make::Array
            }
            ComprehensionKind::Set(value) => {
                self.push(value);
                Make::Set
            }
            ComprehensionKind::Object(key, value) => {
                let (key, value) = (self.value(key), self.value(value));
                self.e.emit(Op::Push { src: key });
                self.e.emit(Op::Push { src: value });
                Make::Object
            }
        };
        self.e.retry();
        self.e.close(scope);
        self.e.place(done);
        let outer = self.e.location;
        if what == Make::Object {
            self.e.location = comprehension.location;
        }
        self.e.emit(Op::End { what, dst, mark });
        self.e.location = outer;
        Src::reg(dst)
    }

    pub(super) fn push(&mut self, value: &Operand) {
        let src = self.value(value);
        self.e.emit(Op::Push { src });
    }

    /// Whether all variables outside of references have values.
    pub(super) fn is_known(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Const(_) | Operand::Ref(_) | Operand::Comprehension(_) => true,
            Operand::Var(var) => self.e.bound.contains_key(var),
            Operand::Array(items) | Operand::Set(items) => {
                items.iter().all(|item| self.is_known(item))
            }
            Operand::Object(entries) => {
                entries.iter().all(|(key, value)| self.is_known(key) && self.is_known(value))
            }
        }
    }

    fn unknown_var(&self, operand: &Operand) -> Option<Var> {
        match operand {
            Operand::Var(var) if !self.e.bound.contains_key(var) => Some(*var),
            _ => None,
        }
    }

    /// Makes two operands equal, giving values to variables that have none.
    pub(super) fn unify(&mut self, left: &Operand, right: &Operand) {
        let mut pairs = vec![(left, right)];
        while !pairs.is_empty() {
            let mut postponed = Vec::new();
            let before = pairs.len();
            let mut progress = false;
            for (left, right) in pairs {
                match self.unify_pair(left, right) {
                    Step::Done => progress = true,
                    Step::Parts(parts) => {
                        progress = true;
                        postponed.extend(parts);
                    }
                    Step::Later => postponed.push((left, right)),
                }
            }
            if !progress && postponed.len() == before {
                // Analysis lets nothing through in which neither side can be known first.
                self.e.retry();
                return;
            }
            pairs = postponed;
        }
    }

    fn unify_pair<'o>(&mut self, left: &'o Operand, right: &'o Operand) -> Step<'o> {
        match (self.unknown_var(left), self.unknown_var(right)) {
            (Some(_), Some(_)) => return Step::Later,
            (Some(var), None) if self.is_known(right) => return self.bind(var, right),
            (None, Some(var)) if self.is_known(left) => return self.bind(var, left),
            (Some(_), None) | (None, Some(_)) => return Step::Later,
            (None, None) => {}
        }
        match (left, right) {
            (Operand::Array(lefts), Operand::Array(rights)) => {
                if lefts.len() != rights.len() {
                    self.e.retry();
                    return Step::Done;
                }
                Step::Parts(lefts.iter().zip(rights).collect())
            }
            (pattern, value) if self.is_known(value) => {
                if self.is_known(pattern) {
                    let (left, right) = (self.value(pattern), self.value(value));
                    self.compare(Comparison::Equal, left, right);
                } else {
                    let value = self.value(value);
                    self.destructure(pattern, value);
                }
                Step::Done
            }
            (value, pattern) if self.is_known(value) => {
                let value = self.value(value);
                self.destructure(pattern, value);
                Step::Done
            }
            (Operand::Object(lefts), Operand::Object(rights)) => self.unify_objects(lefts, rights),
            _ => Step::Later,
        }
    }

    fn unify_objects<'o>(
        &mut self,
        lefts: &'o [(Operand, Operand)],
        rights: &'o [(Operand, Operand)],
    ) -> Step<'o> {
        let mut parts = Vec::new();
        for (key, left) in lefts {
            let found = rights.iter().find(|(other, _)| same_key(key, other));
            match found {
                Some((_, right)) => parts.push((left, right)),
                None => {
                    self.e.retry();
                    return Step::Done;
                }
            }
        }
        if lefts.len() != rights.len() {
            self.e.retry();
            return Step::Done;
        }
        Step::Parts(parts)
    }

    fn bind<'o>(&mut self, var: Var, operand: &Operand) -> Step<'o> {
        let src = self.value(operand);
        self.e.bound.insert(var, src);
        Step::Done
    }

    /// Matches a pattern against a value.
    pub(super) fn unify_value(&mut self, pattern: &Operand, value: Src) {
        if let Some(var) = self.unknown_var(pattern) {
            self.e.bound.insert(var, value);
        } else if self.is_known(pattern) {
            let left = self.value(pattern);
            self.compare(Comparison::Equal, left, value);
        } else {
            self.destructure(pattern, value);
        }
    }

    /// Takes a value apart as a list or object pattern says. Of the items, those that are known
    /// are compared first, so that a pattern such as `[x, [x, y]]` is settled from left to right.
    fn destructure(&mut self, pattern: &Operand, value: Src) {
        let src = self.in_register(value);
        let fail = self.e.fail;
        match pattern {
            Operand::Array(items) => {
                let Ok(len) = u16::try_from(items.len()) else {
                    self.e.too_large = true;
                    return;
                };
                self.e.emit(Op::IsArray { src, len, fail });
                for (index, item) in (0..len).zip(items) {
                    let dst = self.e.register();
                    self.e.emit(Op::Item { dst, src, index });
                    self.unify_value(item, Src::reg(dst));
                }
            }
            Operand::Object(entries) => {
                let Ok(len) = u16::try_from(entries.len()) else {
                    self.e.too_large = true;
                    return;
                };
                self.e.emit(Op::IsObject { src, len, fail });
                for (key, item) in entries {
                    let key = self.value(key);
                    let dst = self.e.register();
                    let fail = self.e.fail;
                    self.e.emit(Op::Get { dst, src: Src::reg(src), key, fail });
                    self.unify_value(item, Src::reg(dst));
                }
            }
            // Analysis refuses patterns of other shapes.
            _ => self.e.retry(),
        }
    }

    /// The text of a constant that is a string.
    pub(super) fn text(operand: &Operand) -> Option<&sekisho_value::Str> {
        match operand {
            Operand::Const(Constant::String(text)) => Some(text),
            _ => None,
        }
    }
}

/// What became of a pair that is to be unified.
enum Step<'o> {
    Done,
    /// pairs in its place
    Parts(Vec<(&'o Operand, &'o Operand)>),
    /// neither side is known yet
    Later,
}

fn same_key(left: &Operand, right: &Operand) -> bool {
    match (left, right) {
        (Operand::Const(left), Operand::Const(right)) => left == right,
        (Operand::Var(left), Operand::Var(right)) => left == right,
        _ => false,
    }
}
