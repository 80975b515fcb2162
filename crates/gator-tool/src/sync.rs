//! `gator sync test`: whether what templates look up is synced, and known to the cluster.
//!
//! Source of the rules: `pkg/gator/sync/test` and `pkg/cachemanager/parser` of Gatekeeper v3.23.

use crate::sources::{self, Sources};
use crate::{FAILED, OK, tell};
use sekisho_manifest::Document;
use sekisho_report::Diagnostic;
use sekisho_value::{Map, Pointer, Value, from_json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io::{self, Read, Write};
use std::path::PathBuf;

/// What `gator sync test` is asked for.
pub struct SyncTestOptions {
    /// files and folders
    pub filenames: Vec<PathBuf>,
    /// take everything that is synced to be known to the cluster
    pub omit_manifest: bool,
}

/// Which objects are meant.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Gvk {
    group: String,
    version: String,
    kind: String,
}

impl fmt::Display for Gvk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}:{}", self.group, self.version, self.kind)
    }
}

/// Kinds of which one has to be there.
type Requirement = BTreeSet<Gvk>;

/// Checks, and ends as `gator sync test` does: 1 where something is lacking, or cannot be read.
///
/// # Errors
/// Where `out` or `err` cannot be written.
pub fn sync_test(
    options: &SyncTestOptions,
    stdin: Option<&mut dyn Read>,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> io::Result<u8> {
    let Sources { documents, .. } = match sources::read(&options.filenames, stdin, err)? {
        Ok(sources) => sources,
        Err(errors) => {
            tell(&errors, false, err)?;
            return Ok(FAILED);
        }
    };
    if documents.is_empty() {
        writeln!(err, "no input data identified")?;
        return Ok(FAILED);
    }
    let given = Given::of(&documents);
    for name in &given.others {
        writeln!(
            out,
            "skipping unstructured {} because it is not a syncset, config, gvk manifest, or \
             template",
            crate::go::quoted(name)
        )?;
    }
    if !given.errors.is_empty() {
        tell(&given.errors, false, err)?;
        return Ok(FAILED);
    }
    if given.known.is_none() {
        if !options.omit_manifest {
            writeln!(
                err,
                "checking: no GVK manifest found; please provide a manifest enumerating the GVKs \
                 supported by the cluster"
            )?;
            return Ok(FAILED);
        }
        writeln!(
            out,
            "ignoring absence of supported GVK manifest due to --force-omit-gvk-manifest flag; \
             will assume all synced GVKs are supported by cluster"
        )?;
    }
    let lacking = given.lacking(options.omit_manifest);
    if lacking.is_empty() {
        return Ok(OK);
    }
    writeln!(err, "the following requirements were not met: ")?;
    for (template, requirements) in lacking {
        writeln!(err, "{template}:")?;
        for requirement in requirements {
            let kinds: Vec<String> = requirement.iter().map(ToString::to_string).collect();
            writeln!(err, "- {}", kinds.join(" OR "))?;
        }
    }
    writeln!(err)?;
    Ok(FAILED)
}

/// What was given, as far as it is asked for.
#[derive(Default)]
struct Given {
    /// what each template needs
    templates: BTreeMap<String, Vec<Requirement>>,
    synced: BTreeSet<Gvk>,
    /// what the cluster knows; none where nothing says so
    known: Option<BTreeSet<Gvk>>,
    /// names of other objects
    others: Vec<String>,
    errors: Vec<Diagnostic>,
}

impl Given {
    fn of(documents: &[Document]) -> Self {
        let mut given = Self::default();
        let mut configs = 0;
        for document in documents {
            let group = document.api_version().split_once('/').map_or("", |(group, _)| group);
            let name = document.name().unwrap_or_default().to_owned();
            let value = &document.value;
            match (group, document.kind()) {
                ("templates.gatekeeper.sh", "ConstraintTemplate") => match requirements(value) {
                    Ok(requirements) => {
                        given.templates.insert(name, requirements);
                    }
                    Err(message) => given.refuse(document, &ANNOTATION, &message),
                },
                ("syncset.gatekeeper.sh", "SyncSet") => {
                    given.sync(document, &["spec", "gvks"]);
                }
                ("config.gatekeeper.sh", "Config") => {
                    configs += 1;
                    if configs > 1 {
                        let message = "multiple configs found; Config is a singleton resource";
                        given.refuse(document, &[], message);
                    }
                    given.sync(document, &["spec", "sync", "syncOnly"]);
                }
                ("gvkmanifest.gatekeeper.sh", "GVKManifest") => {
                    if given.known.is_some() {
                        given.refuse(
                            document,
                            &[],
                            "multiple GVK manifests found; please provide one manifest \
                             enumerating the GVKs supported by the cluster",
                        );
                    }
                    match known(value) {
                        Some(known) => given.known = Some(known),
                        None => given.refuse(
                            document,
                            &["spec", "groups"],
                            "kinds are listed by group and version",
                        ),
                    }
                }
                _ => given.others.push(name),
            }
        }
        given
    }

    fn refuse(&mut self, document: &Document, at: &[&str], message: &str) {
        let place = document.locate(&Pointer::root().keys(at));
        let file = document.source().name.clone();
        self.errors.push(Diagnostic::at(file, place.line, place.column, message));
    }

    fn sync(&mut self, document: &Document, at: &[&str]) {
        let listed = match document.value.path(at) {
            None | Some(Value::Null) => return,
            Some(listed) => listed.as_array().unwrap_or_default(),
        };
        let text = |entry: &Value, key: &str| match entry.get(key) {
            None | Some(Value::Null) => Some(String::new()),
            Some(value) => value.as_str().map(str::to_owned),
        };
        for entry in listed {
            let gvk = (|| {
                entry.as_object()?;
                Some(Gvk {
                    group: text(entry, "group")?,
                    version: text(entry, "version")?,
                    kind: text(entry, "kind")?,
                })
            })();
            match gvk {
                Some(gvk) => {
                    self.synced.insert(gvk);
                }
                None => self.refuse(document, at, "an entry has a group, a version and a kind"),
            }
        }
    }

    /// What each template needs and does not have.
    fn lacking(&self, omit_manifest: bool) -> BTreeMap<&str, Vec<&Requirement>> {
        let is_known = |gvk: &Gvk| {
            omit_manifest || self.known.as_ref().is_some_and(|known| known.contains(gvk))
        };
        let is_met = |requirement: &&Requirement| {
            requirement.iter().any(|gvk| self.synced.contains(gvk) && is_known(gvk))
        };
        let of_all = self.templates.iter().map(|(name, requirements)| {
            let lacking: Vec<_> =
                requirements.iter().filter(|requirement| !is_met(requirement)).collect();
            (name.as_str(), lacking)
        });
        of_all.filter(|(_, lacking)| !lacking.is_empty()).collect()
    }
}

const ANNOTATION: [&str; 3] =
    ["metadata", "annotations", "metadata.gatekeeper.sh/requires-sync-data"];

/// What a template says that it needs: all of the lists, of each one of its clauses.
fn requirements(template: &Value) -> Result<Vec<Requirement>, String> {
    let Some(text) = template.path_str(&ANNOTATION) else { return Ok(Vec::new()) };
    let told = from_json(text.trim_matches(['\n', '"']))
        .map_err(|error| format!("the annotation is no JSON: {error}"))?;
    let list = |value: &Value| match value {
        Value::Null => Some(Vec::new()),
        value => value.as_array().map(<[Value]>::to_vec),
    };
    let shape = || "the annotation is a list of lists of groups, versions and kinds".to_owned();
    let mut all = Vec::new();
    for clauses in list(&told).ok_or_else(shape)? {
        let mut requirement = Requirement::new();
        for clause in list(&clauses).ok_or_else(shape)? {
            let clause = clause.as_object().ok_or_else(shape)?;
            if let Some(key) =
                clause.keys().find(|key| !["groups", "versions", "kinds"].contains(&key.as_str()))
            {
                return Err(format!("the annotation has an unknown field `{key}`"));
            }
            let [groups, versions, kinds] =
                ["groups", "versions", "kinds"].map(|key| texts(clause, key));
            let (groups, versions, kinds) =
                (groups.ok_or_else(shape)?, versions.ok_or_else(shape)?, kinds.ok_or_else(shape)?);
            for group in &groups {
                for version in &versions {
                    requirement.extend(kinds.iter().map(|kind| Gvk {
                        group: group.clone(),
                        version: version.clone(),
                        kind: kind.clone(),
                    }));
                }
            }
        }
        all.push(requirement);
    }
    Ok(all)
}

fn texts(of: &Map, key: &str) -> Option<Vec<String>> {
    match of.get(key) {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(value) => {
            value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
        }
    }
}

/// What a manifest says that the cluster knows: kinds by group and version.
fn known(manifest: &Value) -> Option<BTreeSet<Gvk>> {
    let mut known = BTreeSet::new();
    let Some(groups) = manifest.path(&["spec", "groups"]) else { return Some(known) };
    for (group, versions) in groups.as_object()?.iter() {
        for (version, _) in versions.as_object()?.iter() {
            known.extend(texts(versions.as_object()?, version)?.into_iter().map(|kind| Gvk {
                group: group.to_string(),
                version: version.to_string(),
                kind,
            }));
        }
    }
    Some(known)
}

#[cfg(test)]
mod tests {
    use super::requirements;
    use sekisho_value::{Map, Value};

    fn asked(annotation: &str) -> Result<Vec<String>, String> {
        let annotations =
            Map::from_iter([("metadata.gatekeeper.sh/requires-sync-data", annotation)]);
        let metadata = Map::from_iter([("annotations", Value::Object(annotations))]);
        let template = Value::Object(Map::from_iter([("metadata", Value::Object(metadata))]));
        let shown = |requirement: &super::Requirement| {
            requirement.iter().map(ToString::to_string).collect::<Vec<_>>().join(" OR ")
        };
        requirements(&template).map(|all| all.iter().map(shown).collect())
    }

    #[test]
    fn annotations() {
        let clause = r#"{"groups": ["", "apps"], "versions": ["v1"], "kinds": ["Pod"]}"#;
        let cases = [
            ("[]", Ok(vec![])),
            (&format!("\"\n[[{clause}]]\n\""), Ok(vec!["/v1:Pod OR apps/v1:Pod"])),
            (&format!("[[{clause}, {clause}], []]"), Ok(vec!["/v1:Pod OR apps/v1:Pod", ""])),
            ("[[{\"groups\": [\"\"]}]]", Ok(vec![""])),
            ("[{}]", Err("a list of lists")),
            ("[[{\"kind\": \"Pod\"}]]", Err("unknown field `kind`")),
            ("[[{\"kinds\": [1]}]]", Err("a list of lists")),
            ("[", Err("is no JSON")),
        ];
        for (annotation, wanted) in cases {
            match (asked(annotation), wanted) {
                (Ok(found), Ok(wanted)) => assert_eq!(found, wanted, "{annotation}"),
                (Err(message), Err(part)) => assert!(message.contains(part), "{message}"),
                (found, wanted) => assert_eq!(found.is_ok(), wanted.is_ok(), "{annotation}"),
            }
        }
        assert_eq!(requirements(&Value::object()), Ok(Vec::new()));
    }
}
