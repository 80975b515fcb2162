//! Orders the expressions of bodies so that every variable is bound before it is needed, and
//! reports the variables that nothing binds.
//!
//! An expression is taken as soon as all of its variables are bound or bound by itself;
//! those that become ready in the same pass keep their order.

use super::cx::Cx;
use super::draft::{Body, Clause, Expr, Kind, Module, Term, Value};
use super::functions;
use super::names::{Name, NameSet, Names};
use super::outputs;
use super::rule_tree::RuleTree;
use super::show;
use super::walk::{self, Into, Node, Skip};
use crate::{Code, Diagnostic, Location};
use sekisho_value::Str;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Reports variables of heads that the body does not mention.
pub(super) fn check_head(cx: &mut Cx<'_>, clause: &Clause, scopes: &Scopes) {
    let head = &clause.head;
    let mut known = Skip::SAFETY.body(&clause.body);
    known.extend(&walk::args(clause));
    let mut missing: Vec<(Name, Location)> = Vec::new();
    for term in head.args.iter().chain([&head.value]).chain(&head.path) {
        walk::term(term, &mut |node| {
            if let Node::Term(Term { value: Value::Var(name), at }) = node
                && !known.contains(*name)
                && !missing.iter().any(|(other, _)| other == name)
            {
                missing.push((*name, *at));
            }
            Into::Inside
        });
    }
    for (name, at) in missing {
        let shown = cx.names.original(name).unwrap_or(name);
        if !cx.names.is_generated(shown) && !shown.is_root() {
            let text = cx.names.text(shown);
            let text = if text.starts_with('$') { "_" } else { text };
            let message = format!("var {text} is unsafe{}", scopes.of(cx, clause));
            cx.error(Code::UnsafeVar, at, message);
        }
    }
}

/// Orders the body of a clause.
pub(super) fn order_clause(cx: &mut Cx<'_>, tree: &RuleTree, clause: &mut Clause, scopes: &Scopes) {
    let mut bound = NameSet::roots();
    bound.extend(&walk::args(clause));
    let unsafe_ = order(cx, tree, &mut clause.body, &bound);
    if !unsafe_.is_empty() {
        let scope = scopes.of(cx, clause);
        report(cx, &unsafe_, &scope);
    }
}

/// Orders the body of a query.
pub(super) fn order_query(cx: &mut Cx<'_>, tree: &RuleTree, body: &mut Body) {
    let unsafe_ = order(cx, tree, body, &NameSet::roots());
    report(cx, &unsafe_, "");
}

/// An expression and those of its variables that nothing binds.
struct Unsafe {
    at: Location,
    /// what `:=` declares there
    assigned: NameSet,
    names: NameSet,
}

impl Unsafe {
    fn new(expr: &Expr, names: NameSet) -> Self {
        let assigned = match expr.unified() {
            Some((left, _)) if expr.assigned => Skip::NOTHING.term(left),
            _ => NameSet::default(),
        };
        Self { at: expr.at, assigned, names }
    }
}

fn order(cx: &mut Cx<'_>, tree: &RuleTree, body: &mut Body, bound: &NameSet) -> Vec<Unsafe> {
    let names = std::mem::replace(&mut cx.names, Names::none());
    let arity = |operator: &Term| functions::arity(&names, tree, operator);
    let mut step = |steps: usize| cx.step(steps);
    let unsafe_ = Order { arity: &arity, step: &mut step }.body(body, bound);
    cx.names = names;
    unsafe_
}

struct Order<'o> {
    arity: &'o outputs::Arity<'o>,
    step: &'o mut dyn FnMut(usize) -> bool,
}

/// An expression that waits for its variables.
struct Waiting {
    expr: Expr,
    missing: NameSet,
    /// all of its variables
    vars: NameSet,
    /// how many variables were bound when it was looked at last
    seen: Option<usize>,
    /// variables of its closures that the body mentions, and that are not bound outside of it
    closed_over: NameSet,
}

impl Order<'_> {
    /// The variables of an expression that must be bound; those of operands are in it.
    fn vars(&self, expr: &Expr) -> NameSet {
        let mut vars = Skip::SAFETY.expr(expr);
        let mut promote = |operand: &super::draft::Operand| {
            if !operand.explicit {
                vars.extend(&outputs::needed_by_operand(&operand.body, self.arity));
            }
        };
        match &expr.kind {
            Kind::Not(operand) => promote(operand),
            Kind::And(left, right) | Kind::Or(left, right) => {
                promote(left);
                promote(right);
            }
            _ => {}
        }
        vars
    }

    fn body(&mut self, body: &mut Body, bound: &NameSet) -> Vec<Unsafe> {
        let vars: Vec<NameSet> = body.iter().map(|expr| self.vars(expr)).collect();
        let mut mentioned = NameSet::default();
        vars.iter().for_each(|vars| mentioned.extend(vars));
        let mut safe = NameSet::default();
        mentioned.iter().filter(|name| bound.contains(*name)).for_each(|name| safe.insert(name));
        let mut waiting: Vec<Waiting> = std::mem::take(body)
            .into_iter()
            .zip(vars)
            .map(|(expr, vars)| {
                let mut missing = vars.clone();
                missing.retain(|name| !safe.contains(name));
                let mut closed_over = closure_vars(&expr);
                closed_over.retain(|name| mentioned.contains(name) && !bound.contains(name));
                Waiting { expr, missing, vars, seen: None, closed_over }
            })
            .collect();
        let mut ordered: Vec<(Expr, NameSet)> = Vec::with_capacity(waiting.len());
        // The variables in the order in which they were bound.
        let mut log: Vec<Name> = Vec::new();
        loop {
            let before = waiting.len();
            if !(self.step)(before) {
                let ordered = ordered.into_iter().map(|(expr, _)| expr);
                *body = ordered.chain(waiting.into_iter().map(|waiting| waiting.expr)).collect();
                return Vec::new();
            }
            let mut still = Vec::new();
            for mut each in waiting {
                if let Some(seen) = each.seen.replace(log.len()) {
                    let mut new = log.get(seen..).unwrap_or_default().iter();
                    if !new.any(|n| each.vars.contains(*n) || each.closed_over.contains(*n)) {
                        still.push(each);
                        continue;
                    }
                }
                let outputs = outputs::of_expr(&each.expr, self.arity, &safe);
                if !each.closed_over.is_empty() {
                    if each.closed_over == outputs {
                        // It closes over what only it binds.
                        still.push(each);
                        continue;
                    }
                    each.missing.extend(&each.closed_over);
                }
                each.missing.retain(|name| !outputs.contains(name) && !safe.contains(name));
                if each.missing.is_empty() {
                    ordered.push((each.expr, each.vars));
                    log.extend(outputs.iter().filter(|name| !safe.contains(*name)));
                    safe.extend(&outputs);
                } else {
                    still.push(each);
                }
            }
            waiting = still;
            if waiting.len() == before || waiting.is_empty() {
                break;
            }
        }
        let mut unsafe_ = Vec::new();
        let mut all_bound = bound.clone();
        body.reserve(ordered.len() + waiting.len());
        for (mut expr, vars) in ordered {
            let own = self.closures(&mut expr, &mut all_bound);
            unsafe_.extend(own);
            all_bound.extend(&vars);
            body.push(expr);
        }
        for each in waiting {
            unsafe_.push(Unsafe::new(&each.expr, each.missing));
            body.push(each.expr);
        }
        unsafe_
    }

    /// Orders the bodies within an expression.
    fn closures(&mut self, expr: &mut Expr, bound: &mut NameSet) -> Vec<Unsafe> {
        let mut unsafe_ = Vec::new();
        let mut missing = NameSet::default();
        match &mut expr.kind {
            Kind::Term(term) => self.term(term, bound, &mut missing, &mut unsafe_),
            Kind::Call(terms) => {
                for term in terms {
                    self.term(term, bound, &mut missing, &mut unsafe_);
                }
            }
            Kind::Every(every) => {
                for term in every.key.iter().chain([&every.value]) {
                    Skip::NOTHING.in_term(term, &mut |name| bound.insert(name));
                }
                unsafe_.extend(self.body(&mut every.body, bound));
                return unsafe_;
            }
            Kind::Not(operand) => {
                unsafe_.extend(self.body(&mut operand.body, bound));
                return unsafe_;
            }
            Kind::And(left, right) | Kind::Or(left, right) => {
                unsafe_.extend(self.body(&mut left.body, bound));
                unsafe_.extend(self.body(&mut right.body, bound));
                return unsafe_;
            }
            Kind::Some(_) | Kind::SomeIn(_) => {}
        }
        for with in &mut expr.with {
            self.term(&mut with.value, bound, &mut missing, &mut unsafe_);
        }
        if !missing.is_empty() {
            unsafe_.push(Unsafe::new(expr, missing));
        }
        unsafe_
    }

    fn term(
        &mut self,
        term: &mut Term,
        bound: &NameSet,
        missing: &mut NameSet,
        unsafe_: &mut Vec<Unsafe>,
    ) {
        let (vars, body) = match &mut term.value {
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Var(_) => {
                return;
            }
            Value::Ref(terms) | Value::Call(terms) | Value::Array(terms) | Value::Set(terms) => {
                for each in terms {
                    self.term(each, bound, missing, unsafe_);
                }
                return;
            }
            Value::Object(entries) => {
                for (key, value) in entries {
                    self.term(key, bound, missing, unsafe_);
                    self.term(value, bound, missing, unsafe_);
                }
                return;
            }
            Value::Template(_) => return,
            Value::ArrayOf(item, body) | Value::SetOf(item, body) => {
                (Skip::NOTHING.term(item), body)
            }
            Value::ObjectOf(key, value, body) => {
                let mut vars = Skip::NOTHING.term(key);
                vars.extend(&Skip::NOTHING.term(value));
                (vars, body)
            }
        };
        let mut mentioned = NameSet::default();
        body.iter().for_each(|expr| mentioned.extend(&self.vars(expr)));
        vars.iter()
            .filter(|name| !mentioned.contains(*name) && !bound.contains(*name))
            .for_each(|name| missing.insert(name));
        unsafe_.extend(self.body(body, bound));
    }
}

/// All variables within the closures of an expression.
fn closure_vars(expr: &Expr) -> NameSet {
    let mut found = NameSet::default();
    let mut body = |body: &Body| found.extend(&Skip::NOTHING.body(body));
    match &expr.kind {
        Kind::Not(operand) => body(&operand.body),
        Kind::And(left, right) | Kind::Or(left, right) => {
            body(&left.body);
            body(&right.body);
        }
        Kind::Every(every) => body(&every.body),
        Kind::Term(_) | Kind::Call(_) | Kind::Some(_) | Kind::SomeIn(_) => {
            let mut terms = NameSet::default();
            walk::expr(expr, &mut |node| match node {
                Node::Term(term) if term.value.is_comprehension() => {
                    Skip::NOTHING.in_term(term, &mut |name| terms.insert(name));
                    Into::Past
                }
                _ => Into::Inside,
            });
            return terms;
        }
    }
    found
}

fn report(cx: &mut Cx<'_>, unsafe_: &[Unsafe], scope: &str) {
    if unsafe_.iter().all(|each| each.names.is_empty()) {
        return;
    }
    let names = &cx.names;
    let shown = |name: Name| names.original(name).unwrap_or(name);
    // Of each variable, the first place.
    let mut first: BTreeMap<Name, Location> = BTreeMap::new();
    let mut assigned = NameSet::default();
    for each in unsafe_ {
        assigned.extend(&each.assigned);
        for name in each.names.iter() {
            let at = first.entry(name).or_insert(each.at);
            if each.at.span.start < at.span.start {
                *at = each.at;
            }
        }
    }
    let mut found: Vec<(Name, Location)> = first.into_iter().collect();
    found.sort_by_key(|(_, at)| at.span.start);
    // What `:=` would have bound is unsafe only since another variable is.
    let elsewhere = found
        .iter()
        .any(|(name, _)| !names.is_generated(shown(*name)) && !assigned.contains(*name));
    let mut errors = Vec::new();
    for (name, at) in &found {
        let original = shown(*name);
        if names.is_generated(original) || (elsewhere && assigned.contains(*name)) {
            continue;
        }
        let text = names.text(original);
        let text = if text.starts_with('$') { "_" } else { text.as_str() };
        let keyword = matches!(text, "in" | "every" | "contains" | "if" | "not" | "and" | "or");
        let help =
            keyword.then(|| format!("`import future.keywords.{text}` to import a future keyword"));
        errors.push((*at, format!("var {text} is unsafe{scope}"), help));
    }
    if errors.is_empty() {
        let mut seen = NameSet::default();
        let mut by_place: Vec<&Unsafe> = unsafe_.iter().collect();
        by_place.sort_by_key(|each| each.at.span.start);
        for each in by_place {
            let before = seen.len();
            each.names.iter().filter(|name| names.is_generated(*name)).for_each(|n| seen.insert(n));
            if seen.len() > before {
                errors.push((each.at, format!("expression is unsafe{scope}"), None));
            }
        }
    }
    for (location, message, help) in errors {
        cx.stop = true;
        cx.tell(Diagnostic { code: Code::UnsafeVar, message, location, help });
    }
}

/// Lines of a module that hold rules of more than one name: messages of those name the rule.
pub(super) struct Scopes {
    shared: HashSet<usize>,
}

impl Scopes {
    /// Of a module.
    pub(super) fn new(cx: &Cx<'_>, module: &Module) -> Self {
        let mut first: HashMap<usize, &Clause> = HashMap::new();
        let mut shared = HashSet::new();
        let Some(source) = cx.sources.get(usize::from(module.source.0)) else {
            return Self { shared };
        };
        let mut lines = Lines { text: source.text.as_bytes(), offset: 0, line: 1 };
        for clause in module.rules.iter().flat_map(|rule| &rule.clauses) {
            let line = lines.of(clause.at.span.start);
            match first.get(&line) {
                Some(other) if name(cx, other) != name(cx, clause) => {
                    shared.insert(line);
                }
                Some(_) => {}
                None => {
                    first.insert(line, clause);
                }
            }
        }
        Self { shared }
    }

    fn of(&self, cx: &Cx<'_>, clause: &Clause) -> String {
        if self.shared.is_empty() {
            return String::new();
        }
        let source = cx.sources.get(usize::from(clause.at.source.0));
        let line = source.map_or(0, |source| source.line_column(clause.at.span.start).0);
        if self.shared.contains(&line) {
            format!(" in rule {}", name(cx, clause))
        } else {
            String::new()
        }
    }
}

/// Lines of rising offsets, in one go.
struct Lines<'t> {
    text: &'t [u8],
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn of(&mut self, offset: u32) -> usize {
        let offset = offset as usize;
        if let Some(between) = self.text.get(self.offset..offset) {
            self.line += between.iter().filter(|byte| **byte == b'\n').count();
            self.offset = offset;
        }
        self.line
    }
}

/// The constant part of a head's path.
fn name(cx: &Cx<'_>, clause: &Clause) -> String {
    let ground = clause.head.path.iter().take_while(|part| part.value.is_scalar());
    let mut out: String = clause.head.name.to_string();
    for part in ground {
        match &part.value {
            Value::String(text) => {
                let path: [&Str; 1] = [text];
                out.push_str(show::data_path(path).trim_start_matches("data"));
            }
            _ => {
                out.push('[');
                out.push_str(&show::term(&cx.names, show::As::Is, part));
                out.push(']');
            }
        }
    }
    out
}
