//! `authorizer` where an API server can be asked: asked where an expression comes to it, and an
//! error where no answer comes and the value hangs on it.

use crate::scene::{creation, in_order, judge};
use sekisho_engine::{PolicySet, evaluate, mutate};
use sekisho_policy::{AccessReviews, Inventory};
use sekisho_value::{Value, from_json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A cluster of which nothing is known, and somebody to ask: the user `ann` may do all, of `gone`
/// there is no answer, the others may do nothing.
#[derive(Clone, Debug, Default)]
struct Cluster(Arc<Mutex<Vec<String>>>);

impl AccessReviews for Cluster {
    fn review(&self, spec: &Value, _: Duration) -> Result<Value, String> {
        let user = spec.path_str(&["user"]).unwrap();
        self.0.lock().unwrap().push(user.to_owned());
        match user {
            "gone" => Err("it is gone".to_owned()),
            user => Ok(from_json(&format!(r#"{{"allowed":{}}}"#, user == "ann")).unwrap()),
        }
    }
}

impl Inventory for Cluster {
    fn access(&self) -> Option<Arc<dyn AccessReviews>> {
        Some(Arc::new(self.clone()))
    }
}

/// A policy that lets through, and one that labels, what an expression says.
fn set(expression: &str) -> PolicySet {
    let matched = "matchConstraints: {resourceRules: [{apiGroups: [''], apiVersions: [v1], \
                   operations: ['*'], resources: [configmaps]}]}";
    in_order(&format!(
        r#"apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {{name: p}}
spec: {{{matched}, validations: [{{expression: "{expression}"}}]}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata: {{name: p}}
spec: {{policyName: p, validationActions: [Deny]}}
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicy
metadata: {{name: m}}
spec:
  {matched}
  reinvocationPolicy: Never
  mutations:
  - patchType: ApplyConfiguration
    applyConfiguration:
      expression: "Object{{metadata: Object.metadata{{labels: {{'is': string({expression})}}}}}}"
---
apiVersion: admissionregistration.k8s.io/v1
kind: MutatingAdmissionPolicyBinding
metadata: {{name: m}}
spec: {{policyName: m}}
"#
    ))
}

const OWN: &str = "authorizer.requestResource.check('delete').allowed()";

#[test]
fn an_api_server_says_who_may_do_what() {
    let nobody = "authorizer.serviceAccount('a', 'b').path('/x').check('get').allowed()";
    let errored = "authorizer.path('/x').check('get').errored()";
    // the expression, who sends the request: its value, or none; how often somebody is asked
    for (expression, user, wanted, asked) in [
        (OWN.to_owned(), "ann", Some(true), 1),
        (OWN.to_owned(), "bob", Some(false), 1),
        (OWN.to_owned(), "gone", None, 1),
        (format!("!{OWN}"), "gone", None, 1),
        (errored.to_owned(), "gone", None, 1),
        (errored.to_owned(), "bob", Some(false), 1),
        (nobody.to_owned(), "ann", Some(false), 1),
        (format!("{OWN} || {nobody}"), "ann", Some(true), 1),
        (format!("{OWN} || {nobody}"), "bob", Some(false), 2),
        // What does not hang on an answer has its value without it.
        (format!("true || {OWN}"), "gone", Some(true), 0),
        (format!("{OWN} || true"), "gone", Some(true), 1),
        (format!("{OWN} && {nobody}"), "gone", Some(false), 2),
    ] {
        let set = set(&expression);
        let map = r#"{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}"#;
        let request = creation(map, user);
        let cluster = Cluster::default();
        let judge = judge(&cluster);
        let times = || std::mem::take(&mut *cluster.0.lock().unwrap()).len();
        let verdict = evaluate(&set, &request, &judge);
        assert_eq!(times(), asked, "{expression} {user}");
        let mutated = mutate(&set, &request, &judge);
        assert_eq!(times(), asked, "{expression} {user}, mutating");
        let label = mutated.object.path_str(&["metadata", "labels", "is"]);
        match wanted {
            Some(allowed) => {
                assert_eq!(verdict.errors, [], "{expression} {user}");
                assert_eq!(verdict.denials.is_empty(), allowed, "{expression} {user}");
                assert_eq!(label, Some(if allowed { "true" } else { "false" }), "{expression}");
            }
            None => {
                let told = "the API server does not say who may do what: it is gone";
                for errors in [&verdict.errors, &mutated.errors] {
                    let first = &errors.first().unwrap().message;
                    assert!(first.contains(told), "{expression} {user}: {first}");
                }
                assert!(verdict.denials.is_empty() && label.is_none(), "{expression} {user}");
            }
        }
    }
}
