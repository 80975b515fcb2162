//! The type checker, as cel-go's.

mod advice;
mod calls;
mod literals;
mod validate;

use crate::ast::{Comprehension, Expr, ExprId, ExprKind, Literal, Name};
use crate::environment::{Declared, Environment};
use crate::types::{Bindings, Type};
use crate::{Diagnostic, Span};
use std::sync::Arc;

/// An expression and what the checker found out about it.
#[derive(Clone, Debug)]
pub struct Checked {
    /// the tree
    pub expr: Expr,
    types: Vec<Type>,
    references: Vec<Option<Reference>>,
}

/// What a name or call refers to.
#[derive(Clone, Debug)]
pub(crate) enum Reference {
    /// a variable of the environment, by its full name
    Variable(Name),
    /// a variable of a macro
    Local(Name),
    /// a type, by its name as a value
    Type(Name),
    /// the functions that may be meant
    Function(Vec<Arc<Declared>>),
    /// a constant of an environment
    Constant(i64),
    /// a message's type
    Struct(Name),
}

impl Checked {
    /// The type of the expression.
    #[must_use]
    pub fn result_type(&self) -> &Type {
        self.type_of(&self.expr)
    }

    /// The type of a node.
    #[must_use]
    pub fn type_of(&self, expr: &Expr) -> &Type {
        self.types.get(expr.id.0 as usize).unwrap_or(&Type::Dyn)
    }

    pub(crate) fn reference(&self, expr: &Expr) -> Option<&Reference> {
        self.references.get(expr.id.0 as usize)?.as_ref()
    }
}

/// Checks an expression, or finds out what its names mean and leaves the rest to its evaluation.
///
/// # Errors
/// All that is wrong with it.
pub(crate) fn check(
    text: &str,
    expr: Expr,
    environment: &Environment,
    unchecked: bool,
) -> Result<Checked, Vec<Diagnostic>> {
    let mut checker = Checker {
        text,
        environment,
        bindings: Bindings::default(),
        types: Vec::new(),
        references: Vec::new(),
        scopes: Vec::new(),
        diagnostics: Vec::new(),
        unchecked,
    };
    checker.expr(&expr);
    if !checker.diagnostics.is_empty() {
        let mut diagnostics = checker.diagnostics;
        diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
        diagnostics.dedup();
        return Err(diagnostics);
    }
    let bindings = checker.bindings;
    let types = checker.types.iter().map(|of| bindings.substitute(of, true)).collect();
    let checked = Checked { expr, types, references: checker.references };
    let options = environment.inner().libraries.options;
    if options.homogeneous_literals && !unchecked {
        let mut wrong = validate::validate(text, &checked, options.checked_formats);
        if !wrong.is_empty() {
            wrong.sort_by_key(|diagnostic| diagnostic.span.start);
            return Err(wrong);
        }
    }
    Ok(checked)
}

struct Checker<'t> {
    text: &'t str,
    environment: &'t Environment,
    bindings: Bindings,
    types: Vec<Type>,
    references: Vec<Option<Reference>>,
    scopes: Vec<(Name, Type)>,
    diagnostics: Vec<Diagnostic>,
    /// what is wrong is left to the evaluation
    unchecked: bool,
}

impl Checker<'_> {
    fn error(&mut self, span: Span, message: String, help: Option<String>) {
        if self.unchecked {
            return;
        }
        self.diagnostics.push(Diagnostic::new(self.text, span, message).with_help(help));
    }

    fn set(&mut self, id: ExprId, of: Type) -> Type {
        let index = id.0 as usize;
        if self.types.len() <= index {
            self.types.resize(index + 1, Type::Dyn);
        }
        if let Some(slot) = self.types.get_mut(index) {
            *slot = of.clone();
        }
        of
    }

    fn refer(&mut self, id: ExprId, reference: Reference) {
        let index = id.0 as usize;
        if self.references.len() <= index {
            self.references.resize(index + 1, None);
        }
        if let Some(slot) = self.references.get_mut(index) {
            *slot = Some(reference);
        }
    }

    fn expr(&mut self, expr: &Expr) -> Type {
        let of = match &expr.kind {
            ExprKind::Literal(literal) => literal_type(literal),
            ExprKind::Ident(name) => self.ident(expr, name),
            ExprKind::Select { operand, field, test } => self.select(expr, operand, field, *test),
            ExprKind::Call { target, function, args } => {
                self.call(expr, target.as_deref(), function, args)
            }
            ExprKind::List(items) => self.list(items),
            ExprKind::Map(entries) => self.map(entries),
            ExprKind::Struct { name, fields } => self.message(expr, name, fields),
            ExprKind::Comprehension(fold) => self.comprehension(fold),
        };
        self.set(expr.id, of)
    }

    fn local(&self, name: &str) -> Option<&Type> {
        self.scopes.iter().rev().find(|(own, _)| own == name).map(|(_, of)| of)
    }

    fn ident(&mut self, expr: &Expr, name: &Name) -> Type {
        if let Some(of) = self.local(name).cloned() {
            self.refer(expr.id, Reference::Local(name.clone()));
            return of;
        }
        if let Some((of, reference)) = self.global(name) {
            self.refer(expr.id, reference);
            return of;
        }
        self.undeclared(expr.span, name, false);
        Type::Error
    }

    /// A variable or type of the environment.
    fn global(&self, name: &str) -> Option<(Type, Reference)> {
        let environment = self.environment.inner();
        environment.candidates(name).into_iter().find_map(|candidate| {
            if let Some(of) = environment.variables.get(&candidate) {
                return Some((of.clone(), Reference::Variable(candidate)));
            }
            if let Some(of) = environment.libraries.types.get(&candidate) {
                let name = Name::new(of.runtime_name());
                return Some((Type::type_of(of.clone()), Reference::Type(name)));
            }
            if let Some(int) = environment.libraries.constants.get(&candidate) {
                return Some((Type::Int, Reference::Constant(*int)));
            }
            let (structs, of) = environment.structs_of(&candidate)?;
            if !structs.are_names() {
                return None;
            }
            let name = Name::new(of.runtime_name());
            Some((Type::type_of(of), Reference::Type(name)))
        })
    }

    fn select(&mut self, expr: &Expr, operand: &Expr, field: &Name, test: bool) -> Type {
        // A chain of names may be one name, unless it begins with a macro's variable.
        if !test
            && let Some(name) = expr.qualified_name()
            && name.split('.').next().is_none_or(|first| self.local(first).is_none())
            && let Some((of, reference)) = self.global(&name)
        {
            self.refer(expr.id, reference);
            return of;
        }
        let of = self.field(expr.span, operand, field, false);
        if test { Type::Bool } else { self.bindings.substitute(&of, false) }
    }

    /// The type of a field of an operand.
    fn field(&mut self, span: Span, operand: &Expr, field: &str, optional: bool) -> Type {
        let operand_type = self.expr(operand);
        let operand_type = self.bindings.substitute(&operand_type, false);
        let value = operand_type.optional_value();
        let is_optional = value.is_some();
        let target = value.unwrap_or(operand_type);
        let of = match &target {
            Type::Map(_) => target.param(1),
            Type::Struct(name) => self.struct_field(span, name, field),
            Type::Var(_) => {
                self.bindings.assignable(&Type::Dyn, &target);
                Type::Dyn
            }
            other if other.is_dyn_or_error() => Type::Dyn,
            other => {
                let message = format!("type '{other}' does not support field selection");
                self.error(span, message, advice::no_fields(other, field));
                Type::Dyn
            }
        };
        if is_optional || optional { Type::optional(of) } else { of }
    }

    fn struct_field(&mut self, span: Span, type_name: &str, field: &str) -> Type {
        let structs = self.environment.inner().structs_of(type_name).map(|(structs, _)| structs);
        let Some(structs) = structs else {
            self.error(span, format!("unexpected failed resolution of '{type_name}'"), None);
            return Type::Error;
        };
        if let Some(of) = structs.field(type_name, field) {
            return of;
        }
        let help = advice::nearest(field, structs.fields(type_name).iter().map(String::as_str));
        self.error(span, format!("undefined field '{field}'"), help);
        Type::Error
    }

    fn undeclared(&mut self, span: Span, name: &str, function: bool) {
        let environment = self.environment.inner();
        let container = environment.libraries.container.clone();
        let help = advice::undeclared(environment, &self.scopes, name, function);
        let message = format!("undeclared reference to '{name}' (in container '{container}')");
        self.error(span, message, help);
    }

    fn mismatch(&mut self, span: Span, expected: &Type, found: &Type) {
        let expected = self.bindings.substitute(expected, false);
        let found = self.bindings.substitute(found, false);
        let help = advice::mismatch(&expected, &found);
        self.error(span, format!("expected type '{expected}' but found '{found}'"), help);
    }

    fn comprehension(&mut self, fold: &Comprehension) -> Type {
        let range = self.expr(&fold.range);
        let accumulated = self.expr(&fold.init);
        let range = self.bindings.substitute(&range, false);
        let scopes = self.scopes.len();
        self.scopes.push((fold.accumulator.clone(), accumulated.clone()));
        let (first, second) = match &range {
            Type::List(_) if fold.variable2.is_some() => (Type::Int, range.param(0)),
            Type::List(_) => (range.param(0), Type::Dyn),
            Type::Map(_) => (range.param(0), range.param(1)),
            Type::Dyn | Type::Any | Type::Error | Type::Var(_) => {
                self.bindings.assignable(&Type::Dyn, &range);
                (Type::Dyn, Type::Dyn)
            }
            other => {
                let message = format!(
                    "expression of type '{other}' cannot be range of a comprehension (must be \
                     list, map, or dynamic)"
                );
                self.error(fold.range.span, message, None);
                (Type::Error, Type::Error)
            }
        };
        let inner = self.scopes.len();
        self.scopes.push((fold.variable.clone(), first));
        if let Some(name) = &fold.variable2 {
            self.scopes.push((name.clone(), second));
        }
        let condition = self.expr(&fold.condition);
        self.assert(&fold.condition, &condition, &Type::Bool);
        let step = self.expr(&fold.step);
        self.assert(&fold.step, &step, &accumulated);
        self.scopes.truncate(inner);
        let result = self.expr(&fold.result);
        self.scopes.truncate(scopes);
        self.bindings.substitute(&result, false)
    }

    fn assert(&mut self, expr: &Expr, found: &Type, wanted: &Type) {
        if !self.bindings.assignable(wanted, found) {
            self.mismatch(expr.span, wanted, found);
        }
    }
}

fn literal_type(literal: &Literal) -> Type {
    match literal {
        Literal::Null => Type::Null,
        Literal::Bool(_) => Type::Bool,
        Literal::Int(_) => Type::Int,
        Literal::Uint(_) => Type::Uint,
        Literal::Double(_) => Type::Double,
        Literal::String(_) => Type::String,
        Literal::Bytes(_) => Type::Bytes,
    }
}
