use super::ACCUMULATOR;
use crate::Span;
use crate::ast::{Comprehension, Element, Expr, ExprId, ExprKind, Form, Literal, Name, operator};

/// A macro's arguments are not what it takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MacroError {
    /// where
    pub span: Span,
    /// what is wrong
    pub message: String,
}

/// Makes nodes in place of a macro's call.
#[derive(Debug)]
pub struct Expansion<'p> {
    next_id: &'p mut u32,
    span: Span,
}

impl<'p> Expansion<'p> {
    pub(crate) fn new(next_id: &'p mut u32, span: Span) -> Self {
        Self { next_id, span }
    }

    /// A node of any kind.
    pub fn node(&mut self, kind: ExprKind) -> Expr {
        let id = ExprId(*self.next_id);
        *self.next_id += 1;
        Expr { id, span: self.span, depth: kind.depth(), kind }
    }

    /// A constant.
    pub fn literal(&mut self, literal: Literal) -> Expr {
        self.node(ExprKind::Literal(literal))
    }

    /// A name.
    pub fn ident(&mut self, name: &str) -> Expr {
        self.node(ExprKind::Ident(Name::new(name)))
    }

    /// The name of what is accumulated.
    pub fn accumulator(&mut self) -> Expr {
        self.ident(ACCUMULATOR)
    }

    /// A call of a function or operator.
    pub fn call(&mut self, function: &str, args: Vec<Expr>) -> Expr {
        self.node(ExprKind::Call { target: None, function: Name::new(function), args })
    }

    /// A call of a method.
    pub fn method(&mut self, target: Expr, function: &str, args: Vec<Expr>) -> Expr {
        let target = Some(Box::new(target));
        self.node(ExprKind::Call { target, function: Name::new(function), args })
    }

    /// A list.
    pub fn list(&mut self, items: Vec<Expr>) -> Expr {
        let items = items.into_iter().map(|value| Element { value, optional: false });
        let items = items.collect();
        self.node(ExprKind::List(items))
    }

    /// `filter ? step : accumulator`, where there is a filter.
    pub fn filtered(&mut self, filter: Option<Expr>, step: Expr) -> Expr {
        match filter {
            None => step,
            Some(filter) => {
                let kept = self.accumulator();
                self.call(operator::CONDITIONAL, vec![filter, step, kept])
            }
        }
    }

    /// A fold.
    pub fn comprehension(&mut self, comprehension: Comprehension) -> Expr {
        self.node(ExprKind::Comprehension(Box::new(comprehension)))
    }

    /// A variable and what is evaluated with it; its value is evaluated when it is first read.
    pub fn bind(&mut self, variable: Name, value: Expr, result: Expr, form: Form) -> Expr {
        let range = self.list(Vec::new());
        let condition = self.literal(Literal::Bool(false));
        let step = self.ident(&variable);
        self.comprehension(Comprehension {
            range,
            variable: Name::new_static("#unused"),
            variable2: None,
            accumulator: variable,
            init: value,
            condition,
            step,
            result,
            form,
        })
    }

    /// The simple name that an argument is.
    ///
    /// # Errors
    /// The message, where it is something else.
    pub fn simple_name(&self, arg: &Expr, otherwise: &str) -> Result<Name, MacroError> {
        match arg.as_ident() {
            Some(name) if !name.starts_with('.') => Ok(name.clone()),
            _ => Err(Self::error(arg, otherwise)),
        }
    }

    /// The name of a loop's variable.
    ///
    /// # Errors
    /// Where the argument is no name, or the name of what is accumulated.
    pub fn variable(&self, arg: &Expr, otherwise: &str) -> Result<Name, MacroError> {
        let name = self.simple_name(arg, otherwise)?;
        if name == ACCUMULATOR || name == "__result__" {
            return Err(Self::error(arg, "iteration variable overwrites accumulator variable"));
        }
        Ok(name)
    }

    /// An error at an argument.
    #[must_use]
    pub fn error(arg: &Expr, message: &str) -> MacroError {
        MacroError { span: arg.span, message: message.to_owned() }
    }
}

/// As many arguments as a macro takes.
///
/// # Errors
/// They come back where there are not so many.
pub(super) fn exactly<const N: usize>(args: Vec<Expr>) -> Result<[Expr; N], Vec<Expr>> {
    args.try_into()
}
