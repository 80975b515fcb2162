//! The cases of a test: of `test_add[name] if { some name, case in cases; … }` every `name` that is
//! met, whether the rest holds for it or not.

use crate::Diagnostic;
use crate::hir::{
    Comprehension, ComprehensionKind, Constant, Expr, ExprKind, Operand, Root, Rule, RuleKind, Var,
    WithTarget,
};
use crate::plan::{Mode, Start, plan};
use crate::policies::{Policies, Prepared};
use sekisho_value::Str;
use std::collections::BTreeSet;
use std::sync::Arc;

impl Policies {
    /// Prepares the cases of the rule at a path below `data`: an object with a key for each, as
    /// the rule itself has one for each that holds. None where the rule has no cases.
    ///
    /// # Errors
    /// Where a rule is too large.
    pub fn cases(&self, path: &[&str]) -> Result<Option<Prepared>, Vec<Diagnostic>> {
        let mut hir = self.hir().clone();
        let mut any = false;
        for rule in hir.rules.iter_mut() {
            let here = rule.path.iter().map(Str::as_str).eq(path.iter().copied());
            if here && rule.kind == RuleKind::Single && !rule.rest.is_empty() {
                any = true;
                only_names(Arc::make_mut(rule));
            }
        }
        if !any {
            return Ok(None);
        }
        let path = path.iter().map(|key| Str::from(*key)).collect();
        let (program, entries) = plan(&hir, &[Start::Document(path)], Mode::Plain)?;
        Ok(Some(Prepared::new(program, entries.first().copied().unwrap_or(0))))
    }
}

/// Leaves of the bodies what finds the names of the cases.
fn only_names(rule: &mut Rule) {
    let mut names = BTreeSet::new();
    rule.rest.iter().for_each(|operand| in_operand(operand, &mut names));
    for clause in &mut rule.clauses {
        let mut seen = BTreeSet::new();
        let needed = clause.body.iter().position(|expr| {
            in_expr(expr, &mut seen);
            names.is_subset(&seen)
        });
        let needed = needed.map_or(clause.body.len(), |at| at + 1);
        clause.body.truncate(if names.is_empty() { 0 } else { needed });
        clause.value = Operand::Const(Constant::Bool(true));
    }
}

fn in_body(body: &[Expr], found: &mut BTreeSet<Var>) {
    body.iter().for_each(|expr| in_expr(expr, found));
}

/// The variables of an expression.
fn in_expr(expr: &Expr, found: &mut BTreeSet<Var>) {
    match &expr.kind {
        ExprKind::Unify(left, right) => {
            in_operand(left, found);
            in_operand(right, found);
        }
        ExprKind::Test(operand) => in_operand(operand, found),
        ExprKind::Call { args, out, .. } => {
            args.iter().chain(out).for_each(|operand| in_operand(operand, found));
        }
        ExprKind::Not(body) => in_body(body, found),
        ExprKind::Every { key, value, domain, body } => {
            key.iter().chain([value, domain]).for_each(|operand| in_operand(operand, found));
            in_body(body, found);
        }
        ExprKind::Print(operands) => operands.iter().for_each(|it| in_operand(it, found)),
    }
    for with in &expr.with {
        match &with.target {
            WithTarget::Input(_, value)
            | WithTarget::Data(_, value)
            | WithTarget::Nowhere(value)
            | WithTarget::Value(_, value) => {
                in_operand(value, found);
            }
            WithTarget::Call(..) => {}
        }
    }
}

fn in_operand(operand: &Operand, found: &mut BTreeSet<Var>) {
    match operand {
        Operand::Const(_) => {}
        Operand::Var(var) => {
            found.insert(*var);
        }
        Operand::Ref(of) => {
            if let Root::Var(var) = of.root {
                found.insert(var);
            }
            of.path.iter().for_each(|part| in_operand(part, found));
        }
        Operand::Array(items) | Operand::Set(items) => {
            items.iter().for_each(|item| in_operand(item, found));
        }
        Operand::Object(entries) => {
            for (key, value) in entries {
                in_operand(key, found);
                in_operand(value, found);
            }
        }
        Operand::Comprehension(of) => in_comprehension(of, found),
    }
}

fn in_comprehension(of: &Comprehension, found: &mut BTreeSet<Var>) {
    match &of.kind {
        ComprehensionKind::Array(item) | ComprehensionKind::Set(item) => in_operand(item, found),
        ComprehensionKind::Object(key, value) => {
            in_operand(key, found);
            in_operand(value, found);
        }
    }
    in_body(&of.body, found);
}
