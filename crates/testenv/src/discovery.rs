use sekisho_value::Value;

/// What the server serves of one group and version.
#[derive(Clone, Debug)]
pub(crate) struct Resource {
    pub(crate) kind: String,
    pub(crate) plural: String,
    pub(crate) namespaced: bool,
}

/// The path of a group and version.
pub(crate) fn group_path(api_version: &str) -> String {
    if api_version.contains('/') {
        format!("/apis/{api_version}")
    } else {
        format!("/api/{api_version}")
    }
}

/// The resources of an `APIResourceList`, subresources left out.
pub(crate) fn resources(list: &Value) -> Vec<Resource> {
    let items = list.get("resources").and_then(Value::as_array).unwrap_or_default();
    items
        .iter()
        .filter_map(|item| {
            let plural = item.path_str(&["name"])?.to_owned();
            (!plural.contains('/')).then_some(Resource {
                kind: item.path_str(&["kind"])?.to_owned(),
                plural,
                namespaced: item.get("namespaced")?.as_bool()?,
            })
        })
        .collect()
}
