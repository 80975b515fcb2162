//! Resources that rules name and that there are not. The API server takes them: it does not know
//! what will be served.

use super::Reader;
use crate::advice::UNKNOWN_RESOURCE;
use crate::matching::Scope;
use sekisho_kube_model::{KindRef, Schemas, is_near};
use sekisho_value::{Pointer, Str};

/// So many names of one document are told of: one typo is one, and a list of nonsense has no end.
const MOST: usize = 16;

/// What a rule names.
pub(super) struct Named<'r> {
    pub(super) groups: &'r [Str],
    pub(super) versions: &'r [Str],
    pub(super) resources: &'r [Str],
    pub(super) scope: Scope,
}

impl Reader<'_> {
    /// Tells what a rule names in vain.
    pub(super) fn known_resources(&mut self, named: &Named<'_>, at: &Pointer) {
        let schemas = self.schemas;
        for (index, group) in named.groups.iter().enumerate() {
            if self.advice.len() >= MOST {
                return;
            }
            if group == "*" || has_group(schemas, group) {
                continue;
            }
            let near = near(group, schemas.kinds().map(KindRef::group));
            // A group with a dot may be that of a definition that is not given.
            if near.is_none() && group.contains('.') {
                continue;
            }
            let message = format!("no kind is in the API group `{group}`");
            let help = near.unwrap_or_else(|| match group.as_str() {
                "core" | "v1" => "the core group is `\"\"`".to_owned(),
                _ => "see `kubectl api-resources`".to_owned(),
            });
            self.advise(&UNKNOWN_RESOURCE, &at.key("apiGroups").index(index), message, help);
        }
        for (index, version) in named.versions.iter().enumerate() {
            if version != "*"
                && !version.is_empty()
                && self.advice.len() < MOST
                && !is_version(version)
            {
                let message = format!("no kind is in the version `{version}`");
                let help = "versions are `v1`, `v2beta1` and the like".to_owned();
                self.advise(&UNKNOWN_RESOURCE, &at.key("apiVersions").index(index), message, help);
            }
        }
        for (index, resource) in named.resources.iter().enumerate() {
            if self.advice.len() >= MOST {
                return;
            }
            let at = at.key("resources").index(index);
            self.known_resource(resource, named.groups, &at);
        }
        self.served(named, at);
    }

    /// Tells versions and a scope that none of the resources has. What is not built in, nobody knows
    /// here.
    fn served(&mut self, named: &Named<'_>, at: &Pointer) {
        let (schemas, minor) = (self.schemas, self.release.minor);
        if !named.groups.iter().all(|group| is_built_in(schemas, group)) {
            return;
        }
        let is_named = |kind: &KindRef<'_>| {
            named.groups.iter().any(|group| group == kind.group())
                && named.resources.iter().any(|resource| {
                    let plural = resource.split('/').next().unwrap_or_default();
                    plural == "*" || plural == kind.plural()
                })
        };
        let kinds: Vec<KindRef<'_>> = schemas.kinds().filter(is_named).collect();
        let is_served = |kind: &&KindRef<'_>| {
            kind.served() || kind.removed_in().is_some_and(|removed| minor < removed)
        };
        let mut served: Vec<&str> =
            kinds.iter().filter(is_served).map(|kind| kind.version()).collect();
        served.sort_unstable();
        served.dedup();
        let any = named.versions.iter().any(|v| v == "*" || served.contains(&v.as_str()));
        for (index, version) in named.versions.iter().enumerate() {
            // A version that once was does no harm beside one that is.
            let was = any && kinds.iter().any(|kind| kind.version() == version);
            if served.is_empty() || version == "*" || was || !is_version(version) {
                continue;
            }
            if self.advice.len() < MOST && !served.contains(&version.as_str()) {
                let at = at.key("apiVersions").index(index);
                let message =
                    format!("none of these resources is served in the version `{version}`");
                let help = format!("they are in `{}`", served.join("`, `"));
                self.advise(&UNKNOWN_RESOURCE, &at, message, help);
            }
        }
        let (text, other, namespaced) = match named.scope {
            Scope::Any => return,
            Scope::Cluster => ("Cluster", "Namespaced", false),
            Scope::Namespaced => ("Namespaced", "Cluster", true),
        };
        if !kinds.is_empty() && kinds.iter().all(|kind| kind.namespaced() != namespaced) {
            let message = format!("none of these resources is of the scope `{text}`");
            let help = format!("they are `{other}`: say so, or take `scope` away");
            self.advise(&UNKNOWN_RESOURCE, &at.key("scope"), message, help);
        }
    }

    fn known_resource(&mut self, resource: &str, groups: &[Str], at: &Pointer) {
        let schemas = self.schemas;
        let (plural, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        if plural.is_empty() || plural == "*" {
            return;
        }
        let any_group = groups.iter().any(|group| group == "*");
        let within = |kind: &KindRef<'_>| any_group || groups.iter().any(|g| g == kind.group());
        let kinds = || schemas.kinds().filter(within);
        let of_plural = || kinds().filter(|kind| kind.plural() == plural);
        if of_plural().next().is_none() {
            let elsewhere = schemas.kinds().find(|kind| kind.plural() == plural);
            let near = near_resource(plural, kinds());
            // What is in a group that is not known, nobody knows here.
            let all_known = !any_group && groups.iter().all(|group| is_built_in(schemas, group));
            let help = match (near, elsewhere) {
                (Some(near), _) => near,
                (None, Some(kind)) if all_known => {
                    format!("`{plural}` are in {}", group_name(kind.group()))
                }
                (None, _) if all_known => "see `kubectl api-resources`".to_owned(),
                (None, _) => return,
            };
            let named: Vec<String> = groups.iter().map(|group| group_name(group)).collect();
            let message = match any_group {
                true => format!("no resource is called `{plural}`"),
                false => format!("no resource of {} is called `{plural}`", named.join(", ")),
            };
            self.advise(&UNKNOWN_RESOURCE, at, message, help);
            return;
        }
        let is_any = matches!(subresource, "" | "*");
        let has = |kind: KindRef<'_>| kind.subresources().any(|own| own == subresource);
        if is_any || of_plural().any(has) {
            return;
        }
        let mut own: Vec<&str> = of_plural().flat_map(KindRef::subresources).collect();
        own.sort_unstable();
        own.dedup();
        let help = near(subresource, own.iter().copied()).unwrap_or_else(|| match own.as_slice() {
            [] => "it has none".to_owned(),
            own => format!("its subresources are `{}`", own.join("`, `")),
        });
        let message = format!("`{plural}` has no subresource `{subresource}`");
        self.advise(&UNKNOWN_RESOURCE, at, message, help);
    }
}

/// A group as messages name it.
fn group_name(group: &str) -> String {
    match group {
        "" => "the core group (`\"\"`)".to_owned(),
        group => format!("`{group}`"),
    }
}

fn has_group(schemas: &Schemas, group: &str) -> bool {
    schemas.kinds().any(|kind| kind.group() == group)
}

/// Whether all resources of a group are known: it is Kubernetes' own.
fn is_built_in(schemas: &Schemas, group: &str) -> bool {
    let mut kinds = schemas.kinds().filter(|kind| kind.group() == group).peekable();
    kinds.peek().is_some() && kinds.all(|kind| !kind.is_custom())
}

/// `v1`, `v2beta1`.
fn is_version(text: &str) -> bool {
    let digits = |text: &str| text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let Some(rest) = text.strip_prefix('v') else { return false };
    let after = rest.get(rest.len() - digits(rest)..).unwrap_or_default();
    if after.len() == rest.len() {
        return false;
    }
    let stage = after.strip_prefix("alpha").or_else(|| after.strip_prefix("beta"));
    after.is_empty() || stage.is_some_and(|number| !number.is_empty() && digits(number) == 0)
}

fn near<'n>(given: &str, mut names: impl Iterator<Item = &'n str>) -> Option<String> {
    let is_meant = |name: &&str| !name.is_empty() && is_near(given, name);
    names.find(is_meant).map(|name| format!("did you mean `{name}`?"))
}

/// The plural that was meant: by one like it, or by the kind.
fn near_resource<'s>(given: &str, kinds: impl Iterator<Item = KindRef<'s>>) -> Option<String> {
    let mut like = None;
    for kind in kinds {
        if kind.kind().eq_ignore_ascii_case(given) || kind.plural().eq_ignore_ascii_case(given) {
            return Some(format!("did you mean `{}`?", kind.plural()));
        }
        if like.is_none() && is_near(given, kind.plural()) {
            like = Some(format!("did you mean `{}`?", kind.plural()));
        }
    }
    like
}

#[cfg(test)]
mod tests {
    use super::is_version;

    #[test]
    fn versions_are_told_from_what_is_none() {
        for good in ["v1", "v10", "v2beta1", "v1alpha12"] {
            assert!(is_version(good), "{good}");
        }
        for bad in ["", "1", "v", "V1", "v1beta", "v1gamma1", "vbeta1", "v1beta1x", "apps/v1"] {
            assert!(!is_version(bad), "{bad}");
        }
    }
}
