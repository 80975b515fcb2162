//! What a template makes of its data.

use super::parse::{MAIN, Operand, Pipeline, Step, Templates};
use super::value::Value;
use super::{fail, functions};
use crate::builtins::{Context, Failure, operands::quoted};
use crate::term::{Term, TermKind, Text};
use sekisho_budget::BudgetExceeded;

/// How many templates may call each other, as in Go.
const MAX_CALLS: usize = 100_000;

/// Renders a template with its data.
pub(super) fn execute<'a>(
    cx: &Context<'a>,
    templates: &Templates<'_>,
    data: Term<'a>,
) -> Result<String, Failure> {
    let out = Text::new(cx.arena.budget());
    let mut writer = Writer {
        cx,
        templates,
        out,
        variables: Vec::new(),
        scopes: Vec::new(),
        calls: Vec::new(),
        deepest: 0,
    };
    writer.enter(MAIN, Value::Data(data))?;
    writer.run()?;
    Ok(writer.out.into_string())
}

/// A template that runs.
struct Call<'t> {
    steps: &'t [Step<'t>],
    at: usize,
    /// how many scopes and variables its caller has
    scopes: usize,
    variables: usize,
}

/// A block, and what the dot is in it.
struct Scope<'t, 'a> {
    dot: Value<'a>,
    /// how many variables stand outside it
    known: usize,
    iteration: Option<Iteration<'t, 'a>>,
}

/// A loop that goes through entries.
#[derive(Clone, Copy)]
struct Iteration<'t, 'a> {
    pipeline: &'t Pipeline<'t>,
    over: Value<'a>,
    next: usize,
    len: usize,
    /// where its body begins and ends
    body: usize,
    again: usize,
    end: usize,
    /// how many variables stand outside its body
    known: usize,
}

struct Writer<'c, 't, 'a> {
    cx: &'c Context<'a>,
    templates: &'t Templates<'t>,
    out: Text<'a>,
    variables: Vec<(&'t str, Value<'a>)>,
    scopes: Vec<Scope<'t, 'a>>,
    calls: Vec<Call<'t>>,
    /// how much of the stacks has been paid for
    deepest: usize,
}

impl<'t, 'a> Writer<'_, 't, 'a> {
    fn run(&mut self) -> Result<(), Failure> {
        while let Some(call) = self.calls.last_mut() {
            self.cx.arena.budget().step(2)?;
            let steps = call.steps;
            let Some(step) = steps.get(call.at) else {
                self.scopes.truncate(call.scopes);
                self.variables.truncate(call.variables);
                self.calls.pop();
                continue;
            };
            call.at += 1;
            self.step(step)?;
            self.pay()?;
        }
        Ok(())
    }

    /// Takes memory where the stacks are larger than ever.
    fn pay(&mut self) -> Result<(), BudgetExceeded> {
        let depth = self.variables.len() + self.scopes.len() + self.calls.len();
        let grown = depth.saturating_sub(self.deepest);
        self.deepest += grown;
        self.cx.arena.budget().allocate((grown * 2 * size_of::<Scope<'_, '_>>()) as u64)
    }

    fn dot(&self) -> Value<'a> {
        self.scopes.last().map_or(Value::Missing, |scope| scope.dot)
    }

    fn go_to(&mut self, at: usize) {
        if let Some(call) = self.calls.last_mut() {
            call.at = at;
        }
    }

    fn step(&mut self, step: &'t Step<'t>) -> Result<(), Failure> {
        match step {
            Step::Text(text) => self.out.push_str(text)?,
            Step::Action(pipeline) => {
                let value = self.pipeline(pipeline)?;
                if pipeline.variables.is_empty() {
                    value.print(&mut self.out)?;
                }
            }
            Step::Test { pipeline, with, otherwise } => {
                let known = self.variables.len();
                let value = self.pipeline(pipeline)?;
                let holds = value.is_true();
                let dot = if *with && holds { value } else { self.dot() };
                self.scopes.push(Scope { dot, known, iteration: None });
                if !holds {
                    self.go_to(*otherwise);
                }
            }
            Step::Loop { pipeline, otherwise, end } => self.range(pipeline, *otherwise, *end)?,
            Step::Again => self.again()?,
            Step::Jump(to) => self.go_to(*to),
            Step::Leave => {
                if let Some(scope) = self.scopes.pop() {
                    self.variables.truncate(scope.known);
                }
            }
            Step::Break => {
                if let Some(iteration) = self.innermost() {
                    self.go_to(iteration.end);
                }
            }
            Step::Continue => {
                if let Some(iteration) = self.innermost() {
                    self.go_to(iteration.again);
                }
            }
            Step::Call { name, pipeline } => {
                if self.calls.len() > MAX_CALLS {
                    return fail("exceeded maximum template depth (100000)");
                }
                let dot = match pipeline {
                    Some(pipeline) => self.pipeline(pipeline)?,
                    None => Value::Missing,
                };
                self.enter(name, dot)?;
            }
        }
        Ok(())
    }

    /// Begins a template; it knows no variables but `$`.
    fn enter(&mut self, name: &str, dot: Value<'a>) -> Result<(), Failure> {
        let Some(steps) = self.templates.get(name) else {
            return fail(format_args!("template {} not defined", quoted(name)));
        };
        let (scopes, variables) = (self.scopes.len(), self.variables.len());
        self.calls.push(Call { steps, at: 0, scopes, variables });
        self.scopes.push(Scope { dot, known: variables, iteration: None });
        self.variables.push(("", dot));
        Ok(())
    }

    /// Leaves what stands within the innermost loop.
    fn innermost(&mut self) -> Option<Iteration<'t, 'a>> {
        while let Some(scope) = self.scopes.last() {
            if let Some(iteration) = scope.iteration {
                return Some(iteration);
            }
            self.scopes.pop();
        }
        None
    }

    fn range(
        &mut self,
        pipeline: &'t Pipeline<'t>,
        otherwise: usize,
        end: usize,
    ) -> Result<(), Failure> {
        let known = self.variables.len();
        let over = self.pipeline(pipeline)?;
        let len = match over {
            Value::Int(_) if pipeline.variables.len() > 1 => {
                return fail("can't use an integer to iterate over more than one variable");
            }
            Value::Int(count) => usize::try_from(count).unwrap_or(0),
            Value::Missing | Value::Data(Term::Null) => 0,
            Value::Data(term)
                if matches!(term.kind(), TermKind::Array | TermKind::Object | TermKind::Set) =>
            {
                term.len().unwrap_or(0)
            }
            other => {
                return fail(format_args!("range can't iterate over {}", other.type_name()));
            }
        };
        let mut scope = Scope { dot: self.dot(), known, iteration: None };
        if len == 0 {
            self.scopes.push(scope);
            self.go_to(otherwise);
            return Ok(());
        }
        scope.iteration = Some(Iteration {
            pipeline,
            over,
            next: 0,
            len,
            body: self.calls.last().map_or(0, |call| call.at),
            again: otherwise.saturating_sub(1),
            end,
            known: self.variables.len(),
        });
        self.scopes.push(scope);
        self.again()
    }

    /// The next entry of the loop that the innermost scope is.
    fn again(&mut self) -> Result<(), Failure> {
        let Some(Scope { dot, iteration: Some(iteration), .. }) = self.scopes.last_mut() else {
            return Ok(());
        };
        let index = iteration.next;
        iteration.next += 1;
        let position = Value::Int(i64::try_from(index).unwrap_or(i64::MAX));
        let (key, item) = match iteration.over {
            Value::Data(term) => {
                let (key, item) = term.entry(index).unwrap_or((Term::Null, Term::Null));
                let is_object = term.kind() == TermKind::Object;
                (if is_object { Value::Data(key) } else { position }, Value::Data(item))
            }
            _ => (position, position),
        };
        let is_over = index >= iteration.len;
        if !is_over {
            *dot = item;
        }
        let iteration = *iteration;
        self.variables.truncate(iteration.known);
        if is_over {
            self.go_to(iteration.end);
            return Ok(());
        }
        match iteration.pipeline.variables.as_slice() {
            [one] => self.assign(one, item)?,
            [one, two] => {
                self.assign(one, key)?;
                self.assign(two, item)?;
            }
            _ => {}
        }
        self.go_to(iteration.body);
        Ok(())
    }

    /// A variable of the template that runs.
    fn find(&mut self, name: &str) -> Option<&mut Value<'a>> {
        let own = self.calls.last().map_or(0, |call| call.variables);
        let known = self.variables.get_mut(own..)?;
        known.iter_mut().rev().find(|(known, _)| *known == name).map(|(_, value)| value)
    }

    fn assign(&mut self, name: &str, value: Value<'a>) -> Result<(), Failure> {
        match self.find(name) {
            Some(place) => {
                *place = value;
                Ok(())
            }
            None => fail(format_args!("undefined variable: ${name}")),
        }
    }

    fn pipeline(&mut self, pipeline: &'t Pipeline<'t>) -> Result<Value<'a>, Failure> {
        let mut value = None;
        for command in &pipeline.commands {
            self.cx.arena.budget().step(1)?;
            value = Some(self.command(command, value)?.unwrapped());
        }
        let value = value.unwrap_or(Value::Missing);
        for name in &pipeline.variables {
            if pipeline.declares {
                self.variables.push((name, value));
            } else {
                self.assign(name, value)?;
            }
        }
        Ok(value)
    }

    /// A command, given what the one before it gave.
    fn command(
        &mut self,
        command: &'t [Operand<'t>],
        last: Option<Value<'a>>,
    ) -> Result<Value<'a>, Failure> {
        match command.split_first() {
            Some((Operand::Function(name @ ("and" | "or")), rest)) => {
                let mut value = None;
                for operand in rest {
                    let found = self.operand(operand)?;
                    value = Some(found);
                    if found.is_true() == (*name == "or") {
                        return Ok(found);
                    }
                }
                match last.or(value) {
                    Some(value) => Ok(value),
                    None => fail(format_args!("wrong number of args for {name}: got 0")),
                }
            }
            Some((Operand::Function(name), rest)) => {
                let mut operands = Vec::with_capacity(rest.len() + 1);
                for operand in rest {
                    operands.push(self.operand(operand)?);
                }
                operands.extend(last);
                functions::call(self.cx, name, &operands)
            }
            Some((Operand::Nil, _)) => fail("nil is not a command"),
            Some((other, [])) if last.is_none() => self.operand(other),
            Some(_) => fail("can't give argument to non-function"),
            None => fail("missing value for command"),
        }
    }

    fn operand(&mut self, operand: &'t Operand<'t>) -> Result<Value<'a>, Failure> {
        let (value, names) = match operand {
            Operand::Field(names) => (self.dot(), names),
            Operand::Variable(name, names) => match self.find(name) {
                Some(value) => (*value, names),
                None => return fail(format_args!("undefined variable: ${name}")),
            },
            Operand::Pipeline(pipeline, names) => (self.pipeline(pipeline)?, names),
            Operand::Function("and" | "or") => return fail("wrong number of args: got 0"),
            Operand::Function(name) => return functions::call(self.cx, name, &[]),
            Operand::Text(text) => return Ok(Value::Text(self.cx.arena.text(text)?)),
            Operand::Int(int) => return Ok(Value::Int(*int)),
            Operand::Float(float) => return Ok(Value::Float(*float)),
            Operand::Bool(bool) => return Ok(Value::Bool(*bool)),
            Operand::Nil => return Ok(Value::NIL),
        };
        self.cx.arena.budget().step(names.len() as u64)?;
        names.iter().try_fold(value, |value, name| value.field(name))
    }
}
