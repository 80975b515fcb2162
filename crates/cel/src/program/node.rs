use crate::ast::Name;
use crate::cost::Rule;
use crate::environment::Declared;
use crate::library::StructTypes;
use crate::term::Opaque;
use sekisho_value::Value;
use std::sync::Arc;

/// What is evaluated.
#[derive(Debug)]
pub(super) enum Node {
    /// a constant
    Constant(Constant),
    /// a constant that costs something, as if it were made each time
    Charged(Constant, u64),
    /// what has no value
    Fail(Box<str>),
    /// a variable of the environment
    Variable { slot: usize, name: Name, cost: u64 },
    /// a variable of a macro
    Local { slot: usize, cost: u64 },
    /// a variable whose value is evaluated when it is first read
    Lazy { slot: usize, init: Arc<Node>, cost: u64 },
    /// fields of a variable, one below the other
    Path(Box<Path>),
    /// a field
    Select(Box<Select>),
    /// `has(operand.field)`
    Has(Box<Select>),
    /// `operand.?field`
    OptSelect(Box<Select>),
    /// `operand[index]`
    Index(Box<Index>),
    /// `a && b`
    And(Box<[Node; 2]>),
    /// `a || b`
    Or(Box<[Node; 2]>),
    /// `c ? a : b`
    Conditional(Box<[Node; 3]>),
    /// `!a`
    Not(Box<Node>),
    /// `-a`
    Negate(Box<Node>),
    /// `a == b`, or `a != b`
    Equal(Box<[Node; 2]>, bool),
    /// an operator of two values
    Binary(Box<Binary>),
    /// a function
    Call(Box<Call>),
    /// `a.or(b)`
    OptionalOr(Box<[Node; 2]>),
    /// `a.orValue(b)`
    OptionalOrValue(Box<[Node; 2]>),
    /// `[a, ?b]`
    List(Box<[(Node, bool)]>, u64),
    /// `{k: v, ?k: v}`
    Map(Box<[(Node, Node, bool)]>, u64, bool),
    /// `a.b{f: v}`
    Struct(Box<Struct>),
    /// a variable and what is evaluated with it
    Bind { slot: usize, result: Box<Node>, cost: u64 },
    /// what `optMap` is applied to, and what is made of it
    OptionalTarget { slot: usize, target: Box<Node>, result: Box<Node>, cost: u64 },
    /// a loop
    Fold(Box<Fold>),
}

/// A constant.
#[derive(Clone, Debug)]
pub(super) enum Constant {
    Null,
    Bool(bool),
    Int(i64),
    Uint(u64),
    Double(f64),
    String(Name),
    Bytes(Vec<u8>),
    Type(Name),
    Timestamp(crate::term::Timestamp),
    Duration(crate::term::Duration),
    Json(Value),
    Opaque(Arc<dyn Opaque>),
}

#[derive(Debug)]
pub(super) struct Path {
    pub(super) slot: usize,
    /// the variable's name; none of a macro's variable
    pub(super) name: Option<Name>,
    /// what reading the variable costs
    pub(super) cost: u64,
    pub(super) fields: Vec<Name>,
}

#[derive(Debug)]
pub(super) struct Select {
    pub(super) operand: Node,
    pub(super) field: Name,
    pub(super) cost: u64,
}

#[derive(Debug)]
pub(super) struct Index {
    pub(super) operand: Node,
    pub(super) index: Node,
    pub(super) optional: bool,
    pub(super) cost: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Less,
    LessEquals,
    Greater,
    GreaterEquals,
    In,
}

#[derive(Debug)]
pub(super) struct Binary {
    pub(super) operator: Operator,
    pub(super) operands: [Node; 2],
    pub(super) rule: Rule,
}

#[derive(Debug)]
pub(super) struct Call {
    pub(super) function: Name,
    pub(super) overloads: Box<[Arc<Declared>]>,
    pub(super) args: Box<[Node]>,
    pub(super) rule: Rule,
}

#[derive(Debug)]
pub(super) struct Struct {
    pub(super) types: Arc<dyn StructTypes>,
    pub(super) name: Name,
    pub(super) fields: Box<[(Name, Node, bool)]>,
}

#[derive(Debug)]
pub(super) struct Fold {
    pub(super) range: Node,
    /// the slot of the item, or of the index or key where there are two
    pub(super) first: usize,
    /// the slot of the item or value, where there are two
    pub(super) second: Option<usize>,
    pub(super) kind: FoldKind,
}

#[derive(Debug)]
pub(super) enum FoldKind {
    All(Node),
    Exists(Node),
    ExistsOne(Node),
    /// with a filter, and what starting costs
    Collect {
        filter: Option<Node>,
        item: Node,
        start: u64,
    },
    Insert {
        filter: Option<Node>,
        inserted: Inserted,
        start: u64,
    },
    General {
        accumulator: usize,
        init: Node,
        condition: Node,
        step: Node,
        result: Node,
    },
}

#[derive(Debug)]
pub(super) enum Inserted {
    Entry(Node, Node),
    Entries(Node),
}
