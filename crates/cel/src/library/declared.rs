use crate::ast::Name;
use crate::cost::{CallEstimate, EstimatedCall};
use crate::macros::Macro;
use crate::term::Term;
use crate::types::Type;
use crate::{EvalError, Evaluation};
use std::fmt;
use std::sync::Arc;

/// The name of a function: simple, or of a namespace (`math.abs`).
pub type FunctionName = Name;

/// The code of an overload.
pub type Function = for<'a> fn(Evaluation<'a>, &[Term<'a>]) -> Result<Term<'a>, EvalError>;

/// The code of an overload that holds something: whom to ask, a table.
pub type Closure =
    Arc<dyn for<'a> Fn(Evaluation<'a>, &[Term<'a>]) -> Result<Term<'a>, EvalError> + Send + Sync>;

/// The code of an overload.
#[derive(Clone)]
pub enum Implementation {
    /// a function
    Function(Function),
    /// a closure
    Closure(Closure),
    /// none: the evaluator knows it
    Evaluator,
}

impl fmt::Debug for Implementation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Function(_) => "Function",
            Self::Closure(_) => "Closure",
            Self::Evaluator => "Evaluator",
        })
    }
}

/// What a call has cost, by its arguments and result; `None` for what the language's own rules
/// give.
pub type CallCost = fn(&[Term<'_>], &Result<Term<'_>, EvalError>) -> Option<u64>;

/// What a call may cost, before it is made; `None` for what the language's own rules give.
pub type CallEstimator = fn(&EstimatedCall<'_>) -> Option<CallEstimate>;

/// One way to call a function: its types and its code.
#[derive(Clone, Debug)]
pub struct Overload {
    /// its name, as cel-go calls it: costs go by it
    pub id: &'static str,
    /// `name(T, …) -> T`, or the method `T::name(T, …) -> T`
    pub signature: &'static str,
    /// its code
    pub implementation: Implementation,
    /// what a call costs
    pub cost: Option<CallCost>,
    /// what a call may cost
    pub estimate: Option<CallEstimator>,
    /// the argument that is a regular expression: compiled once where it is constant
    pub pattern: Option<usize>,
    /// whether a call with constant arguments may be made once, when the expression is compiled
    pub constant: bool,
}

impl Overload {
    /// An overload with its code.
    #[must_use]
    pub const fn new(id: &'static str, signature: &'static str, function: Function) -> Self {
        Self {
            id,
            signature,
            implementation: Implementation::Function(function),
            cost: None,
            estimate: None,
            pattern: None,
            constant: false,
        }
    }

    /// An overload whose code holds something.
    #[must_use]
    pub fn closure(id: &'static str, signature: &'static str, closure: Closure) -> Self {
        Self {
            id,
            signature,
            implementation: Implementation::Closure(closure),
            cost: None,
            estimate: None,
            pattern: None,
            constant: false,
        }
    }

    /// An overload that the evaluator knows.
    #[must_use]
    pub(crate) const fn evaluator(id: &'static str, signature: &'static str) -> Self {
        Self {
            id,
            signature,
            implementation: Implementation::Evaluator,
            cost: None,
            estimate: None,
            pattern: None,
            constant: false,
        }
    }

    /// This overload with what a call costs.
    #[must_use]
    pub const fn cost(mut self, cost: CallCost) -> Self {
        self.cost = Some(cost);
        self
    }

    /// This overload with what a call may cost.
    #[must_use]
    pub const fn estimate(mut self, estimate: CallEstimator) -> Self {
        self.estimate = Some(estimate);
        self
    }

    /// This overload with a regular expression as its argument at a position.
    #[must_use]
    pub const fn pattern(mut self, argument: usize) -> Self {
        self.pattern = Some(argument);
        self
    }

    /// This overload, called once where its arguments are constant: its value is its arguments'
    /// alone, and is made to be kept (an extension's value, not a text).
    #[must_use]
    pub const fn constant(mut self) -> Self {
        self.constant = true;
        self
    }
}

/// The types with fields that an environment knows.
pub trait StructTypes: fmt::Debug + Send + Sync {
    /// The type that a name stands for, as the type of its values.
    fn find(&self, name: &str) -> Option<Type>;

    /// Whether the names of these types stand for them as values: `type(x) == net.IP`.
    fn are_names(&self) -> bool {
        true
    }

    /// The type of a field; `None` where there is none of that name.
    fn field(&self, type_name: &str, field: &str) -> Option<Type>;

    /// The names of a type's fields, for advice.
    fn fields(&self, type_name: &str) -> Vec<String> {
        let _ = type_name;
        Vec::new()
    }

    /// The value of `type_name{field: value, …}`.
    ///
    /// # Errors
    /// Where the values make none.
    fn construct<'a>(
        &self,
        evaluation: Evaluation<'a>,
        type_name: &'a str,
        fields: &[(&'a str, Term<'a>)],
    ) -> Result<Term<'a>, EvalError>;
}

/// Macros, functions and types that an environment is made of.
#[derive(Clone, Debug)]
pub struct Library {
    /// its name
    pub name: &'static str,
    /// its version: each adds to the one before
    pub version: u32,
    /// its macros
    pub macros: Vec<Macro>,
    /// its functions
    pub overloads: Vec<Overload>,
    /// the types that stand under a name: `net.IP`
    pub types: Vec<(&'static str, Type)>,
    /// its constants: `google.protobuf.NullValue.NULL_VALUE`
    pub constants: Vec<(&'static str, i64)>,
    /// its types with fields
    pub structs: Vec<Arc<dyn StructTypes>>,
    /// whether it brings the syntax of optional values
    pub optional_syntax: bool,
}

impl Library {
    /// An empty library.
    #[must_use]
    pub fn new(name: &'static str, version: u32) -> Self {
        Self {
            name,
            version,
            macros: Vec::new(),
            overloads: Vec::new(),
            types: Vec::new(),
            constants: Vec::new(),
            structs: Vec::new(),
            optional_syntax: false,
        }
    }

    /// Adds functions.
    #[must_use]
    pub fn with(mut self, overloads: &[Overload]) -> Self {
        self.overloads.extend_from_slice(overloads);
        self
    }

    /// Adds functions that came with a version.
    #[must_use]
    pub fn since(self, version: u32, overloads: &[Overload]) -> Self {
        if self.version >= version { self.with(overloads) } else { self }
    }

    /// Adds macros.
    #[must_use]
    pub fn with_macros(mut self, macros: &[Macro]) -> Self {
        self.macros.extend_from_slice(macros);
        self
    }

    /// Adds a type that stands under a name.
    #[must_use]
    pub fn with_type(mut self, name: &'static str, of: Type) -> Self {
        self.types.push((name, of));
        self
    }

    /// Adds types with fields.
    #[must_use]
    pub fn with_structs(mut self, structs: Arc<dyn StructTypes>) -> Self {
        self.structs.push(structs);
        self
    }
}
