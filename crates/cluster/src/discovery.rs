//! Which kinds an API server serves.

use crate::{Client, Error};
use sekisho_value::{Str, Value};
use std::collections::HashSet;

/// A kind that an API server serves, and how its objects are reached.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiResource {
    /// the API group, empty for the core group
    pub group: Str,
    /// the version
    pub version: Str,
    /// the kind
    pub kind: Str,
    /// the name in paths, `pods`
    pub plural: Str,
    /// whether its objects are in namespaces
    pub namespaced: bool,
    /// whether its objects can be listed
    pub listable: bool,
    /// whether its objects can be watched
    pub watchable: bool,
}

/// What was discovered.
#[derive(Debug, Default)]
pub struct Discovered {
    /// the kinds in the order of their groups, each in the version that the server prefers, or in
    /// the first that has it
    pub resources: Vec<ApiResource>,
    /// groups that could not be asked, and why: those of extension servers that are not there
    pub missing: Vec<(String, Error)>,
}

impl ApiResource {
    /// `v1`, `apps/v1`
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() {
            self.version.to_string()
        } else {
            format!("{}/{}", self.group, self.version)
        }
    }

    /// The path of its objects, in one namespace or in all.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let group = group_path(&self.group, &self.version);
        match namespace.filter(|_| self.namespaced) {
            Some(namespace) => format!("{group}/namespaces/{namespace}/{}", self.plural),
            None => format!("{group}/{}", self.plural),
        }
    }

    /// `pods`, `deployments.apps`
    #[must_use]
    pub fn qualified(&self) -> String {
        if self.group.is_empty() {
            self.plural.to_string()
        } else {
            format!("{}.{}", self.plural, self.group)
        }
    }
}

fn group_path(group: &str, version: &str) -> String {
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

/// Asks which kinds there are.
///
/// # Errors
/// Where the list of groups cannot be had; a single group that cannot be asked is told in the
/// result.
pub async fn discover(client: &Client) -> Result<Discovered, Error> {
    let core = client.get("/api").await?;
    let groups = client.get("/apis").await?;
    let list = |value: &Value, key: &str| {
        value.get(key).and_then(Value::as_array).unwrap_or_default().to_vec()
    };
    let mut asked: Vec<(String, Vec<String>)> = Vec::new();
    let versions = list(&core, "versions");
    let versions = versions.iter().filter_map(Value::as_str).map(str::to_owned);
    asked.push((String::new(), versions.collect()));
    for group in list(&groups, "groups") {
        let name = group.path_str(&["name"]).unwrap_or_default().to_owned();
        let preferred = group.path_str(&["preferredVersion", "version"]).map(str::to_owned);
        let all = list(&group, "versions");
        let all = all.iter().filter_map(|one| one.path_str(&["version"])).map(str::to_owned);
        let others = all.filter(|version| Some(version) != preferred.as_ref());
        asked.push((name, preferred.clone().into_iter().chain(others).collect()));
    }
    let mut found = Discovered::default();
    for (group, versions) in asked {
        let mut kinds: HashSet<Str> = HashSet::new();
        for version in versions {
            match client.get(&group_path(&group, &version)).await {
                Ok(answer) => {
                    for resource in resources(&group, &version, &answer) {
                        if kinds.insert(resource.kind.clone()) {
                            found.resources.push(resource);
                        }
                    }
                }
                // It went away since the groups were listed.
                Err(error) if error.is_not_found() => {}
                Err(error) => found.missing.push((format!("{group}/{version}"), error)),
            }
        }
    }
    Ok(found)
}

/// The kinds of one `APIResourceList`; subresources are none.
fn resources(group: &str, version: &str, list: &Value) -> Vec<ApiResource> {
    let all = list.get("resources").and_then(Value::as_array).unwrap_or_default();
    let kind = |one: &Value| {
        let plural = one.path_str(&["name"]).filter(|name| !name.contains('/'))?;
        let verbs = one.get("verbs").and_then(Value::as_array).unwrap_or_default();
        let has = |verb: &str| verbs.iter().any(|one| one.as_str() == Some(verb));
        Some(ApiResource {
            group: group.into(),
            version: version.into(),
            kind: one.path_str(&["kind"])?.into(),
            plural: plural.into(),
            namespaced: one.get("namespaced").and_then(Value::as_bool) == Some(true),
            listable: has("list"),
            watchable: has("watch"),
        })
    };
    all.iter().filter_map(kind).collect()
}

#[cfg(test)]
mod tests {
    use super::resources;
    use sekisho_value::from_json;

    #[test]
    fn kinds_are_read_without_their_subresources() {
        let list = from_json(
            r#"{"resources":[
            {"name":"deployments","kind":"Deployment","namespaced":true,"verbs":["list","watch"]},
            {"name":"deployments/scale","kind":"Scale","namespaced":true,"verbs":["get"]},
            {"name":"reviews","kind":"Review","namespaced":false,"verbs":["create"]}]}"#,
        )
        .unwrap();
        let found = resources("apps", "v1", &list);
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].path(None), "/apis/apps/v1/deployments");
        assert_eq!(found[0].path(Some("shop")), "/apis/apps/v1/namespaces/shop/deployments");
        assert_eq!(found[0].qualified(), "deployments.apps");
        assert!(found[0].listable && found[0].watchable && !found[1].listable);
        assert_eq!(found[1].path(Some("shop")), "/apis/apps/v1/reviews");
    }
}
