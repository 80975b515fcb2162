use crate::Diagnostic;
use crate::ast::{Expr, Name, operator};
use crate::check::{self, Checked};
use crate::cost::{CallCosts, CostEstimate, Sizes, estimate};
use crate::library::{Implementation, Library, Overload, StructTypes};
use crate::macros::Macros;
use crate::program::Program;
use crate::syntax::{self, Syntax};
use crate::types::{SignatureError, Type, read_signature};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

/// What expressions may use: variables, functions, macros, types.
///
/// It is built once, and shared by all that is compiled in it.
#[derive(Clone, Debug)]
pub struct Environment {
    inner: Arc<Inner>,
}

#[derive(Debug)]
pub(crate) struct Inner {
    /// what environments that differ in their variables share
    pub(crate) libraries: Arc<Libraries>,
    pub(crate) variables: BTreeMap<Name, Type>,
    pub(crate) structs: Vec<Arc<dyn StructTypes>>,
}

/// All that libraries bring but types with fields, and how expressions are read and compiled.
#[derive(Debug)]
pub(crate) struct Libraries {
    pub(crate) container: Name,
    pub(crate) syntax: Syntax,
    pub(crate) macros: Macros,
    pub(crate) functions: HashMap<Name, Vec<Arc<Declared>>>,
    pub(crate) types: HashMap<Name, Type>,
    pub(crate) constants: HashMap<Name, i64>,
    pub(crate) options: Options,
    pub(crate) call_costs: Option<Arc<dyn CallCosts>>,
}

/// How an environment checks and compiles.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// items of a list literal, keys of a map and values of a map must be of one type each, but for
    /// what is formatted
    pub homogeneous_literals: bool,
    /// what is formatted must fit a constant format
    pub checked_formats: bool,
    /// `1 < 2.0`
    pub cross_type_comparison: bool,
    /// constant lists, maps and conversions are made once and cost nothing, as cel-go's optimizer
    /// has it
    pub fold_constants: bool,
    /// of two values of one key of a constant map the last is kept, and a key of any type goes, as
    /// cel-go's optimizer has it; else they are errors of each evaluation, as the language has it
    pub lenient_constant_maps: bool,
    /// `has(…)` costs what reading a field costs, and not nothing
    pub presence_tests_cost: bool,
    /// `has(1.a)` and `1.?a` are errors, not false and empty
    pub bad_presence_is_error: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            homogeneous_literals: false,
            checked_formats: false,
            cross_type_comparison: true,
            fold_constants: true,
            lenient_constant_maps: false,
            presence_tests_cost: true,
            bad_presence_is_error: false,
        }
    }
}

/// An overload as declared, its signature read.
#[derive(Debug)]
pub(crate) struct Declared {
    pub(crate) name: Name,
    pub(crate) member: bool,
    pub(crate) params: Vec<Type>,
    pub(crate) result: Type,
    /// the parameters of the types
    pub(crate) type_params: Vec<Name>,
    pub(crate) overload: Overload,
}

/// Builds an [`Environment`].
#[derive(Clone, Debug, Default)]
pub struct EnvironmentBuilder {
    container: Name,
    quoted_fields: bool,
    libraries: Vec<Library>,
    variables: Vec<(Name, Type)>,
    options: Options,
    call_costs: Option<Arc<dyn CallCosts>>,
}

/// An environment cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvironmentError {
    /// a signature cannot be read
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// an overload stands twice with different types
    #[error("overload `{0}` is declared twice")]
    Overload(&'static str),
}

impl EnvironmentBuilder {
    /// The namespace of names: `a.b` finds `a.b.x`, `a.x` and `x` by the name `x`.
    #[must_use]
    pub fn container(mut self, container: &str) -> Self {
        self.container = Name::new(container);
        self
    }

    /// Reads quoted field names: `` a.`b/c` ``.
    #[must_use]
    pub fn quoted_fields(mut self) -> Self {
        self.quoted_fields = true;
        self
    }

    /// Adds a library, in place of one of the same name.
    #[must_use]
    pub fn library(mut self, library: Library) -> Self {
        self.libraries.retain(|own| own.name != library.name);
        self.libraries.push(library);
        self
    }

    /// Declares a variable.
    #[must_use]
    pub fn variable(mut self, name: &str, of: Type) -> Self {
        self.variables.push((Name::new(name), of));
        self
    }

    /// Sets how it checks and compiles.
    #[must_use]
    pub fn options(mut self, options: Options) -> Self {
        self.options = options;
        self
    }

    /// Sets what calls cost beside what their overloads say.
    #[must_use]
    pub fn call_costs(mut self, call_costs: Arc<dyn CallCosts>) -> Self {
        self.call_costs = Some(call_costs);
        self
    }

    /// The environment.
    ///
    /// # Errors
    /// Where a library declares what cannot be read, or one overload in two ways.
    pub fn build(self) -> Result<Environment, EnvironmentError> {
        let mut libraries = Libraries {
            container: self.container,
            syntax: Syntax { optionals: false, quoted_fields: self.quoted_fields },
            macros: Macros::default(),
            functions: HashMap::new(),
            types: HashMap::new(),
            constants: HashMap::new(),
            options: self.options,
            call_costs: self.call_costs,
        };
        let mut structs = Vec::new();
        for mut library in self.libraries {
            structs.append(&mut library.structs);
            libraries.add(library)?;
        }
        let variables = self.variables.into_iter().collect();
        let inner = Inner { libraries: Arc::new(libraries), variables, structs };
        Ok(Environment { inner: Arc::new(inner) })
    }
}

impl Environment {
    /// A builder of an environment with nothing in it.
    #[must_use]
    pub fn builder() -> EnvironmentBuilder {
        EnvironmentBuilder::default()
    }

    /// A builder of an environment with the language's own library.
    #[must_use]
    pub fn standard() -> EnvironmentBuilder {
        Self::builder().library(crate::library::standard())
    }

    /// This environment with more variables, or other types of those it has.
    #[must_use]
    pub fn with_variables<'n>(&self, variables: impl IntoIterator<Item = (&'n str, Type)>) -> Self {
        let Inner { libraries, structs, .. } = &*self.inner;
        let mut all = self.inner.variables.clone();
        all.extend(variables.into_iter().map(|(name, of)| (Name::new(name), of)));
        let (libraries, structs) = (Arc::clone(libraries), structs.clone());
        Self { inner: Arc::new(Inner { libraries, variables: all, structs }) }
    }

    /// This environment with more types that have fields, which come before those it has.
    #[must_use]
    pub fn with_structs(&self, structs: Arc<dyn StructTypes>) -> Self {
        let Inner { libraries, variables, structs: own } = &*self.inner;
        let structs = std::iter::once(structs).chain(own.iter().cloned()).collect();
        let (libraries, variables) = (Arc::clone(libraries), variables.clone());
        Self { inner: Arc::new(Inner { libraries, variables, structs }) }
    }

    /// Reads an expression and expands its macros.
    ///
    /// # Errors
    /// Where it is none.
    pub fn parse(&self, text: &str) -> Result<Expr, Vec<Diagnostic>> {
        let Libraries { syntax, macros, .. } = &*self.inner.libraries;
        syntax::parse(text, *syntax, macros)
    }

    /// Reads and checks an expression.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn check(&self, text: &str) -> Result<Checked, Vec<Diagnostic>> {
        check::check(text, self.parse(text)?, self, false)
    }

    /// Reads and compiles an expression without the checks of its types and names: what is wrong
    /// is an error of its evaluation, and only where it is evaluated.
    ///
    /// # Errors
    /// Where it is no expression.
    pub fn compile_unchecked(&self, text: &str) -> Result<Program, Vec<Diagnostic>> {
        Program::new(&check::check(text, self.parse(text)?, self, true)?, self, text)
    }

    /// Reads, checks and compiles an expression.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn compile(&self, text: &str) -> Result<Program, Vec<Diagnostic>> {
        self.program(&self.check(text)?, text)
    }

    /// Compiles an expression that was checked here, and of which this is the text.
    ///
    /// # Errors
    /// Constants that have no value.
    pub fn program(&self, checked: &Checked, text: &str) -> Result<Program, Vec<Diagnostic>> {
        Program::new(checked, self, text)
    }

    /// What an expression that was checked here may cost.
    #[must_use]
    pub fn estimate(&self, checked: &Checked, sizes: &dyn Sizes) -> CostEstimate {
        estimate(checked, self, sizes)
    }

    /// The names of the declared variables, and their types.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &Type)> {
        self.inner.variables.iter().map(|(name, of)| (name.as_str(), of))
    }

    pub(crate) fn inner(&self) -> &Inner {
        &self.inner
    }
}

impl Libraries {
    fn add(&mut self, library: Library) -> Result<(), EnvironmentError> {
        self.syntax.optionals |= library.optional_syntax;
        for added in library.macros {
            self.macros.add(added);
        }
        for (name, of) in library.types {
            self.types.insert(Name::new_static(name), of);
        }
        let constants = library.constants.into_iter();
        self.constants.extend(constants.map(|(name, int)| (Name::new_static(name), int)));
        for overload in library.overloads {
            let (name, member, params, result) = read_signature(overload.signature)?;
            let mut type_params = HashSet::new();
            params.iter().chain([&result]).for_each(|of| find_params(of, &mut type_params));
            let type_params = type_params.into_iter().collect();
            let id = overload.id;
            let declared = Declared { name, member, params, result, type_params, overload };
            let of_name = self.functions.entry(declared.name.clone()).or_default();
            match of_name.iter_mut().find(|own| own.overload.id == id) {
                Some(own) if own.params == declared.params && own.member == member => {
                    *own = Arc::new(declared);
                }
                Some(_) => return Err(EnvironmentError::Overload(id)),
                None => of_name.push(Arc::new(declared)),
            }
        }
        Ok(())
    }
}

impl Inner {
    /// The names that a name may stand for, the innermost first (the specification's name
    /// resolution).
    pub(crate) fn candidates(&self, name: &str) -> Vec<Name> {
        if let Some(absolute) = name.strip_prefix('.') {
            return vec![Name::new(absolute)];
        }
        let mut candidates = Vec::new();
        let mut container = self.libraries.container.as_str();
        while !container.is_empty() {
            candidates.push(Name::from(format!("{container}.{name}")));
            container = container.rsplit_once('.').map_or("", |(outer, _)| outer);
        }
        candidates.push(Name::new(name));
        candidates
    }

    /// The functions of a name, and their full name.
    pub(crate) fn function(&self, name: &str) -> Option<(Name, &[Arc<Declared>])> {
        self.candidates(name).into_iter().find_map(|candidate| {
            let found = self.libraries.functions.get(&candidate)?;
            Some((candidate, found.as_slice()))
        })
    }

    /// The types with fields that know a name.
    pub(crate) fn structs_of(&self, name: &str) -> Option<(&Arc<dyn StructTypes>, Type)> {
        self.structs.iter().find_map(|structs| Some((structs, structs.find(name)?)))
    }

    /// Whether an overload stands aside: comparisons of numbers of different types.
    pub(crate) fn is_disabled(&self, declared: &Declared) -> bool {
        if self.libraries.options.cross_type_comparison {
            return false;
        }
        let comparison = matches!(
            declared.name.as_str(),
            operator::LESS | operator::LESS_EQUALS | operator::GREATER | operator::GREATER_EQUALS
        );
        comparison && declared.params.first() != declared.params.get(1)
    }
}

impl Declared {
    /// Whether the evaluator knows it by itself.
    pub(crate) fn is_evaluators(&self) -> bool {
        matches!(self.overload.implementation, Implementation::Evaluator)
    }
}

fn find_params(of: &Type, found: &mut HashSet<Name>) {
    if let Type::Param(name) = of {
        found.insert(name.clone());
    }
    of.params().iter().for_each(|param| find_params(param, found));
}
