use crate::check::{Check, Forbidden};
use crate::level::Level;
use crate::pod::{Pod, field};
use crate::references;
use crate::wording::Setters;
use sekisho_policy::{Reference, Rule, Severity};
use sekisho_value::Value;

pub(crate) static CHECK: Check = Check {
    rule: &RULE,
    level: Level::Baseline,
    overrides: None,
    help: "remove `windowsOptions.hostProcess: true`",
    versions: &[(0, no_host_process)],
};

pub(crate) static RULE: Rule = Rule {
    id: "windowsHostProcess",
    title: "Windows containers must not be host processes",
    severity: Severity::Critical,
    what: "`securityContext.windowsOptions.hostProcess` may not be true, for the pod and for every \
           container, init and ephemeral ones included. Baseline, since v1.0.",
    why: "A HostProcess container runs directly on the Windows node, with its files, its network \
          and, as chosen by the pod, a system account: it is the privileged container of Windows.",
    example: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  hostNetwork: true
  securityContext:
    windowsOptions:
      hostProcess: true
      runAsUserName: 'NT AUTHORITY\\SYSTEM'
  containers:
  - name: web
    image: registry.example/web:1.4.2
",
    fix: "\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  securityContext:
    windowsOptions:
      runAsUserName: ContainerUser
  containers:
  - name: web
    image: registry.example/web:1.4.2
",
    references: &[
        references::BASELINE,
        Reference {
            title: "Kubernetes: Create a Windows HostProcess Pod",
            url: "https://kubernetes.io/docs/tasks/configure-pod-container/create-hostprocess-pod/",
        },
        references::NSA_POD_SECURITY,
        references::OWASP_K01,
    ],
};

fn no_host_process(pod: &Pod<'_>) -> Option<Forbidden> {
    let is_host_process = |options: Option<&Value>| {
        let flag = options.and_then(|options| field(options, "hostProcess"));
        flag.and_then(Value::as_bool) == Some(true)
    };
    let mut setters = Setters::default();
    let mut pointers = Vec::new();
    if is_host_process(pod.security.windows_options) {
        setters.pod = true;
        pointers.push(Pod::security_pointer(&["windowsOptions", "hostProcess"]));
    }
    for container in pod.containers() {
        if is_host_process(container.security.windows_options) {
            setters.containers.push(container.name());
            pointers.push(container.security_pointer(&["windowsOptions", "hostProcess"]));
        }
    }
    (!setters.is_empty()).then(|| Forbidden {
        severity: None,
        reason: "hostProcess",
        detail: format!(
            "{} must not set securityContext.windowsOptions.hostProcess=true",
            setters.in_words()
        ),
        pointers,
    })
}
