//! The tree of an expression, macros expanded.

use crate::Span;
use smol_str::SmolStr;

/// A name: inline up to 23 bytes.
pub type Name = SmolStr;

/// The number of a node: what the checker finds out about it stands under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ExprId(pub u32);

/// A node of the tree.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    /// its number
    pub id: ExprId,
    /// where it is reported: the operator of a call, the bracket of a list
    pub span: Span,
    /// how many levels of nodes it has; 1 where it has none below it
    pub depth: u16,
    /// what it is
    pub kind: ExprKind,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// a constant
    Literal(Literal),
    /// a name; with a leading dot where it is of no container
    Ident(Name),
    /// `operand.field`
    Select {
        /// of what
        operand: Box<Expr>,
        /// the field
        field: Name,
        /// `has(operand.field)`: whether the field is there
        test: bool,
    },
    /// a function, operator or method
    Call {
        /// of what it is a method
        target: Option<Box<Expr>>,
        /// its name; operators are named as cel-go names them (`_+_`)
        function: Name,
        /// its arguments
        args: Vec<Expr>,
    },
    /// `[a, ?b]`
    List(Vec<Element>),
    /// `{k: v, ?k: v}`
    Map(Vec<Entry>),
    /// `a.b{f: v, ?f: v}`
    Struct {
        /// the type's name, as written
        name: Name,
        /// its fields
        fields: Vec<Field>,
    },
    /// a loop that a macro stands for
    Comprehension(Box<Comprehension>),
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// `1`, `0x1`
    Int(i64),
    /// `1u`
    Uint(u64),
    /// `1.0`
    Double(f64),
    /// `'a'`
    String(Name),
    /// `b'a'`
    Bytes(Vec<u8>),
}

/// An item of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Element {
    /// its value
    pub value: Expr,
    /// `?`: left out where the value is an optional without value
    pub optional: bool,
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// its key
    pub key: Expr,
    /// its value
    pub value: Expr,
    /// `?`: left out where the value is an optional without value
    pub optional: bool,
}

/// A field of a message.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// its name
    pub name: Name,
    /// where it is reported
    pub span: Span,
    /// its value
    pub value: Expr,
    /// `?`: left out where the value is an optional without value
    pub optional: bool,
}

/// A fold over a list or map, as the specification defines it.
#[derive(Clone, Debug, PartialEq)]
pub struct Comprehension {
    /// what is gone through
    pub range: Expr,
    /// the item of a list, the key of a map; with two variables a list's index
    pub variable: Name,
    /// with two variables, the item or value
    pub variable2: Option<Name>,
    /// the name of what is accumulated
    pub accumulator: Name,
    /// what is accumulated first; evaluated when it is first read
    pub init: Expr,
    /// whether to go on
    pub condition: Expr,
    /// what is accumulated next
    pub step: Expr,
    /// what comes of it
    pub result: Expr,
    /// which macro it stands for, as far as evaluation has a shorter way
    pub form: Form,
}

/// The macro that a comprehension stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// none that has a shorter way
    Fold,
    /// `all`: the step is `accumulator && predicate`
    All,
    /// `exists`: the step is `accumulator || predicate`
    Exists,
    /// `exists_one`: the step is `predicate ? accumulator + 1 : accumulator`
    ExistsOne,
    /// `map`, `filter`, `transformList`: the step is `accumulator + [item]`, or
    /// `filter ? accumulator + [item] : accumulator`
    Collect,
    /// `transformMap`: the step is `cel.@mapInsert(accumulator, …)`, or with a filter as above
    Insert,
    /// `cel.bind`: no loop, the accumulator is the variable of the result
    Bind,
    /// what `optMap` and `optFlatMap` are applied to: bound, and costing twice where it has a value
    OptionalTarget,
}

impl Expr {
    /// The name that a chain of fields spells (`a.b.c`), where it is one.
    #[must_use]
    pub fn qualified_name(&self) -> Option<String> {
        let mut fields = Vec::new();
        let mut at = self;
        loop {
            match &at.kind {
                ExprKind::Select { operand, field, test: false } => {
                    fields.push(field.as_str());
                    at = operand;
                }
                ExprKind::Ident(name) => {
                    fields.push(name.as_str());
                    fields.reverse();
                    return Some(fields.join("."));
                }
                _ => return None,
            }
        }
    }

    /// Calls back with each node right below this one.
    pub fn for_each_child<'e>(&'e self, each: &mut dyn FnMut(&'e Self)) {
        match &self.kind {
            ExprKind::Literal(_) | ExprKind::Ident(_) => {}
            ExprKind::Select { operand, .. } => each(operand),
            ExprKind::Call { target, args, .. } => {
                if let Some(target) = target {
                    each(target);
                }
                args.iter().for_each(each);
            }
            ExprKind::List(items) => items.iter().for_each(|item| each(&item.value)),
            ExprKind::Map(entries) => entries.iter().for_each(|entry| {
                each(&entry.key);
                each(&entry.value);
            }),
            ExprKind::Struct { fields, .. } => fields.iter().for_each(|field| each(&field.value)),
            ExprKind::Comprehension(fold) => {
                [&fold.range, &fold.init, &fold.condition, &fold.step, &fold.result]
                    .into_iter()
                    .for_each(each);
            }
        }
    }

    /// The name, where it is one.
    #[must_use]
    pub fn as_ident(&self) -> Option<&Name> {
        match &self.kind {
            ExprKind::Ident(name) => Some(name),
            _ => None,
        }
    }

    /// The text, where it is a constant string.
    #[must_use]
    pub fn as_string(&self) -> Option<&Name> {
        match &self.kind {
            ExprKind::Literal(Literal::String(text)) => Some(text),
            _ => None,
        }
    }
}

impl ExprKind {
    /// How many levels of nodes a node of this kind has.
    pub(crate) fn depth(&self) -> u16 {
        let deepest = match self {
            Self::Literal(_) | Self::Ident(_) => 0,
            Self::Select { operand, .. } => operand.depth,
            Self::Call { target, args, .. } => {
                let target = target.as_ref().map_or(0, |target| target.depth);
                args.iter().map(|arg| arg.depth).max().unwrap_or(0).max(target)
            }
            Self::List(items) => items.iter().map(|item| item.value.depth).max().unwrap_or(0),
            Self::Map(entries) => entries
                .iter()
                .map(|entry| entry.key.depth.max(entry.value.depth))
                .max()
                .unwrap_or(0),
            Self::Struct { fields, .. } => {
                fields.iter().map(|field| field.value.depth).max().unwrap_or(0)
            }
            Self::Comprehension(fold) => {
                [&fold.range, &fold.init, &fold.condition, &fold.step, &fold.result]
                    .into_iter()
                    .map(|part| part.depth)
                    .max()
                    .unwrap_or(0)
            }
        };
        deepest.saturating_add(1)
    }
}

/// The names of operators, as cel-go spells them in trees and messages.
pub mod operator {
    /// `c ? a : b`
    pub const CONDITIONAL: &str = "_?_:_";
    /// `a && b`
    pub const AND: &str = "_&&_";
    /// `a || b`
    pub const OR: &str = "_||_";
    /// `!a`
    pub const NOT: &str = "!_";
    /// `-a`
    pub const NEGATE: &str = "-_";
    /// `a == b`
    pub const EQUALS: &str = "_==_";
    /// `a != b`
    pub const NOT_EQUALS: &str = "_!=_";
    /// `a < b`
    pub const LESS: &str = "_<_";
    /// `a <= b`
    pub const LESS_EQUALS: &str = "_<=_";
    /// `a > b`
    pub const GREATER: &str = "_>_";
    /// `a >= b`
    pub const GREATER_EQUALS: &str = "_>=_";
    /// `a in b`
    pub const IN: &str = "@in";
    /// `a + b`
    pub const ADD: &str = "_+_";
    /// `a - b`
    pub const SUBTRACT: &str = "_-_";
    /// `a * b`
    pub const MULTIPLY: &str = "_*_";
    /// `a / b`
    pub const DIVIDE: &str = "_/_";
    /// `a % b`
    pub const MODULO: &str = "_%_";
    /// `a[b]`
    pub const INDEX: &str = "_[_]";
    /// `a[?b]`
    pub const OPT_INDEX: &str = "_[?_]";
    /// `a.?b`
    pub const OPT_SELECT: &str = "_?._";
    /// whether a condition is true or an error
    pub const NOT_STRICTLY_FALSE: &str = "@not_strictly_false";
}
