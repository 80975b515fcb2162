//! What each check says of a pod, by version. Expectations are upstream's behaviour, put down
//! here by hand.

mod baseline;
mod restricted;

use crate::pod::Pod;
use crate::registry::CHECKS;
use sekisho_policy::KubernetesVersion;
use sekisho_value::from_json;
use std::ops::RangeInclusive;

/// A pod, and what one check says of it in a range of versions.
struct Case {
    versions: RangeInclusive<u16>,
    /// `metadata` and `spec`
    pod: &'static str,
    /// reason and detail; empty where the pod is allowed
    message: &'static str,
    /// the offending fields
    pointers: &'static [&'static str],
}

const fn forbidden(
    versions: RangeInclusive<u16>,
    pod: &'static str,
    message: &'static str,
    pointers: &'static [&'static str],
) -> Case {
    Case { versions, pod, message, pointers }
}

const fn allowed(versions: RangeInclusive<u16>, pod: &'static str) -> Case {
    Case { versions, pod, message: "", pointers: &[] }
}

const NEWEST: u16 = KubernetesVersion::NEWEST.minor;

fn judge_all(id: &str, cases: &[Case]) {
    let check = CHECKS.iter().find(|check| check.rule.id == id).unwrap();
    for Case { versions, pod, message, pointers } in cases {
        let object = from_json(pod).unwrap_or_else(|error| panic!("{pod}: {error:?}"));
        for minor in versions.clone() {
            let judge = check.at(minor).unwrap_or_else(|| panic!("{id} is not part of v1.{minor}"));
            let found = judge(&Pod::of(&object));
            let text = found.as_ref().map(|f| f.message()).unwrap_or_default();
            assert_eq!(text, *message, "{id} in v1.{minor}: {pod}");
            let found = found.map(|f| f.pointers).unwrap_or_default();
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            assert_eq!(found, *pointers, "{id} in v1.{minor}: {pod}");
        }
    }
}

#[test]
fn checks_begin_where_upstream_begins_them() {
    for (id, since) in [
        ("hostProbesAndHostLifecycle", 34),
        ("allowPrivilegeEscalation", 8),
        ("capabilities_restricted", 22),
        ("procMount_restricted", 35),
        ("runAsUser", 23),
        ("seccompProfile_restricted", 19),
    ] {
        let check = CHECKS.iter().find(|check| check.rule.id == id).unwrap();
        assert!(check.at(since - 1).is_none() && check.at(since).is_some(), "{id}");
    }
    let from_the_start = CHECKS.iter().filter(|check| check.at(0).is_some()).count();
    assert_eq!(from_the_start, CHECKS.len() - 6);
}

#[test]
fn an_empty_pod_is_allowed_by_every_check() {
    for object in ["{}", "null", "[]", r#"{"spec":{"containers":[]}}"#, r#"{"spec":[]}"#] {
        let object = from_json(object).unwrap();
        for check in CHECKS {
            for (_, judge) in check.versions {
                assert_eq!(judge(&Pod::of(&object)), None, "{}", check.rule.id);
            }
        }
    }
}
