//! Prefixes of images that let other registries and repositories in.

use crate::template::Template;
use sekisho_policy::{Fault, Reference, Rule, Severity};
use sekisho_value::{Pointer, Value};

pub(super) static RULE: Rule = Rule {
    id: "gatekeeper/open-prefix",
    title: "a prefix that lets other images in",
    severity: Severity::High,
    what: "Looks at parameters of constraints that are known to hold prefixes of images which are \
           compared as text: `repos` of K8sAllowedRepos; lists of the like names, where the \
           template's code compares prefixes; and entries with `*` at their end of `exemptImages` \
           and its like. A prefix is sound where it ends in `/`, `:` or `@`, or goes on to a tag \
           or digest.",
    why: "What begins with the prefix is allowed, whoever it belongs to: `registry.example.com` \
          lets `registry.example.com.evil.org/x` in, and `ubuntu` lets `ubuntu-evil/x` in. Anybody \
          can have such a domain, or such an account of a public registry.",
    example: "kind: K8sAllowedRepos\nspec:\n  parameters:\n    repos: [registry.example.com, ubuntu]",
    fix: "kind: K8sAllowedRepos\nspec:\n  parameters:\n    repos: [registry.example.com/, \"ubuntu:\", \
          ubuntu@]",
    references: &[Reference {
        title: "OWASP Kubernetes Top Ten: K04 policy enforcement",
        url: "https://owasp.org/www-project-kubernetes-top-ten/2022/en/src/K04-policy-enforcement",
    }],
};

/// Templates whose parameters of these names are prefixes, whatever their code looks like.
const KNOWN: &[(&str, &str)] = &[("K8sAllowedRepos", "repos")];

/// Names of parameters that are prefixes where the code compares prefixes. What is forbidden by
/// a prefix is no danger: it is more than was meant.
const PREFIXES: &[&str] = &[
    "repos",
    "repositories",
    "registries",
    "prefixes",
    "allowedrepos",
    "allowedrepositories",
    "allowedregistries",
    "allowedprefixes",
    "allowedimages",
    "allowedimageprefixes",
    "imageprefixes",
    "trustedregistries",
    "exemptregistries",
    "exemptrepos",
];

/// Names of parameters in which a `*` at the end makes a prefix.
const STARRED: &[&str] = &["exemptimages", "allowedimages", "excludedimages", "ignoredimages"];

/// Words of kinds whose constraints forbid what they list.
const FORBIDDING: &[&str] = &["disallow", "forbid", "deny", "denied", "block", "banned"];

/// Whether code compares prefixes as text.
pub(crate) fn compares_prefixes(code: &Value) -> bool {
    match code {
        Value::String(text) => ["startswith(", "any_prefix_match(", "startsWith("]
            .iter()
            .any(|word| text.as_str().contains(word)),
        Value::Array(items) => items.iter().any(compares_prefixes),
        Value::Object(map) => map.iter().any(|(_, value)| compares_prefixes(value)),
        _ => false,
    }
}

/// The prefixes among the parameters that let in what they do not name.
pub(super) fn find(template: &Template, parameters: &Value) -> Vec<Fault> {
    let kind = template.kind.as_str();
    let forbids = FORBIDDING.iter().any(|word| kind.to_ascii_lowercase().contains(word));
    let at = Pointer::root().keys(&["spec", "parameters"]);
    let mut found = Vec::new();
    for (name, value) in parameters.as_object().into_iter().flat_map(|map| map.iter()) {
        let plain: String = name.chars().filter(|c| !matches!(c, '_' | '-')).collect();
        let plain = plain.to_ascii_lowercase();
        let known = KNOWN.contains(&(kind, name));
        let are_prefixes =
            known || template.compares_prefixes && !forbids && PREFIXES.contains(&plain.as_str());
        let may_be_starred = STARRED.contains(&plain.as_str());
        for (index, item) in value.as_array().unwrap_or_default().iter().enumerate() {
            let Some(text) = item.as_str() else { continue };
            let prefix = match text.strip_suffix('*') {
                Some(prefix) if may_be_starred || are_prefixes => prefix,
                None if are_prefixes && !may_be_starred => text,
                _ => continue,
            };
            let Some(open) = Open::of(prefix) else { continue };
            let star = if text.ends_with('*') { "*" } else { "" };
            let message = format!("`{text}` lets {} in as well", open.shown());
            let fault = Fault::new(at.key(name).index(index), message);
            found.push(fault.with_help(open.help(prefix, star)));
        }
    }
    found
}

/// Why a prefix is open, with something that it lets in.
enum Open {
    /// it is empty
    Everything,
    /// it ends within the name of a host, or within its port
    Host(String),
    /// it ends within a name that an image of Docker Hub or an account there may have
    Name(String),
    /// it ends within a part of a path
    Path(String),
}

impl Open {
    /// `None` where what begins with the prefix belongs to whom it names.
    fn of(prefix: &str) -> Option<Self> {
        if prefix.is_empty() {
            return Some(Self::Everything);
        }
        if prefix.ends_with(['/', ':', '@']) || prefix.contains('@') {
            return None;
        }
        match prefix.rsplit_once('/') {
            // A tag: another one of the same image at the most.
            Some((_, last)) if last.contains(':') => None,
            Some(_) => Some(Self::Path(format!("{prefix}-evil/x"))),
            None => match prefix.rsplit_once(':') {
                Some((host, port)) if is_host(host) && port.bytes().all(|b| b.is_ascii_digit()) => {
                    Some(Self::Host(format!("{prefix}0/x")))
                }
                Some(_) => None,
                None if is_host(prefix) => Some(Self::Host(format!("{prefix}.evil.org/x"))),
                None => Some(Self::Name(format!("{prefix}-evil/x"))),
            },
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Everything => "every image".to_owned(),
            Self::Host(image) | Self::Name(image) | Self::Path(image) => format!("`{image}`"),
        }
    }

    fn help(&self, prefix: &str, star: &str) -> String {
        match self {
            Self::Everything => "take it away, or name a registry".to_owned(),
            Self::Host(_) => format!("write `{prefix}/{star}`"),
            Self::Path(_) => format!(
                "write `{prefix}/{star}` for what is below, `{prefix}:{star}` and `{prefix}@{star}` \
                 for the image"
            ),
            Self::Name(_) => format!(
                "write `{prefix}:{star}` and `{prefix}@{star}` for the image, `{prefix}/{star}` for \
                 all of the account"
            ),
        }
    }
}

/// Whether the first part of a reference is a registry's host.
fn is_host(part: &str) -> bool {
    part.contains('.') || part == "localhost" || part.starts_with('[')
}

#[cfg(test)]
mod tests {
    use super::Open;

    #[test]
    fn prefixes_are_open_or_sound() {
        for (prefix, lets_in) in [
            ("", Some("every image")),
            ("registry.example.com", Some("`registry.example.com.evil.org/x`")),
            ("registry.example.com:500", Some("`registry.example.com:5000/x`")),
            ("localhost", Some("`localhost.evil.org/x`")),
            ("ubuntu", Some("`ubuntu-evil/x`")),
            ("ghcr.io/team", Some("`ghcr.io/team-evil/x`")),
            ("registry.example.com/", None),
            ("registry.example.com:5000/", None),
            ("ghcr.io/team/", None),
            ("ubuntu:", None),
            ("ubuntu@", None),
            ("ubuntu:24.04", None),
            ("ghcr.io/team/web:1.2", None),
            ("ghcr.io/team/web@sha256:0123", None),
        ] {
            let found = Open::of(prefix).map(|open| open.shown());
            assert_eq!(found.as_deref(), lets_in, "{prefix}");
        }
    }
}
