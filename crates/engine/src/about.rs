use crate::{Subject, subject};
use sekisho_kube_model::{Gvk, Loci, Schemas, pod_template};
use sekisho_policy::Request;
use sekisho_report::Resource;
use sekisho_value::{Pointer, Value};
use std::sync::Arc;

/// Names and places of what is judged, worked out once a violation asks for them.
pub(crate) struct About<'a> {
    /// the object that was sent: the controller for an implied pod
    object: &'a Value,
    pub(crate) subject: Arc<Subject>,
    pub(crate) resource: Arc<Resource>,
    loci: Loci<'a>,
    /// where the pod stands within the object that was sent, and names of the pod's fields
    pod: Option<(Pointer, Loci<'a>)>,
    /// it is the pod that is judged, not the object that was sent
    pub(crate) implied: bool,
}

/// The lists of a pod's containers.
const CONTAINERS: [&str; 3] = ["containers", "initContainers", "ephemeralContainers"];

impl<'a> About<'a> {
    /// `sent` is the request that came: that of the controller where its pod is judged.
    pub(crate) fn new(sent: &'a Request, schemas: &'a Schemas, implied: bool) -> Self {
        let object = if sent.object.is_null() { &sent.old_object } else { &sent.object };
        let namespace = sent.namespace.as_deref();
        let name = |field| object.path_str(&["metadata", field]).filter(|name| !name.is_empty());
        let name = name("name").or_else(|| name("generateName")).unwrap_or(&sent.name);
        let of_pod = Gvk::new("", "v1", "Pod");
        Self {
            object,
            subject: Arc::new(subject(&sent.gvk, object, namespace)),
            resource: Arc::new(Resource {
                api_version: sent.gvk.api_version(),
                kind: sent.gvk.kind.to_string(),
                namespace: namespace.map(str::to_owned),
                name: name.to_owned(),
            }),
            loci: Loci::new(schemas, &sent.gvk, object),
            pod: pod_template(&sent.gvk, object)
                .map(|found| (found.pointer, Loci::new(schemas, &of_pod, &found.pod))),
            implied,
        }
    }

    /// The offending fields within the object that was sent.
    pub(crate) fn pointers(&self, given: Vec<Pointer>) -> Vec<Pointer> {
        match &self.pod {
            Some((template, _)) if self.implied => {
                given.iter().map(|pointer| template.join(pointer)).collect()
            }
            _ => given,
        }
    }

    /// The loci of fields of what was judged: relative to the pod where they are the pod's, so
    /// that a pod and the controller that made it agree.
    pub(crate) fn loci(&mut self, given: &[Pointer]) -> Vec<String> {
        let locus = |pointer: &Pointer| match &mut self.pod {
            Some((_, of_pod)) if self.implied => of_pod.locus(pointer),
            Some((template, of_pod)) => match pointer.strip_prefix(template) {
                Some(within) => of_pod.locus(&within),
                None => self.loci.locus(pointer),
            },
            None => self.loci.locus(pointer),
        };
        given.iter().map(locus).collect()
    }

    /// The containers that hold the offending fields; `None` where one stands outside of all.
    pub(crate) fn containers(&self, given: &[Pointer]) -> Option<Vec<&'a str>> {
        if given.is_empty() {
            return None;
        }
        given.iter().map(|pointer| self.container(pointer)).collect()
    }

    fn container(&self, pointer: &Pointer) -> Option<&'a str> {
        let template = self.pod.as_ref().map(|(template, _)| template);
        let within = match template {
            Some(template) if !self.implied => &pointer.strip_prefix(template)?,
            _ => pointer,
        };
        let tokens: Vec<_> = within.tokens().take(3).collect();
        let [spec, list, index] = tokens.as_slice() else {
            return None;
        };
        if spec.as_str() != "spec" || !CONTAINERS.contains(&list.as_str()) {
            return None;
        }
        let pod = match template {
            Some(template) => self.object.pointer(template)?,
            None => self.object,
        };
        pod.step(spec)?.step(list)?.step(index)?.path_str(&["name"])
    }
}
