//! Volumes of pods, and the sources that persistent volumes share with them.

use super::claim::claim_spec;
use super::image::default_pull_policy;
use crate::defaults::fields::{child, each_item, is_zero, set_if_absent, set_if_zero, text};
use sekisho_value::{Map, Value};

/// The mode of files in volumes: `0644`.
const FILE_MODE: i32 = 0o644;

/// Defaults of one volume of a pod.
pub(super) fn volume(volume: &mut Map) {
    let has_source = volume.iter().any(|(key, value)| key != "name" && !value.is_null());
    if !has_source {
        volume.insert("emptyDir", Value::object());
        return;
    }
    if let Some(image) = child(volume, "image")
        && is_zero(image.get("pullPolicy"))
    {
        let policy = default_pull_policy(text(image, "reference"));
        image.insert("pullPolicy", policy);
    }
    for name in ["secret", "configMap", "downwardAPI", "projected"] {
        if let Some(source) = child(volume, name) {
            set_if_absent(source, "defaultMode", FILE_MODE);
        }
    }
    if let Some(source) = child(volume, "downwardAPI") {
        downward_items(source);
    }
    if let Some(projected) = child(volume, "projected") {
        each_item(projected, "sources", projection);
    }
    if let Some(ephemeral) = child(volume, "ephemeral")
        && let Some(template) = child(ephemeral, "volumeClaimTemplate")
    {
        claim_spec(template);
    }
    shared_sources(volume);
}

fn projection(source: &mut Map) {
    if let Some(downward) = child(source, "downwardAPI") {
        downward_items(downward);
    }
    if let Some(token) = child(source, "serviceAccountToken") {
        set_if_absent(token, "expirationSeconds", 3600);
    }
    // Their feature gates (`ClusterTrustBundleProjection`, `PodCertificateRequest`) are off.
    source.remove("clusterTrustBundle");
    source.remove("podCertificate");
}

fn downward_items(source: &mut Map) {
    each_item(source, "items", |item| {
        if let Some(reference) = child(item, "fieldRef") {
            set_if_zero(reference, "apiVersion", "v1");
        }
    });
}

/// Defaults of the sources that a volume of a pod and a persistent volume have in common.
pub(crate) fn shared_sources(volume: &mut Map) {
    if let Some(host_path) = child(volume, "hostPath") {
        set_if_absent(host_path, "type", "");
    }
    if let Some(iscsi) = child(volume, "iscsi") {
        set_if_zero(iscsi, "iscsiInterface", "default");
    }
    if let Some(rbd) = child(volume, "rbd") {
        set_if_zero(rbd, "pool", "rbd");
        set_if_zero(rbd, "user", "admin");
        set_if_zero(rbd, "keyring", "/etc/ceph/keyring");
    }
    if let Some(disk) = child(volume, "azureDisk") {
        set_if_absent(disk, "cachingMode", "ReadWrite");
        set_if_absent(disk, "fsType", "ext4");
        set_if_absent(disk, "readOnly", false);
        set_if_absent(disk, "kind", "Shared");
    }
    if let Some(scale_io) = child(volume, "scaleIO") {
        set_if_zero(scale_io, "storageMode", "ThinProvisioned");
        set_if_zero(scale_io, "fsType", "xfs");
    }
}
