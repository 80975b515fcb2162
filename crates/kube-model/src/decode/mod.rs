//! Objects as the API server reads them: types checked, unknown fields and zero values dropped.

mod base64;
mod create;
mod custom;
mod fits;
mod nearest;
mod required;
mod time;
mod typed;
mod walk;

pub use create::Created;
pub use nearest::is_near;

use crate::defaults::{PriorityClasses, SystemPriorityClasses, apply_admission, apply_defaults};
use crate::gvk::{Gvk, api_version};
use crate::schema::{BlobKind, BlobShape, KindRef, Problem, ProblemKind, Schemas, Struct};
use sekisho_value::{Pointer, Str, Value};
use walk::Walk;

/// An object as the API server reads it.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// the object in its canonical form; where it is not readable, as far as it could be read
    pub object: Value,
    /// what it says it is; all empty where it does not say so
    pub gvk: Gvk,
    /// the plural under which it is served; for a kind that is not known, what it would be by rule
    pub resource: Str,
    /// what is known of its kind
    pub known: Known,
    /// what the API server or its client would hold against it
    pub problems: Vec<Problem>,
}

/// What is known of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is served.
    Served {
        /// whether its objects live in a namespace
        namespaced: bool,
    },
    /// The version is not served.
    Unserved {
        /// whether its objects live in a namespace
        namespaced: bool,
        /// the minor version of Kubernetes 1 that serves it no longer
        removed_in: Option<u16>,
        /// what to use in its place
        replacement: Option<Gvk>,
    },
    /// Neither built in, nor defined by a CustomResourceDefinition that was given.
    Unknown,
}

impl Known {
    /// Whether objects of the kind live in a namespace; `None` where that is not known.
    #[must_use]
    pub fn namespaced(&self) -> Option<bool> {
        match self {
            Self::Served { namespaced } | Self::Unserved { namespaced, .. } => Some(*namespaced),
            Self::Unknown => None,
        }
    }
}

impl Decoded {
    /// Whether the API server would decode the object at all.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.problems.iter().all(|problem| problem.kind != ProblemKind::WrongType)
    }
}

impl Schemas {
    /// Reads an object as the API server does: wrong types are found, unknown fields, nulls and
    /// zero values are dropped as they are when an object is stored. A given `status` is kept.
    #[must_use]
    pub fn decode(&self, object: &Value) -> Decoded {
        let mut walk = Walk::new();
        let gvk = match Gvk::read(object) {
            Ok(gvk) => gvk,
            Err(error) => {
                walk.no_kind(object, &error);
                return Decoded {
                    object: object.clone(),
                    gvk: Gvk::new("", "", ""),
                    resource: Str::default(),
                    known: Known::Unknown,
                    problems: walk.problems,
                };
            }
        };
        if gvk.kind == "Secret" {
            walk.conceal();
        }
        let kind = self.kind_of(&gvk);
        let canonical = match kind.and_then(KindRef::object_type) {
            Some(of) => {
                let canonical = walk.root(of, object);
                if !required::is_nameless(&gvk.group, &gvk.kind) {
                    walk.name(object);
                }
                canonical
            }
            None => walk.unknown_kind(object),
        };
        let mut canonical = canonical.unwrap_or_else(|| object.clone());
        if gvk.kind == "Secret" && gvk.group.is_empty() {
            base64::fold_string_data(&mut canonical);
        }
        let known = self.known(&gvk, kind);
        walk.problems.extend(self.version_problem(&gvk, &known));
        Decoded {
            object: canonical,
            resource: match kind {
                Some(kind) => kind.plural().into(),
                None => plural_by_rule(&gvk.kind),
            },
            gvk,
            known,
            problems: walk.problems,
        }
    }

    /// An object as the API server would store it when it is created: decoded, defaulted, and with
    /// what the always-on admission plugins add. A given `status` is dropped where the API server
    /// drops it.
    #[must_use]
    pub fn store(&self, object: &Value) -> Decoded {
        self.store_with(object, &SystemPriorityClasses)
    }

    /// As [`Schemas::store`], with the priority classes of a cluster.
    #[must_use]
    pub fn store_with(&self, object: &Value, classes: &dyn PriorityClasses) -> Decoded {
        let mut decoded = self.complete(object);
        if decoded.is_readable() {
            apply_admission(&decoded.gvk, &mut decoded.object, classes);
        }
        decoded
    }

    /// As [`Schemas::store`], without what admission plugins add.
    #[must_use]
    pub fn complete(&self, object: &Value) -> Decoded {
        let mut decoded = self.decode(object);
        if decoded.is_readable() {
            let Decoded { gvk, object, .. } = &mut decoded;
            if self.drops_status(gvk)
                && let Some(map) = object.as_object_mut()
                && map.contains_key("status")
            {
                map.remove("status");
            }
            // An empty group before a slash is taken, and not kept.
            if gvk.group.is_empty()
                && let Some(map) = object.as_object_mut()
                && map.get("apiVersion").and_then(Value::as_str) != Some(&gvk.version)
            {
                map.insert("apiVersion", gvk.api_version());
            }
            apply_defaults(gvk, object);
        }
        decoded
    }

    /// Where a custom kind has `status` as a subresource, it is not taken from who creates the
    /// object. (What of it built-in kinds take, their defaults say.)
    fn drops_status(&self, gvk: &Gvk) -> bool {
        let takes_none =
            |kind: KindRef<'_>| kind.is_custom() && kind.subresources().any(|sub| sub == "status");
        self.kind_of(gvk).is_some_and(takes_none)
    }

    /// What is known of a kind that is asked for by this group, version and kind. A version that
    /// is not known, of a kind that is, counts as one that is not served.
    fn known(&self, gvk: &Gvk, kind: Option<KindRef<'_>>) -> Known {
        let Some(kind) = kind else {
            let mut others = self.kinds().filter(|kind| gvk.is(kind.group(), kind.kind()));
            let Some(first) = others.next() else {
                return Known::Unknown;
            };
            let served = std::iter::once(first).chain(others).find(|kind| kind.served());
            return Known::Unserved {
                namespaced: first.namespaced(),
                removed_in: None,
                replacement: served.map(KindRef::gvk),
            };
        };
        if kind.served() {
            return Known::Served { namespaced: kind.namespaced() };
        }
        Known::Unserved {
            namespaced: kind.namespaced(),
            removed_in: kind.removed_in(),
            replacement: kind.replacement(),
        }
    }

    fn version_problem(&self, gvk: &Gvk, known: &Known) -> Option<Problem> {
        let version = api_version(&gvk.group, &gvk.version);
        let mut message = format!("`{version}` {} is not served", gvk.kind);
        let (field, help) = match known {
            Known::Served { .. } => return None,
            Known::Unserved { removed_in, replacement, .. } => {
                if let Some(minor) = removed_in {
                    message.push_str(&format!(" since Kubernetes 1.{minor}"));
                }
                let successor = || {
                    (gvk.kind == "PodSecurityPolicy")
                        .then(|| "use Pod Security admission".to_owned())
                };
                let help = replacement.as_ref().map(|to| match to.kind == gvk.kind {
                    true => format!("use `{}`", to.api_version()),
                    false => format!("use `{}` {}", to.api_version(), to.kind),
                });
                let help = help.or_else(successor);
                ("apiVersion", help)
            }
            Known::Unknown => return self.unknown_in_known_group(gvk),
        };
        let pointer = Pointer::root().key(field);
        Some(Problem { help, ..Problem::new(ProblemKind::UnservedVersion, pointer, message) })
    }

    /// A kind that the API server does not have, in a group of which all kinds are known.
    fn unknown_in_known_group(&self, gvk: &Gvk) -> Option<Problem> {
        // Lists, replies and options are served and never stored.
        let passing = ["List", "Options", "Status", "Event", "Result"];
        if passing.iter().any(|suffix| gvk.kind.ends_with(suffix)) {
            return None;
        }
        let mut known_group = false;
        let (mut near, mut same) = (None, None);
        for kind in self.kinds() {
            let is_same = kind.served() && kind.kind() == gvk.kind;
            if kind.group() == gvk.group {
                // Other kinds of a custom group may be defined where nobody looked.
                known_group |= !kind.is_custom();
                if near.is_none() && kind.served() && is_near(&gvk.kind, kind.kind()) {
                    near = Some(format!("did you mean `{}`?", kind.kind()));
                }
            } else if is_same && !kind.plural().is_empty() {
                same = Some(format!("`{}` has it", kind.gvk().api_version()));
            }
        }
        if !known_group {
            return None;
        }
        let message = match gvk.group.as_str() {
            "" => format!("there is no kind `{}` in the core API group", gvk.kind),
            group => format!("there is no kind `{}` in the API group `{group}`", gvk.kind),
        };
        let field = if near.is_none() && same.is_some() { "apiVersion" } else { "kind" };
        // Nothing is like it: a kind of a release that is not known yet, maybe.
        let (kind, help) = near.or(same).map_or_else(
            || {
                let known = "the kinds that are known are those of Kubernetes 1.36, and of given \
                             definitions";
                (ProblemKind::UnservedVersion, known.to_owned())
            },
            |help| (ProblemKind::UnknownKind, help),
        );
        let problem = Problem::new(kind, Pointer::root().key(field), message);
        Some(Problem { help: Some(help), ..problem })
    }
}

/// The type of `metadata`, whatever the kind.
fn object_meta() -> Option<BlobShape> {
    let pod = BlobKind::find("", "v1", "Pod").and_then(BlobKind::structure);
    pod.and_then(|of: Struct| of.fields().find("metadata")).map(|field| field.shape())
}

/// The plural of a kind by the rules of English, which nearly all follow.
fn plural_by_rule(kind: &str) -> Str {
    let singular = kind.to_ascii_lowercase();
    let stem_of_y = || {
        let stem = singular.strip_suffix('y')?;
        (!stem.ends_with(['a', 'e', 'i', 'o', 'u'])).then_some(stem)
    };
    if singular.is_empty() || singular.ends_with("endpoints") {
        singular.into()
    } else if let Some(stem) = stem_of_y() {
        format!("{stem}ies").into()
    } else if singular.ends_with(['s', 'x']) || singular.ends_with("ch") {
        format!("{singular}es").into()
    } else {
        format!("{singular}s").into()
    }
}

#[cfg(test)]
mod custom_tests;
#[cfg(test)]
mod tests;
