use super::{Glob, Match, MatchError, MatchInput, Namespace, Source};
use sekisho_value::{Value, from_json};

const POD: &str = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"web-1","namespace":"shop","labels":{"app":"web"}}}"#;
const DEPLOYMENT: &str = r#"{"apiVersion":"apps/v1beta1","kind":"Deployment","metadata":{"generateName":"web-","namespace":"shop"}}"#;
const NAMESPACE: &str =
    r#"{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"shop","labels":{"team":"a"}}}"#;
const OTHER_NAMESPACE: &str =
    r#"{"apiVersion":"example.com/v1","kind":"Namespace","metadata":{"name":"shop"}}"#;
const NODE: &str = r#"{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}"#;

fn json(text: &str) -> Value {
    from_json(text).unwrap()
}

/// What is known of the namespace in a case.
#[derive(Clone, Copy, Debug)]
enum Ns {
    Absent,
    Known,
    /// as `gator test` has it for cluster-scoped objects (D1)
    Empty,
    Named,
}

fn matches(spec: &str, object: &str, ns: Ns, source: Option<Source>) -> Result<bool, MatchError> {
    let compiled = Match::parse(Some(&json(spec))).unwrap_or_else(|e| panic!("{spec}: {e:?}"));
    let known = json(NAMESPACE);
    let empty = Value::object();
    let namespace = match ns {
        Ns::Absent => Namespace::Absent,
        Ns::Known => Namespace::Known(&known),
        Ns::Empty => Namespace::Known(&empty),
        Ns::Named => Namespace::Named("shop"),
    };
    compiled.matches(&MatchInput { object: &json(object), namespace, source })
}

#[test]
fn every_rule() {
    use Ns::{Absent, Empty, Known, Named};
    let team = r#"{"namespaceSelector":{"matchLabels":{"team":"a"}}}"#;
    let own_name =
        r#"{"namespaceSelector":{"matchLabels":{"kubernetes.io/metadata.name":"shop"}}}"#;
    let other_name = r#"{"namespaceSelector":{"matchExpressions":[{"key":"kubernetes.io/metadata.name","operator":"NotIn","values":["shop"]}]}}"#;
    for (spec, object, ns, want) in [
        ("null", POD, Absent, true),
        ("{}", POD, Absent, true),
        // kinds: any entry; group and kind; no version
        (r#"{"kinds":[]}"#, POD, Absent, true),
        (r#"{"kinds":[{}]}"#, POD, Absent, true),
        (r#"{"kinds":[{"kinds":["Pod"]}]}"#, POD, Absent, true),
        (r#"{"kinds":[{"kinds":["pod"]}]}"#, POD, Absent, false),
        (r#"{"kinds":[{"kinds":["Po*"]}]}"#, POD, Absent, false),
        (r#"{"kinds":[{"kinds":["*"],"apiGroups":["*"]}]}"#, POD, Absent, true),
        (r#"{"kinds":[{"kinds":["Pod"],"apiGroups":[""]}]}"#, POD, Absent, true),
        (r#"{"kinds":[{"kinds":["Pod"],"apiGroups":["apps"]}]}"#, POD, Absent, false),
        (r#"{"kinds":[{"apiGroups":["apps"]}]}"#, DEPLOYMENT, Absent, true),
        (r#"{"kinds":[{"apiGroups":["apps/v1"]}]}"#, DEPLOYMENT, Absent, false),
        (
            r#"{"kinds":[{"kinds":["Pod"],"apiGroups":["apps"]},{"kinds":["Deployment"],"apiGroups":["","apps"]}]}"#,
            DEPLOYMENT,
            Absent,
            true,
        ),
        // scope
        (r#"{"scope":"*"}"#, POD, Absent, true),
        (r#"{"scope":"cluster"}"#, POD, Absent, true),
        (r#"{"scope":"Cluster"}"#, POD, Absent, false),
        (r#"{"scope":"Cluster"}"#, NODE, Absent, true),
        (r#"{"scope":"Cluster"}"#, NODE, Empty, false),
        (r#"{"scope":"Cluster"}"#, NAMESPACE, Empty, true),
        (r#"{"scope":"Cluster"}"#, OTHER_NAMESPACE, Known, false),
        (r#"{"scope":"Namespaced"}"#, POD, Absent, true),
        (r#"{"scope":"Namespaced"}"#, NODE, Absent, false),
        (r#"{"scope":"Namespaced"}"#, NODE, Empty, true),
        (r#"{"scope":"Namespaced"}"#, NAMESPACE, Known, false),
        // namespaces: a Namespace by its own name; what is in none passes
        (r#"{"namespaces":["shop"]}"#, POD, Absent, true),
        (r#"{"namespaces":["other","sh*"]}"#, POD, Named, true),
        (r#"{"namespaces":["other"]}"#, POD, Known, false),
        (r#"{"namespaces":["shop"]}"#, NAMESPACE, Absent, true),
        (r#"{"namespaces":["other"]}"#, NAMESPACE, Absent, false),
        (r#"{"namespaces":["other"]}"#, NODE, Absent, true),
        (r#"{"namespaces":["other"]}"#, NODE, Empty, false),
        (r#"{"namespaces":["other"]}"#, OTHER_NAMESPACE, Absent, true),
        (r#"{"excludedNamespaces":["shop"]}"#, POD, Absent, false),
        (r#"{"excludedNamespaces":["*op"]}"#, POD, Named, false),
        (r#"{"excludedNamespaces":["*ho*"]}"#, POD, Known, false),
        (r#"{"excludedNamespaces":["other"]}"#, POD, Known, true),
        (r#"{"excludedNamespaces":["shop"]}"#, NAMESPACE, Absent, false),
        (r#"{"excludedNamespaces":["*"]}"#, NODE, Absent, true),
        (r#"{"excludedNamespaces":["*"]}"#, NODE, Empty, false),
        (r#"{"namespaces":["sh*"],"excludedNamespaces":["*op"]}"#, POD, Known, false),
        // labels of the object
        (r#"{"labelSelector":{}}"#, NODE, Absent, true),
        (r#"{"labelSelector":{"matchLabels":{"app":"web"}}}"#, POD, Absent, true),
        (r#"{"labelSelector":{"matchLabels":{"app":"db"}}}"#, POD, Absent, false),
        (
            r#"{"labelSelector":{"matchExpressions":[{"key":"app","operator":"DoesNotExist"}]}}"#,
            NODE,
            Absent,
            true,
        ),
        // labels of the namespace: a Namespace's own; nothing else cluster-scoped is asked
        (team, POD, Known, true),
        (team, NAMESPACE, Absent, true),
        (team, NODE, Absent, true),
        (team, NODE, Empty, false),
        (team, OTHER_NAMESPACE, Absent, true),
        (r#"{"namespaceSelector":{"matchLabels":{"team":"b"}}}"#, POD, Known, false),
        (r#"{"namespaceSelector":{"matchLabels":{"team":"b"}}}"#, NAMESPACE, Known, false),
        (own_name, POD, Named, true),
        (other_name, POD, Named, false),
        (r#"{"namespaceSelector":{}}"#, POD, Named, true),
        // name: a glob of generateName matches only where its end is open
        (r#"{"name":""}"#, POD, Absent, true),
        (r#"{"name":"web-1"}"#, POD, Absent, true),
        (r#"{"name":"web-*"}"#, POD, Absent, true),
        (r#"{"name":"*-1"}"#, POD, Absent, true),
        (r#"{"name":"db-*"}"#, POD, Absent, false),
        (r#"{"name":"web-*"}"#, DEPLOYMENT, Absent, true),
        (r#"{"name":"*eb*"}"#, DEPLOYMENT, Absent, true),
        (r#"{"name":"web-"}"#, DEPLOYMENT, Absent, false),
        (r#"{"name":"*-"}"#, DEPLOYMENT, Absent, false),
        (r#"{"name":"*"}"#, NODE, Absent, true),
        // all of them hold
        (r#"{"name":"web-1","scope":"Namespaced","namespaces":["shop"]}"#, POD, Known, true),
        (r#"{"name":"web-1","scope":"Cluster","namespaces":["shop"]}"#, POD, Known, false),
    ] {
        let found = matches(spec, object, ns, Some(Source::Original));
        assert_eq!(found, Ok(want), "{spec} {object} {ns:?}");
    }
}

#[test]
fn what_cannot_be_told_is_an_error() {
    let team = r#"{"namespaceSelector":{"matchLabels":{"team":"a"}}}"#;
    assert_eq!(matches(team, POD, Ns::Absent, None), Err(MatchError::NoNamespace));
    let unknown = MatchError::UnknownNamespace("shop".to_owned());
    assert_eq!(matches(team, POD, Ns::Named, None), Err(unknown));
    // What other fields rule out needs no labels.
    let elsewhere = r#"{"namespaces":["x"],"namespaceSelector":{"matchLabels":{"team":"a"}}}"#;
    assert_eq!(matches(elsewhere, POD, Ns::Named, None), Ok(false));
    let no_source = MatchError::NoSource("web-1".to_owned());
    assert_eq!(matches(r#"{"source":"Original"}"#, POD, Ns::Known, None), Err(no_source));
}

#[test]
fn sources() {
    for (spec, source, want) in [
        (r#"{"source":"All"}"#, None, true),
        (r#"{"source":"All"}"#, Some(Source::Generated), true),
        (r#"{"source":"Original"}"#, Some(Source::Original), true),
        (r#"{"source":"Original"}"#, Some(Source::Generated), false),
        (r#"{"source":"Generated"}"#, Some(Source::Original), false),
        (r#"{"source":"Generated"}"#, Some(Source::Generated), true),
    ] {
        assert_eq!(matches(spec, POD, Ns::Known, source), Ok(want), "{spec} {source:?}");
    }
}

#[test]
fn globs() {
    for (glob, name, matching, generating) in [
        ("kube-system", "kube-system", true, false),
        ("kube-*", "kube-system", true, true),
        ("*-system", "kube-system", true, false),
        ("*be-sy*", "kube-system", true, true),
        ("**", "a:b", true, true),
        ("*", "", true, true),
        ("", "", true, false),
        ("kube-", "kube-system", false, false),
        ("-kube-", "x-kube-y", false, false),
        ("*--*", "a-b", false, false),
    ] {
        let compiled = Glob::new(glob);
        assert_eq!(compiled.matches(name), matching, "{glob} {name}");
        assert_eq!(compiled.matches_generate_name(name), generating, "{glob} {name}");
    }
    for (glob, valid) in [
        ("", true),
        ("*", true),
        ("**", true),
        ("*a-1:b*", true),
        ("a*b", false),
        ("***", false),
        ("A", false),
        ("a.b", false),
    ] {
        assert_eq!(Glob::is_valid(glob), valid, "{glob}");
    }
}

#[test]
fn what_the_schema_refuses_is_told_with_its_place() {
    for (spec, pointers) in [
        ("[]", &[""][..]),
        (r#"{"kinds":{}}"#, &["/kinds"]),
        (r#"{"kinds":["Pod"]}"#, &["/kinds/0"]),
        (
            r#"{"kinds":[{"kinds":"Pod","apiGroups":[1]}]}"#,
            &["/kinds/0/apiGroups/0", "/kinds/0/kinds"],
        ),
        (r#"{"scope":1}"#, &["/scope"]),
        (r#"{"banana":1}"#, &["/banana"]),
        (r#"{"kinds":[{"kind":"Pod"}]}"#, &["/kinds/0/kind"]),
        (r#"{"source":"Generatd"}"#, &["/source"]),
        (
            r#"{"namespaces":["ok","No"],"excludedNamespaces":["a*b"]}"#,
            &["/namespaces/1", "/excludedNamespaces/0"],
        ),
        (r#"{"name":"a.b"}"#, &["/name"]),
        (r#"{"labelSelector":{"matchLabels":{"a":1}}}"#, &["/labelSelector/matchLabels/a"]),
        (
            r#"{"namespaceSelector":{"matchExpressions":[{"key":"a","operator":"in"}]}}"#,
            &["/namespaceSelector/matchExpressions/0/operator"],
        ),
    ] {
        let faults = Match::parse(Some(&json(spec))).unwrap_err();
        let found: Vec<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, pointers, "{spec}");
    }
    let spec = json(r#"{"scope":"cluster"}"#);
    assert!(Match::parse(Some(&spec)).is_ok());
    assert_eq!(Match::parse_strict(Some(&spec)).unwrap_err()[0].pointer.as_str(), "/scope");
}
