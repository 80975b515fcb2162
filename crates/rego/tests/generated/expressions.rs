//! Expressions: mostly of the types that their places want.

use super::documents::{FIELDS, Field};
use super::policies::Writer;
use sekisho_rego::types::Type;

/// What an expression gives, as far as one can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Number,
    Text,
    Bool,
    Numbers,
    Texts,
    NumberSet,
    TextSet,
    Object,
    Objects,
    Any,
}

const ALL: &[Kind] = &[
    Kind::Number,
    Kind::Text,
    Kind::Bool,
    Kind::Numbers,
    Kind::Texts,
    Kind::NumberSet,
    Kind::TextSet,
    Kind::Object,
    Kind::Objects,
    Kind::Any,
];

/// Functions that only OPA's server, the network or the clock give a meaning, or whose value is
/// another one each time; and ones that have their own goldens.
const LEFT_OUT: &[&str] = &[
    "http.",
    "net.lookup",
    "graphql.",
    "rand.",
    "uuid.rfc4122",
    "opa.runtime",
    "time.now_ns",
    "io.jwt.",
    "crypto.x509",
    "crypto.parse_private",
    "providers.",
    "rego.",
    "print",
    "trace",
    "internal.",
    "walk",
    "eq",
    "assign",
    "time.parse_ns",
    "time.format",
    "time.clock",
    "time.date",
    "time.weekday",
    "time.diff",
    "time.add_date",
];

impl Writer {
    pub(crate) fn any_kind(&mut self) -> Kind {
        ALL[self.random.below(ALL.len())]
    }

    /// An expression, which may be one of other expressions as deep as `depth`.
    pub(crate) fn expr(&mut self, kind: Kind, depth: usize) -> String {
        let kind = if self.random.percent(4) { self.any_kind() } else { kind };
        if depth == 0 || self.random.percent(25) {
            return self.leaf(kind);
        }
        let below = depth - 1;
        match self.random.below(20) {
            0..=1 => self.leaf(kind),
            2 => self.rule_reference(kind),
            3 => self.function_call(below).unwrap_or_else(|| self.leaf(kind)),
            4 => self.builtin(below),
            5 if kind == Kind::Any => {
                let kind = self.any_kind();
                self.expr(kind, below)
            }
            _ => self.made(kind, below),
        }
    }

    fn made(&mut self, kind: Kind, depth: usize) -> String {
        use Kind::*;
        let which = self.random.below(8);
        match (kind, which) {
            (Number, 0..=3) => {
                let (left, right) = (self.expr(Number, depth), self.expr(Number, depth));
                let operator = self.random.pick(&["+", "-", "*", "/", "%"]);
                match self.random.percent(50) {
                    true => format!("({left} {operator} {right})"),
                    false => format!("{left} {operator} {right}"),
                }
            }
            (Number, 4) => format!("count({})", self.expr(Texts, depth)),
            (Number, 5) => {
                let name = self.random.pick(&["sum", "max", "min", "product"]);
                format!("{name}({})", self.expr(Numbers, depth))
            }
            (Number, 6) => {
                let name = self.random.pick(&["abs", "round", "ceil", "floor", "to_number"]);
                format!("{name}({})", self.expr(Number, depth))
            }
            (Number, _) => self.element(Numbers, depth),
            (Text, 0) => {
                let value = self.expr(Any, depth);
                let format =
                    self.random.pick(&["%v", "%s", "%d", "<%v>", "%q", "%5d|", "%x", "%v %v"]);
                format!("sprintf(\"{format}\", [{value}])")
            }
            (Text, 1) => format!("concat(\",\", {})", self.expr(Texts, depth)),
            (Text, 2) => {
                let name = self.random.pick(&["lower", "upper", "trim_space", "strings.reverse"]);
                format!("{name}({})", self.expr(Text, depth))
            }
            (Text, 3) => {
                let (a, b, c) = (self.expr(Text, depth), self.expr(Text, 0), self.expr(Text, 0));
                format!("replace({a}, {b}, {c})")
            }
            (Text, 4) => format!("type_name({})", self.expr(Any, depth)),
            (Text, 5) => format!("json.marshal({})", self.expr(Any, depth)),
            (Text, 6) => self.template(depth),
            (Text, _) => self.element(Texts, depth),
            (Bool, 0) => self.comparison(depth),
            (Bool, 1) => {
                let name = self.random.pick(&["startswith", "endswith", "contains"]);
                let (left, right) = (self.expr(Text, depth), self.expr(Text, 0));
                format!("{name}({left}, {right})")
            }
            (Bool, 2) => {
                let name = self.random.pick(&["is_number", "is_string", "is_array", "is_set"]);
                format!("{name}({})", self.expr(Any, depth))
            }
            (Bool, 3) => self.membership(depth),
            (Bool, 4) => {
                let pattern = self.random.pick(&["^a", "[a-z]+", ".*-1$", "a|b", "("]);
                format!("regex.match(\"{pattern}\", {})", self.expr(Text, depth))
            }
            (Bool, _) => self.leaf(Bool),
            (Numbers | Texts | Objects, 0..=2) => self.comprehension('[', element_of(kind), depth),
            (NumberSet | TextSet, 0..=2) => self.comprehension('{', element_of(kind), depth),
            (Numbers | Texts, 3) => {
                format!("array.concat({}, {})", self.expr(kind, depth), self.expr(kind, depth))
            }
            (Numbers | Texts, 4) => format!("sort({})", self.expr(kind, depth)),
            (Numbers | Texts, 5) => {
                let (from, to) = (self.expr(Number, 0), self.expr(Number, 0));
                format!("array.slice({}, {from}, {to})", self.expr(kind, depth))
            }
            (Texts, 6) => format!("split({}, \"-\")", self.expr(Text, depth)),
            (Numbers, 6) => format!("numbers.range({}, 3)", self.random.below(5)),
            (NumberSet | TextSet, 3..=5) => {
                let (left, right) = (self.expr(kind, depth), self.expr(kind, depth));
                let operator = self.random.pick(&["|", "&", "-"]);
                format!("({left} {operator} {right})")
            }
            (Object, 0..=1) => self.object_comprehension(depth),
            (Object, 2) => {
                format!("object.union({}, {})", self.expr(Object, depth), self.expr(Object, depth))
            }
            (Object, 3) => {
                let keys = self.expr(Texts, 0);
                let name = self.random.pick(&["object.remove", "object.filter"]);
                format!("{name}({}, {keys})", self.expr(Object, depth))
            }
            (Any, 0) => {
                let key = self.expr(Text, 0);
                let otherwise = self.expr(Any, 0);
                format!("object.get({}, {key}, {otherwise})", self.expr(Object, depth))
            }
            (Any, 1..=3) => {
                let collection = self.any_kind();
                self.element(collection, depth)
            }
            (Any, _) => {
                let kind = self.any_kind();
                self.expr(kind, depth)
            }
            (kind, _) => self.literal(kind, depth),
        }
    }

    fn element(&mut self, collection: Kind, depth: usize) -> String {
        let base = self.place(collection);
        let key = match self.random.below(6) {
            0 => "_".to_owned(),
            1 => "0".to_owned(),
            2 => "\"a\"".to_owned(),
            3 => self.expr(Kind::Any, depth.min(1)),
            4 => self.variable(Kind::Any).unwrap_or_else(|| "1".to_owned()),
            _ => self.expr(Kind::Number, 0),
        };
        format!("{base}[{key}]")
    }

    /// A template string.
    fn template(&mut self, depth: usize) -> String {
        if self.v0() {
            return self.leaf(Kind::Text);
        }
        let value = self.expr(Kind::Any, depth.min(1));
        match value.contains('"') || value.contains('`') || value.contains('{') {
            true => self.leaf(Kind::Text),
            false => format!("$\"<{{{value}}}>\""),
        }
    }

    pub(crate) fn comparison(&mut self, depth: usize) -> String {
        let kind = match self.random.below(4) {
            0 => self.any_kind(),
            1 => Kind::Text,
            _ => Kind::Number,
        };
        let operator = self.random.pick(&["==", "!=", "<", "<=", ">", ">="]);
        format!("{} {operator} {}", self.expr(kind, depth), self.expr(kind, depth))
    }

    pub(crate) fn membership(&mut self, depth: usize) -> String {
        let collection = self.any_kind();
        let member = self.expr(element_of(collection), depth);
        let collection = self.expr(collection, depth);
        match self.random.percent(15) {
            true => format!("(0, {member} in {collection})"),
            false => format!("({member} in {collection})"),
        }
    }

    fn comprehension(&mut self, open: char, element: Kind, depth: usize) -> String {
        let scope = self.scope.len();
        let body = self.inline_body(depth);
        let head = self.expr(element, depth.min(1));
        self.scope.truncate(scope);
        let close = if open == '[' { ']' } else { '}' };
        format!("{open}{head} | {body}{close}")
    }

    fn object_comprehension(&mut self, depth: usize) -> String {
        let scope = self.scope.len();
        let body = self.inline_body(depth);
        let (key, value) = (self.expr(Kind::Text, 1), self.expr(Kind::Any, 1));
        self.scope.truncate(scope);
        format!("{{{key}: {value} | {body}}}")
    }

    fn inline_body(&mut self, depth: usize) -> String {
        let count = self.random.within(1, 2);
        let mut statements = vec![self.iteration(depth)];
        for _ in 1..count {
            statements.push(self.statement(depth.min(1)));
        }
        statements.join("; ")
    }

    /// A call of a function that an earlier rule defines.
    fn function_call(&mut self, depth: usize) -> Option<String> {
        if self.functions.is_empty() {
            return None;
        }
        let at = self.random.below(self.functions.len());
        let (name, arity) = self.functions[at].clone();
        let args: Vec<String> = (0..arity).map(|_| self.expr(Kind::Any, depth.min(1))).collect();
        Some(format!("{name}({})", args.join(", ")))
    }

    fn rule_reference(&mut self, kind: Kind) -> String {
        if self.rules.is_empty() {
            return self.leaf(kind);
        }
        let at = self.random.below(self.rules.len());
        let name = self.rules[at].clone();
        match self.random.below(5) {
            0 => format!("{name}[_]"),
            1 => format!("data.g.{name}"),
            2 => format!("{name}[{}]", self.leaf(Kind::Text)),
            _ => name,
        }
    }

    /// A call of any built-in function, mostly with arguments of the types that it declares.
    pub(crate) fn builtin(&mut self, depth: usize) -> String {
        let all: Vec<_> = sekisho_rego::builtins::all()
            .filter(|builtin| !LEFT_OUT.iter().any(|name| builtin.name.starts_with(name)))
            .filter(|builtin| builtin.infix.is_none() && builtin.result().is_some())
            .collect();
        let builtin = all[self.random.below(all.len())];
        let params = builtin.params();
        let args: Vec<String> = params
            .iter()
            .map(|param| {
                let kind = self.kind_of(param);
                self.expr(kind, depth.min(1))
            })
            .collect();
        format!("{}({})", builtin.name, args.join(", "))
    }

    fn kind_of(&mut self, of: &Type) -> Kind {
        match of {
            Type::Boolean => Kind::Bool,
            Type::Number => Kind::Number,
            Type::String => Kind::Text,
            Type::Array { rest, .. } => match rest.as_deref() {
                Some(Type::Number) => Kind::Numbers,
                Some(Type::String) => Kind::Texts,
                Some(Type::Object { .. }) => Kind::Objects,
                _ if self.random.percent(50) => Kind::Texts,
                _ => Kind::Numbers,
            },
            Type::Set(Some(member)) if **member == Type::String => Kind::TextSet,
            Type::Set(_) => Kind::NumberSet,
            Type::Object { .. } => Kind::Object,
            Type::Any(some) if !some.is_empty() => {
                let at = self.random.below(some.len());
                self.kind_of(&some[at])
            }
            _ => Kind::Any,
        }
    }

    /// A variable in scope.
    pub(crate) fn variable(&mut self, kind: Kind) -> Option<String> {
        let of: Vec<usize> = (0..self.scope.len())
            .filter(|at| {
                kind == Kind::Any || self.scope[*at].1 == kind || self.scope[*at].1 == Kind::Any
            })
            .collect();
        let at = *of.get(self.random.below(of.len()))?;
        Some(self.scope[at].0.clone())
    }

    /// A reference to a collection of that kind.
    pub(crate) fn place(&mut self, kind: Kind) -> String {
        if self.random.percent(30)
            && let Some(variable) = self.variable(kind)
        {
            return variable;
        }
        let root = self.random.pick(&["input", "input", "data.base"]);
        let fits = |field: Field| {
            matches!(
                (kind, field),
                (Kind::Number, Field::Number)
                    | (Kind::Text, Field::Text)
                    | (Kind::Bool, Field::Bool)
                    | (Kind::Numbers | Kind::NumberSet, Field::Numbers)
                    | (Kind::Texts | Kind::TextSet, Field::Texts)
                    | (Kind::Object, Field::Object)
                    | (Kind::Objects, Field::Objects)
                    | (Kind::Any, _)
            )
        };
        let fields: Vec<&str> =
            FIELDS.iter().filter(|(_, field)| fits(*field)).map(|(name, _)| *name).collect();
        if self.random.percent(3) {
            return format!("{root}.missing");
        }
        format!("{root}.{}", self.random.pick(&fields))
    }

    pub(crate) fn leaf(&mut self, kind: Kind) -> String {
        if self.random.percent(45)
            && let Some(variable) = self.variable(kind)
        {
            return variable;
        }
        let set = matches!(kind, Kind::NumberSet | Kind::TextSet);
        if self.random.percent(if set { 0 } else { 50 }) {
            return match (kind, self.random.below(8)) {
                (Kind::Number, 0) => "input.pods[_].port".to_owned(),
                (Kind::Text, 0) => "input.pods[_].name".to_owned(),
                (Kind::Object, 0) => "input.pods[_].labels".to_owned(),
                (Kind::Any, 0) => "input.o[_]".to_owned(),
                (Kind::Any, 1) => "input.mix[_]".to_owned(),
                _ => self.place(kind),
            };
        }
        self.literal(kind, 0)
    }

    fn literal(&mut self, kind: Kind, depth: usize) -> String {
        let items = |writer: &mut Self, element: Kind| {
            let count = writer.random.within(1, 3);
            let items: Vec<String> = (0..count).map(|_| writer.expr(element, depth)).collect();
            items.join(", ")
        };
        match kind {
            Kind::Number => self
                .random
                .pick(&[
                    "0",
                    "1",
                    "2",
                    "3",
                    "-1",
                    "1.5",
                    "1.0",
                    "10",
                    "100",
                    "1e2",
                    "9007199254740993",
                ])
                .to_owned(),
            Kind::Text => self
                .random
                .pick(&[
                    "\"\"", "\"a\"", "\"b\"", "\"web\"", "\"x-1\"", "`a/b`", "\"é\"", "\"\\n\"",
                ])
                .to_owned(),
            Kind::Bool => self.random.pick(&["true", "false"]).to_owned(),
            Kind::Numbers => format!("[{}]", items(self, Kind::Number)),
            Kind::Texts => format!("[{}]", items(self, Kind::Text)),
            Kind::NumberSet if self.random.percent(15) => "set()".to_owned(),
            Kind::NumberSet => format!("{{{}}}", items(self, Kind::Number)),
            Kind::TextSet => format!("{{{}}}", items(self, Kind::Text)),
            Kind::Object if self.random.percent(15) => "{}".to_owned(),
            Kind::Object => {
                let (a, b) = (self.expr(Kind::Any, depth), self.expr(Kind::Any, depth));
                format!("{{\"a\": {a}, \"b\": {b}}}")
            }
            Kind::Objects => {
                let (name, port) = (self.expr(Kind::Text, depth), self.expr(Kind::Number, depth));
                format!("[{{\"name\": {name}, \"port\": {port}}}]")
            }
            Kind::Any => match self.random.below(4) {
                0 => "null".to_owned(),
                1 => format!("[{}]", items(self, Kind::Any)),
                _ => {
                    let kind = ALL[self.random.below(4)];
                    self.literal(kind, 0)
                }
            },
        }
    }
}

/// What a collection of that kind holds.
pub(crate) fn element_of(kind: Kind) -> Kind {
    match kind {
        Kind::Numbers | Kind::NumberSet => Kind::Number,
        Kind::Texts | Kind::TextSet => Kind::Text,
        Kind::Objects => Kind::Object,
        _ => Kind::Any,
    }
}
