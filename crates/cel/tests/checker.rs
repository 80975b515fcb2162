//! What the checker says: all at once, each with its place, and how to mend it.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_cel::library;
use sekisho_cel::types::{Type, read_type};
use sekisho_cel::{Environment, Options};

fn environment() -> Environment {
    Environment::standard()
        .library(library::optionals(2))
        .library(library::strings(2))
        .options(Options {
            homogeneous_literals: true,
            cross_type_comparison: false,
            ..Options::default()
        })
        .variable("object", Type::Dyn)
        .variable("params", Type::Dyn)
        .variable("names", Type::list(Type::String))
        .variable("count", Type::Int)
        .build()
        .unwrap()
}

#[test]
fn errors_and_advice() {
    for (expression, shown) in [
        (
            "objct.spec",
            "1:1: undeclared reference to 'objct' (in container '') ? did you mean `object`?",
        ),
        (
            "names.exist(n, n == 'a')",
            "1:12: undeclared reference to 'exist' (in container '') ? -; 1:13: undeclared \
             reference to 'n' (in container '') ? the variables are `count`, `names`, `object`, \
             `params`; 1:16: undeclared reference to 'n' (in container '') ? the variables are \
             `count`, `names`, `object`, `params`",
        ),
        (
            "object.name.startswith('a')",
            "1:23: undeclared reference to 'startswith' (in container '') ? did you mean \
             `startsWith`?",
        ),
        (
            "count + 'a'",
            "1:7: found no matching overload for '_+_' applied to '(int, string)' ? both sides \
             must be of one type: convert one of them, as in `int(...)`",
        ),
        (
            "names.all(n, n)",
            "1:14: expected type 'bool' but found 'string' ? compare it with something, or test \
             it by `has(...)`",
        ),
        (
            "names.name",
            "1:6: type 'list(string)' does not support field selection ? a list has no field \
             `name`; read an item by `list[0].name`, or all by `list.map(item, item.name)`",
        ),
        (
            "count.startsWith('a')",
            "1:17: found no matching overload for 'startsWith' applied to 'int.(string)' ? it is \
             called as `string.startsWith(string) -> bool`",
        ),
        ("[1, 'a']", "1:5: expected type 'int' but found 'string' ? convert it: `int(...)`"),
        (
            "count.all(x, true)",
            "1:1: expression of type 'int' cannot be range of a comprehension (must be list, \
             map, or dynamic) ? -",
        ),
        (
            "1 < 2.0",
            "1:3: found no matching overload for '_<_' applied to '(int, double)' ? both sides \
             must be of one type: convert one of them, as in `int(...)`",
        ),
        ("int('x') == 1", "1:4: type conversion error from 'string' to 'int' ? -"),
        ("'a'.matches('(')", "1:12: error parsing regexp: missing closing ): `(` ? -"),
        ("has(object)", "1:5: invalid argument to has() macro ? -"),
        ("1 +", "1:4: Syntax error: unexpected '<EOF>', expecting an expression ? -"),
        ("for", "1:1: reserved identifier: for ? fields of that name are read as `object.name`"),
        (
            "a.b\n  && c",
            "1:1: undeclared reference to 'a' (in container '') ? the variables are `count`, \
             `names`, `object`, `params`; 2:6: undeclared reference to 'c' (in container '') ? \
             the variables are `count`, `names`, `object`, `params`",
        ),
    ] {
        let errors = environment().compile(expression).map(|_| ()).unwrap_err();
        let told: Vec<String> = errors
            .iter()
            .map(|error| format!("{error} ? {}", error.help.as_deref().unwrap_or("-")))
            .collect();
        assert_eq!(told.join("; "), shown, "{expression}");
    }
}

#[test]
fn types_are_found() {
    for (expression, of) in [
        ("object.a.b", "dyn"),
        ("names.map(n, n.size())", "list(int)"),
        ("[]", "list(dyn)"),
        ("[[], [1]]", "list(list(int))"),
        ("{}", "map(dyn, dyn)"),
        ("{'a': names}", "map(string, list(string))"),
        ("count > 1 ? 'a' : 'b'", "string"),
        ("object.?a", "optional_type(dyn)"),
        ("names[?0]", "optional_type(string)"),
        ("names[?0].orValue('')", "string"),
        ("[?names[?0], 'b']", "list(string)"),
        ("optional.none()", "optional_type(dyn)"),
        ("type(count)", "type(int)"),
        ("int", "type(int)"),
        ("dyn(1) + object", "dyn"),
        ("names.exists_one(n, n == 'a')", "bool"),
        ("names.filter(n, n != '')", "list(string)"),
        ("optional.of(1).optMap(v, string(v))", "optional_type(string)"),
        ("timestamp('2020-01-01T00:00:00Z') - timestamp('2020-01-01T00:00:00Z')", "duration"),
    ] {
        let program = environment().compile(expression).unwrap_or_else(|errors| {
            panic!("{}", errors[0].render(expression));
        });
        assert_eq!(program.result_type().to_string(), of, "{expression}");
    }
    assert_eq!(read_type("list(dyn)").unwrap(), Type::list(Type::Dyn));
}
