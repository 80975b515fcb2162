use super::{Channels, PREFIX, aggregate};
use crate::level::{Level, LevelVersion, Version};
use sekisho_value::Map;

fn level_version(text: &str) -> LevelVersion {
    let (level, version) = text.split_once(':').unwrap();
    LevelVersion { level: Level::parse(level).unwrap(), version: Version::parse(version).unwrap() }
}

fn channels(text: &str) -> Channels {
    let parts: Vec<_> = text.split(' ').map(level_version).collect();
    Channels { enforce: parts[0], audit: parts[1], warn: parts[2] }
}

fn labels(text: &str) -> Map {
    let pairs = text.split(' ').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let (key, value) = pair.split_once('=').unwrap();
            (format!("{PREFIX}{key}"), value)
        })
        .collect()
}

const OPEN: &str = "privileged:latest privileged:latest privileged:latest";

#[test]
fn labels_stand_above_defaults() {
    for (defaults, given, wanted, errors) in [
        (OPEN, "", OPEN, 0),
        (
            "baseline:v1.20 baseline:v1.21 restricted:v1.22",
            "",
            "baseline:v1.20 baseline:v1.21 restricted:v1.22",
            0,
        ),
        (OPEN, "enforce=baseline", "baseline:latest privileged:latest baseline:latest", 0),
        (
            OPEN,
            "enforce=baseline enforce-version=v1.20",
            "baseline:v1.20 privileged:latest baseline:v1.20",
            0,
        ),
        (
            OPEN,
            "enforce=baseline enforce-version=v1.20 warn-version=v1.21",
            "baseline:v1.20 privileged:latest baseline:v1.21",
            0,
        ),
        (
            OPEN,
            "enforce=restricted warn=privileged",
            "restricted:latest privileged:latest privileged:latest",
            0,
        ),
        (OPEN, "enforce-version=v1.20", "privileged:v1.20 privileged:latest privileged:latest", 0),
        (
            OPEN,
            "audit=restricted audit-version=v1.9",
            "privileged:latest restricted:v1.9 privileged:latest",
            0,
        ),
        (
            "privileged:latest privileged:latest restricted:v1.9",
            "enforce=baseline enforce-version=v1.20",
            "baseline:v1.20 privileged:latest restricted:v1.9",
            0,
        ),
        // Closed for enforce, without a warning by it; open for the others; versions are latest.
        (OPEN, "enforce=Baseline", "restricted:latest privileged:latest privileged:latest", 1),
        (
            "baseline:v1.1 baseline:v1.1 baseline:v1.1",
            "enforce=x audit=x warn=x",
            "restricted:v1.1 privileged:v1.1 privileged:v1.1",
            3,
        ),
        (
            "baseline:v1.1 baseline:v1.1 baseline:v1.1",
            "enforce-version=1.2 audit-version=v1 warn-version=v1.02",
            "baseline:latest baseline:latest baseline:latest",
            3,
        ),
        (OPEN, "enforce=baseline warn=", "baseline:latest privileged:latest privileged:latest", 1),
        (
            OPEN,
            "enforce=restricted enforce-version=bad",
            "restricted:latest privileged:latest restricted:latest",
            1,
        ),
    ] {
        let labels = labels(given);
        let (found, found_errors) = Channels::of_labels(Some(&labels), channels(defaults));
        assert_eq!(found, channels(wanted), "{given}");
        assert_eq!(found_errors.len(), errors, "{given}");
    }
    assert_eq!(Channels::of_labels(None, channels(OPEN)), (channels(OPEN), vec![]));
}

#[test]
fn errors_are_worded_as_upstream_words_them() {
    let labels = labels("warn-version=1.2 enforce=foo\"");
    let (_, errors) = Channels::of_labels(Some(&labels), channels(OPEN));
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    let enforce = concat!(
        r#"metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "foo\"": "#,
        "must be one of privileged, baseline, restricted"
    );
    let warn = concat!(
        r#"metadata.labels[pod-security.kubernetes.io/warn-version]: Invalid value: "1.2": "#,
        r#"must be "latest" or "v1.x""#
    );
    assert_eq!(errors, [enforce, warn]);
    assert_eq!(aggregate(&errors), format!("[{enforce}, {warn}]"));
    assert_eq!(aggregate(&errors[..1]), enforce);
}

#[test]
fn only_what_labels_set_is_shown() {
    let given = labels("enforce=baseline audit-version=v1.3 warn=privileged");
    let (found, _) = Channels::of_labels(Some(&given), channels(OPEN));
    assert_eq!(found.set_by_labels(Some(&given)), "enforce=baseline:latest");
    let defaults = channels("baseline:latest restricted:latest restricted:latest");
    let (found, _) = Channels::of_labels(Some(&given), defaults);
    let shown = "enforce=baseline:latest, audit=restricted:v1.3";
    assert_eq!(found.set_by_labels(Some(&given)), shown);
}
