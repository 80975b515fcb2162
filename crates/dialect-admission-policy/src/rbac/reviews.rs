//! `authorizer`, answered by an API server.
//!
//! Source of the rules: `pkg/registry/authorization` of Kubernetes: a SubjectAccessReview asks the
//! authorizer that expressions ask within the API server.

use sekisho_cel::EvalError as CelError;
use sekisho_cel::kubernetes::{Attributes, Authorizer, Decision, Resource, User, What};
use sekisho_policy::AccessReviews;
use sekisho_value::{Map, Value};
use std::sync::Arc;
use std::time::Duration;

/// How long one question may take, where a request leaves so much.
const WITHIN: Duration = Duration::from_secs(10);

/// Asks an API server.
#[derive(Debug)]
pub(super) struct Reviews(pub(super) Arc<dyn AccessReviews>);

impl Authorizer for Reviews {
    fn authorize(&self, user: &User, attributes: &Attributes<'_>) -> Result<Decision, CelError> {
        let status = self.0.review(&spec(user, attributes), WITHIN).map_err(|why| {
            CelError::unknown(format!("the API server does not say who may do what: {why}"))
        })?;
        Ok(decision(&status))
    }
}

fn spec(user: &User, attributes: &Attributes<'_>) -> Value {
    let texts = |texts: &[String]| -> Value {
        Value::from(texts.iter().map(|text| Value::from(text.as_str())).collect::<Vec<_>>())
    };
    let extra = user.extra.iter().map(|(key, values)| (key.as_str(), texts(values)));
    let mut spec = Map::from_iter([
        ("user", Value::from(user.name.as_str())),
        ("uid", Value::from(user.uid.as_str())),
        ("groups", texts(&user.groups)),
        ("extra", Value::Object(extra.collect())),
    ]);
    match attributes.what {
        What::Path(path) => {
            let asked = Map::from_iter([("path", path), ("verb", attributes.verb)]);
            spec.insert("nonResourceAttributes", asked);
        }
        What::Resource(resource) => {
            spec.insert("resourceAttributes", of(attributes.verb, resource));
        }
    }
    Value::Object(spec)
}

fn of(verb: &str, resource: &Resource) -> Map {
    let mut asked = Map::from_iter([
        ("verb", verb),
        ("group", &resource.group),
        ("resource", &resource.resource),
        ("subresource", &resource.subresource),
        ("namespace", &resource.namespace),
        ("name", &resource.name),
    ]);
    for (key, selector) in
        [("fieldSelector", &resource.field_selector), ("labelSelector", &resource.label_selector)]
    {
        if !selector.is_empty() {
            asked.insert(key, Map::from_iter([("rawSelector", selector.as_str())]));
        }
    }
    asked
}

fn decision(status: &Value) -> Decision {
    let text = |key: &str| status.path_str(&[key]).unwrap_or_default();
    // What selectors are wrong for is told in the review's own words, and not to expressions.
    let errors = text("evaluationError").split("; ");
    let errors = errors.filter(|e| !e.is_empty() && !e.ends_with("ignored due to parse error"));
    let errors: Vec<&str> = errors.collect();
    Decision {
        allowed: status.get("allowed").and_then(Value::as_bool) == Some(true),
        reason: text("reason").to_owned(),
        error: (!errors.is_empty()).then(|| errors.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::Reviews;
    use sekisho_cel::Cause;
    use sekisho_cel::kubernetes::{Attributes, Authorizer as _, Decision, Resource, User, What};
    use sekisho_policy::AccessReviews;
    use sekisho_value::{Value, from_json};
    use std::sync::{Arc, Mutex};
    use std::time::Duration;

    /// Answers always the same, and notes what it was asked.
    #[derive(Debug)]
    struct Scripted(Result<&'static str, &'static str>, Mutex<String>);

    impl AccessReviews for Scripted {
        fn review(&self, spec: &Value, _: Duration) -> Result<Value, String> {
            *self.1.lock().unwrap() = spec.to_json();
            self.0.map(|text| from_json(text).unwrap()).map_err(str::to_owned)
        }
    }

    fn scripted(answer: Result<&'static str, &'static str>) -> (Arc<Scripted>, Reviews) {
        let scripted = Arc::new(Scripted(answer, Mutex::default()));
        (Arc::clone(&scripted), Reviews(scripted))
    }

    #[test]
    fn questions_are_access_reviews() {
        let pods = Resource {
            resource: "pods".to_owned(),
            subresource: "log".to_owned(),
            namespace: "shop".to_owned(),
            name: "web".to_owned(),
            label_selector: "a=b".to_owned(),
            ..Resource::default()
        };
        let ann = User {
            name: "ann".to_owned(),
            uid: "1".to_owned(),
            groups: vec!["dev".to_owned()],
            extra: [("scopes".to_owned(), vec!["x".to_owned()])].into(),
        };
        let account = User::service_account("shop", "bot");
        for (user, verb, what, wanted) in [
            (
                &ann,
                "get",
                What::Resource(&pods),
                r#"{"user":"ann","uid":"1","groups":["dev"],"extra":{"scopes":["x"]},"resourceAttributes":{"verb":"get","group":"","resource":"pods","subresource":"log","namespace":"shop","name":"web","labelSelector":{"rawSelector":"a=b"}}}"#,
            ),
            (
                &account,
                "GET",
                What::Path("/healthz"),
                r#"{"user":"system:serviceaccount:shop:bot","uid":"","groups":["system:serviceaccounts","system:serviceaccounts:shop"],"extra":{},"nonResourceAttributes":{"path":"/healthz","verb":"GET"}}"#,
            ),
        ] {
            let (asked, reviews) = scripted(Ok(r#"{"allowed":true}"#));
            reviews.authorize(user, &Attributes { verb, what }).unwrap();
            assert_eq!(from_json(&asked.1.lock().unwrap()).unwrap(), from_json(wanted).unwrap());
        }
    }

    #[test]
    fn answers_are_decisions() {
        let ask = |answer| {
            let (_, reviews) = scripted(answer);
            let what = What::Path("/");
            reviews.authorize(&User::default(), &Attributes { verb: "get", what })
        };
        let decision = |allowed, reason: &str, error: Option<&str>| Decision {
            allowed,
            reason: reason.to_owned(),
            error: error.map(str::to_owned),
        };
        let ignored = "spec.resourceAttributes.fieldSelector ignored due to parse error";
        for (status, wanted) in [
            (r#"{"allowed":true,"reason":"RBAC: x"}"#.to_owned(), decision(true, "RBAC: x", None)),
            (r#"{"allowed":false}"#.to_owned(), decision(false, "", None)),
            (r#"{"allowed":false,"denied":true}"#.to_owned(), decision(false, "", None)),
            (r#"{"evaluationError":"gone"}"#.to_owned(), decision(false, "", Some("gone"))),
            (format!(r#"{{"evaluationError":"{ignored}"}}"#), decision(false, "", None)),
            (
                format!(r#"{{"allowed":true,"evaluationError":"a; b; {ignored}"}}"#),
                decision(true, "", Some("a; b")),
            ),
            ("{}".to_owned(), decision(false, "", None)),
        ] {
            assert_eq!(ask(Ok(status.leak())).unwrap(), wanted);
        }
        let unknown = ask(Err("it answers 403")).unwrap_err();
        assert_eq!(unknown.cause(), Cause::Unknown);
        let told = "the API server does not say who may do what: it answers 403";
        assert_eq!(unknown.message(), told);
    }
}
