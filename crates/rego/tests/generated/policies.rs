//! Rules, bodies and whole modules.

use super::documents;
use super::expressions::{Kind, element_of};
use super::random::Random;
use sekisho_budget::Budget;
use sekisho_rego::ast::Version;
use sekisho_rego::{Options, Policies, Source};

/// A policy, what it is asked, and what it is given.
pub(crate) struct Case {
    pub(crate) version: Version,
    pub(crate) strict: bool,
    pub(crate) modules: Vec<String>,
    /// the numbers of the documents that are the input and `data.base`
    pub(crate) documents: (usize, usize),
    pub(crate) queries: Vec<String>,
}

impl Case {
    pub(crate) fn input(&self) -> String {
        documents::document(self.documents.0)
    }

    pub(crate) fn data(&self) -> String {
        format!("{{\"base\":{}}}", documents::document(self.documents.1))
    }
}

/// Writes one case.
pub(crate) struct Writer {
    pub(crate) random: Random,
    /// variables that may be used, innermost last
    pub(crate) scope: Vec<(String, Kind)>,
    /// rules without arguments that stand before this one
    pub(crate) rules: Vec<String>,
    /// functions that stand before this one, and how many arguments they take
    pub(crate) functions: Vec<(String, usize)>,
    names: usize,
    syntax: Syntax,
    out: String,
}

/// How rules are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Syntax {
    V1,
    /// `import rego.v1` in a module of v0
    Imported,
    V0,
}

/// The case of that number.
pub(crate) fn case(seed: u64) -> Case {
    let mut random = Random::new(seed);
    let syntax = match random.below(10) {
        0..=5 => Syntax::V1,
        6 => Syntax::Imported,
        _ => Syntax::V0,
    };
    let version = if syntax == Syntax::V1 { Version::V1 } else { Version::V0 };
    let mut writer = Writer {
        random,
        scope: Vec::new(),
        rules: Vec::new(),
        functions: Vec::new(),
        names: 0,
        syntax,
        out: "package g\n\n".to_owned(),
    };
    match syntax {
        Syntax::V1 => {}
        Syntax::Imported => writer.out += "import rego.v1\n\n",
        Syntax::V0 => writer.out += "import future.keywords.in\nimport future.keywords.every\n\n",
    }
    // Most rules are such that they compile, or else there were little to evaluate.
    let unchecked = writer.random.percent(12);
    for _ in 0..writer.random.within(1, 4) {
        if unchecked {
            writer.rule();
            continue;
        }
        for _ in 0..8 {
            let (out, rules, functions) =
                (writer.out.len(), writer.rules.len(), writer.functions.len());
            writer.rule();
            if compiles(&writer.out, version) {
                break;
            }
            writer.out.truncate(out);
            writer.rules.truncate(rules);
            writer.functions.truncate(functions);
        }
    }
    let mut queries: Vec<String> =
        writer.rules.iter().map(|rule| format!("data.g.{rule}")).collect();
    queries.dedup();
    Case {
        version,
        strict: writer.random.percent(30),
        documents: (
            writer.random.below(documents::DOCUMENTS),
            writer.random.below(documents::DOCUMENTS),
        ),
        modules: vec![writer.out],
        queries,
    }
}

fn compiles(text: &str, version: Version) -> bool {
    let source = vec![(Source::new("", text), version)];
    Policies::compile(source, &Options::default(), &Budget::standard()).0.is_some()
}

impl Writer {
    pub(crate) fn v0(&self) -> bool {
        self.syntax == Syntax::V0
    }

    fn fresh(&mut self) -> String {
        self.names += 1;
        format!("v{}", self.names)
    }

    /// A rule, or some with the same name.
    fn rule(&mut self) {
        self.scope.clear();
        let number = self.rules.len() + self.functions.len();
        match self.random.below(16) {
            0..=3 => self.complete(&format!("r{number}")),
            4..=6 => self.partial_set(&format!("s{number}")),
            7..=8 => self.partial_object(&format!("o{number}")),
            9..=11 => self.function(&format!("f{number}")),
            12 => self.reference_head(&format!("h{number}")),
            13 => self.chained(&format!("c{number}")),
            14 => self.constant(&format!("k{number}")),
            _ => self.condition(&format!("b{number}")),
        }
    }

    /// ` if { … }` of v1, ` { … }` of v0.
    fn with_body(&mut self) -> String {
        let count = self.random.within(1, 4);
        let mut text = String::new();
        for _ in 0..count {
            let statement = self.statement(2);
            text += &format!("\t{statement}\n");
        }
        let word = if self.v0() { "" } else { "if " };
        format!("{word}{{\n{text}}}")
    }

    /// A body first, so that the head may use its variables.
    fn clause(&mut self, head: impl FnOnce(&mut Self) -> String) {
        let scope = self.scope.len();
        let body = self.with_body();
        let head = head(self);
        self.scope.truncate(scope);
        self.out += &format!("{head} {body}\n\n");
    }

    fn assign(&mut self) -> &'static str {
        if self.v0() {
            self.random.pick(&["=", ":="])
        } else {
            self.random.pick(&[":=", ":=", "="])
        }
    }

    fn complete(&mut self, name: &str) {
        let kind = self.any_kind();
        if self.random.percent(30) {
            let value = self.random.pick(&["0", "\"none\"", "[]", "{\"a\": [1]}", "false"]);
            let assign = self.assign();
            self.out += &format!("default {name} {assign} {value}\n\n");
        }
        for _ in 0..self.random.within(1, 2) {
            let assign = self.assign();
            self.clause(|writer| format!("{name} {assign} {}", writer.expr(kind, 2)));
            if self.random.percent(30) {
                self.out.truncate(self.out.trim_end().len());
                for _ in 0..self.random.within(1, 2) {
                    let assign = self.assign();
                    let scope = self.scope.len();
                    let body = self.with_body();
                    let value = self.expr(kind, 2);
                    self.scope.truncate(scope);
                    self.out += &format!(" else {assign} {value} {body}");
                }
                self.out += "\n\n";
            }
        }
        self.rules.push(name.to_owned());
    }

    fn partial_set(&mut self, name: &str) {
        for _ in 0..self.random.within(1, 2) {
            self.clause(|writer| {
                let member = writer.expr(Kind::Any, 2);
                if writer.v0() {
                    format!("{name}[{member}]")
                } else {
                    format!("{name} contains {member}")
                }
            });
        }
        self.rules.push(name.to_owned());
    }

    fn partial_object(&mut self, name: &str) {
        for _ in 0..self.random.within(1, 2) {
            let assign = self.assign();
            self.clause(|writer| {
                let (key, value) = (writer.expr(Kind::Text, 1), writer.expr(Kind::Any, 2));
                format!("{name}[{key}] {assign} {value}")
            });
        }
        self.rules.push(name.to_owned());
    }

    fn function(&mut self, name: &str) {
        let arity = self.random.within(1, 3);
        if self.random.percent(15) {
            let params = vec!["_"; arity].join(", ");
            self.out += &format!("default {name}({params}) := \"otherwise\"\n\n");
        }
        for _ in 0..self.random.within(1, 3) {
            let mut params = Vec::new();
            for _ in 0..arity {
                params.push(match self.random.below(10) {
                    0 => self.random.pick(&["1", "\"a\"", "null", "[]", "true"]).to_owned(),
                    1 => {
                        let (first, second) = (self.fresh(), self.fresh());
                        self.scope.push((first.clone(), Kind::Any));
                        self.scope.push((second.clone(), Kind::Any));
                        format!("[{first}, {second}]")
                    }
                    2 => {
                        let inner = self.fresh();
                        self.scope.push((inner.clone(), Kind::Any));
                        format!("{{\"a\": {inner}}}")
                    }
                    3 => "_".to_owned(),
                    _ => {
                        let param = self.fresh();
                        self.scope.push((param.clone(), Kind::Any));
                        param
                    }
                });
            }
            let assign = self.assign();
            let params = params.join(", ");
            match self.random.below(5) {
                0 => {
                    let value = self.expr(Kind::Any, 2);
                    self.out += &format!("{name}({params}) {assign} {value}\n\n");
                }
                1 => self.clause(|_| format!("{name}({params})")),
                _ => self.clause(|writer| {
                    format!("{name}({params}) {assign} {}", writer.expr(Kind::Any, 2))
                }),
            }
            self.scope.clear();
        }
        self.functions.push((name.to_owned(), arity));
    }

    fn reference_head(&mut self, name: &str) {
        if self.v0() {
            return self.partial_object(name);
        }
        for _ in 0..self.random.within(1, 3) {
            let form = self.random.below(5);
            self.clause(|writer| {
                let text = writer.reference_form(name, form);
                // Below a constant key that is no text OPA has an empty document, too.
                let odd = ["[false]", "[true]", "[null]"].iter().any(|it| text.contains(it))
                    || text.contains('[')
                        && text[text.find('[').unwrap() + 1..]
                            .starts_with(|c: char| c == '-' || c.is_ascii_digit());
                if odd { format!("{name}.a.b := 1") } else { text }
            });
        }
        self.rules.push(name.to_owned());
    }

    fn reference_form(&mut self, name: &str, form: usize) -> String {
        let writer = self;
        match form {
            0 => format!("{name}.a.b := {}", writer.expr(Kind::Any, 1)),
            1 => {
                format!("{name}.c[{}] := {}", writer.expr(Kind::Text, 1), writer.expr(Kind::Any, 1))
            }
            2 => format!("{name}.d contains {}", writer.expr(Kind::Any, 1)),
            3 => format!(
                "{name}.e[{}].x := {}",
                writer.expr(Kind::Text, 1),
                writer.expr(Kind::Any, 1)
            ),
            _ => format!(
                "{name}.f[{}] contains {}",
                writer.expr(Kind::Text, 1),
                writer.expr(Kind::Any, 1)
            ),
        }
    }

    /// Several bodies after one head, as v0 has them.
    fn chained(&mut self, name: &str) {
        if !self.v0() {
            return self.partial_set(name);
        }
        let value = self.expr(Kind::Any, 1);
        let bodies: Vec<String> = (0..2)
            .map(|_| {
                let body = self.with_body();
                self.scope.clear();
                body
            })
            .collect();
        let head = match self.random.percent(50) {
            true => format!("{name}[{value}]"),
            false => format!("{name} = {value}"),
        };
        self.out += &format!("{head} {}\n\n", bodies.join(" "));
        self.rules.push(name.to_owned());
    }

    fn constant(&mut self, name: &str) {
        let assign = self.assign();
        let kind = self.any_kind();
        let value = self.expr(kind, 3);
        self.out += &format!("{name} {assign} {value}\n\n");
        self.rules.push(name.to_owned());
    }

    fn condition(&mut self, name: &str) {
        for _ in 0..self.random.within(1, 2) {
            self.clause(|_| name.to_owned());
        }
        self.rules.push(name.to_owned());
    }

    /// A statement that gives a variable one or several values.
    pub(crate) fn iteration(&mut self, depth: usize) -> String {
        let collection = self.any_kind();
        let element = element_of(collection);
        let from = match self.random.percent(60) {
            true => self.place(collection),
            false => self.expr(collection, depth.min(1)),
        };
        let (key, value) = (self.fresh(), self.fresh());
        let text = match self.random.below(8) {
            0..=2 => {
                let text = format!("some {value} in {from}");
                self.scope.push((value.clone(), element));
                // what `some` declares must be used
                return format!("{text}; {value} != {}", self.leaf(element));
            }
            3 => {
                self.scope.push((key.clone(), Kind::Any));
                self.scope.push((value.clone(), element));
                return format!("some {key}, {value} in {from}; {value} != {key}");
            }
            4 => {
                let from = self.place(collection);
                let text = format!("{value} := {from}[{key}]");
                self.scope.push((key, Kind::Any));
                text
            }
            5 => {
                let from = self.place(collection);
                let text = format!("some {key}; {value} := {from}[{key}]");
                self.scope.push((key, Kind::Any));
                text
            }
            6 => {
                let from = self.expr(Kind::Any, depth.min(1));
                let text = format!("walk({from}, [{key}, {value}])");
                self.scope.push((key, Kind::Any));
                text
            }
            _ => {
                let from = self.place(collection);
                format!("{value} := {from}[_]")
            }
        };
        self.scope.push((value, element));
        text
    }

    /// One statement of a body; what it declares may be used by those that follow.
    pub(crate) fn statement(&mut self, depth: usize) -> String {
        let statement = self.plain_statement(depth);
        if self.random.percent(6) && !statement.contains("; ") && !statement.starts_with("some ") {
            let with = self.modifier();
            return format!("{statement} with {with}");
        }
        statement
    }

    fn plain_statement(&mut self, depth: usize) -> String {
        match self.random.below(20) {
            0..=4 => self.iteration(depth),
            5..=7 => {
                let kind = self.any_kind();
                let value = self.expr(kind, depth);
                let name = self.fresh();
                self.scope.push((name.clone(), kind));
                format!("{name} {} {value}", self.random.pick(&[":=", ":=", "="]))
            }
            8 => self.destructuring(depth),
            9..=11 => self.comparison(depth),
            12 => self.membership(depth),
            13 => {
                let kind = self.any_kind();
                self.expr(kind, depth)
            }
            14..=15 => {
                let negated = match self.random.below(4) {
                    0 => self.comparison(depth),
                    1 => self.membership(depth),
                    2 => self.place(Kind::Any),
                    _ => self.expr(Kind::Bool, depth),
                };
                format!("not {negated}")
            }
            16 => self.every(depth),
            17 => {
                let (kind, other) = (self.any_kind(), self.any_kind());
                format!("{} = {}", self.expr(kind, depth), self.expr(other, depth))
            }
            18 => self.builtin(depth),
            _ => self.leaf(Kind::Bool),
        }
    }

    fn destructuring(&mut self, depth: usize) -> String {
        let (first, second) = (self.fresh(), self.fresh());
        let assign = self.random.pick(&[":=", "="]);
        let text = match self.random.below(4) {
            0 => format!("[{first}, {second}] {assign} {}", self.expr(Kind::Numbers, depth)),
            1 => format!(
                "[{first}, [{second}]] {assign} [{}, [{}]]",
                self.expr(Kind::Any, depth),
                self.expr(Kind::Any, depth)
            ),
            2 => {
                // OPA takes some comprehensions here that it refuses elsewhere.
                let mut from = self.expr(Kind::Object, depth);
                if from.starts_with('{') {
                    from = self.place(Kind::Object);
                }
                format!("{{\"a\": {first}, \"b\": {second}}} {assign} {from}")
            }
            _ => {
                let pods = self.random.pick(&["input.pods", "data.base.pods"]);
                format!("{{\"name\": {first}, \"port\": {second}}} {assign} {pods}[_]")
            }
        };
        self.scope.push((first, Kind::Any));
        self.scope.push((second, Kind::Any));
        text
    }

    fn every(&mut self, depth: usize) -> String {
        let collection = self.any_kind();
        let from = self.expr(collection, depth.min(1));
        let scope = self.scope.len();
        let (key, value) = (self.fresh(), self.fresh());
        let mut used = String::new();
        let vars = if self.random.percent(30) {
            self.scope.push((key.clone(), Kind::Any));
            used = format!("{key} != {value}; ");
            format!("{key}, {value}")
        } else {
            value.clone()
        };
        self.scope.push((value, element_of(collection)));
        let body = self.statement(depth.min(1));
        self.scope.truncate(scope);
        format!("every {vars} in {from} {{ {used}{body} }}")
    }

    fn modifier(&mut self) -> String {
        let value = match self.random.percent(70) {
            true => {
                let kind = self.any_kind();
                self.leaf(kind)
            }
            false => self.expr(Kind::Object, 1),
        };
        match self.random.below(8) {
            0 => format!("input as {value}"),
            1 | 2 => {
                format!("input.{} as {value}", self.random.pick(&["n", "s", "xs", "o", "o.a"]))
            }
            3 | 4 => format!("data.base.{} as {value}", self.random.pick(&["n", "s", "xs", "o"])),
            5 if !self.rules.is_empty() => {
                let at = self.random.below(self.rules.len());
                format!("data.g.{} as {value}", self.rules[at])
            }
            6 if !self.functions.is_empty() => {
                let at = self.random.below(self.functions.len());
                format!("data.g.{} as {value}", self.functions[at].0)
            }
            _ => format!("{} as {value}", self.random.pick(&["count", "lower", "sum", "concat"])),
        }
    }
}
