//! `ImageReview`: what the `ImagePolicyWebhook` admission plugin asks, and how it is answered.
//!
//! Source: `imagepolicy.k8s.io/v1alpha1` of k8s.io/api, and `plugin/pkg/admission/imagepolicy` of
//! Kubernetes.

use super::read::{Fields, read_body};
use super::{Answer, ReviewError};
use sekisho_kube_model::{Created, Gvk, Schemas};
use sekisho_policy::Request;
use sekisho_value::{Map, ObjectWriter, Value};

const API_VERSION: &str = "imagepolicy.k8s.io/v1alpha1";
const KIND: &str = "ImageReview";

/// What is asked about images.
#[derive(Clone, Debug, PartialEq)]
pub struct ImageReview {
    images: Vec<String>,
    annotations: Map,
    namespace: String,
}

impl ImageReview {
    /// Reads an `ImageReview`. Fields that are not known are passed over.
    ///
    /// # Errors
    /// Where the text is no JSON, no `ImageReview`, or asks about no image.
    pub fn read(text: &[u8]) -> Result<Self, ReviewError> {
        let review = read_body(text)?;
        let review = Fields::of(&review, "the body")?;
        let (kind, api_version) = (review.text("kind")?, review.text("apiVersion")?);
        if (kind, api_version) != (KIND, API_VERSION) {
            let found = format!("`{kind}` of `{api_version}`");
            let wanted = format!("`{KIND}` of `{API_VERSION}`");
            return Err(ReviewError::whole(format!("the body is {found}, and is to be {wanted}")));
        }
        let spec = Fields::of(review.wanted("spec")?, "spec")?;
        let mut images = Vec::new();
        let containers = spec.wanted("containers")?;
        let list =
            containers.as_array().ok_or_else(|| spec.wrong("containers", containers, "a list"))?;
        for container in list {
            images.push(Fields::of(container, "spec.containers")?.wanted_text("image")?.to_owned());
        }
        if images.is_empty() {
            return Err(ReviewError::at("spec.containers", "is empty"));
        }
        let mut annotations = Map::new();
        if let Some(given) = spec.get("annotations") {
            let given = Fields::of(given, "spec.annotations")?;
            for key in given.map.keys() {
                annotations.insert(key.as_str(), given.text(key)?);
            }
        }
        Ok(Self { images, annotations, namespace: spec.text("namespace")?.to_owned() })
    }

    /// The creation of a pod that is asked about, without the pod.
    pub(crate) fn asked(&self) -> Request {
        Request {
            gvk: Gvk::new("", "v1", "Pod"),
            resource: "pods".into(),
            namespace: (!self.namespace.is_empty()).then(|| self.namespace.as_str().into()),
            ..Request::default()
        }
    }

    /// The creation of a pod that has these images and annotations, is in this namespace, and has
    /// nothing else but what the API server fills in. The plugin names neither pod, containers nor
    /// user: containers are named after their place, and all of them, those for init and
    /// debugging included, are `containers`.
    #[must_use]
    pub fn request(&self, schemas: &Schemas) -> Request {
        let containers = self.images.iter().enumerate().map(|(place, image)| {
            let name = Value::from(format!("container-{place}"));
            Value::Object(Map::from_iter([("name", name), ("image", Value::from(image.as_str()))]))
        });
        let mut metadata = Map::new();
        metadata.insert("namespace", self.namespace.as_str());
        if !self.annotations.is_empty() {
            metadata.insert("annotations", Value::Object(self.annotations.clone()));
        }
        let containers = Value::from(containers.collect::<Vec<_>>());
        let mut pod = Map::new();
        pod.insert("apiVersion", "v1");
        pod.insert("kind", "Pod");
        pod.insert("metadata", Value::Object(metadata));
        pod.insert("spec", Value::Object(Map::from_iter([("containers", containers)])));
        let Created { decoded, namespace, .. } = schemas.create(&Value::Object(pod), "default");
        Request {
            gvk: decoded.gvk,
            resource: decoded.resource,
            namespace,
            object: decoded.object,
            ..Request::default()
        }
    }
}

impl Answer {
    /// The `ImageReview` that says it. There are no warnings in one: they are among the audit
    /// annotations.
    #[must_use]
    pub fn to_image_review(&self) -> String {
        ObjectWriter::object(|review| {
            review.text("apiVersion", API_VERSION);
            review.text("kind", KIND);
            review.within("status", |status| {
                status.truth("allowed", self.refusal.is_none());
                if !self.annotations.is_empty() || !self.warnings.is_empty() {
                    status.within("auditAnnotations", |annotations| {
                        self.annotate(annotations);
                        if !self.warnings.is_empty() {
                            annotations.text("warnings", &self.warnings.join("; "));
                        }
                    });
                }
                if let Some(refusal) = &self.refusal {
                    status.text("reason", &refusal.message);
                }
            });
        })
    }
}

#[cfg(test)]
mod tests {
    use super::ImageReview;
    use crate::review::{Answer, Refusal};
    use sekisho_kube_model::Schemas;

    fn review(spec: &str) -> String {
        format!(
            r#"{{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","spec":{spec}}}"#
        )
    }

    #[test]
    fn a_review_is_the_creation_of_a_pod() {
        let text = review(
            r#"{"containers":[{"image":"a:1"},{"image":"b"}],
            "annotations":{"x.image-policy.k8s.io/ticket":"7"},"namespace":"shop"}"#,
        );
        let review = ImageReview::read(text.as_bytes()).unwrap();
        let schemas = Schemas::with_crds(std::iter::empty()).0;
        let request = review.request(&schemas);
        assert_eq!(request.gvk.to_string(), "v1 Pod");
        assert_eq!(
            (request.resource.as_str(), request.namespace.as_deref()),
            ("pods", Some("shop"))
        );
        let of = |path: &[&str]| request.object.path(path).unwrap().clone();
        let annotations = of(&["metadata", "annotations"]);
        assert_eq!(annotations.to_json(), r#"{"x.image-policy.k8s.io/ticket":"7"}"#);
        let containers = of(&["spec", "containers"]);
        let containers = containers.as_array().unwrap();
        let image = |n: usize| containers[n].path_str(&["image"]).unwrap().to_owned();
        let policy = |n: usize| containers[n].path_str(&["imagePullPolicy"]).unwrap().to_owned();
        assert_eq!([image(0), image(1)], ["a:1", "b"]);
        assert_eq!([policy(0), policy(1)], ["IfNotPresent", "Always"], "as defaulted");
    }

    #[test]
    fn what_is_no_review_is_told() {
        for (text, message) in [
            (String::new(), "the body cannot be read as JSON: "),
            ("{}".to_owned(), "the body is `` of ``, and is to be `ImageReview`"),
            (review("null"), "`spec` is missing"),
            (review("{}"), "`spec.containers` is missing"),
            (review(r#"{"containers":{}}"#), "`spec.containers` is an object, and is to be a list"),
            (review(r#"{"containers":[]}"#), "`spec.containers` is empty"),
            (review(r#"{"containers":[{}]}"#), "`spec.containers.image` is missing"),
            (
                review(r#"{"containers":[{"image":"a"}],"annotations":{"k":1}}"#),
                "`spec.annotations.k` is a number, and is to be a string",
            ),
            (
                review(r#"{"containers":[{"image":"a"}],"namespace":1}"#),
                "`spec.namespace` is a number",
            ),
        ] {
            let error = ImageReview::read(text.as_bytes()).unwrap_err();
            assert!(error.message.starts_with(message), "{}: wanted {message}", error.message);
        }
    }

    #[test]
    fn answers_say_why() {
        let refusal =
            Refusal { code: 403, reason: "Forbidden", message: "no".into(), ..Refusal::default() };
        let annotations = [("policy-set".to_owned(), "d".to_owned())].into();
        let warnings = vec!["w".to_owned()];
        let refused = Answer { refusal: Some(refusal), annotations, warnings, ..Answer::default() };
        let wanted = r#"{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","status":{"allowed":false,"auditAnnotations":{"policy-set":"d","warnings":"w"},"reason":"no"}}"#;
        assert_eq!(refused.to_image_review(), wanted);
        let wanted = r#"{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","status":{"allowed":true}}"#;
        assert_eq!(Answer::default().to_image_review(), wanted);
    }
}
