//! Versions of the API group, and which release of Kubernetes serves them.
//!
//! Source of the rules: the `prerelease-lifecycle-gen` marks of `k8s.io/api/admissionregistration`.

use super::Reader;
use crate::advice::UNSERVED_VERSION;
use crate::dialect::GROUP;
use sekisho_value::Pointer;

/// A version, and the minor releases that serve it: the first, and the first that does not.
type Served = (&'static str, u16, u16);

const VALIDATING: [Served; 3] = [("v1", 30, u16::MAX), ("v1beta1", 28, 34), ("v1alpha1", 26, 32)];
const MUTATING: [Served; 3] = [("v1", 36, u16::MAX), ("v1beta1", 34, 40), ("v1alpha1", 32, 38)];

impl Reader<'_> {
    /// Tells a version that there is not, or not in the release that is judged for.
    pub(super) fn version(&mut self) {
        let release = self.release;
        let document = self.document.document;
        let (given, kind) = (document.api_version(), document.kind());
        let at = Pointer::root().key("apiVersion");
        let known = if kind.starts_with("Mutating") { MUTATING } else { VALIDATING };
        let version = given.split_once('/').map_or("", |(_, version)| version);
        let Some((_, since, until)) = known.into_iter().find(|(known, ..)| *known == version)
        else {
            let message = format!("there is no {kind} in `{given}`");
            self.fault(&at, message, &format!("it is in {}", listed(known.iter())));
            return;
        };
        let minor = release.minor;
        if (since..until).contains(&minor) {
            return;
        }
        let when = match minor < since {
            true => format!("v1.{since} is the first that does"),
            false => format!("v1.{} was the last that did", until - 1),
        };
        let message = format!("Kubernetes {release} does not serve {kind} in `{version}`: {when}");
        let mut served = known.iter().filter(|(_, since, until)| (*since..*until).contains(&minor));
        let help = match served.clone().next() {
            Some(_) => format!("it is served in {}", listed(served.by_ref())),
            None => "`--kubernetes-version` is the version of your clusters".to_owned(),
        };
        self.advise(&UNSERVED_VERSION, &at, message, help);
    }
}

fn listed<'s>(versions: impl Iterator<Item = &'s Served>) -> String {
    let versions: Vec<String> =
        versions.map(|(version, ..)| format!("`{GROUP}/{version}`")).collect();
    versions.join(", ")
}
