use super::{NEWEST, allowed, forbidden, judge_all};

const WINDOWS: &str = r#"{"spec":{"os":{"name":"windows"},"containers":[{"name":"a"}]}}"#;
const LINUX: &str = r#"{"spec":{"os":{"name":"linux"},"containers":[{"name":"a"}]}}"#;

#[test]
fn allow_privilege_escalation() {
    const MESSAGE: &str = concat!(
        r#"allowPrivilegeEscalation != false (container "a" must set "#,
        "securityContext.allowPrivilegeEscalation=false)"
    );
    const AT: &[&str] = &["/spec/containers/0/securityContext/allowPrivilegeEscalation"];
    judge_all(
        "allowPrivilegeEscalation",
        &[
            allowed(
                8..=NEWEST,
                r#"{"spec":{"containers":[
                    {"name":"a","securityContext":{"allowPrivilegeEscalation":false}}]}}"#,
            ),
            forbidden(8..=24, WINDOWS, MESSAGE, AT),
            allowed(25..=NEWEST, WINDOWS),
            forbidden(8..=NEWEST, LINUX, MESSAGE, AT),
            forbidden(
                8..=NEWEST,
                r#"{"spec":{"initContainers":[{"name":"i"}],"containers":[
                    {"name":"a","securityContext":{"allowPrivilegeEscalation":false}},
                    {"name":"b","securityContext":{"allowPrivilegeEscalation":true}}],
                    "ephemeralContainers":[
                    {"name":"e","securityContext":{"allowPrivilegeEscalation":null}}]}}"#,
                concat!(
                    r#"allowPrivilegeEscalation != false (containers "i", "b", "e" must set "#,
                    "securityContext.allowPrivilegeEscalation=false)"
                ),
                &[
                    "/spec/initContainers/0/securityContext/allowPrivilegeEscalation",
                    "/spec/containers/1/securityContext/allowPrivilegeEscalation",
                    "/spec/ephemeralContainers/0/securityContext/allowPrivilegeEscalation",
                ],
            ),
        ],
    );
}

#[test]
fn capabilities_restricted() {
    const MESSAGE: &str = concat!(
        r#"unrestricted capabilities (container "a" must set "#,
        r#"securityContext.capabilities.drop=["ALL"])"#
    );
    const AT: &[&str] = &["/spec/containers/0/securityContext/capabilities/drop"];
    judge_all(
        "capabilities_restricted",
        &[
            allowed(
                22..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","securityContext":{"capabilities":
                    {"drop":["CHOWN","ALL"],"add":["NET_BIND_SERVICE"]}}}]}}"#,
            ),
            forbidden(22..=24, WINDOWS, MESSAGE, AT),
            allowed(25..=NEWEST, WINDOWS),
            forbidden(22..=NEWEST, LINUX, MESSAGE, AT),
            forbidden(
                22..=NEWEST,
                r#"{"spec":{"containers":[
                    {"name":"a","securityContext":{"capabilities":{"add":["FOO","BAR"]}}},
                    {"name":"b","securityContext":{"capabilities":{"drop":["all"],"add":["BAR"]}}},
                    {"name":"c","securityContext":{"capabilities":
                        {"drop":["ALL"],"add":["NET_BIND_SERVICE","CHOWN"]}}}]}}"#,
                concat!(
                    r#"unrestricted capabilities (containers "a", "b" must set "#,
                    r#"securityContext.capabilities.drop=["ALL"]; containers "a", "b", "c" must "#,
                    r#"not include "BAR", "CHOWN", "FOO" in securityContext.capabilities.add)"#
                ),
                &[
                    "/spec/containers/0/securityContext/capabilities/add/0",
                    "/spec/containers/0/securityContext/capabilities/add/1",
                    "/spec/containers/1/securityContext/capabilities/add/0",
                    "/spec/containers/2/securityContext/capabilities/add/1",
                    "/spec/containers/0/securityContext/capabilities/drop",
                    "/spec/containers/1/securityContext/capabilities/drop",
                ],
            ),
            forbidden(
                22..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","securityContext":{"capabilities":
                    {"drop":["ALL"],"add":["ALL"]}}}]}}"#,
                concat!(
                    r#"unrestricted capabilities (container "a" must not include "ALL" in "#,
                    "securityContext.capabilities.add)"
                ),
                &["/spec/containers/0/securityContext/capabilities/add/0"],
            ),
        ],
    );
}

#[test]
fn proc_mount_restricted() {
    judge_all(
        "procMount_restricted",
        &[
            allowed(
                35..=NEWEST,
                r#"{"spec":{"containers":[{"securityContext":{"procMount":"Default"}}]}}"#,
            ),
            forbidden(
                35..=NEWEST,
                r#"{"spec":{"hostUsers":false,"containers":[
                    {"name":"a","securityContext":{"procMount":"Unmasked"}}]}}"#,
                r#"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#,
                &["/spec/containers/0/securityContext/procMount"],
            ),
        ],
    );
}

#[test]
fn restricted_volumes() {
    judge_all(
        "restrictedVolumes",
        &[
            allowed(
                0..=NEWEST,
                r#"{"spec":{"volumes":[{"configMap":{}},{"csi":{}},{"downwardAPI":{}},{"emptyDir":{}},
                    {"ephemeral":{}},{"image":{}},{"persistentVolumeClaim":{}},{"projected":{}},
                    {"secret":{}},{"emptyDir":{},"hostPath":{}}]}}"#,
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"volumes":[{"name":"a","nfs":{}}]}}"#,
                r#"restricted volume types (volume "a" uses restricted volume type "nfs")"#,
                &["/spec/volumes/0/nfs"],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"volumes":[{"name":"b","nfs":{},"gitRepo":{}},{"name":"a","hostPath":{}},
                    {"name":"c","hostPath":{}}]}}"#,
                concat!(
                    r#"restricted volume types (volumes "b", "a", "c" use restricted volume types "#,
                    r#""gitRepo", "hostPath")"#
                ),
                &[
                    "/spec/volumes/0/gitRepo",
                    "/spec/volumes/1/hostPath",
                    "/spec/volumes/2/hostPath",
                ],
            ),
            // Nothing that is known: upstream calls it so.
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"volumes":[{"name":"a","emptyDir":null,"future":{}}]}}"#,
                r#"restricted volume types (volume "a" uses restricted volume type "unknown")"#,
                &["/spec/volumes/0"],
            ),
        ],
    );
}

#[test]
fn every_restricted_volume_type_is_named() {
    let check = &crate::checks::restricted_volumes::CHECK;
    let judge = check.at(0).unwrap();
    let types = [
        "awsElasticBlockStore",
        "azureDisk",
        "azureFile",
        "cephfs",
        "cinder",
        "fc",
        "flexVolume",
        "flocker",
        "gcePersistentDisk",
        "gitRepo",
        "glusterfs",
        "hostPath",
        "iscsi",
        "nfs",
        "photonPersistentDisk",
        "portworxVolume",
        "quobyte",
        "rbd",
        "scaleIO",
        "storageos",
        "vsphereVolume",
    ];
    for name in types {
        let pod = format!(r#"{{"spec":{{"volumes":[{{"name":"v","{name}":{{}}}}]}}}}"#);
        let pod = sekisho_value::from_json(&pod).unwrap();
        let found = judge(&crate::pod::Pod::of(&pod)).unwrap();
        let detail = format!(r#"volume "v" uses restricted volume type "{name}""#);
        assert_eq!(found.detail, detail);
    }
}

#[test]
fn run_as_non_root() {
    const USER_NAMESPACE: &str = r#"{"spec":{"hostUsers":false,"containers":[{"name":"a"}]}}"#;
    const MESSAGE: &str = concat!(
        r#"runAsNonRoot != true (pod or container "a" must set "#,
        "securityContext.runAsNonRoot=true)"
    );
    const AT: &[&str] = &["/spec/containers/0/securityContext/runAsNonRoot"];
    judge_all(
        "runAsNonRoot",
        &[
            allowed(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"runAsNonRoot":true},"containers":[{"name":"a"}]}}"#,
            ),
            allowed(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","securityContext":{"runAsNonRoot":true}}]}}"#,
            ),
            forbidden(0..=34, USER_NAMESPACE, MESSAGE, AT),
            allowed(35..=NEWEST, USER_NAMESPACE),
            forbidden(0..=NEWEST, LINUX, MESSAGE, AT),
            forbidden(0..=NEWEST, WINDOWS, MESSAGE, AT),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"initContainers":[{"name":"i"}],"containers":[{"name":"a"},
                    {"name":"b","securityContext":{"runAsNonRoot":true}}]}}"#,
                concat!(
                    r#"runAsNonRoot != true (pod or containers "i", "a" must set "#,
                    "securityContext.runAsNonRoot=true)"
                ),
                &[
                    "/spec/initContainers/0/securityContext/runAsNonRoot",
                    "/spec/containers/0/securityContext/runAsNonRoot",
                ],
            ),
            // What is said wrongly hides what is not said.
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"runAsNonRoot":false},"containers":[{"name":"a"},
                    {"name":"b","securityContext":{"runAsNonRoot":true}}]}}"#,
                "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)",
                &["/spec/securityContext/runAsNonRoot"],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"runAsNonRoot":false},"containers":[
                    {"name":"a","securityContext":{"runAsNonRoot":false}},{"name":"b"},
                    {"name":"c","securityContext":{"runAsNonRoot":false}}]}}"#,
                concat!(
                    r#"runAsNonRoot != true (pod and containers "a", "c" must not set "#,
                    "securityContext.runAsNonRoot=false)"
                ),
                &[
                    "/spec/securityContext/runAsNonRoot",
                    "/spec/containers/0/securityContext/runAsNonRoot",
                    "/spec/containers/2/securityContext/runAsNonRoot",
                ],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"runAsNonRoot":true},"containers":[
                    {"name":"a","securityContext":{"runAsNonRoot":false}}]}}"#,
                concat!(
                    r#"runAsNonRoot != true (container "a" must not set "#,
                    "securityContext.runAsNonRoot=false)"
                ),
                AT,
            ),
        ],
    );
}

#[test]
fn run_as_user() {
    const USER_NAMESPACE: &str =
        r#"{"spec":{"hostUsers":false,"securityContext":{"runAsUser":0}}}"#;
    judge_all(
        "runAsUser",
        &[
            allowed(
                23..=NEWEST,
                r#"{"spec":{"securityContext":{"runAsUser":1000},"containers":[{"name":"a"},
                    {"name":"b","securityContext":{"runAsUser":1}}]}}"#,
            ),
            forbidden(
                23..=34,
                USER_NAMESPACE,
                "runAsUser=0 (pod must not set runAsUser=0)",
                &["/spec/securityContext/runAsUser"],
            ),
            allowed(35..=NEWEST, USER_NAMESPACE),
            forbidden(
                23..=NEWEST,
                r#"{"spec":{"securityContext":{"runAsUser":0},"containers":[
                    {"name":"a","securityContext":{"runAsUser":0}},
                    {"name":"b","securityContext":{"runAsUser":0}}]}}"#,
                r#"runAsUser=0 (pod and containers "a", "b" must not set runAsUser=0)"#,
                &[
                    "/spec/securityContext/runAsUser",
                    "/spec/containers/0/securityContext/runAsUser",
                    "/spec/containers/1/securityContext/runAsUser",
                ],
            ),
        ],
    );
}

#[test]
fn seccomp_profile_restricted() {
    const MESSAGE: &str = concat!(
        r#"seccompProfile (pod or container "a" must set securityContext.seccompProfile.type to "#,
        r#""RuntimeDefault" or "Localhost")"#
    );
    const AT: &[&str] = &["/spec/containers/0/securityContext/seccompProfile/type"];
    judge_all(
        "seccompProfile_restricted",
        &[
            allowed(
                19..=NEWEST,
                r#"{"spec":{"securityContext":{"seccompProfile":{"type":"Localhost"}},
                    "containers":[{"name":"a"}]}}"#,
            ),
            allowed(
                19..=NEWEST,
                r#"{"spec":{"containers":[
                    {"name":"a","securityContext":{"seccompProfile":{"type":"RuntimeDefault"}}}]}}"#,
            ),
            forbidden(19..=24, WINDOWS, MESSAGE, AT),
            allowed(25..=NEWEST, WINDOWS),
            forbidden(19..=NEWEST, LINUX, MESSAGE, AT),
            forbidden(
                19..=NEWEST,
                r#"{"spec":{"initContainers":[{"name":"i"}],"containers":[{"name":"a"},
                    {"name":"b","securityContext":{"seccompProfile":{"type":"Localhost"}}}]}}"#,
                concat!(
                    r#"seccompProfile (pod or containers "i", "a" must set "#,
                    r#"securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")"#
                ),
                &[
                    "/spec/initContainers/0/securityContext/seccompProfile/type",
                    "/spec/containers/0/securityContext/seccompProfile/type",
                ],
            ),
            forbidden(
                19..=NEWEST,
                r#"{"spec":{"securityContext":{"seccompProfile":{"type":"Unconfined"}},
                    "containers":[{"name":"a"},
                    {"name":"b","securityContext":{"seccompProfile":{"type":""}}}]}}"#,
                concat!(
                    r#"seccompProfile (pod and container "b" must not set "#,
                    r#"securityContext.seccompProfile.type to "", "Unconfined")"#
                ),
                &[
                    "/spec/securityContext/seccompProfile/type",
                    "/spec/containers/1/securityContext/seccompProfile/type",
                ],
            ),
        ],
    );
}
