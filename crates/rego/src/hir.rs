//! What a set of modules means: names resolved, expressions flattened, statements in an order in
//! which every variable is bound before it is used.
//!
//! Written by [`crate::analyze`], read by the planner. All that OPA's compiler rewrites has
//! been rewritten: calls stand only as statements of their own ([`ExprKind::Call`]), heads hold no
//! calls, references or comprehensions, `some`, `:=`, `==`, `in`, wildcards, imports and
//! interpolated strings are gone, and what OPA hoists out of `not` and out of operands is hoisted
//! in the same place.

use crate::builtins::{Builtin, Release};
use crate::{Location, Source};
use sekisho_value::Str;
use std::sync::Arc;

/// The meaning of a set of modules.
#[derive(Clone, Debug, Default)]
pub struct Hir {
    /// every rule of every module, in an order in which a rule stands after all that it depends
    /// on
    pub rules: Vec<Arc<Rule>>,
    /// by [`crate::SourceId`]
    pub sources: Vec<Source>,
    /// packages without rules included: the paths of all packages, below `data`
    pub packages: Vec<Vec<Str>>,
    /// whose words evaluations have
    pub release: Release,
    /// what the analysis of queries needs to know of the rules
    pub environment: Arc<crate::analyze::Environment>,
}

/// A variable of a rule: its index into [`Rule::variables`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Var(pub u32);

/// One rule. Several may share a path; together they define the document there.
#[derive(Clone, Debug)]
pub struct Rule {
    /// the constant part of the path below `data`, package first: `["test", "p"]` for
    /// `p[x].y` in package `test`
    pub path: Vec<Str>,
    /// what follows the constant part: `[Var(x), Const("y")]`; a partial object has one
    pub rest: Vec<Operand>,
    /// what it defines at its path
    pub kind: RuleKind,
    /// the parameters of a function (patterns; variables in them are bound by the call)
    pub params: Vec<Operand>,
    /// the rule, then its `else` branches; of a `default` one clause with a constant value (for
    /// a function: with an empty body, its parameters fresh variables)
    pub clauses: Vec<Clause>,
    /// `default` stands before it
    pub default: bool,
    /// names of the variables of all its clauses, generated ones as OPA shows them
    pub variables: Vec<Str>,
    /// the head's place
    pub location: Location,
    /// index among [`crate::ast::Module::rules`] of its source, and the source
    pub written: (crate::SourceId, u32),
}

/// What a rule defines at its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleKind {
    /// one value (at each path that `rest` gives)
    Single,
    /// a member of a set (`contains`)
    Member,
    /// a function's value
    Function,
}

/// A rule's body and value, or an `else` branch's.
#[derive(Clone, Debug)]
pub struct Clause {
    /// what must hold
    pub body: Body,
    /// the value (of [`RuleKind::Member`]: the member)
    pub value: Operand,
    /// its place
    pub location: Location,
}

/// A query: a body, and the variables whose values are its results.
#[derive(Clone, Debug)]
pub struct Query {
    /// what must hold
    pub body: Body,
    /// the variables that a result shows, in the order of their first mention
    pub results: Vec<Var>,
    /// names of the variables of the body
    pub variables: Vec<Str>,
    /// its place
    pub location: Location,
}

/// Expressions in the order of their evaluation.
pub type Body = Vec<Expr>;

/// One expression of a body.
#[derive(Clone, Debug)]
pub struct Expr {
    /// what must hold
    pub kind: ExprKind,
    /// modifiers that hold while it is evaluated
    pub with: Vec<With>,
    /// its place
    pub location: Location,
}

/// What must hold.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// both sides unify; what is not yet bound on either is bound
    Unify(Operand, Operand),
    /// it is defined and not `false`
    Test(Operand),
    /// the function is defined for the arguments; its value unifies with `out`, or where there is
    /// none is not `false`
    Call {
        /// what is called
        callee: Callee,
        /// the arguments
        args: Vec<Operand>,
        /// where the value goes
        out: Option<Operand>,
    },
    /// there is no way to make the body hold; binds nothing
    Not(Body),
    /// the body holds for every key and value of the domain; false where it is no collection
    Every {
        /// bound to the key or index (the element, of a set)
        key: Option<Operand>,
        /// bound to the value
        value: Operand,
        /// what is gone through
        domain: Operand,
        /// what must hold
        body: Body,
    },
    /// `print`: each argument is shown as `<undefined>` where it has no value; never fails
    Print(Vec<Operand>),
}

/// What is called.
#[derive(Clone, Debug)]
pub enum Callee {
    /// a built-in
    Builtin(&'static Builtin),
    /// the function at that path below `data`
    Function(Arc<[Str]>),
}

/// A modifier.
#[derive(Clone, Debug)]
pub struct With {
    /// what is replaced
    pub target: WithTarget,
    /// its place
    pub location: Location,
}

/// What a modifier replaces, and by what.
#[derive(Clone, Debug)]
pub enum WithTarget {
    /// `input`, or what lies below it
    Input(Vec<Str>, Operand),
    /// `data`, or what lies below it: base document or rules
    Data(Vec<Str>, Operand),
    /// a path of which a part is no text: an error where it is evaluated
    Nowhere(Operand),
    /// a function or built-in, by another
    Call(Callee, Callee),
    /// a function or built-in, by a value, whatever the arguments
    Value(Callee, Operand),
}

/// A value, or a pattern where it holds variables that are not yet bound.
#[derive(Clone, Debug)]
pub enum Operand {
    /// a constant
    Const(Constant),
    /// a variable
    Var(Var),
    /// a reference
    Ref(Box<Ref>),
    /// `[…]` with something in it that is not constant
    Array(Vec<Operand>),
    /// `{…}` with something in it that is not constant
    Set(Vec<Operand>),
    /// `{k: v}` with something in it that is not constant
    Object(Vec<(Operand, Operand)>),
    /// a comprehension
    Comprehension(Box<Comprehension>),
}

/// `root.a[x]`
#[derive(Clone, Debug)]
pub struct Ref {
    /// where it starts
    pub root: Root,
    /// constants, variables and patterns of them (`set[[x, "a"]]`)
    pub path: Vec<Operand>,
    /// its place
    pub location: Location,
}

/// Where a reference starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Root {
    /// `input`
    Input,
    /// `data`
    Data,
    /// a variable, bound before
    Var(Var),
}

/// A comprehension.
#[derive(Clone, Debug)]
pub struct Comprehension {
    /// what it collects
    pub kind: ComprehensionKind,
    /// for every way to make this hold
    pub body: Body,
    /// its place; of an object that of its key
    pub location: Location,
}

/// What a comprehension collects.
#[derive(Clone, Debug)]
pub enum ComprehensionKind {
    /// a list of this
    Array(Operand),
    /// a set of this
    Set(Operand),
    /// an object of key and value
    Object(Operand, Operand),
}

/// A constant of any type, objects and sets sorted as [`crate::term`] compares.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Constant {
    /// `null`
    Null,
    /// a boolean
    Bool(bool),
    /// a number, as its literal
    Number(Str),
    /// a string
    String(Str),
    /// a list
    Array(Vec<Constant>),
    /// an object: in source order, not yet sorted
    Object(Vec<(Constant, Constant)>),
    /// a set: in source order, not yet sorted
    Set(Vec<Constant>),
}
