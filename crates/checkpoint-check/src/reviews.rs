//! AdmissionReviews among manifests: what an API server asks, and no object of a cluster.

use crate::load::Loaded;
use sekisho_report::Skipped;
use sekisho_value::Pointer;

/// Takes AdmissionReviews out of what is judged, and tells so: no policy is about them, and they
/// would pass.
pub(crate) fn skip(loaded: &mut Loaded) {
    let skipped = loaded.documents.extract_if(.., |document| {
        document.kind() == "AdmissionReview"
            && document.api_version().starts_with("admission.k8s.io/")
    });
    loaded.skipped.extend(skipped.map(|document| {
        Skipped {
            file: document.source().name.clone(),
            line: document.locate(&Pointer::root()).line,
            reason:
                "an AdmissionReview: give the object in it, or make it a case of `sekisho test`"
                    .to_owned(),
        }
    }));
}

#[cfg(test)]
mod tests {
    use super::skip;
    use crate::load::load;
    use crate::{Input, InputSource, Silent};

    #[test]
    fn reviews_are_told_and_not_judged() {
        let stream = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n---\napiVersion: \
                      admission.k8s.io/v1beta1\nkind: AdmissionReview\nrequest: {uid: \"1\"}\n---\n\
                      apiVersion: example.com/v1\nkind: AdmissionReview\nmetadata: {name: b}\n";
        let input = Input { sources: vec![InputSource::Stdin], ..Input::default() };
        let mut loaded = load(input, &|| Ok(stream.as_bytes().to_vec()), &Silent);
        skip(&mut loaded);
        let left: Vec<&str> = loaded.documents.iter().filter_map(|one| one.name()).collect();
        assert_eq!(left, ["a", "b"]);
        let told: Vec<(u32, &str)> =
            loaded.skipped.iter().map(|one| (one.line, one.reason.as_str())).collect();
        let reason =
            "an AdmissionReview: give the object in it, or make it a case of `sekisho test`";
        assert_eq!(told, [(5, reason)]);
    }
}
