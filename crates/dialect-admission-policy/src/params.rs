//! The parameters that a binding names.
//!
//! Source of the rules: `CollectParams` in `pkg/admission/plugin/policy/generic` of
//! `k8s.io/apiserver`.

use crate::attributes::Attributes;
use crate::fault::Fault;
use crate::matching;
use crate::scene::Scene;
use sekisho_kube_model::{Gvk, LabelSelector};
use sekisho_value::{Str, Value};
use std::sync::Arc;

/// `paramKind` of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ParamKind {
    pub(crate) group: Str,
    pub(crate) version: Str,
    pub(crate) kind: Str,
    /// where it stands: file, line and column
    pub(crate) place: Arc<str>,
}

/// `paramRef` of a binding.
#[derive(Clone, Debug)]
pub(crate) struct ParamRef {
    pub(crate) selected: Selected,
    /// empty for the namespace of the request
    pub(crate) namespace: Str,
    /// `parameterNotFoundAction: Deny`
    pub(crate) denies_absent: bool,
    /// where it stands: file, line and column
    pub(crate) place: Arc<str>,
}

/// Which objects are parameters.
#[derive(Clone, Debug)]
pub(crate) enum Selected {
    Name(Str),
    Labels(LabelSelector),
}

const GIVE_PARAMS: &str = "give the parameters with the policies, or with `--inventory`";

impl ParamKind {
    fn gvk(&self) -> Gvk {
        Gvk::new(self.group.clone(), self.version.clone(), self.kind.clone())
    }

    /// Whether parameters live in a namespace.
    ///
    /// # Errors
    /// Where that cannot be told, with the place of the `paramKind`.
    pub(crate) fn is_namespaced(&self, scene: Scene<'_>) -> Result<bool, Fault> {
        self.scope(scene).map_err(|fault| fault.asked_for("paramKind", &self.place))
    }

    fn scope(&self, scene: Scene<'_>) -> Result<bool, Fault> {
        let unknown = || {
            Fault::configuration(format!(
                "failed to find resource referenced by paramKind: '{}/{}, Kind={}'",
                self.group, self.version, self.kind
            ))
        };
        match scene.schemas.kind_of(&self.gvk()) {
            Some(kind) if kind.served() => return Ok(kind.namespaced()),
            Some(_) => return Err(unknown()),
            None => {}
        }
        // Who gives parameters without their definition shows where they live.
        let known = scene.inventory.list(&self.group, &self.kind, "");
        let first = known.first().map(|known| {
            known.path_str(&["metadata", "namespace"]).is_some_and(|name| !name.is_empty())
        });
        match first {
            Some(namespaced) => Ok(namespaced),
            None if scene.inventory.is_complete() => Err(unknown()),
            None => Err(Fault::here(
                format!("paramKind `{}` is not known", self.gvk()),
                "give its CustomResourceDefinition with the policies, or with `--inventory`",
            )),
        }
    }

    /// The parameters for a request; one null where the binding names none.
    ///
    /// # Errors
    /// Where they cannot be told, or must be there and are not.
    pub(crate) fn collect(
        &self,
        wanted: Option<&ParamRef>,
        attributes: &Attributes,
        scene: Scene<'_>,
    ) -> Result<Vec<Value>, Fault> {
        let Some(wanted) = wanted else { return Ok(vec![Value::Null]) };
        let namespaced = self.is_namespaced(scene)?;
        self.named(wanted, namespaced, attributes, scene)
            .map_err(|fault| fault.asked_for("paramRef", &wanted.place))
    }

    fn named(
        &self,
        wanted: &ParamRef,
        namespaced: bool,
        attributes: &Attributes,
        scene: Scene<'_>,
    ) -> Result<Vec<Value>, Fault> {
        let namespace = match (namespaced, wanted.namespace.as_str()) {
            (true, "") if attributes.namespace.is_empty() => {
                let message = "cannot use namespaced paramRef in policy binding that matches \
                               cluster-scoped resources";
                return Err(Fault::configuration(message));
            }
            (true, "") => attributes.namespace.as_str(),
            (true, namespace) => namespace,
            (false, "") => "",
            (false, _) => {
                let message =
                    "paramRef.namespace must not be provided for a cluster-scoped `paramKind`";
                return Err(Fault::configuration(message));
            }
        };
        let found = match &wanted.selected {
            Selected::Name(name) => {
                let found = scene.inventory.get(&self.group, &self.kind, namespace, name);
                found.into_iter().collect()
            }
            Selected::Labels(selector) => {
                let mut all = scene.inventory.list(&self.group, &self.kind, namespace);
                all.retain(|object| selector.matches_object(object));
                all
            }
        };
        if found.is_empty() {
            return self.absent(wanted, namespace, scene);
        }
        let of_kind = |object: Value| {
            matching::convert(&object, &self.gvk(), scene).or_else(|why| {
                match scene.schemas.kind_of(&self.gvk()) {
                    Some(_) => Err(Fault::here(why, "give the parameters in this version")),
                    None => Ok(object),
                }
            })
        };
        found.into_iter().map(of_kind).collect()
    }

    /// What becomes of a request for which there are no parameters.
    fn absent(
        &self,
        wanted: &ParamRef,
        namespace: &str,
        scene: Scene<'_>,
    ) -> Result<Vec<Value>, Fault> {
        if wanted.denies_absent {
            let message = "no params found for policy binding with `Deny` parameterNotFoundAction";
            return Err(Fault::configuration(message));
        }
        // Parameters that are not given may be there all the same, and refuse. Who gives any of the
        // kind gives them all.
        let gives_any = || !scene.inventory.list(&self.group, &self.kind, "").is_empty();
        if scene.inventory.is_complete() || gives_any() {
            return Ok(Vec::new());
        }
        let of = match &wanted.selected {
            Selected::Name(name) if namespace.is_empty() => format!("`{name}`"),
            Selected::Name(name) => format!("`{namespace}/{name}`"),
            Selected::Labels(_) => "that the selector of the binding selects".to_owned(),
        };
        let message = format!("{} {of} is not known", self.kind);
        Err(Fault::here(message, GIVE_PARAMS))
    }
}
