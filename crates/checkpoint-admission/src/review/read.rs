use sekisho_kube_model::{Gvk, Gvr};
use sekisho_policy::{Operation, Request, Requested, UserInfo};
use sekisho_value::{Map, Str, Value, from_json_of};
use std::fmt;

/// A version of `AdmissionReview`; the answer has the version of the question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReviewVersion {
    /// `admission.k8s.io/v1`
    #[default]
    V1,
    /// `admission.k8s.io/v1beta1`
    V1beta1,
}

impl ReviewVersion {
    const ALL: [Self; 2] = [Self::V1, Self::V1beta1];

    /// The `apiVersion`.
    #[must_use]
    pub fn api_version(self) -> &'static str {
        match self {
            Self::V1 => "admission.k8s.io/v1",
            Self::V1beta1 => "admission.k8s.io/v1beta1",
        }
    }
}

/// What an API server asks.
#[derive(Clone, Debug)]
pub struct Review {
    /// the version it is asked in
    pub version: ReviewVersion,
    /// what is asked
    pub request: Request,
}

/// Why a text is no review that can be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReviewError {
    /// the field, as `request.kind`; empty where there is no object at all
    pub field: String,
    /// what is wrong, the field included
    pub message: String,
}

impl ReviewError {
    pub(super) fn whole(message: String) -> Self {
        Self { field: String::new(), message }
    }

    pub(super) fn at(field: &str, wrong: impl fmt::Display) -> Self {
        Self { field: field.to_owned(), message: format!("`{field}` {wrong}") }
    }
}

impl Review {
    /// Reads an `AdmissionReview`. Fields that are not known are passed over: a newer API server
    /// may send them.
    ///
    /// # Errors
    /// Where the text is no JSON, no `AdmissionReview`, or lacks what every one has.
    pub fn read(text: &[u8]) -> Result<Self, ReviewError> {
        let whole = ReviewError::whole;
        let review = read_body(text)?;
        let review = Fields::of(&review, "the body")?;
        let kind = review.text("kind")?;
        let api_version = review.text("apiVersion")?;
        let version = ReviewVersion::ALL.into_iter().find(|v| v.api_version() == api_version);
        let Some(version) = version.filter(|_| kind == "AdmissionReview") else {
            let found = format!("`{kind}` of `{api_version}`");
            return Err(whole(format!("the body is {found}, and is to be an `AdmissionReview`")));
        };
        let request = review.wanted("request")?;
        Ok(Self { version, request: read_request(&Fields::of(request, "request")?)? })
    }
}

/// How many values a body may have. An object of 1.5 MiB, as etcd takes it, has some 50,000, and one
/// of managed fields alone 125,000.
const VALUES: usize = 500_000;

/// Reads a body as JSON.
pub(super) fn read_body(text: &[u8]) -> Result<Value, ReviewError> {
    let whole = ReviewError::whole;
    let text = std::str::from_utf8(text)
        .map_err(|error| whole(format!("the body is not UTF-8: {error}")))?;
    from_json_of(text, VALUES)
        .map_err(|error| whole(format!("the body cannot be read as JSON: {error}")))
}

fn read_request(fields: &Fields<'_>) -> Result<Request, ReviewError> {
    let uid = fields.text("uid")?;
    if uid.is_empty() {
        return Err(ReviewError::at("request.uid", "is empty"));
    }
    let gvk = gvk(fields, "kind")?;
    let resource = gvr(fields, "resource")?;
    let name = fields.text("name")?;
    let namespace = fields.text("namespace")?;
    // The API server says of a Namespace that it is in itself; it is in none.
    let in_itself = gvk.is("", "Namespace");
    let operation = operation(fields)?;
    let object = fields.object("object")?;
    let old_object = fields.object("oldObject")?;
    let missing = match operation {
        Operation::Create | Operation::Update if object.is_null() => Some("request.object"),
        Operation::Update if old_object.is_null() => Some("request.oldObject"),
        _ => None,
    };
    if let Some(field) = missing {
        return Err(ReviewError::at(field, "is missing"));
    }
    Ok(Request {
        requested: requested(fields, &gvk, &resource)?,
        gvk,
        resource: resource.resource.clone(),
        gvr: Some(resource),
        subresource: fields.text("subResource")?.into(),
        name: name.into(),
        namespace: Some(namespace).filter(|n| !n.is_empty() && !in_itself).map(Str::from),
        operation,
        user: user(fields)?,
        object,
        old_object,
        dry_run: fields.truth("dryRun")?,
        uid: uid.into(),
        options: fields.object("options")?,
        ..Request::default()
    })
}

fn operation(fields: &Fields<'_>) -> Result<Operation, ReviewError> {
    let text = fields.wanted_text("operation")?;
    match text {
        "CREATE" => Ok(Operation::Create),
        "UPDATE" => Ok(Operation::Update),
        "DELETE" => Ok(Operation::Delete),
        "CONNECT" => Ok(Operation::Connect),
        _ => {
            let wrong = format!("is `{text}`, and is to be CREATE, UPDATE, DELETE or CONNECT");
            Err(ReviewError::at(&fields.name("operation"), wrong))
        }
    }
}

/// What was asked for, where that differs from what is judged.
fn requested(
    fields: &Fields<'_>,
    kind: &Gvk,
    resource: &Gvr,
) -> Result<Option<Requested>, ReviewError> {
    let is_there = |field: &str| fields.get(field).is_some();
    let requested = Requested {
        kind: if is_there("requestKind") { gvk(fields, "requestKind")? } else { kind.clone() },
        resource: match is_there("requestResource") {
            true => gvr(fields, "requestResource")?,
            false => resource.clone(),
        },
        subresource: match is_there("requestSubResource") {
            true => fields.text("requestSubResource")?.into(),
            false => fields.text("subResource")?.into(),
        },
    };
    let same = requested.kind == *kind
        && requested.resource == *resource
        && requested.subresource == fields.text("subResource")?;
    Ok((!same).then_some(requested))
}

fn gvk(fields: &Fields<'_>, field: &str) -> Result<Gvk, ReviewError> {
    let name = fields.name(field);
    let of = Fields::of(fields.wanted(field)?, &name)?;
    Ok(Gvk::new(of.text("group")?, of.text("version")?, of.wanted_text("kind")?))
}

fn gvr(fields: &Fields<'_>, field: &str) -> Result<Gvr, ReviewError> {
    let name = fields.name(field);
    let of = Fields::of(fields.wanted(field)?, &name)?;
    Ok(Gvr {
        group: of.text("group")?.into(),
        version: of.text("version")?.into(),
        resource: of.wanted_text("resource")?.into(),
    })
}

fn user(fields: &Fields<'_>) -> Result<UserInfo, ReviewError> {
    let name = fields.name("userInfo");
    let Some(value) = fields.get("userInfo") else { return Ok(UserInfo::default()) };
    let of = Fields::of(value, &name)?;
    let mut user = UserInfo {
        username: of.text("username")?.to_owned(),
        uid: of.text("uid")?.to_owned(),
        groups: of.texts("groups")?,
        ..UserInfo::default()
    };
    if let Some(extra) = of.get("extra") {
        let extra_name = of.name("extra");
        let extra = Fields::of(extra, &extra_name)?;
        for key in extra.map.keys() {
            user.extra.insert(key.as_str().to_owned(), extra.texts(key)?);
        }
    }
    Ok(user)
}

/// The fields of an object, with its name for errors. Null is absent, as in Go.
pub(super) struct Fields<'a> {
    pub(super) map: &'a Map,
    path: &'a str,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value, path: &'a str) -> Result<Self, ReviewError> {
        match value {
            Value::Object(map) => Ok(Self { map, path }),
            other => Err(ReviewError::at(path, format!("is a {}, not an object", other.kind()))),
        }
    }

    fn name(&self, field: &str) -> String {
        if self.path.contains(' ') { field.to_owned() } else { format!("{}.{field}", self.path) }
    }

    pub(super) fn get(&self, field: &str) -> Option<&'a Value> {
        self.map.get(field).filter(|value| !value.is_null())
    }

    pub(super) fn wanted(&self, field: &str) -> Result<&'a Value, ReviewError> {
        self.get(field).ok_or_else(|| ReviewError::at(&self.name(field), "is missing"))
    }

    /// Empty where it is absent.
    pub(super) fn text(&self, field: &str) -> Result<&'a str, ReviewError> {
        let Some(value) = self.get(field) else { return Ok("") };
        value.as_str().ok_or_else(|| self.wrong(field, value, "a string"))
    }

    pub(super) fn wanted_text(&self, field: &str) -> Result<&'a str, ReviewError> {
        match self.text(field)? {
            "" => Err(ReviewError::at(&self.name(field), "is missing")),
            text => Ok(text),
        }
    }

    fn texts(&self, field: &str) -> Result<Vec<String>, ReviewError> {
        let Some(value) = self.get(field) else { return Ok(Vec::new()) };
        let wrong = || self.wrong(field, value, "a list of strings");
        let items = value.as_array().ok_or_else(wrong)?;
        items.iter().map(|item| item.as_str().map(str::to_owned).ok_or_else(wrong)).collect()
    }

    fn truth(&self, field: &str) -> Result<bool, ReviewError> {
        let Some(value) = self.get(field) else { return Ok(false) };
        value.as_bool().ok_or_else(|| self.wrong(field, value, "true or false"))
    }

    /// Null where it is absent.
    fn object(&self, field: &str) -> Result<Value, ReviewError> {
        match self.get(field) {
            None => Ok(Value::Null),
            Some(value @ Value::Object(_)) => Ok(value.clone()),
            Some(other) => Err(self.wrong(field, other, "an object")),
        }
    }

    pub(super) fn wrong(&self, field: &str, found: &Value, wanted: &str) -> ReviewError {
        let kind = found.kind().to_string();
        let article = if kind.starts_with(['a', 'o']) { "an" } else { "a" };
        let wrong = format!("is {article} {kind}, and is to be {wanted}");
        ReviewError::at(&self.name(field), wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::{Review, ReviewVersion};
    use sekisho_policy::Operation;
    use sekisho_value::{Pointer, Value, from_json};

    const REVIEW: &str = r#"{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{
        "uid":"u1","kind":{"group":"apps","version":"v1","kind":"Deployment"},
        "resource":{"group":"apps","version":"v1","resource":"deployments"},
        "requestKind":{"group":"apps","version":"v1","kind":"Deployment"},
        "requestResource":{"group":"apps","version":"v1","resource":"deployments"},
        "name":"web","namespace":"shop","operation":"UPDATE",
        "userInfo":{"username":"ann","uid":"7","groups":["dev"],"extra":{"scopes":["a","b"]}},
        "object":{"kind":"Deployment"},"oldObject":{"kind":"Deployment"},
        "dryRun":true,"options":{"kind":"UpdateOptions"},"unknown":1}}"#;

    /// The review with one field set; a null takes it away.
    fn with(pointer: &str, value: &str) -> String {
        let mut review = from_json(REVIEW).unwrap();
        let pointer = Pointer::parse(pointer).unwrap();
        let tokens: Vec<String> = pointer.tokens().map(|t| t.as_str().to_owned()).collect();
        let (last, parents) = tokens.split_last().unwrap();
        let mut at = &mut review;
        for parent in parents {
            at = at.get_mut(parent).unwrap();
        }
        at.as_object_mut().unwrap().insert(last.as_str(), from_json(value).unwrap());
        review.to_json()
    }

    #[test]
    fn a_whole_review_is_read() {
        let review = Review::read(REVIEW.as_bytes()).unwrap();
        assert_eq!(review.version, ReviewVersion::V1);
        let request = review.request;
        assert_eq!(request.uid, "u1");
        assert_eq!(request.gvk.to_string(), "apps/v1 Deployment");
        assert_eq!(request.resource, "deployments");
        assert_eq!(request.namespace.as_deref(), Some("shop"));
        assert_eq!(request.operation, Operation::Update);
        assert_eq!((request.user.username.as_str(), request.user.uid.as_str()), ("ann", "7"));
        assert_eq!(request.user.groups, ["dev"]);
        assert_eq!(request.user.extra["scopes"], ["a", "b"]);
        assert!(request.dry_run);
        assert_eq!(request.requested, None);
        assert_eq!(request.options.path_str(&["kind"]), Some("UpdateOptions"));
        assert!(!request.object.is_null() && !request.old_object.is_null());
    }

    #[test]
    fn versions_conversions_and_absences() {
        let read = |text: String| Review::read(text.as_bytes()).unwrap();
        let old = read(with("/apiVersion", r#""admission.k8s.io/v1beta1""#));
        assert_eq!(old.version, ReviewVersion::V1beta1);

        let kind = r#"{"group":"extensions","version":"v1beta1","kind":"Deployment"}"#;
        let converted = read(with("/request/requestKind", kind)).request;
        assert_eq!(converted.requested.unwrap().kind.group, "extensions");
        assert_eq!(read(with("/request/requestKind", "null")).request.requested, None);

        let anonymous = read(with("/request/userInfo", "null")).request;
        assert_eq!(anonymous.user.username, "");
        assert_eq!(read(with("/request/namespace", "null")).request.namespace, None);

        let scale = r#"{"group":"autoscaling","version":"v1","kind":"Scale"}"#;
        let scaled = read(with("/request/kind", scale)).request.resource_in_group();
        assert_eq!((scaled.group.as_str(), scaled.resource.as_str()), ("apps", "deployments"));

        let namespace = r#"{"group":"","version":"v1","kind":"Namespace"}"#;
        assert_eq!(read(with("/request/kind", namespace)).request.namespace, None);
        let connect = with("/request/operation", r#""CONNECT""#).replace("oldObject", "other");
        assert_eq!(read(connect).request.old_object, Value::Null);
    }

    #[test]
    fn what_is_no_review_is_told() {
        for (text, message) in [
            (String::new(), "the body cannot be read as JSON: "),
            ("{".into(), "the body cannot be read as JSON: "),
            (
                format!("[{}0]", "0,".repeat(500_000)),
                "the body cannot be read as JSON: more values",
            ),
            ("[]".into(), "`the body` is a list, not an object"),
            ("{}".into(), "the body is `` of ``, and is to be an `AdmissionReview`"),
            (with("/apiVersion", r#""admission.k8s.io/v2""#), "the body is `AdmissionReview` of"),
            (with("/kind", r#""Pod""#), "the body is `Pod` of `admission.k8s.io/v1`"),
            (with("/request", "null"), "`request` is missing"),
            (with("/request", "3"), "`request` is a number, not an object"),
            (with("/request/uid", "null"), "`request.uid` is empty"),
            (with("/request/uid", "7"), "`request.uid` is a number, and is to be a string"),
            (with("/request/kind", "null"), "`request.kind` is missing"),
            (with("/request/kind/kind", r#""""#), "`request.kind.kind` is missing"),
            (with("/request/operation", r#""create""#), "`request.operation` is `create`"),
            (with("/request/kind/kind", "1"), "`request.kind.kind` is a number"),
            (with("/request/resource", "null"), "`request.resource` is missing"),
            (with("/request/resource/resource", "null"), "`request.resource.resource` is missing"),
            (with("/request/operation", "null"), "`request.operation` is missing"),
            (with("/request/operation", r#""""#), "`request.operation` is missing"),
            (with("/request/operation", "[]"), "`request.operation` is a list"),
            (
                with("/request/operation", r#""FOO""#),
                "`request.operation` is `FOO`, and is to be CREATE, UPDATE, DELETE or CONNECT",
            ),
            (with("/request/object", "null"), "`request.object` is missing"),
            (with("/request/oldObject", "null"), "`request.oldObject` is missing"),
            (with("/request/object", "[]"), "`request.object` is a list, and is to be an object"),
            (with("/request/dryRun", "1"), "`request.dryRun` is a number"),
            (with("/request/userInfo/groups", "[1]"), "`request.userInfo.groups` is a list"),
            (with("/request/userInfo/extra", "[]"), "`request.userInfo.extra` is a list"),
        ] {
            let error = Review::read(text.as_bytes()).unwrap_err();
            assert!(error.message.starts_with(message), "{}: wanted {message}", error.message);
        }
        assert!(Review::read(b"\xff").unwrap_err().message.starts_with("the body is not UTF-8"));
    }
}
