//! The modules while they are rewritten: terms and expressions in the shape that OPA's compiler
//! works on, so that each pass here is one of its stages.

use super::names::Name;
use crate::Location;
use crate::ast::{self, Version};
use sekisho_value::Str;

/// A value, pattern or call, and where it is written.
#[derive(Clone, Debug)]
pub(super) struct Term {
    pub(super) value: Value,
    pub(super) at: Location,
}

/// What a term is.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(Str),
    String(Str),
    Var(Name),
    /// the first is a variable, call, collection or comprehension; bare `input` and `data` are of
    /// length one
    Ref(Vec<Term>),
    /// the operator, a reference, then the operands
    Call(Vec<Term>),
    Array(Vec<Term>),
    Object(Vec<(Term, Term)>),
    Set(Vec<Term>),
    ArrayOf(Box<Term>, Body),
    SetOf(Box<Term>, Body),
    ObjectOf(Box<Term>, Box<Term>, Body),
    Template(Vec<Part>),
}

/// A part of an interpolated string.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// text, or a scalar that is shown as it stands
    Term(Term),
    Expr(Box<Expr>),
}

pub(super) type Body = Vec<Expr>;

/// One expression of a body.
#[derive(Clone, Debug)]
pub(super) struct Expr {
    pub(super) kind: Kind,
    pub(super) negated: bool,
    pub(super) with: Vec<With>,
    pub(super) at: Location,
    /// made by a pass, not written
    pub(super) generated: bool,
    /// `x := y` before it became `x = y`
    pub(super) assigned: bool,
}

/// What an expression says.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    Term(Term),
    /// the operator, a reference, then the operands
    Call(Vec<Term>),
    Some(Vec<Term>),
    SomeIn(Box<SomeIn>),
    Every(Box<Every>),
    Not(Operand),
    And(Operand, Operand),
    Or(Operand, Operand),
}

/// What `and`, `or` and `not` stand at.
#[derive(Clone, Debug)]
pub(super) struct Operand {
    pub(super) body: Body,
    pub(super) explicit: bool,
}

#[derive(Clone, Debug)]
pub(super) struct SomeIn {
    pub(super) key: Option<Term>,
    pub(super) value: Term,
    pub(super) collection: Term,
}

#[derive(Clone, Debug)]
pub(super) struct Every {
    pub(super) key: Option<Term>,
    pub(super) value: Term,
    pub(super) domain: Term,
    pub(super) body: Body,
}

/// A modifier. Expressions that a pass makes from another carry copies of its modifiers, known by
/// the same `id`.
#[derive(Clone, Debug)]
pub(super) struct With {
    pub(super) id: u32,
    pub(super) target: Term,
    pub(super) value: Term,
    pub(super) at: Location,
}

/// A module.
#[derive(Clone, Debug)]
pub(super) struct Module {
    pub(super) source: crate::SourceId,
    pub(super) version: Version,
    pub(super) package: Vec<Str>,
    pub(super) package_at: Location,
    pub(super) imports: Vec<ast::Import>,
    pub(super) rules: Vec<Rule>,
}

/// A rule with its `else` branches, which OPA takes for rules of their own.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) default: bool,
    /// index in the module's tree
    pub(super) index: u32,
    /// the rule, then each `else`
    pub(super) clauses: Vec<Clause>,
}

/// A rule's head and body, or an `else` branch's.
#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) head: Head,
    pub(super) body: Body,
    pub(super) at: Location,
}

/// What a clause defines.
#[derive(Clone, Debug)]
pub(super) struct Head {
    /// `p`
    pub(super) name: Str,
    /// `.q[x]`
    pub(super) path: Vec<Term>,
    pub(super) args: Vec<Term>,
    /// of a set, its member; otherwise the value
    pub(super) member: bool,
    pub(super) value: Term,
    pub(super) at: Location,
}

impl Term {
    pub(super) fn new(value: Value, at: Location) -> Self {
        Self { value, at }
    }

    pub(super) fn var(name: Name, at: Location) -> Self {
        Self::new(Value::Var(name), at)
    }

    pub(super) fn string(text: &Str, at: Location) -> Self {
        Self::new(Value::String(text.clone()), at)
    }

    /// A reference to a name and the strings after it.
    pub(super) fn path<'s>(
        root: Name,
        rest: impl IntoIterator<Item = &'s Str>,
        at: Location,
    ) -> Self {
        let mut path = vec![Self::var(root, at)];
        path.extend(rest.into_iter().map(|part| Self::string(part, at)));
        Self::new(Value::Ref(path), at)
    }

    pub(super) fn as_var(&self) -> Option<Name> {
        match self.value {
            Value::Var(name) => Some(name),
            _ => None,
        }
    }

    /// Bare `input` or `data`.
    pub(super) fn as_root_document(&self) -> Option<Name> {
        match &self.value {
            Value::Ref(path) => match path.as_slice() {
                [head] => head.as_var().filter(|name| name.is_root()),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Value {
    pub(super) fn is_scalar(&self) -> bool {
        matches!(self, Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_))
    }

    pub(super) fn is_comprehension(&self) -> bool {
        matches!(self, Self::ArrayOf(..) | Self::SetOf(..) | Self::ObjectOf(..))
    }

    /// It holds no variable, reference, call or comprehension.
    pub(super) fn is_constant(&self) -> bool {
        match self {
            Self::Null | Self::Bool(_) | Self::Number(_) | Self::String(_) => true,
            Self::Array(items) | Self::Set(items) => items.iter().all(|i| i.value.is_constant()),
            Self::Object(entries) => {
                entries.iter().all(|(k, v)| k.value.is_constant() && v.value.is_constant())
            }
            Self::Var(_)
            | Self::Ref(_)
            | Self::Call(_)
            | Self::ArrayOf(..)
            | Self::SetOf(..)
            | Self::ObjectOf(..)
            | Self::Template(_) => false,
        }
    }

    /// As OPA's messages name the kind of a value.
    pub(super) fn kind_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Number(_) => "number",
            Self::String(_) => "string",
            Self::Var(_) => "var",
            Self::Ref(_) => "ref",
            Self::Call(_) => "call",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
            Self::Set(_) => "set",
            Self::ArrayOf(..) => "arraycomprehension",
            Self::SetOf(..) => "setcomprehension",
            Self::ObjectOf(..) => "objectcomprehension",
            Self::Template(_) => "templatestring",
        }
    }
}

impl Expr {
    pub(super) fn new(kind: Kind, at: Location) -> Self {
        Self { kind, negated: false, with: Vec::new(), at, generated: false, assigned: false }
    }

    /// `left = right`
    pub(super) fn unify(left: Term, right: Term, at: Location) -> Self {
        let operator = Term::path(Name::EQ, [], at);
        Self::new(Kind::Call(vec![operator, left, right]), at)
    }

    /// `true`, the body of a rule without one.
    pub(super) fn always(at: Location) -> Self {
        Self::new(Kind::Term(Term::new(Value::Bool(true), at)), at)
    }

    /// Operator and operands, where it is a call.
    pub(super) fn call(&self) -> Option<(&Term, &[Term])> {
        match &self.kind {
            Kind::Call(terms) => terms.split_first(),
            _ => None,
        }
    }

    /// The operands, where it calls the operator of one word.
    pub(super) fn call_of(&self, name: Name) -> Option<&[Term]> {
        let (operator, operands) = self.call()?;
        operator.is_operator(name).then_some(operands)
    }

    /// Both sides, where it is `=`.
    pub(super) fn unified(&self) -> Option<(&Term, &Term)> {
        match self.call_of(Name::EQ)? {
            [left, right] => Some((left, right)),
            _ => None,
        }
    }

    /// Plainly negated, or the imported `not`.
    pub(super) fn is_negated(&self) -> bool {
        self.negated || matches!(self.kind, Kind::Not(_))
    }
}

impl Term {
    /// It is the operator of one word.
    pub(super) fn is_operator(&self, name: Name) -> bool {
        matches!(&self.value, Value::Ref(path) if matches!(path.as_slice(), [head] if head.as_var() == Some(name)))
    }
}

/// A body is never empty: `true` alone stands for nothing, and gives way to the first expression
/// that is added.
pub(super) fn append(body: &mut Body, added: impl IntoIterator<Item = Expr>) {
    let mut added = added.into_iter().peekable();
    // OPA overlooks a `not` here: `p := input.x if { not true }` is what the input says.
    if added.peek().is_some() && is_true_alone(body) {
        body.clear();
    }
    body.extend(added);
}

/// It is `true` alone.
pub(super) fn is_empty_body(body: &Body) -> bool {
    is_true_alone(body) && body.iter().all(|expr| !expr.negated && expr.with.is_empty())
}

fn is_true_alone(body: &Body) -> bool {
    matches!(body.as_slice(), [only] if matches!(&only.kind, Kind::Term(term) if matches!(term.value, Value::Bool(true))))
}
