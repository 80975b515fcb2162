//! Expressions of policies that are made to hurt, in the environment of kube-apiserver: each ends
//! by its cost, its budget or its error, within a bound.

#![expect(clippy::unwrap_used, reason = "a test may fail")]

use sekisho_budget::Budget;
use sekisho_cel::kubernetes::{
    Admission, Asking, Attributes, Authorizer, Decision, PER_CALL_LIMIT, Release, User,
};
use sekisho_cel::{Activation, Cause, Cost, EvalError, Evaluation, Scratch, Term};
use sekisho_value::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};

#[derive(Debug)]
struct Yes;

impl Authorizer for Yes {
    fn authorize(&self, _: &User, _: &Attributes<'_>) -> Result<Decision, EvalError> {
        Ok(Decision { allowed: true, ..Decision::default() })
    }
}

/// How long one may take; the bound is that of a slow machine, unoptimized.
const BOUND: Duration = Duration::from_secs(20);

/// What ends an expression: its cost, its budget, an error of the language, or its value.
fn end(expression: &str, object: &Value) -> &'static str {
    let admission = Admission { authorizer: true, patches: true, ..Admission::of(Release::NEWEST) };
    let environment = admission.environment().unwrap();
    let started = Instant::now();
    let end = match environment.compile(expression) {
        Err(_) => "refused",
        Ok(program) => {
            let _ = environment.estimate(&environment.check(expression).unwrap(), &());
            let (scratch, budget) = (Scratch::new(), Budget::standard());
            let cost = Cost::limited(PER_CALL_LIMIT);
            let evaluation = Evaluation::new(&scratch, &budget, &cost);
            let asking = Asking::new(User::default(), Arc::new(Yes));
            let mut activation = Activation::new();
            activation.set("object", Term::borrowed(object));
            activation.set("authorizer", Term::Opaque(&asking));
            match program.evaluate(evaluation, &activation).map_err(|error| error.cause()) {
                Ok(_) => "value",
                Err(Cause::CostLimit) => "cost",
                Err(Cause::Budget(_)) => "budget",
                Err(Cause::Value | Cause::Unknown) => "error",
            }
        }
    };
    let shown: String = expression.chars().take(80).collect();
    assert!(started.elapsed() < BOUND, "{shown}: {:?}", started.elapsed());
    end
}

#[test]
fn nothing_hurts() {
    let numbers: Vec<Value> = (0..2_000).map(Value::from).collect();
    let object = Value::Object(
        [
            ("list", Value::from(numbers)),
            ("long", Value::from("a".repeat(1 << 18))),
            ("bomb", Value::from("(a{0,500}){0,500}")),
            ("url", Value::from(format!("https://a/?{}", "a=b&".repeat(200_000)))),
        ]
        .into_iter()
        .collect(),
    );
    let deep = |open: &str, close: &str, count: usize| {
        format!("{}1{}", open.repeat(count), close.repeat(count))
    };
    let mut different = Vec::new();
    for (expression, wanted) in [
        ("object.list.all(a, object.list.all(b, object.list.all(c, a + b + c >= 0)))", "cost"),
        ("object.list.map(a, object.list.map(b, [a, b])).size()", "cost"),
        ("object.list.transformMap(i, v, object.list.transformMap(j, w, w)).size()", "cost"),
        ("object.list.map(a, object.long + object.long).size()", "budget"),
        ("object.list.map(a, object.long).join().size()", "budget"),
        ("(object.long + object.long).replace('', object.long).size()", "budget"),
        ("object.long.split('').map(c, c + c).size()", "cost"),
        ("object.long.matches(object.bomb)", "error"),
        ("object.long.find('(a+)+$').size()", "value"),
        ("object.long.findAll('a').size()", "value"),
        ("object.long.matches('(a*)*b')", "value"),
        ("url(object.url).getQuery().size()", "value"),
        ("url('https://' + object.long).getHost().size()", "value"),
        ("quantity(object.long)", "error"),
        ("quantity('1' + object.long)", "error"),
        ("semver(object.long)", "error"),
        ("ip(object.long)", "error"),
        ("format.dns1123Subdomain().validate(object.long).hasValue()", "value"),
        ("format.uri().validate(object.url).hasValue()", "cost"),
        ("object.list.all(a, authorizer.path('/a').check('get').allowed())", "cost"),
        (
            "authorizer.group('').resource('a').labelSelector(object.long).check('a').allowed()",
            "cost",
        ),
        (
            "object.list.map(a, JSONPatch{op: 'add', path: object.long, value: object.list}).size()",
            "value",
        ),
        ("object.list.sort().distinct().size()", "cost"),
        ("sets.equivalent(object.list, object.list)", "cost"),
        ("'%s'.format([object.list.map(a, object.list)]).size()", "value"),
        ("'%.999999999f'.format([1.0])", "error"),
        ("object.list.sum() > 0 && object.list.isSorted()", "value"),
        (&deep("(", ")", 200_000), "refused"),
        (&deep("[", "]", 200_000), "refused"),
        (&deep("-", "", 200_000), "refused"),
        (&deep("!", "", 200_000), "refused"),
        (&deep("Object{a: ", "}", 5_000), "refused"),
        (&format!("object{}", ".a".repeat(100_000)), "refused"),
        (&format!("object{}", "[0]".repeat(100_000)), "refused"),
        (&"object.list.all(a, ".repeat(10_000), "refused"),
        (&format!("'{}'.matches('{}')", "a".repeat(1_000), "(a?){1000}".repeat(20)), "value"),
    ] {
        let shown: String = expression.chars().take(80).collect();
        let found = end(expression, &object);
        if found != wanted {
            different.push(format!("{shown}: {found}, not {wanted}"));
        }
    }
    assert!(different.is_empty(), "{}", different.join("\n"));
}
