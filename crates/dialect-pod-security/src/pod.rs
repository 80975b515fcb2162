//! The view of a pod that the checks share: what each of them would look up is looked up once,
//! and nothing is allocated for pods of few containers.
//!
//! As in Go's decoding, `null` is the same as an absent field, and a list item that is `null`
//! is an empty container.

use sekisho_value::{Map, Pointer, Value};

/// An object's fields that checks look at: found in one pass over what is there, which is far
/// cheaper than a search for each of them. Absent and `null` are the same.
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($field:ident: $key:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default)]
        pub(crate) struct $name<'a> {
            $(pub(crate) $field: Option<&'a Value>,)*
        }

        impl<'a> $name<'a> {
            fn of(map: Option<&'a Map>) -> Self {
                let mut found = Self::default();
                for (key, value) in map.map(Map::iter).into_iter().flatten() {
                    let field = match key.as_str() {
                        $($key => &mut found.$field,)*
                        _ => continue,
                    };
                    *field = if value.is_null() { None } else { Some(value) };
                }
                found
            }
        }
    };
}

fields! {
    /// Fields of a pod's `spec`.
    Spec {
        containers: "containers",
        ephemeral_containers: "ephemeralContainers",
        host_ipc: "hostIPC",
        host_network: "hostNetwork",
        host_pid: "hostPID",
        host_users: "hostUsers",
        init_containers: "initContainers",
        os: "os",
        security_context: "securityContext",
        volumes: "volumes",
    }
}

fields! {
    /// Fields of a pod's or a container's `securityContext`.
    Security {
        allow_privilege_escalation: "allowPrivilegeEscalation",
        app_armor_profile: "appArmorProfile",
        capabilities: "capabilities",
        privileged: "privileged",
        proc_mount: "procMount",
        run_as_non_root: "runAsNonRoot",
        run_as_user: "runAsUser",
        se_linux_options: "seLinuxOptions",
        seccomp_profile: "seccompProfile",
        sysctls: "sysctls",
        windows_options: "windowsOptions",
    }
}

fields! {
    /// Fields of a container.
    ContainerFields {
        lifecycle: "lifecycle",
        liveness_probe: "livenessProbe",
        name: "name",
        ports: "ports",
        readiness_probe: "readinessProbe",
        security_context: "securityContext",
        startup_probe: "startupProbe",
    }
}

/// A pod, or a pod template: an object with `metadata` and `spec`.
pub(crate) struct Pod<'a> {
    annotations: Option<&'a Map>,
    /// its `spec`
    pub(crate) spec: Spec<'a>,
    /// its own `securityContext`
    pub(crate) security: Security<'a>,
    containers: Containers<'a>,
}

/// A container of any of the three lists.
#[derive(Clone, Copy)]
pub(crate) struct Container<'a> {
    list: &'static str,
    index: usize,
    /// its fields
    pub(crate) fields: ContainerFields<'a>,
    /// its `securityContext`
    pub(crate) security: Security<'a>,
}

/// The containers in the order in which upstream visits them.
#[derive(Default)]
struct Containers<'a> {
    inline: [Option<Container<'a>>; INLINE],
    more: Vec<Container<'a>>,
}

/// So many containers are held without an allocation.
const INLINE: usize = 4;

impl<'a> Pod<'a> {
    /// The view of an object with `metadata` and `spec`.
    pub(crate) fn of(object: &'a Value) -> Self {
        let object = object.as_object();
        let annotations = map_at(map_at(object, "metadata"), "annotations");
        let spec = Spec::of(map_at(object, "spec"));
        let mut containers = Containers::default();
        for (list, value) in [
            ("initContainers", spec.init_containers),
            ("containers", spec.containers),
            ("ephemeralContainers", spec.ephemeral_containers),
        ] {
            for (index, item) in items(value).iter().enumerate() {
                let fields = ContainerFields::of(item.as_object());
                let security = Security::of(fields.security_context.and_then(Value::as_object));
                containers.push(Container { list, index, fields, security });
            }
        }
        let security = Security::of(spec.security_context.and_then(Value::as_object));
        Self { annotations, spec, security, containers }
    }

    /// The pointer to a field of the pod's own `securityContext`.
    pub(crate) fn security_pointer(keys: &[&str]) -> Pointer {
        let mut pointer = Pointer::root();
        ["spec", "securityContext"].iter().chain(keys).for_each(|key| pointer.push_key(key));
        pointer
    }

    /// The containers: init, ordinary, ephemeral.
    #[inline]
    pub(crate) fn containers(&self) -> impl Iterator<Item = &Container<'a>> {
        let Containers { inline, more } = &self.containers;
        inline.iter().map_while(Option::as_ref).chain(more)
    }

    /// The annotations, sorted by key.
    #[inline]
    pub(crate) fn annotations(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let entries = self.annotations.map(Map::iter).into_iter().flatten();
        entries.map(|(key, value)| (key.as_str(), value.as_str().unwrap_or_default()))
    }

    /// One annotation.
    pub(crate) fn annotation(&self, key: &str) -> Option<&'a str> {
        Some(self.annotations?.get(key)?.as_str().unwrap_or_default())
    }

    /// The pointer to an annotation.
    pub(crate) fn annotation_pointer(key: &str) -> Pointer {
        Pointer::root().keys(&["metadata", "annotations", key])
    }

    /// Whether the pod declares itself a Windows pod.
    #[inline]
    pub(crate) fn is_windows(&self) -> bool {
        self.spec.os.is_some_and(|os| text(os, "name") == "windows")
    }

    /// Whether the pod runs in a user namespace of its own: `hostUsers: false`.
    #[inline]
    pub(crate) fn has_user_namespace(&self) -> bool {
        self.spec.host_users.and_then(Value::as_bool) == Some(false)
    }
}

impl<'a> Container<'a> {
    /// The container's name; empty where it has none.
    pub(crate) fn name(&self) -> &'a str {
        self.fields.name.and_then(Value::as_str).unwrap_or_default()
    }

    /// The pointer to the container.
    pub(crate) fn pointer(&self) -> Pointer {
        self.below("", &[])
    }

    /// The pointer to a field of the container's `securityContext`.
    pub(crate) fn security_pointer(&self, keys: &[&str]) -> Pointer {
        self.below("/securityContext", keys)
    }

    /// The pointer to what stands below the container. None of the keys needs an escape.
    fn below(&self, head: &str, keys: &[&str]) -> Pointer {
        let mut text = String::with_capacity(96);
        text.extend(["/spec/", self.list, "/", &self.index.to_string(), head]);
        for key in keys {
            text.extend(["/", key]);
        }
        Pointer::parse(&text).unwrap_or_default()
    }
}

impl<'a> Containers<'a> {
    fn push(&mut self, container: Container<'a>) {
        match self.inline.iter_mut().find(|slot| slot.is_none()) {
            Some(slot) => *slot = Some(container),
            None => self.more.push(container),
        }
    }
}

/// A field that is there and not `null`.
#[inline]
pub(crate) fn field<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    present(value.as_object(), key)
}

/// The string field of an object; empty where it is absent.
#[inline]
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    field(value, key).and_then(Value::as_str).unwrap_or_default()
}

/// The items of a list field.
#[inline]
pub(crate) fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).unwrap_or_default()
}

#[inline]
fn present<'a>(map: Option<&'a Map>, key: &str) -> Option<&'a Value> {
    map?.get(key).filter(|value| !value.is_null())
}

fn map_at<'a>(map: Option<&'a Map>, key: &str) -> Option<&'a Map> {
    map?.get(key)?.as_object()
}

#[cfg(test)]
mod tests {
    use super::Pod;
    use sekisho_value::{Value, from_json};

    fn pod(json: &str) -> Value {
        from_json(json).unwrap()
    }

    #[test]
    fn containers_are_visited_as_upstream_does() {
        let many: Vec<String> = (0..7).map(|i| format!(r#"{{"name":"c{i}"}}"#)).collect();
        let json = format!(
            r#"{{"spec":{{"ephemeralContainers":[{{"name":"e"}}],"containers":[{}],
               "initContainers":[{{"name":"i"}},null]}}}}"#,
            many.join(",")
        );
        let value = pod(&json);
        let view = Pod::of(&value);
        let seen: Vec<String> =
            view.containers().map(|c| format!("{}={}", c.pointer(), c.name())).collect();
        let mut wanted =
            vec!["/spec/initContainers/0=i".to_owned(), "/spec/initContainers/1=".to_owned()];
        wanted.extend((0..7).map(|i| format!("/spec/containers/{i}=c{i}")));
        wanted.push("/spec/ephemeralContainers/0=e".to_owned());
        assert_eq!(seen, wanted);
    }

    #[test]
    fn null_is_absent() {
        let value = pod(r#"{"metadata":null,"spec":{"hostUsers":null,"os":{"name":null},
                "securityContext":null,"containers":[{"securityContext":{"privileged":null}}]}}"#);
        let view = Pod::of(&value);
        assert!(view.spec.host_users.is_none() && !view.is_windows());
        assert!(view.containers().all(|c| c.security.privileged.is_none()));
    }
}
