//! Finds what goes through base data for what equals a known value.

use super::rules_at;
use crate::builtins::Builtin;
use crate::hir::{
    Callee, Clause, ComprehensionKind, Constant, Expr, ExprKind, Hir, Operand, Ref, Root, Rule, Var,
};
use sekisho_value::Str;
use std::collections::BTreeSet;

/// A body that goes through base data for what equals a known value.
pub(super) struct Join<'b> {
    /// what stands before it
    pub(super) before: &'b [Expr],
    /// what goes through base data, and what else depends on that alone
    pub(super) entries: Vec<&'b Expr>,
    /// what is compared of an entry
    pub(super) by: &'b Operand,
    /// what it has to equal
    pub(super) key: &'b Operand,
    /// the variables that get their values from entries and that something else mentions
    pub(super) binds: Vec<Var>,
    /// what else must hold
    pub(super) rest: Vec<&'b Expr>,
}

pub(super) struct Finder<'h> {
    hir: &'h Hir,
    /// the first keys of the paths of rules
    roots: BTreeSet<&'h Str>,
    /// something replaces input, data or functions, or reads all of `data`: then nothing is looked
    /// up
    unfit: bool,
}

impl<'h> Finder<'h> {
    /// None where nothing goes through base data.
    pub(super) fn new(hir: &'h Hir) -> Option<Self> {
        let paths = hir.rules.iter().map(|rule| &rule.path).chain(&hir.packages);
        let roots = paths.filter_map(|path| path.first()).collect();
        let finder = Self { hir, roots, unfit: false };
        let none = BTreeSet::new();
        let mut clauses = hir.rules.iter().flat_map(|rule| &rule.clauses);
        if !clauses.any(|c| c.body.iter().any(|expr| finder.goes_through(expr, &none).is_some())) {
            return None;
        }
        let unfit = hir.rules.iter().any(|rule| {
            let mentions = Mentions::of_rule(rule);
            mentions.with || mentions.data.iter().any(|reference| root_of(reference).is_none())
        });
        Some(Self { unfit, ..finder })
    }

    /// What can be looked up in a rule's clause.
    pub(super) fn join<'b>(&self, rule: &'b Rule, clause: &'b Clause) -> Option<Join<'b>> {
        if self.unfit {
            return None;
        }
        let mut known = Mentions::default();
        rule.params.iter().for_each(|param| known.operand(param, false));
        let mut known = known.vars;
        for (at, expr) in clause.body.iter().enumerate() {
            let (before, from) = clause.body.split_at_checked(at)?;
            if let Some(root) = self.goes_through(expr, &known)
                && let Some(join) = self.join_from(root, before, from, &known, rule, clause)
            {
                return Some(join);
            }
            known.extend(Mentions::of(expr).vars);
        }
        None
    }

    /// The first key of the base data that an expression goes through, and that nothing known
    /// narrows: `x = data.root[a].b[c]`.
    fn goes_through<'b>(&self, expr: &'b Expr, known: &BTreeSet<Var>) -> Option<&'b Str> {
        let ExprKind::Unify(left, right) = &expr.kind else { return None };
        let (Operand::Var(var), Operand::Ref(reference)) = (match right {
            Operand::Ref(_) => (left, right),
            _ => (right, left),
        }) else {
            return None;
        };
        let new = |operand: &Operand| matches!(operand, Operand::Var(var) if !known.contains(var));
        let constant = |operand: &Operand| matches!(operand, Operand::Const(_));
        let root = root_of(reference)?;
        let scans = expr.with.is_empty()
            && !known.contains(var)
            && !self.roots.contains(root)
            && reference.path.iter().any(new)
            && reference.path.iter().all(|operand| new(operand) || constant(operand));
        scans.then_some(root)
    }

    fn join_from<'b>(
        &self,
        root: &Str,
        before: &'b [Expr],
        from: &'b [Expr],
        known: &BTreeSet<Var>,
        rule: &'b Rule,
        clause: &'b Clause,
    ) -> Option<Join<'b>> {
        let (scan, behind) = from.split_first()?;
        let mut own = Mentions::of(scan).vars;
        // Variables of what is left where it stands.
        let mut others = BTreeSet::new();
        let mut entries = Vec::new();
        let mut rest = Vec::new();
        let mut compared = None;
        for (at, expr) in behind.iter().enumerate() {
            let mentions = Mentions::of(expr);
            if compared.is_some() {
                rest.push((at, expr));
            } else if self.is_own(&mentions, root, &own, known, &others) {
                let new: BTreeSet<Var> = mentions.vars.difference(&own).copied().collect();
                own.extend(&new);
                entries.push((at, expr, new));
            } else if let Some((by, key)) = self.comparison(expr, root, &own, known, &others) {
                own.extend(Mentions::of_operand(by).vars);
                compared = Some((by, key));
            } else {
                let new = mentions.vars.into_iter().chain(mentions.nested);
                others.extend(new.filter(|var| !own.contains(var)));
                rest.push((at, expr));
            }
        }
        let (by, key) = compared?;
        // What gives values that nothing here needs is left where it stands.
        let mut needed = Mentions::of_operand(by).vars;
        let mut kept = vec![scan];
        for (at, expr, new) in entries.into_iter().rev() {
            if new.is_empty() || !new.is_disjoint(&needed) {
                let mentions = Mentions::of(expr);
                needed.extend(mentions.vars.into_iter().chain(mentions.nested));
                kept.insert(1, expr);
            } else {
                own.retain(|var| !new.contains(var));
                rest.push((at, expr));
            }
        }
        rest.sort_by_key(|(at, _)| *at);
        let rest: Vec<&Expr> = rest.into_iter().map(|(_, expr)| expr).collect();
        let mut later = Mentions::default();
        rest.iter().for_each(|expr| later.expr(expr, false));
        later.operand(&clause.value, false);
        rule.rest.iter().for_each(|operand| later.operand(operand, false));
        let later = |var: &Var| later.vars.contains(var) || later.nested.contains(var);
        Some(Join {
            before,
            entries: kept,
            by,
            key,
            binds: own.into_iter().filter(later).collect(),
            rest,
        })
    }

    /// Whether something depends on the entries alone.
    fn is_own(
        &self,
        mentions: &Mentions<'_>,
        root: &Str,
        own: &BTreeSet<Var>,
        known: &BTreeSet<Var>,
        others: &BTreeSet<Var>,
    ) -> bool {
        let is_new = |var: &Var| !known.contains(var) && !others.contains(var);
        let mut vars = mentions.vars.iter().chain(&mentions.nested);
        vars.all(|var| own.contains(var) || is_new(var))
            && self.is_of_data(mentions, root, &mut BTreeSet::new())
    }

    /// What an expression compares: something of the entries, and something known.
    fn comparison<'b>(
        &self,
        expr: &'b Expr,
        root: &Str,
        own: &BTreeSet<Var>,
        known: &BTreeSet<Var>,
        others: &BTreeSet<Var>,
    ) -> Option<(&'b Operand, &'b Operand)> {
        if !expr.with.is_empty() {
            return None;
        }
        let (left, right) = match &expr.kind {
            ExprKind::Unify(left, right) => (left, right),
            ExprKind::Call { callee: Callee::Builtin(builtin), args, out: None }
                if matches!(builtin.name, "equal" | "eq") =>
            {
                (args.first()?, args.get(1)?)
            }
            _ => return None,
        };
        let is_entrys = |operand: &Operand| {
            let has_value = match operand {
                Operand::Var(var) => own.contains(var),
                Operand::Ref(reference) => {
                    matches!(reference.root, Root::Var(var) if own.contains(&var))
                }
                _ => false,
            };
            has_value && self.is_own(&Mentions::of_operand(operand), root, own, known, others)
        };
        let has_one_value = |operand: &Operand| match operand {
            Operand::Var(var) => known.contains(var),
            Operand::Ref(reference) => {
                let starts = match reference.root {
                    Root::Input => true,
                    Root::Var(var) => known.contains(&var),
                    Root::Data => false,
                };
                starts
                    && reference.path.iter().all(|key| match key {
                        Operand::Const(_) => true,
                        Operand::Var(var) => known.contains(var),
                        _ => false,
                    })
            }
            _ => false,
        };
        let pairs = [(left, right), (right, left)];
        pairs.into_iter().find(|(by, key)| is_entrys(by) && has_one_value(key))
    }

    /// Whether something depends on base data below a key, and on nothing else.
    fn is_of_data(
        &self,
        mentions: &Mentions<'_>,
        root: &Str,
        seen: &mut BTreeSet<Vec<Str>>,
    ) -> bool {
        let of_root =
            |reference: &&Ref| root_of(reference) == Some(root) && !self.roots.contains(root);
        let same =
            |builtin: &&Builtin| !(builtin.nondeterministic || builtin.network || builtin.timed);
        !mentions.input
            && !mentions.with
            && !mentions.print
            && mentions.data.iter().all(of_root)
            && mentions.builtins.iter().all(same)
            && mentions.functions.iter().all(|path| {
                // There is no recursion in policies; what was seen is not asked again.
                !seen.insert(path.to_vec())
                    || rules_at(self.hir, path)
                        .all(|rule| self.is_of_data(&Mentions::of_rule(rule), root, seen))
            })
    }
}

/// The first key of a reference to data.
fn root_of(reference: &Ref) -> Option<&Str> {
    match (reference.root, reference.path.first()) {
        (Root::Data, Some(Operand::Const(Constant::String(key)))) => Some(key),
        _ => None,
    }
}

/// What is mentioned. The recursion is as deep as the source nests, which the parser limits.
#[derive(Default)]
struct Mentions<'b> {
    vars: BTreeSet<Var>,
    /// variables within bodies of their own
    nested: BTreeSet<Var>,
    input: bool,
    with: bool,
    print: bool,
    data: Vec<&'b Ref>,
    builtins: Vec<&'static Builtin>,
    functions: Vec<&'b [Str]>,
}

impl<'b> Mentions<'b> {
    fn of(expr: &'b Expr) -> Self {
        let mut mentions = Self::default();
        mentions.expr(expr, false);
        mentions
    }

    fn of_operand(operand: &'b Operand) -> Self {
        let mut mentions = Self::default();
        mentions.operand(operand, false);
        mentions
    }

    fn of_rule(rule: &'b Rule) -> Self {
        let mut mentions = Self::default();
        for clause in &rule.clauses {
            mentions.body(&clause.body);
            mentions.operand(&clause.value, false);
        }
        rule.params.iter().chain(&rule.rest).for_each(|operand| mentions.operand(operand, false));
        mentions
    }

    fn body(&mut self, body: &'b [Expr]) {
        body.iter().for_each(|expr| self.expr(expr, true));
    }

    fn expr(&mut self, expr: &'b Expr, nested: bool) {
        self.with |= !expr.with.is_empty();
        match &expr.kind {
            ExprKind::Unify(left, right) => {
                self.operand(left, nested);
                self.operand(right, nested);
            }
            ExprKind::Test(operand) => self.operand(operand, nested),
            ExprKind::Call { callee, args, out } => {
                match callee {
                    Callee::Builtin(builtin) => self.builtins.push(builtin),
                    Callee::Function(path) => self.functions.push(path),
                }
                args.iter().chain(out).for_each(|operand| self.operand(operand, nested));
            }
            ExprKind::Not(body) => self.body(body),
            ExprKind::Every { key, value, domain, body } => {
                key.iter().chain([value]).for_each(|operand| self.operand(operand, true));
                self.operand(domain, nested);
                self.body(body);
            }
            ExprKind::Print(args) => {
                self.print = true;
                args.iter().for_each(|operand| self.operand(operand, true));
            }
        }
    }

    fn operand(&mut self, operand: &'b Operand, nested: bool) {
        match operand {
            Operand::Const(_) => {}
            Operand::Var(var) => self.var(*var, nested),
            Operand::Ref(reference) => {
                match reference.root {
                    Root::Input => self.input = true,
                    Root::Data => self.data.push(reference),
                    Root::Var(var) => self.var(var, nested),
                }
                reference.path.iter().for_each(|operand| self.operand(operand, nested));
            }
            Operand::Array(items) | Operand::Set(items) => {
                items.iter().for_each(|operand| self.operand(operand, nested));
            }
            Operand::Object(entries) => {
                for (key, value) in entries {
                    self.operand(key, nested);
                    self.operand(value, nested);
                }
            }
            Operand::Comprehension(comprehension) => {
                self.body(&comprehension.body);
                match &comprehension.kind {
                    ComprehensionKind::Array(value) | ComprehensionKind::Set(value) => {
                        self.operand(value, true);
                    }
                    ComprehensionKind::Object(key, value) => {
                        self.operand(key, true);
                        self.operand(value, true);
                    }
                }
            }
        }
    }

    fn var(&mut self, var: Var, nested: bool) {
        if nested {
            self.nested.insert(var)
        } else {
            self.vars.insert(var)
        };
    }
}
