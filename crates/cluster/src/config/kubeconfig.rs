//! Kubeconfig files: clusters, users and contexts.
//!
//! Source of the rules: `clientcmd` of k8s.io/client-go.

use super::{Config, Credentials, Exec, Token, read};
use crate::Error;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sekisho_value::Value;
use std::path::{Path, PathBuf};

/// A file and what it says; paths in it are relative to it.
struct File {
    path: PathBuf,
    value: Value,
}

/// An entry of one of a file's lists.
struct Entry<'a> {
    file: &'a File,
    value: &'a Value,
}

pub(super) fn load(paths: &[PathBuf], context: Option<&str>) -> Result<Config, Error> {
    let mut files = Vec::new();
    for path in paths {
        // Of several files some may be missing, as kubectl takes them.
        if paths.len() > 1 && !path.is_file() {
            continue;
        }
        files.push(parse(path, &read(path)?)?);
    }
    config(&files, context).map_err(|error| match error {
        Error::Config(why) => {
            let files: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
            Error::Config(format!("{}: {why}", files.join(", ")))
        }
        other => other,
    })
}

fn parse(path: &Path, bytes: &[u8]) -> Result<File, Error> {
    let wrong = |why: String| Error::Config(format!("{}{why}", path.display()));
    let text = std::str::from_utf8(bytes).map_err(|_| wrong(": not valid UTF-8".to_owned()))?;
    let value = sekisho_manifest::read_value(text)
        .map_err(|error| wrong(format!(":{}:{}: {}", error.line, error.column, error.message)))?;
    Ok(File { path: path.to_owned(), value })
}

fn config(files: &[File], context: Option<&str>) -> Result<Config, Error> {
    let current = files
        .iter()
        .find_map(|file| file.value.path_str(&["current-context"]).filter(|name| !name.is_empty()));
    let wanted = context.or(current).ok_or_else(|| {
        Error::Config("the kubeconfig has no current context: name one".to_owned())
    })?;
    let context = entry(files, "contexts", "context", wanted)?;
    let of = |key: &str| context.value.path_str(&[key]).unwrap_or_default();
    let cluster = entry(files, "clusters", "cluster", of("cluster"))?;
    let user = entry(files, "users", "user", of("user"))?;
    for (key, help) in [
        ("insecure-skip-tls-verify", "give the cluster's `certificate-authority`"),
        ("proxy-url", "reach the API server without a proxy"),
    ] {
        if cluster.value.get(key).is_some_and(|value| *value != Value::Bool(false)) {
            return Err(Error::Config(format!("`{key}` of a kubeconfig is not supported: {help}")));
        }
    }
    let server = cluster.text("server");
    if server.is_empty() {
        return Err(Error::Config(format!("context `{wanted}` names no server")));
    }
    Ok(Config {
        server: server.to_owned(),
        server_name: Some(cluster.text("tls-server-name").to_owned()).filter(|n| !n.is_empty()),
        authority: cluster.data("certificate-authority")?,
        credentials: credentials(&user, &cluster)?,
        namespace: match of("namespace") {
            "" => "default".to_owned(),
            namespace => namespace.to_owned(),
        },
    })
}

fn entry<'a>(files: &'a [File], list: &str, of: &str, name: &str) -> Result<Entry<'a>, Error> {
    for file in files {
        let entries = file.value.get(list).and_then(Value::as_array).unwrap_or_default();
        let named = entries.iter().find(|entry| entry.path_str(&["name"]) == Some(name));
        if let Some(value) = named.and_then(|entry| entry.get(of)) {
            return Ok(Entry { file, value });
        }
    }
    Err(Error::Config(format!("the kubeconfig has no {of} `{name}`")))
}

impl Entry<'_> {
    fn text(&self, key: &str) -> &str {
        self.value.path_str(&[key]).unwrap_or_default()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.file.path.parent().unwrap_or(Path::new("")).join(path)
    }

    /// What stands in `KEY-data`, or in the file that `KEY` names.
    fn data(&self, key: &str) -> Result<Option<Vec<u8>>, Error> {
        let data = self.text(&format!("{key}-data"));
        if !data.is_empty() {
            let wrong = |_| Error::Config(format!("`{key}-data` of the kubeconfig is no base64"));
            return STANDARD.decode(data.trim()).map(Some).map_err(wrong);
        }
        match self.text(key) {
            "" => Ok(None),
            path => read(&self.path(path)).map(Some),
        }
    }
}

fn credentials(user: &Entry<'_>, cluster: &Entry<'_>) -> Result<Credentials, Error> {
    if user.value.get("auth-provider").is_some_and(|value| !value.is_null()) {
        let help = "use an `exec` plugin, as kubectl wants since 1.26";
        return Err(Error::Config(format!("`auth-provider` is not supported: {help}")));
    }
    let certificate = match (user.data("client-certificate")?, user.data("client-key")?) {
        (Some(chain), Some(key)) => Some((chain, key)),
        (None, None) => None,
        _ => {
            let message = "a user of the kubeconfig has a client certificate or a key alone";
            return Err(Error::Config(message.to_owned()));
        }
    };
    let token = if !user.text("tokenFile").is_empty() {
        Token::File(user.path(user.text("tokenFile")))
    } else if !user.text("token").is_empty() {
        Token::Header(format!("Bearer {}", user.text("token")))
    } else if !user.text("username").is_empty() {
        let pair = format!("{}:{}", user.text("username"), user.text("password"));
        Token::Header(format!("Basic {}", STANDARD.encode(pair)))
    } else if let Some(exec) = user.value.get("exec").filter(|exec| !exec.is_null()) {
        let folder = user.file.path.parent().unwrap_or(Path::new("."));
        Token::Exec(Exec::read(exec, cluster.value, folder)?)
    } else {
        Token::None
    };
    Ok(Credentials { token, certificate, impersonate: impersonate(user) })
}

fn impersonate(user: &Entry<'_>) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    for (key, header) in [("as", "impersonate-user"), ("as-uid", "impersonate-uid")] {
        if !user.text(key).is_empty() {
            headers.push((header, user.text(key).to_owned()));
        }
    }
    let groups = user.value.get("as-groups").and_then(Value::as_array).unwrap_or_default();
    let groups = groups.iter().filter_map(Value::as_str);
    headers.extend(groups.map(|group| ("impersonate-group", group.to_owned())));
    headers
}

#[cfg(test)]
mod tests {
    use super::{config, load, parse};
    use crate::config::Token;
    use std::path::Path;

    const TWO: &str = "\
apiVersion: v1
kind: Config
current-context: a
contexts:
- {name: a, context: {cluster: c, user: u}}
- {name: b, context: {cluster: c, user: v, namespace: shop}}
- {name: open, context: {cluster: insecure, user: u}}
- {name: lonely, context: {cluster: c, user: gone}}
- {name: torn, context: {cluster: c, user: half}}
clusters:
- {name: c, cluster: {server: 'https://h:1/p', certificate-authority-data: Y2E=}}
- {name: insecure, cluster: {server: 'https://h:1', insecure-skip-tls-verify: true}}
users:
- {name: u, user: {token: t, as: ann, as-groups: [g, h]}}
- {name: v, user: {username: ann, password: p}}
- {name: half, user: {client-key-data: Y2E=}}
";

    #[test]
    fn contexts_name_cluster_and_user() {
        let files = [parse(Path::new("f"), TWO.as_bytes()).unwrap()];
        let a = config(&files, None).unwrap();
        assert_eq!(
            (a.server.as_str(), a.authority.as_deref(), a.namespace.as_str()),
            ("https://h:1/p", Some(&b"ca"[..]), "default")
        );
        assert!(matches!(&a.credentials.token, Token::Header(h) if h == "Bearer t"));
        let headers: Vec<&str> = a.credentials.impersonate.iter().map(|(_, v)| &**v).collect();
        assert_eq!(headers, ["ann", "g", "h"]);
        let b = config(&files, Some("b")).unwrap();
        assert_eq!(b.namespace, "shop");
        assert!(matches!(&b.credentials.token, Token::Header(h) if h == "Basic YW5uOnA="));
        assert!(!format!("{a:?}").contains("Bearer"), "credentials are not printed");
        for (context, part) in [
            ("open", "`insecure-skip-tls-verify`"),
            ("lonely", "no user `gone`"),
            ("torn", "certificate or a key alone"),
            ("other", "no context `other`"),
        ] {
            let error = config(&files, Some(context)).unwrap_err().to_string();
            assert!(error.contains(part), "{context}: {error}");
        }
    }

    #[test]
    fn files_are_merged_and_paths_are_relative_to_theirs() {
        let folder = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        write("ca.crt", "pem");
        let contexts = "contexts: [{name: a, context: {cluster: c, user: u}}]\ncurrent-context: a";
        let one = write("one", contexts);
        let cluster = "{server: 'https://h', certificate-authority: ca.crt}";
        let two = write(
            "two",
            &format!(
                "clusters: [{{name: c, cluster: {cluster}}}]\nusers: [{{name: u, user: {{tokenFile: t}}}}]"
            ),
        );
        let missing = folder.path().join("missing");
        let read = load(&[one, missing.clone(), two], None).unwrap();
        assert_eq!(read.authority.as_deref(), Some(&b"pem"[..]));
        assert!(matches!(&read.credentials.token, Token::File(f) if *f == folder.path().join("t")));
        assert!(load(&[missing], None).is_err());
        let broken = write("broken", "a: [");
        assert!(load(&[broken], None).unwrap_err().to_string().contains("broken"));
    }
}
