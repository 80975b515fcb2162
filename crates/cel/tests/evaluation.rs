//! What expressions give: the cases of the functions' documentation, and errors word for word.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail")]

use sekisho_budget::Budget;
use sekisho_cel::library::{self, Library, MappedAddresses, StructTypes};
use sekisho_cel::term::to_json;
use sekisho_cel::types::Type;
use sekisho_cel::{
    Activation, Cost, Environment, EvalError, Evaluation, LazyFields, Options, Scratch, Term,
};
use sekisho_value::from_json;
use std::sync::Arc;

const OBJECT: &str = r#"{
    "metadata": {"name": "web", "labels": {"app.kubernetes.io/name": "web", "tier": null}},
    "spec": {"replicas": 3, "ratio": 1.5, "whole": 2.0, "big": 9223372036854775808,
             "containers": [{"name": "a", "image": "x/a:1"}, {"name": "b", "image": "y/b"}]}
}"#;

fn environment() -> Environment {
    Environment::standard()
        .library(library::optionals(2))
        .library(library::bindings())
        .library(library::two_variable_comprehensions())
        .library(library::strings(4))
        .library(library::lists(3))
        .library(library::math(2))
        .library(library::sets())
        .library(library::encoders())
        .library(library::regex())
        .library(library::network(MappedAddresses::Refused))
        .quoted_fields()
        .options(Options { fold_constants: false, ..Options::default() })
        .variable("object", Type::Dyn)
        .variable("missing", Type::Dyn)
        .build()
        .unwrap()
}

/// The value in JSON, or the error.
fn value(expression: &str) -> String {
    let object = from_json(OBJECT).unwrap();
    let program = environment()
        .compile(expression)
        .unwrap_or_else(|errors| panic!("{expression}: {}", errors[0].render(expression)));
    let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::unlimited());
    let evaluation = Evaluation::new(&scratch, &budget, &cost);
    let mut activation = Activation::new();
    activation.set("object", Term::borrowed(&object));
    match program.evaluate(evaluation, &activation) {
        Ok(value) => to_json(evaluation, value).unwrap().to_json(),
        Err(error) => format!("error: {error}"),
    }
}

fn check(cases: &[(&str, &str)]) {
    for (expression, wanted) in cases {
        assert_eq!(value(expression), *wanted, "{expression}");
    }
}

#[test]
fn json_is_read_as_the_api_server_reads_it() {
    check(&[
        ("type(object.spec.replicas) == int", "true"),
        ("type(object.spec.ratio) == double", "true"),
        ("type(object.spec.whole) == double", "true"),
        ("type(object.spec.big) == double", "true"),
        ("object.spec.replicas < 3.5", "true"),
        ("object.spec.replicas == 3.0", "true"),
        ("object.metadata.labels['app.kubernetes.io/name']", "\"web\""),
        ("object.metadata.labels.`app.kubernetes.io/name`", "\"web\""),
        ("has(object.metadata.labels.tier)", "true"),
        ("object.metadata.labels.tier == null", "true"),
        ("has(object.metadata.annotations)", "false"),
        ("'name' in object.metadata", "true"),
        ("object.spec.containers.map(c, c.name)", "[\"a\",\"b\"]"),
        ("object.metadata.labels.exists(k, k.startsWith('app'))", "true"),
        ("object", &from_json(OBJECT).unwrap().to_json()),
    ]);
}

#[test]
fn errors_are_those_of_cel_go() {
    check(&[
        ("object.spec.nope", "error: no such key: nope"),
        ("object.spec['nope']", "error: no such key: nope"),
        ("object.spec.containers[2]", "error: index out of bounds: 2"),
        ("object.spec.containers['a']", "error: unsupported index type 'string' in list"),
        ("object.spec.replicas.nope", "error: no such key: nope"),
        ("object.spec.replicas + 'a'", "error: no such overload"),
        ("object.spec.replicas.startsWith('a')", "error: no such overload"),
        ("missing.a", "error: no such attribute(s): missing"),
        ("1 / 0", "error: division by zero"),
        ("1 % 0", "error: modulus by zero"),
        ("9223372036854775807 + 1", "error: integer overflow"),
        ("1u - 2u", "error: unsigned integer overflow"),
        ("int('a')", "error: type conversion error from 'string' to 'int'"),
        ("object.spec.replicas && true", "error: no such overload"),
        ("object.spec.all(k, k == 1 / 0)", "error: division by zero"),
        ("{'a': 1, 'a': 2}", "error: Failed with repeated key: a"),
        ("object.spec.ratio < 0.0 / 0.0", "error: NaN values cannot be ordered"),
    ]);
}

#[test]
fn errors_are_absorbed_as_the_specification_has_it() {
    check(&[
        ("object.nope || true", "true"),
        ("true || object.nope", "true"),
        ("object.nope && false", "false"),
        ("object.nope && true", "error: no such key: nope"),
        ("1 / 0 > 0 || true", "true"),
        ("false ? 1 / 0 : 2", "2"),
        ("[0, 1].exists(x, 1 / x > 0)", "true"),
        ("[0, 1].all(x, 1 / x > 1)", "false"),
        ("[0, 1].all(x, 1 / x > 0)", "error: division by zero"),
        ("[0, 1].exists_one(x, 1 / x > 0)", "error: division by zero"),
        ("cel.bind(x, 1 / 0, true || x > 0)", "true"),
        ("cel.bind(x, 1 / 0, x > 0 || x < 0)", "error: division by zero"),
        ("cel.bind(x, object.spec, x.replicas + x.replicas)", "6"),
        ("object.?nope.?deeper.orValue('none')", "\"none\""),
        ("object.?spec.?replicas.orValue(0)", "3"),
        ("object.spec[?'replicas'].optMap(r, r * 2).value()", "6"),
        ("object.?spec.optFlatMap(s, s.?nope).hasValue()", "false"),
        ("optional.none().value()", "error: optional.none() dereference"),
    ]);
}

#[test]
fn strings() {
    check(&[
        ("'tacocat'.charAt(3)", "\"o\""),
        ("'été'.charAt(1)", "\"t\""),
        ("'a'.charAt(2)", "error: index out of range: 2"),
        ("'hello mellow'.indexOf('ello', 2)", "7"),
        ("'hello mellow'.lastIndexOf('ello', 6)", "1"),
        ("'été'.indexOf('é', 1)", "2"),
        ("'TacoCÆt'.lowerAscii()", "\"tacocÆt\""),
        ("'hello hello'.replace('he', 'we', 1)", "\"wello hello\""),
        ("'a'.replace('', '_')", "\"_a_\""),
        ("'hello hello hello'.split(' ', 2)", "[\"hello\",\"hello hello\"]"),
        ("'abc'.split('')", "[\"a\",\"b\",\"c\"]"),
        ("'tacocat'.substring(0, 4)", "\"taco\""),
        ("'tacocat'.substring(5, 2)", "error: invalid substring range. start: 5, end: 2"),
        ("'  \\ttrim\\n    '.trim()", "\"trim\""),
        ("['x', 'y'].join('-')", "\"x-y\""),
        ("'été'.reverse()", "\"été\""),
        ("strings.quote('a \"b\"\\n')", r#""\"a \\\"b\\\"\\n\"""#),
        (
            "'%s %d %.2f %e %b %x %X %o %%'.format(['a', 1, 2.345, 10.5, 5, 255, 'hi', 8])",
            "\"a 1 2.35 1.050000e+01 101 ff 6869 10 %\"",
        ),
        ("'%s'.format([{'b': [1, null], 'a': 2.5}])", "\"{a: 2.5, b: [1, null]}\""),
        (
            "'%d'.format(['a'])",
            "error: error during formatting: decimal clause can only be used on ints, uints, and \
          doubles, was given string",
        ),
        ("'%s'.format([])", "error: index 0 out of range"),
        ("'foo123'.matches('^[a-z]+\\\\d+$')", "true"),
        ("regex.extract('item-A, item-B', 'item-(\\\\w+)').value()", "\"A\""),
        ("regex.extractAll('id:1, id:2', 'id:\\\\d')", "[\"id:1\",\"id:2\"]"),
        ("regex.replace('foo bar', '(fo)o (ba)r', '\\\\2 \\\\1')", "\"ba fo\""),
        ("base64.encode(b'hello')", "\"aGVsbG8=\""),
        ("string(base64.decode('aGVsbG8'))", "\"hello\""),
    ]);
}

#[test]
fn lists_sets_and_maps() {
    check(&[
        ("[1, 2, 3, 4].slice(1, 3)", "[2,3]"),
        ("[1].slice(0, 2)", "error: cannot slice(0, 2), list is length 1"),
        ("[1, [2, [3]]].flatten(2)", "[1,2,3]"),
        ("[[1], [2, 3]].flatten()", "[1,2,3]"),
        ("[3, 1, 2].sort()", "[1,2,3]"),
        ("['b', 'a'].sort()", "[\"a\",\"b\"]"),
        ("[3, -1, 2].sortBy(x, x * x)", "[-1,2,3]"),
        ("[1, 1.0, 2].distinct()", "[1,2]"),
        ("lists.range(3)", "[0,1,2]"),
        ("[1, 2].reverse()", "[2,1]"),
        ("[1, 2].first().value() + [1, 2].last().value()", "3"),
        ("sets.contains([1, 2], [2])", "true"),
        ("sets.equivalent([1, 2], [2, 1, 1])", "true"),
        ("sets.intersects([1], [2])", "false"),
        ("{'a': 1, 'b': 2}.transformMap(k, v, v > 1, v * 10)", "{\"b\":20}"),
        ("[5, 6].transformList(i, v, i + v)", "[5,7]"),
        ("{'a': 'b'}.transformMapEntry(k, v, {v: k})", "{\"b\":\"a\"}"),
        (
            "{'a': 'c', 'b': 'c'}.transformMapEntry(k, v, {v: k})",
            "error: insert failed: key c already exists",
        ),
        ("[1, 2].all(i, v, i < v)", "true"),
        ("{1: 'a', 2u: 'b', true: 'c'}[1u] + {1: 'a'}[dyn(1.0)]", "\"aa\""),
    ]);
}

#[test]
fn numbers_times_and_addresses() {
    check(&[
        ("math.greatest(1, 2.5, 2u)", "2.5"),
        ("math.least([3, 1, 2])", "1"),
        ("math.bitShiftRight(-1024, 3)", "2305843009213693824"),
        ("math.round(-1.5)", "-2"),
        ("math.sqrt(81)", "9"),
        ("math.abs(-9223372036854775807 - 1)", "error: integer overflow"),
        ("timestamp('2024-02-29T12:30:00Z').getDayOfYear()", "59"),
        ("timestamp('2024-02-29T23:30:00Z').getDate('+01:00')", "1"),
        ("timestamp('2023-12-25T00:00:00Z').getHours('America/Los_Angeles')", "16"),
        (
            "timestamp('2023-12-25T00:00:00Z').getHours('Nowhere/City')",
            "error: unknown time zone Nowhere/City",
        ),
        (
            "string(timestamp('2023-12-25T00:00:00.5Z') + duration('90m'))",
            "\"2023-12-25T01:30:00.5Z\"",
        ),
        ("duration('1h2m3.5s').getSeconds()", "3723"),
        ("string(duration('90m'))", "\"5400s\""),
        ("timestamp('9999-12-31T23:59:59Z') + duration('1s')", "error: timestamp overflow"),
        ("ip('10.1.2.3').family() + ip('::1').family()", "10"),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"),
        ("cidr('10.1.2.3/8').masked() == cidr('10.0.0.0/8')", "true"),
        ("cidr('::/0').containsCIDR('2001:db8::/32')", "true"),
        ("ip('fe80::1').isLinkLocalUnicast() && !ip('fe80::1').isGlobalUnicast()", "true"),
        (
            "ip('::ffff:10.0.0.1')",
            "error: IPv4-mapped IPv6 address \"::ffff:10.0.0.1\" is not allowed",
        ),
        ("string(1.0) + string(1e21) + string(-0.1)", "\"11e+21-0.1\""),
    ]);
}

/// The fields of `variables`: a type for the checker, and what they are.
#[derive(Debug)]
struct Variables;

impl StructTypes for Variables {
    fn find(&self, name: &str) -> Option<Type> {
        (name == "test.variables").then(|| Type::Struct("test.variables".into()))
    }

    fn field(&self, _: &str, field: &str) -> Option<Type> {
        matches!(field, "replicas" | "twice" | "wrong" | "itself").then_some(Type::Dyn)
    }

    fn construct<'a>(
        &self,
        _: Evaluation<'a>,
        _: &'a str,
        _: &[(&'a str, Term<'a>)],
    ) -> Result<Term<'a>, EvalError> {
        Err(EvalError::no_such_overload())
    }
}

#[test]
fn lazy_fields_are_evaluated_once_and_when_they_are_read() {
    let environment = Environment::standard()
        .library(Library::new("variables", 0).with_structs(Arc::new(Variables)))
        .variable("object", Type::Dyn)
        .variable("variables", Type::Struct("test.variables".into()))
        .build()
        .unwrap();
    let fields = [
        ("replicas", "object.spec.replicas"),
        ("twice", "variables.replicas + variables.replicas"),
        ("wrong", "object.nope"),
        ("itself", "variables.itself"),
    ];
    let fields = fields.map(|(name, text)| (name.into(), environment.compile(text).unwrap()));
    let fields = LazyFields::new("test.variables", fields.to_vec());
    let cases = [
        ("true || variables.twice > 1", "Ok(Bool(true))", 0),
        // `twice` takes 5, `replicas` 3.
        ("variables.twice + variables.twice", "Ok(Int(12))", 8),
        ("variables.replicas", "Ok(Int(3))", 8),
        ("variables.wrong == 1 || true", "Ok(Bool(true))", 10),
        (
            "variables.wrong",
            r#"Err("composited variable \"wrong\" fails to evaluate: no such key: nope")"#,
            10,
        ),
        (
            "variables.itself",
            r#"Err("composited variable \"itself\" fails to evaluate: a variable reads itself")"#,
            12,
        ),
    ];
    let programs = cases.map(|(expression, ..)| environment.compile(expression).unwrap());
    let object = from_json(OBJECT).unwrap();
    let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::unlimited());
    let mut activation = Activation::new();
    activation.set("object", Term::borrowed(&object));
    activation.set("variables", Term::Object(&fields));
    let evaluation = Evaluation::new(&scratch, &budget, &cost).with_lazy(&fields, &activation, 100);
    for ((expression, wanted, spent), program) in cases.iter().zip(&programs) {
        let value = program.evaluate(evaluation, &activation);
        let shown = format!("{:?}", value.map_err(|error| error.to_string()));
        assert_eq!(shown, *wanted, "{expression}");
        assert_eq!(evaluation.lazy_spent(), *spent, "{expression}");
    }
    let errors = environment.compile("variables.replica").map(|_| ()).unwrap_err();
    assert_eq!(errors[0].message, "undefined field 'replica'");
}
