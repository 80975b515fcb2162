//! The environment of kube-apiserver: what its libraries give, and what calls cost.
#![cfg(test)]

use sekisho_budget::Budget;
use sekisho_cel::kubernetes::{self, Admission, Expressions, Release, base};
use sekisho_cel::{Activation, Cost, Evaluation, Scratch};

/// The value of an expression, or its error, and its cost.
fn value(expression: &str) -> (String, u64) {
    let environment = base(Release::NEWEST, Expressions::Stored).build().unwrap();
    let program = match environment.compile(expression) {
        Ok(program) => program,
        Err(errors) => return (format!("compile: {}", errors[0].message), 0),
    };
    let (scratch, budget) = (Scratch::new(), Budget::standard());
    let cost = Cost::limited(kubernetes::PER_CALL_LIMIT);
    let activation = Activation::new();
    let value = program.evaluate(Evaluation::new(&scratch, &budget, &cost), &activation);
    (value.map_or_else(|error| error.to_string(), |value| value.to_string()), cost.spent())
}

#[test]
fn functions_give_what_their_documentation_says() {
    for (expression, wanted) in [
        ("[1, 2, 3].isSorted()", "true"),
        ("['a', 'c', 'b'].isSorted()", "false"),
        ("[1].isSorted()", "true"),
        ("[1, 3].sum()", "4"),
        ("[1.0, 3.0].sum()", "4"),
        ("[duration('1m'), duration('1s')].sum() == duration('61s')", "true"),
        ("[9223372036854775807, 1].sum()", "integer overflow"),
        ("dyn([1.5, 3.0]).sum()", "4.5"),
        ("dyn([duration('1m')]).sum() == duration('60s')", "true"),
        ("dyn([]).sum()", "0"),
        ("dyn([dyn(1), dyn(1.5)]).sum()", "no such overload"),
        ("dyn([{}]).sum()", "no such overload: sum(list)"),
        ("dyn([1]).join(',')", "no such overload: join(list, string)"),
        ("[1, 3].max()", "3"),
        ("['b', 'a'].min()", "a"),
        ("[1].filter(x, x > 1).max()", "max called on empty list"),
        ("[1, 2, 2, 3].indexOf(2)", "1"),
        ("['a', 'b', 'b', 'c'].lastIndexOf('b')", "2"),
        ("[1.0].indexOf(1.1)", "-1"),
        ("'abc 123'.find('[0-9]+')", "123"),
        ("'abc 123'.find('xyz')", ""),
        ("'123 abc 456'.findAll('[0-9]+') == ['123', '456']", "true"),
        ("'123 abc 456'.findAll('[0-9]+', 1) == ['123']", "true"),
        ("'123 abc 456'.findAll('[0-9]+', 0) == []", "true"),
        ("quantity('50000000G').add(quantity('20M')).isGreaterThan(quantity('50000000G'))", "true"),
        ("quantity('50k').add(20) == quantity('50020')", "true"),
        ("quantity('50k').sub(20000) == quantity('30k')", "true"),
        ("quantity('200M').compareTo(quantity('0.2G'))", "0"),
        ("quantity('150Mi').isLessThan(quantity('100Mi'))", "false"),
        ("sign(quantity('-1'))", "-1"),
        ("quantity('50k').asInteger()", "50000"),
        ("quantity('9999999999999999999999999999999999999G').isInteger()", "false"),
        ("quantity('50.703k').asApproximateFloat()", "50703"),
        ("isQuantity('1.3Gi') && !isQuantity('1,3G')", "true"),
        ("semver('1.2.3').major() + semver('1.2.3').minor() + semver('1.2.3').patch()", "6"),
        ("semver('1.2.3').compareTo(semver('2.0.0'))", "-1"),
        ("semver('1.0.0-alpha.1').isLessThan(semver('1.0.0-alpha.beta'))", "true"),
        ("semver('1.0.0-alpha').isGreaterThan(semver('1.0.0'))", "false"),
        ("semver('v01.02', true) == semver('1.2.0')", "true"),
        ("isSemver('1.0')", "false"),
        ("isSemver('1.0', true)", "true"),
        ("isSemver('01.0.0')", "false"),
        ("cidr('10.0.0.0/8').containsIP('10.1.2.3')", "true"),
        ("[1, 'a']", "compile: expected type 'int' but found 'string'"),
        ("[1, 2].transformList(i, v, i + v) == [1, 3]", "true"),
        ("1 < 1.5", "true"),
    ] {
        assert_eq!(value(expression).0, wanted, "{expression}");
    }
}

#[test]
fn calls_cost_what_they_do_in_the_api_server() {
    for (expression, wanted) in [
        ("[1, 2, 3].sum()", 3),
        ("['aaaaaaaaaa', 'b'].isSorted()", 1),
        ("'aaaaaaaaaaaaaaaaaaaaa'.lowerAscii()", 3),
        ("'aaaaaaaaaaaaaaaaaaaaa'.replace('a', 'b')", 5),
        ("'aaaaaaaaaaaaaaaaaaaaa'.find('a+b')", 3),
        ("isQuantity('12345678901')", 2),
        ("isIP('10.0.0.100')", 1),
    ] {
        assert_eq!(value(expression).1, wanted, "{expression}");
    }
}

#[test]
fn requests_have_the_fields_that_they_have() {
    let environment = Admission::of(Release::NEWEST).environment().unwrap();
    for (expression, wanted) in [
        ("request.kind.group + request.userInfo.groups[0]", "string"),
        ("request.options.anything", "dyn"),
        ("namespaceObject.metadata.labels['a']", "string"),
        ("namespaceObject.status.conditions[0].lastTransitionTime", "timestamp"),
        ("object.anything", "dyn"),
        ("request.object", "undefined field 'object'"),
        ("namespaceObject.metadata.managedFields", "undefined field 'managedFields'"),
        ("params", "undeclared reference to 'params' (in container '')"),
    ] {
        let found = match environment.compile(expression) {
            Ok(program) => program.result_type().to_string(),
            Err(errors) => errors[0].message.clone(),
        };
        assert_eq!(found, wanted, "{expression}");
    }
}

/// What the first release can do, and what came with each after it: for what is stored by a server
/// of that release. What is written to it may use it one release later.
const CAME: &[(u32, &str)] = &[
    (26, "isURL('a') || [1].sum() > 0 || 'a'.find('a') == '' || 'a'.charAt(0) == ''"),
    (27, "authorizer.path('/a').check('get').allowed()"),
    (28, "1 < 1.5"),
    (28, "object.?a.optMap(x, x).hasValue()"),
    (28, "isQuantity('1')"),
    (29, "object.?a.optFlatMap(x, optional.of(x)).hasValue()"),
    (29, "strings.quote('%s'.format(['a'])) == ['a'].join()"),
    (29, "sets.contains([1], [1])"),
    (30, "isIP('::1') || isCIDR('::/0')"),
    (31, "format.named('uuid').hasValue()"),
    (31, "authorizer.group('').resource('a').fieldSelector('a=b').check('get').allowed()"),
    (32, "[1].all(i, v, i < v)"),
    (33, "isSemver('1.0.0')"),
    (33, "[1].first().hasValue()"),
    (34, "[1].distinct() == [1]"),
    (37, "[1].includes(1)"),
];

#[test]
fn each_release_has_what_it_came_with() {
    let environment = |minor, expressions| {
        let release = Release { minor };
        let admission = Admission { expressions, authorizer: true, ..Admission::of(release) };
        admission.environment().unwrap()
    };
    for minor in Release::OLDEST.minor..=Release::NEWEST.minor {
        let stored = environment(minor, Expressions::Stored);
        let new = environment(minor, Expressions::New);
        for (came, expression) in CAME {
            let compiles =
                |environment: &sekisho_cel::Environment| environment.compile(expression).is_ok();
            assert_eq!(compiles(&stored), minor >= *came, "stored by 1.{minor}: {expression}");
            // What comes with a release of cel-go comes at once.
            let at_once = ["optFlatMap", "first()"].iter().any(|name| expression.contains(name));
            // Before 1.28 nothing was held back.
            let at_once = at_once || *came < 28;
            let expected = minor > *came || at_once && minor == *came;
            assert_eq!(compiles(&new), expected, "new to 1.{minor}: {expression}");
        }
        let reverse = stored.compile("'ab'.reverse()");
        assert!(reverse.is_err(), "no release has version 3 of strings");
        let namespace = stored.compile("namespaceObject.metadata.name == ''");
        assert_eq!(namespace.is_ok(), minor >= 28, "1.{minor}");
    }
}

#[test]
fn prefixes_cost_by_their_own_length_since_1_37() {
    let cost_of = |minor, expression: &str| {
        let environment = base(Release { minor }, Expressions::Stored).build().unwrap();
        let program = environment.compile(expression).unwrap();
        let (scratch, budget, cost) = (Scratch::new(), Budget::standard(), Cost::unlimited());
        let evaluation = Evaluation::new(&scratch, &budget, &cost);
        program.evaluate(evaluation, &Activation::new()).unwrap();
        cost.spent()
    };
    for (expression, before, since) in [
        ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.startsWith('a')", 4, 1),
        ("'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'.endsWith('aaaaaaaaaaaaaaaa')", 4, 2),
        ("matches('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 'a+b+c')", 1, 10),
    ] {
        assert_eq!(cost_of(36, expression), before, "{expression}");
        assert_eq!(cost_of(37, expression), since, "{expression}");
    }
}
