//! The tree of a module, as it was written.

mod display;
mod json;
mod order;

pub use json::to_json;

use crate::{Location, SourceId, Span};
use sekisho_value::Str;

/// Which syntax a module is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Version {
    /// Rego before OPA 1.0: `if` and `contains` are optional and, as `in` and `every`, keywords only
    /// where imported
    V0,
    /// Rego of OPA 1.0 and later
    #[default]
    V1,
}

/// One module.
#[derive(Clone, Debug)]
pub struct Module {
    /// its source
    pub source: SourceId,
    /// which syntax holds after its imports (`import rego.v1` makes a v0 module v1)
    pub version: Version,
    /// the path below `data`: `package a.b["c"]` is `a`, `b`, `c`
    pub package: Package,
    /// in source order, those of `future` and `rego` included
    pub imports: Vec<Import>,
    /// in source order; a chained body (`p { … } { … }`) is a rule of its own
    pub rules: Vec<Rule>,
    /// the `METADATA` comments, in source order
    pub annotations: Vec<Annotations>,
}

/// `package a.b`
#[derive(Clone, Debug)]
pub struct Package {
    /// without `data`
    pub path: Vec<Str>,
    /// the whole statement
    pub span: Span,
}

/// `import data.a.b as c`
#[derive(Clone, Debug)]
pub struct Import {
    /// `data`, `a`, `b`
    pub path: Vec<Str>,
    /// `c`
    pub alias: Option<Str>,
    /// the whole statement
    pub span: Span,
}

/// A `METADATA` comment block.
#[derive(Clone, Debug)]
pub struct Annotations {
    /// the YAML of the block, `# ` removed, read; an object
    pub value: sekisho_value::Value,
    /// what it stands above: `rule`, `document`, `package`, `subpackages`
    pub scope: Str,
    /// index into [`Module::rules`] of the rule that follows; none for the package's
    pub rule: Option<usize>,
    /// the comment block
    pub span: Span,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// `default` stands before it
    pub default: bool,
    /// what it defines
    pub head: Head,
    /// none where it was written without (`pi := 3.14`, `default allow := false`)
    pub body: Option<Body>,
    /// `else` branches, in order
    pub elses: Vec<Else>,
    /// it is a further body of the rule before it (`p { … } { … }`)
    pub chained: bool,
    /// the whole rule
    pub span: Span,
}

/// `else := value if { … }`
#[derive(Clone, Debug)]
pub struct Else {
    /// `true` where it was not written
    pub value: Option<Expr>,
    /// written with `:=`, not `=`
    pub assign: bool,
    /// written with `if`
    pub has_if: bool,
    /// none where it was written without
    pub body: Option<Body>,
    /// the whole branch
    pub span: Span,
}

/// What a rule defines.
#[derive(Clone, Debug)]
pub struct Head {
    /// `p`, `p.q[x].r`: a variable, or a reference whose head is a variable. In v0 the key of
    /// `p[x]` without a value, which makes a set, is in [`Self::key`] and not here.
    pub reference: Expr,
    /// the parameters, where it is a function
    pub args: Option<Vec<Expr>>,
    /// `contains KEY`, or v0's `p[KEY]`: it defines a set
    pub key: Option<Expr>,
    /// none where it was not written: `true` (and not for a set)
    pub value: Option<Expr>,
    /// written with `:=`, not `=`
    pub assign: bool,
    /// written with `if`
    pub has_if: bool,
    /// written with `contains`
    pub has_contains: bool,
    /// the whole head
    pub span: Span,
}

/// Statements, all of which must hold.
pub type Body = Vec<Statement>;

/// One statement of a body, with its modifiers.
#[derive(Clone, Debug)]
pub struct Statement {
    /// `not` stands before it
    pub negated: bool,
    /// what it says
    pub kind: StatementKind,
    /// `with TARGET as VALUE`
    pub with: Vec<With>,
    /// the whole statement
    pub span: Span,
}

/// What a statement says.
#[derive(Clone, Debug)]
pub enum StatementKind {
    /// an expression that must be defined and not `false`; `x := 1`, `x = 1` and `x == 1` are
    /// calls of the operators `assign`, `eq` and `equal`
    Expr(Expr),
    /// `some x, y`
    Some(Vec<Expr>),
    /// `some x in xs`, `some k, v in xs`
    SomeIn {
        /// `k`
        key: Option<Expr>,
        /// `x`, `v`
        value: Expr,
        /// `xs`
        collection: Expr,
    },
    /// `every k, v in xs { … }`
    Every {
        /// `k`
        key: Option<Expr>,
        /// `v`
        value: Expr,
        /// `xs`
        domain: Expr,
        /// the body
        body: Body,
    },
    /// `not …` where `future.keywords.not` is imported: there is no way to make the body hold.
    /// [`Statement::negated`] is false, and [`Statement::with`] holds for the whole
    Not(Operand),
    /// `a and b`, `a or b` where the operator is imported (`future.keywords.and`, `….or`)
    Logical {
        /// which of the two
        operator: LogicalOperator,
        /// what stands before it
        left: Operand,
        /// what stands after it
        right: Operand,
    },
}

/// What `and`, `or` and the imported `not` stand at.
#[derive(Clone, Debug)]
pub struct Operand {
    /// one statement, or those between braces
    pub body: Body,
    /// written between braces
    pub explicit: bool,
}

/// Which logical operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LogicalOperator {
    /// both hold
    And,
    /// one holds
    Or,
}

/// `with TARGET as VALUE`
#[derive(Clone, Debug)]
pub struct With {
    /// `input.a`, `data.b`, `http.send`, `f`
    pub target: Expr,
    /// what stands in its place
    pub value: Expr,
    /// the whole modifier
    pub span: Span,
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// what it is
    pub kind: ExprKind,
    /// where it is written
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// the literal as written: a number of the JSON grammar
    Number(Str),
    /// the text that the literal stands for, escapes resolved
    String(Str),
    /// a name; `_` is the wildcard
    Var(Str),
    /// `head.a["b"][x]`: `head` is a variable, a call, a collection or a comprehension; `.a` is
    /// the string `a`
    Ref {
        /// what is looked into
        head: Box<Expr>,
        /// at least one
        path: Vec<Expr>,
    },
    /// `f(x)`, `a.b(x)`, and operators by their function's name (`x + y` is `plus(x, y)`, `-x` is
    /// `minus(0, x)` only where OPA has it so, `x in xs` is `internal.member_2(x, xs)`)
    Call {
        /// a variable, or a reference of constant strings
        operator: Box<Expr>,
        /// the operands
        args: Vec<Expr>,
        /// written as an operator between or before its operands
        infix: bool,
    },
    /// `[…]`
    Array(Vec<Expr>),
    /// `{k: v, …}`, in source order
    Object(Vec<(Expr, Expr)>),
    /// `{…}`, `set()`, in source order
    Set(Vec<Expr>),
    /// `[term | body]`
    ArrayComprehension(Box<Expr>, Body),
    /// `{term | body}`
    SetComprehension(Box<Expr>, Body),
    /// `{key: value | body}`
    ObjectComprehension(Box<Expr>, Box<Expr>, Body),
    /// `$"text {expression}"`
    Template(Vec<TemplatePart>),
}

/// A part of an interpolated string.
#[derive(Clone, Debug)]
pub enum TemplatePart {
    /// literal text, escapes resolved
    Text(Str),
    /// `{expression}`: never `some`, `every`, `:=`, `=` or plainly negated
    Expr(Box<Statement>),
}

impl Expr {
    /// Its place.
    #[must_use]
    pub fn location(&self, source: SourceId) -> Location {
        Location { source, span: self.span }
    }

    /// The name, where it is a variable.
    #[must_use]
    pub fn as_var(&self) -> Option<&Str> {
        match &self.kind {
            ExprKind::Var(name) => Some(name),
            _ => None,
        }
    }

    /// The text, where it is a string.
    #[must_use]
    pub fn as_string(&self) -> Option<&Str> {
        match &self.kind {
            ExprKind::String(text) => Some(text),
            _ => None,
        }
    }
}
