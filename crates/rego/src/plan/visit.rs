//! Going through all that a body is made of, nested bodies included.

use crate::hir::{ComprehensionKind, Expr, ExprKind, Operand, Root, Var, WithTarget};

/// A part of a body.
#[derive(Clone, Copy)]
pub(crate) enum Part<'a> {
    Expr(&'a Expr),
    Operand(&'a Operand),
}

/// Every expression and operand of some expressions. The recursion is as deep as the parser lets
/// policies nest.
pub(crate) fn each_part<'a>(exprs: &'a [Expr], seen: &mut dyn FnMut(Part<'a>)) {
    for expr in exprs {
        seen(Part::Expr(expr));
        for with in &expr.with {
            match &with.target {
                WithTarget::Input(_, value)
                | WithTarget::Data(_, value)
                | WithTarget::Nowhere(value)
                | WithTarget::Value(_, value) => each_operand(value, seen),
                WithTarget::Call(..) => {}
            }
        }
        match &expr.kind {
            ExprKind::Unify(left, right) => {
                each_operand(left, seen);
                each_operand(right, seen);
            }
            ExprKind::Test(operand) => each_operand(operand, seen),
            ExprKind::Call { args, out, .. } => {
                args.iter().chain(out).for_each(|operand| each_operand(operand, seen));
            }
            ExprKind::Not(body) => each_part(body, seen),
            ExprKind::Every { key, value, domain, body } => {
                key.iter().for_each(|key| each_operand(key, seen));
                each_operand(value, seen);
                each_operand(domain, seen);
                each_part(body, seen);
            }
            ExprKind::Print(args) => args.iter().for_each(|operand| each_operand(operand, seen)),
        }
    }
}

/// An operand, and every expression and operand in it.
pub(crate) fn each_operand<'a>(operand: &'a Operand, seen: &mut dyn FnMut(Part<'a>)) {
    seen(Part::Operand(operand));
    match operand {
        Operand::Const(_) | Operand::Var(_) => {}
        Operand::Ref(reference) => reference.path.iter().for_each(|at| each_operand(at, seen)),
        Operand::Array(items) | Operand::Set(items) => {
            items.iter().for_each(|item| each_operand(item, seen));
        }
        Operand::Object(entries) => {
            for (key, value) in entries {
                each_operand(key, seen);
                each_operand(value, seen);
            }
        }
        Operand::Comprehension(comprehension) => {
            each_part(&comprehension.body, seen);
            match &comprehension.kind {
                ComprehensionKind::Array(value) | ComprehensionKind::Set(value) => {
                    each_operand(value, seen);
                }
                ComprehensionKind::Object(key, value) => {
                    each_operand(key, seen);
                    each_operand(value, seen);
                }
            }
        }
    }
}

/// Every variable of some expressions, those of nested bodies included.
pub(super) fn vars_in(exprs: &[Expr], seen: &mut dyn FnMut(Var)) {
    each_part(exprs, &mut |part| var_of(part, seen));
}

/// As [`vars_in`], of an operand.
pub(super) fn vars_within(operand: &Operand, seen: &mut dyn FnMut(Var)) {
    each_operand(operand, &mut |part| var_of(part, seen));
}

fn var_of(part: Part<'_>, seen: &mut dyn FnMut(Var)) {
    match part {
        Part::Operand(Operand::Var(var)) => seen(*var),
        Part::Operand(Operand::Ref(reference)) => {
            if let Root::Var(var) = reference.root {
                seen(var);
            }
        }
        _ => {}
    }
}
