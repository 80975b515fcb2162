use super::{NEWEST, allowed, forbidden, judge_all};

#[test]
fn app_armor_profile() {
    judge_all(
        "appArmorProfile",
        &[
            allowed(
                0..=NEWEST,
                r#"{"metadata":{"annotations":{"other":"unconfined",
                    "container.apparmor.security.beta.kubernetes.io/a":"runtime/default",
                    "container.apparmor.security.beta.kubernetes.io/b":"localhost/x",
                    "container.apparmor.security.beta.kubernetes.io/c":""}},
                    "spec":{"securityContext":{"appArmorProfile":{"type":"RuntimeDefault"}},
                    "containers":[{"name":"a","securityContext":{"appArmorProfile":{"type":"Localhost"}}},
                    {"name":"b","securityContext":{"appArmorProfile":null}}]}}"#,
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"appArmorProfile":{"type":"Unconfined"}}}}"#,
                r#"forbidden AppArmor profile (pod must not set AppArmor profile type to "Unconfined")"#,
                &["/spec/securityContext/appArmorProfile/type"],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","securityContext":{"appArmorProfile":{}}}]}}"#,
                r#"forbidden AppArmor profile (container "a" must not set AppArmor profile type to "")"#,
                &["/spec/containers/0/securityContext/appArmorProfile/type"],
            ),
            // The order is that of `key="value"`: `-` comes before `=`.
            forbidden(
                0..=NEWEST,
                r#"{"metadata":{"annotations":{
                    "container.apparmor.security.beta.kubernetes.io/a":"un\"confined",
                    "container.apparmor.security.beta.kubernetes.io/a-b":"unconfined"}},
                    "spec":{"securityContext":{"appArmorProfile":{"type":"Unconfined"}},
                    "initContainers":[{"name":"i","securityContext":{"appArmorProfile":{"type":"Other"}}}],
                    "containers":[{"name":"c","securityContext":{"appArmorProfile":{"type":"Unconfined"}}}]}}"#,
                concat!(
                    r#"forbidden AppArmor profiles (pod and containers "i", "c" and annotations "#,
                    r#"must not set AppArmor profile type to "Other", "Unconfined", "#,
                    r#""container.apparmor.security.beta.kubernetes.io/a-b="unconfined"", "#,
                    r#""container.apparmor.security.beta.kubernetes.io/a="un\"confined"")"#
                ),
                &[
                    "/spec/securityContext/appArmorProfile/type",
                    "/spec/initContainers/0/securityContext/appArmorProfile/type",
                    "/spec/containers/0/securityContext/appArmorProfile/type",
                    "/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1a",
                    "/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1a-b",
                ],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"metadata":{"annotations":{
                    "container.apparmor.security.beta.kubernetes.io/a":"unconfined"}}}"#,
                concat!(
                    r#"forbidden AppArmor profile (annotation must not set AppArmor profile type "#,
                    r#"to "container.apparmor.security.beta.kubernetes.io/a="unconfined"")"#
                ),
                &["/metadata/annotations/container.apparmor.security.beta.kubernetes.io~1a"],
            ),
        ],
    );
}

#[test]
fn capabilities_baseline() {
    judge_all(
        "capabilities_baseline",
        &[
            allowed(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","securityContext":{"capabilities":{"add":
                    ["AUDIT_WRITE","CHOWN","DAC_OVERRIDE","FOWNER","FSETID","KILL","MKNOD",
                     "NET_BIND_SERVICE","SETFCAP","SETGID","SETPCAP","SETUID","SYS_CHROOT"],
                    "drop":["whatever"]}}},{"name":"b","securityContext":{"capabilities":{}}}]}}"#,
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","securityContext":{"capabilities":
                    {"add":["NET_RAW"]}}}]}}"#,
                concat!(
                    r#"non-default capabilities (container "a" must not include "NET_RAW" in "#,
                    r#"securityContext.capabilities.add)"#
                ),
                &["/spec/containers/0/securityContext/capabilities/add/0"],
            ),
            // Values are unique and sorted, containers are neither.
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"ephemeralContainers":[{"name":"a","securityContext":{"capabilities":
                    {"add":["bar","CHOWN","baz"]}}}],"initContainers":[{"name":"z",
                    "securityContext":{"capabilities":{"add":["foo","bar","CAP_CHOWN"]}}}],
                    "containers":[{"name":"z","securityContext":{"capabilities":{"add":["foo"]}}}]}}"#,
                concat!(
                    r#"non-default capabilities (containers "z", "z", "a" must not include "#,
                    r#""CAP_CHOWN", "bar", "baz", "foo" in securityContext.capabilities.add)"#
                ),
                &[
                    "/spec/initContainers/0/securityContext/capabilities/add/0",
                    "/spec/initContainers/0/securityContext/capabilities/add/1",
                    "/spec/initContainers/0/securityContext/capabilities/add/2",
                    "/spec/containers/0/securityContext/capabilities/add/0",
                    "/spec/ephemeralContainers/0/securityContext/capabilities/add/0",
                    "/spec/ephemeralContainers/0/securityContext/capabilities/add/2",
                ],
            ),
        ],
    );
}

#[test]
fn host_namespaces() {
    judge_all(
        "hostNamespaces",
        &[
            allowed(0..=NEWEST, r#"{"spec":{"hostNetwork":false,"hostPID":null}}"#),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"hostPID":true}}"#,
                "host namespaces (hostPID=true)",
                &["/spec/hostPID"],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"hostIPC":true,"hostNetwork":true,"hostPID":true}}"#,
                "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
                &["/spec/hostNetwork", "/spec/hostPID", "/spec/hostIPC"],
            ),
        ],
    );
}

#[test]
fn host_path_volumes() {
    judge_all(
        "hostPathVolumes",
        &[
            allowed(0..=NEWEST, r#"{"spec":{"volumes":[{"name":"a"},{"hostPath":null},null]}}"#),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"volumes":[{"name":"a","hostPath":{}}]}}"#,
                r#"hostPath volumes (volume "a")"#,
                &["/spec/volumes/0/hostPath"],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"volumes":[{"name":"b","hostPath":{"path":"/"}},{"name":"c"},
                    {"hostPath":{"path":"/dev"}}]}}"#,
                r#"hostPath volumes (volumes "b", "")"#,
                &["/spec/volumes/0/hostPath", "/spec/volumes/2/hostPath"],
            ),
        ],
    );
}

#[test]
fn host_ports() {
    judge_all(
        "hostPorts",
        &[
            allowed(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"ports":[{"hostPort":0},{"containerPort":1}]}]}}"#,
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","ports":[{"hostPort":80}]}]}}"#,
                r#"hostPort (container "a" uses hostPort 80)"#,
                &["/spec/containers/0/ports/0/hostPort"],
            ),
            // Sorted as texts.
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"initContainers":[{"name":"a","ports":[{"hostPort":80},{"hostPort":9}]}],
                    "containers":[{"name":"b","ports":[{"hostPort":8080},{"hostPort":9}]}]}}"#,
                r#"hostPort (containers "a", "b" use hostPorts 80, 8080, 9)"#,
                &[
                    "/spec/initContainers/0/ports/0/hostPort",
                    "/spec/initContainers/0/ports/1/hostPort",
                    "/spec/containers/0/ports/0/hostPort",
                    "/spec/containers/0/ports/1/hostPort",
                ],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","ports":[{"hostPort":80}]},
                    {"name":"b","ports":[{"hostPort":80}]}]}}"#,
                r#"hostPort (containers "a", "b" use hostPort 80)"#,
                &["/spec/containers/0/ports/0/hostPort", "/spec/containers/1/ports/0/hostPort"],
            ),
        ],
    );
}

#[test]
fn host_probes_and_host_lifecycle() {
    judge_all(
        "hostProbesAndHostLifecycle",
        &[
            allowed(
                34..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","livenessProbe":{"httpGet":{"host":""}},
                    "readinessProbe":{"tcpSocket":{}},"startupProbe":{"exec":{"host":"x"}},
                    "lifecycle":{"postStart":null,"preStop":{"httpGet":{"port":1}}}}]}}"#,
            ),
            forbidden(
                34..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","livenessProbe":{"httpGet":{"host":"h"}}}]}}"#,
                r#"probe or lifecycle host (container "a" uses probe or lifecycle host "h")"#,
                &["/spec/containers/0/livenessProbe/httpGet/host"],
            ),
            // Unlike elsewhere the containers are unique and sorted, too.
            forbidden(
                34..=NEWEST,
                r#"{"spec":{"containers":[{"name":"b","startupProbe":{"tcpSocket":{"host":"y"},
                    "httpGet":{"host":"x"}},"lifecycle":{"preStop":{"tcpSocket":{"host":"x"}},
                    "postStart":{"httpGet":{"host":"z"}}}}],
                    "ephemeralContainers":[{"name":"a","readinessProbe":{"tcpSocket":{"host":"x"}}},
                    {"name":"b","readinessProbe":{"tcpSocket":{"host":"x"}}}]}}"#,
                concat!(
                    r#"probe or lifecycle host (containers "a", "b" use probe or lifecycle hosts "#,
                    r#""x", "y", "z")"#
                ),
                &[
                    "/spec/containers/0/startupProbe/httpGet/host",
                    "/spec/containers/0/startupProbe/tcpSocket/host",
                    "/spec/containers/0/lifecycle/postStart/httpGet/host",
                    "/spec/containers/0/lifecycle/preStop/tcpSocket/host",
                    "/spec/ephemeralContainers/0/readinessProbe/tcpSocket/host",
                    "/spec/ephemeralContainers/1/readinessProbe/tcpSocket/host",
                ],
            ),
        ],
    );
}

#[test]
fn privileged() {
    judge_all(
        "privileged",
        &[
            allowed(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"securityContext":{"privileged":false}},
                    {"securityContext":{}},{}]}}"#,
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","securityContext":{"privileged":true}}]}}"#,
                r#"privileged (container "a" must not set securityContext.privileged=true)"#,
                &["/spec/containers/0/securityContext/privileged"],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"ephemeralContainers":[{"name":"e","securityContext":{"privileged":true}}],
                    "containers":[{"name":"a"},{"name":"b","securityContext":{"privileged":true}}],
                    "initContainers":[{"name":"i","securityContext":{"privileged":true}}]}}"#,
                r#"privileged (containers "i", "b", "e" must not set securityContext.privileged=true)"#,
                &[
                    "/spec/initContainers/0/securityContext/privileged",
                    "/spec/containers/1/securityContext/privileged",
                    "/spec/ephemeralContainers/0/securityContext/privileged",
                ],
            ),
        ],
    );
}

#[test]
fn proc_mount() {
    let unmasked = r#"{"spec":{"hostUsers":false,"containers":[
        {"name":"a","securityContext":{"procMount":"Unmasked"}}]}}"#;
    let message =
        r#"procMount (container "a" must not set securityContext.procMount to "Unmasked")"#;
    let at = &["/spec/containers/0/securityContext/procMount"];
    judge_all(
        "procMount",
        &[
            allowed(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"securityContext":{"procMount":"Default"}},
                    {"securityContext":{"procMount":null}}]}}"#,
            ),
            forbidden(0..=34, unmasked, message, at),
            allowed(35..=NEWEST, unmasked),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"hostUsers":true,"containers":[
                    {"name":"a","securityContext":{"procMount":"Unmasked"}}]}}"#,
                message,
                at,
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"b","securityContext":{"procMount":"other"}},
                    {"name":"a","securityContext":{"procMount":"Unmasked"}}]}}"#,
                concat!(
                    r#"procMount (containers "b", "a" must not set securityContext.procMount to "#,
                    r#""Unmasked", "other")"#
                ),
                &[
                    "/spec/containers/0/securityContext/procMount",
                    "/spec/containers/1/securityContext/procMount",
                ],
            ),
        ],
    );
}

#[test]
fn se_linux_options() {
    let engine = r#"{"spec":{"securityContext":{"seLinuxOptions":{"type":"container_engine_t"}}}}"#;
    judge_all(
        "seLinuxOptions",
        &[
            allowed(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"seLinuxOptions":{"type":"container_t","level":"s0"}},
                    "initContainers":[{"securityContext":{"seLinuxOptions":{"type":"container_init_t"}}}],
                    "containers":[{"securityContext":{"seLinuxOptions":{"type":"container_kvm_t",
                    "user":"","role":""}}},{"securityContext":{"seLinuxOptions":{}}}]}}"#,
            ),
            forbidden(
                0..=30,
                engine,
                concat!(
                    "seLinuxOptions (pod set forbidden securityContext.seLinuxOptions: ",
                    r#"type "container_engine_t")"#
                ),
                &["/spec/securityContext/seLinuxOptions/type"],
            ),
            allowed(31..=NEWEST, engine),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"containers":[{"name":"a","securityContext":{"seLinuxOptions":
                    {"role":"r"}}}]}}"#,
                concat!(
                    r#"seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: "#,
                    "role may not be set)"
                ),
                &["/spec/containers/0/securityContext/seLinuxOptions/role"],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"seLinuxOptions":{"type":"foo","user":"u"}},
                    "containers":[{"name":"a","securityContext":{"seLinuxOptions":{"type":"bar"}}},
                    {"name":"b","securityContext":{"seLinuxOptions":{"type":"foo","role":"r"}}},
                    {"name":"c","securityContext":{"seLinuxOptions":{"type":"container_t"}}}]}}"#,
                concat!(
                    r#"seLinuxOptions (pod and containers "a", "b" set forbidden "#,
                    r#"securityContext.seLinuxOptions: types "bar", "foo"; user may not be set; "#,
                    "role may not be set)"
                ),
                &[
                    "/spec/securityContext/seLinuxOptions/type",
                    "/spec/securityContext/seLinuxOptions/user",
                    "/spec/containers/0/securityContext/seLinuxOptions/type",
                    "/spec/containers/1/securityContext/seLinuxOptions/type",
                    "/spec/containers/1/securityContext/seLinuxOptions/role",
                ],
            ),
        ],
    );
}

#[test]
fn seccomp_profile_baseline() {
    let annotated = r#"{"metadata":{"annotations":{
        "seccomp.security.alpha.kubernetes.io/pod":"unconfined",
        "container.seccomp.security.alpha.kubernetes.io/a":"un\tknown",
        "container.seccomp.security.alpha.kubernetes.io/none":"unconfined",
        "container.seccomp.security.alpha.kubernetes.io/b":"docker/default"}},
        "spec":{"containers":[{"name":"a"},{"name":"b"},{"name":"a"}]}}"#;
    let fields = r#"{"spec":{"securityContext":{"seccompProfile":{"type":"Unconfined"}},
        "initContainers":[{"name":"a","securityContext":{"seccompProfile":{"type":"Unconfined"}}}],
        "containers":[{"name":"b","securityContext":{"seccompProfile":{}}}]}}"#;
    judge_all(
        "seccompProfile_baseline",
        &[
            forbidden(
                0..=18,
                annotated,
                concat!(
                    "seccompProfile (forbidden annotations ",
                    r#"container.seccomp.security.alpha.kubernetes.io/a="un\tknown", "#,
                    r#"seccomp.security.alpha.kubernetes.io/pod="unconfined")"#
                ),
                &[
                    "/metadata/annotations/seccomp.security.alpha.kubernetes.io~1pod",
                    "/metadata/annotations/container.seccomp.security.alpha.kubernetes.io~1a",
                ],
            ),
            forbidden(
                0..=18,
                r#"{"metadata":{"annotations":{"seccomp.security.alpha.kubernetes.io/pod":""}}}"#,
                r#"seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="")"#,
                &["/metadata/annotations/seccomp.security.alpha.kubernetes.io~1pod"],
            ),
            allowed(
                0..=18,
                r#"{"metadata":{"annotations":{
                    "seccomp.security.alpha.kubernetes.io/pod":"localhost/x"}}}"#,
            ),
            allowed(19..=NEWEST, annotated),
            allowed(0..=18, fields),
            forbidden(
                19..=NEWEST,
                fields,
                concat!(
                    r#"seccompProfile (pod and containers "a", "b" must not set "#,
                    r#"securityContext.seccompProfile.type to "", "Unconfined")"#
                ),
                &[
                    "/spec/securityContext/seccompProfile/type",
                    "/spec/initContainers/0/securityContext/seccompProfile/type",
                    "/spec/containers/0/securityContext/seccompProfile/type",
                ],
            ),
            allowed(
                19..=NEWEST,
                r#"{"spec":{"securityContext":{"seccompProfile":{"type":"RuntimeDefault"}},
                    "containers":[{"securityContext":{"seccompProfile":{"type":"Localhost"}}},{}]}}"#,
            ),
        ],
    );
}

#[test]
fn sysctls() {
    const V0: &str = r#"{"spec":{"securityContext":{"sysctls":[{"name":"kernel.shm_rmid_forced"},
        {"name":"net.ipv4.ip_local_port_range"},{"name":"net.ipv4.tcp_syncookies"},
        {"name":"net.ipv4.ping_group_range"},{"name":"net.ipv4.ip_unprivileged_port_start"}]}}}"#;
    const V27: &str = r#"{"spec":{"securityContext":{"sysctls":[
        {"name":"net.ipv4.ip_local_reserved_ports"}]}}}"#;
    const V29: &str = r#"{"spec":{"securityContext":{"sysctls":[
        {"name":"net.ipv4.tcp_keepalive_time"},{"name":"net.ipv4.tcp_fin_timeout"},
        {"name":"net.ipv4.tcp_keepalive_intvl"},{"name":"net.ipv4.tcp_keepalive_probes"}]}}}"#;
    const V32: &str = r#"{"spec":{"securityContext":{"sysctls":[{"name":"net.ipv4.tcp_wmem"},
        {"name":"net.ipv4.tcp_rmem"}]}}}"#;
    const V37: &str = r#"{"spec":{"securityContext":{"sysctls":[
        {"name":"net.ipv4.tcp_slow_start_after_idle"},{"name":"net.ipv4.tcp_notsent_lowat"}]}}}"#;
    const AT: [&str; 4] = [
        "/spec/securityContext/sysctls/0/name",
        "/spec/securityContext/sysctls/1/name",
        "/spec/securityContext/sysctls/2/name",
        "/spec/securityContext/sysctls/3/name",
    ];
    judge_all(
        "sysctls",
        &[
            allowed(0..=NEWEST, V0),
            allowed(27..=NEWEST, V27),
            allowed(29..=NEWEST, V29),
            allowed(32..=NEWEST, V32),
            allowed(37..=NEWEST, V37),
            forbidden(
                0..=26,
                V27,
                "forbidden sysctls (net.ipv4.ip_local_reserved_ports)",
                AT.split_at(1).0,
            ),
            forbidden(
                0..=28,
                V29,
                concat!(
                    "forbidden sysctls (net.ipv4.tcp_keepalive_time, net.ipv4.tcp_fin_timeout, ",
                    "net.ipv4.tcp_keepalive_intvl, net.ipv4.tcp_keepalive_probes)"
                ),
                &AT,
            ),
            forbidden(
                0..=31,
                V32,
                "forbidden sysctls (net.ipv4.tcp_wmem, net.ipv4.tcp_rmem)",
                AT.split_at(2).0,
            ),
            forbidden(
                0..=36,
                V37,
                concat!(
                    "forbidden sysctls (net.ipv4.tcp_slow_start_after_idle, ",
                    "net.ipv4.tcp_notsent_lowat)"
                ),
                AT.split_at(2).0,
            ),
            // Neither unique nor sorted.
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"sysctls":[{"name":"b"},{"name":"a"},{},
                    {"name":"b"}]}}}"#,
                "forbidden sysctls (b, a, , b)",
                &AT,
            ),
        ],
    );
}

#[test]
fn windows_host_process() {
    judge_all(
        "windowsHostProcess",
        &[
            allowed(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"windowsOptions":{"hostProcess":false}},
                    "containers":[{"securityContext":{"windowsOptions":{}}}]}}"#,
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"windowsOptions":{"hostProcess":true}}}}"#,
                "hostProcess (pod must not set securityContext.windowsOptions.hostProcess=true)",
                &["/spec/securityContext/windowsOptions/hostProcess"],
            ),
            forbidden(
                0..=NEWEST,
                r#"{"spec":{"securityContext":{"windowsOptions":{"hostProcess":true}},"containers":[
                    {"name":"a","securityContext":{"windowsOptions":{"hostProcess":true}}},
                    {"name":"b","securityContext":{"windowsOptions":{"hostProcess":true}}}]}}"#,
                concat!(
                    r#"hostProcess (pod and containers "a", "b" must not set "#,
                    "securityContext.windowsOptions.hostProcess=true)"
                ),
                &[
                    "/spec/securityContext/windowsOptions/hostProcess",
                    "/spec/containers/0/securityContext/windowsOptions/hostProcess",
                    "/spec/containers/1/securityContext/windowsOptions/hostProcess",
                ],
            ),
        ],
    );
}
