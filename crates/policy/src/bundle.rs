use crate::{Action, Digest, Pattern, PolicyId};
use std::sync::Arc;

/// What a policy set is built from, and from nothing else: files and a manifest.
#[derive(Clone, Debug)]
pub struct Bundle {
    files: Vec<BundleFile>,
    manifest: BundleManifest,
    digest: Digest,
}

/// One file of a bundle.
#[derive(Clone, Debug)]
pub struct BundleFile {
    /// the path by which diagnostics name it
    pub path: Arc<str>,
    /// its content
    pub bytes: Arc<[u8]>,
}

/// What is said about the files: rollout changes this, never the files.
#[derive(Clone, Debug, Default)]
pub struct BundleManifest {
    /// empty for an anonymous bundle
    pub name: String,
    /// grows with each release; 0 for an anonymous bundle
    pub sequence: u64,
    /// when it was issued
    pub issued: Option<jiff::Timestamp>,
    /// until when it may be used: later it judges nothing, which is an error
    pub not_after: Option<jiff::Timestamp>,
    /// actions that replace the declared ones: (policy id or name, action); the last that
    /// matches wins
    pub actions: Vec<(Pattern, Action)>,
    /// whose files are not given by path: (beginning of the path, first part of their policies'
    /// ids)
    pub origins: Vec<(String, String)>,
}

impl BundleManifest {
    /// The first part of the ids of policies in a file.
    #[must_use]
    pub fn origin(&self, path: &str) -> &str {
        let known = self.origins.iter().find(|(start, _)| path.starts_with(start));
        known.map_or(PolicyId::LOCAL, |(_, origin)| origin)
    }
}

impl Bundle {
    /// An anonymous bundle of files given by path.
    #[must_use]
    pub fn anonymous(files: Vec<BundleFile>) -> Self {
        Self::new(files, BundleManifest::default())
    }

    /// A bundle of files and what is said about them. The files are sorted by path.
    #[must_use]
    pub fn new(mut files: Vec<BundleFile>, manifest: BundleManifest) -> Self {
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let digest = digest(&files, &manifest);
        Self { files, manifest, digest }
    }

    /// The files in the order of their paths.
    #[must_use]
    pub fn files(&self) -> &[BundleFile] {
        &self.files
    }

    /// What is said about the files.
    #[must_use]
    pub fn manifest(&self) -> &BundleManifest {
        &self.manifest
    }

    /// The digest of the policy set: of paths, contents and manifest.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

fn digest(files: &[BundleFile], manifest: &BundleManifest) -> Digest {
    let actions: Vec<String> =
        manifest.actions.iter().map(|(policy, action)| format!("{policy}={action}")).collect();
    let time = |time: Option<jiff::Timestamp>| time.map_or(String::new(), |time| time.to_string());
    let head = format!(
        "{}\n{}\n{}\n{}\n{:?}",
        manifest.name,
        manifest.sequence,
        time(manifest.issued),
        time(manifest.not_after),
        actions,
    );
    let mut parts: Vec<&[u8]> = vec![head.as_bytes()];
    for (start, origin) in &manifest.origins {
        parts.extend([start.as_bytes(), origin.as_bytes()]);
    }
    for file in files {
        parts.push(file.path.as_bytes());
        parts.push(&file.bytes);
    }
    Digest::of(parts)
}

#[cfg(test)]
mod tests {
    use super::{Bundle, BundleFile, BundleManifest};

    #[test]
    fn the_digest_depends_on_content_not_on_order() {
        let file = |path: &str, text: &str| BundleFile {
            path: path.into(),
            bytes: text.as_bytes().into(),
        };
        let one = Bundle::anonymous(vec![file("a", "1"), file("b", "2")]);
        let two = Bundle::anonymous(vec![file("b", "2"), file("a", "1")]);
        let other = Bundle::anonymous(vec![file("a", "12"), file("b", "")]);
        assert_eq!(one.digest(), two.digest());
        assert_ne!(one.digest(), other.digest());
    }

    #[test]
    fn origins_go_by_the_path() {
        let origins = vec![("vendor:".to_owned(), "vendor".to_owned())];
        let manifest = BundleManifest { origins, ..BundleManifest::default() };
        assert_eq!(manifest.origin("vendor:a.yaml"), "vendor");
        assert_eq!(manifest.origin("a/vendor:a.yaml"), "local");
        let named = Bundle::new(Vec::new(), manifest);
        assert_ne!(named.digest(), Bundle::anonymous(Vec::new()).digest());
    }
}
