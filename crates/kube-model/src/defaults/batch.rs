//! The group `batch`. The selector and labels that the API server generates for a job are left out.

use super::core::template_of;
use super::fields::{
    child, child_or_new, drop_if_empty, each_item, is_set, is_true, set_if_absent, set_if_zero,
};
use super::metadata::{labels_from_template, template_labels};
use sekisho_value::Map;

/// Defaults of an object of the group `batch`.
pub(super) fn apply(kind: &str, object: &mut Map) {
    match kind {
        "Job" => job(object),
        "CronJob" => {
            if let Some(spec) = child_or_new(object, "spec") {
                cron_job(spec);
            }
        }
        _ => {}
    }
}

fn job(object: &mut Map) {
    let Some(spec) = child_or_new(object, "spec") else { return };
    if !is_set(spec, "parallelism") {
        set_if_absent(spec, "completions", 1);
    }
    set_if_absent(spec, "parallelism", 1);
    let backoff_limit = if is_set(spec, "backoffLimitPerIndex") { i32::MAX } else { 6 };
    set_if_absent(spec, "backoffLimit", backoff_limit);
    set_if_absent(spec, "completionMode", "NonIndexed");
    set_if_absent(spec, "suspend", false);
    let fails_by_policy = is_set(spec, "podFailurePolicy");
    let policy = if fails_by_policy { "Failed" } else { "TerminatingOrFailed" };
    set_if_absent(spec, "podReplacementPolicy", policy);
    set_if_absent(spec, "manualSelector", false);
    if !is_true(spec, "manualSelector") {
        drop_if_empty(spec, "selector");
    }
    job_template_spec(spec);
    if let Some(labels) = template_labels(spec) {
        labels_from_template(object, &labels);
    }
}

fn cron_job(spec: &mut Map) {
    set_if_zero(spec, "concurrencyPolicy", "Allow");
    set_if_absent(spec, "suspend", false);
    set_if_absent(spec, "successfulJobsHistoryLimit", 3);
    set_if_absent(spec, "failedJobsHistoryLimit", 1);
    if let Some(template) = child_or_new(spec, "jobTemplate")
        && let Some(spec) = child_or_new(template, "spec")
    {
        job_template_spec(spec);
    }
}

/// What is defaulted also where a job stands in a cron job.
fn job_template_spec(spec: &mut Map) {
    if let Some(policy) = child(spec, "podFailurePolicy") {
        each_item(policy, "rules", |rule| {
            each_item(rule, "onPodConditions", |pattern| set_if_zero(pattern, "status", "True"));
        });
    }
    template_of(spec);
}
