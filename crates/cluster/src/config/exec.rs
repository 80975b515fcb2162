//! Programs that tell credentials: the `exec` plugins of kubeconfigs.
//!
//! Source of the rules: client.authentication.k8s.io/v1.

use crate::Error;
use sekisho_value::{Map, Value, from_json};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// A program and how it is run.
#[derive(Clone, Debug)]
pub(crate) struct Exec {
    command: PathBuf,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    info: String,
}

/// What a program told.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    /// the bearer token
    pub(crate) token: String,
    /// until when it holds, from now on; none where it does not say
    pub(crate) for_how_long: Option<Duration>,
}

impl Exec {
    /// Reads the `exec` of a user; relative commands with a slash are relative to the file.
    pub(super) fn read(exec: &Value, cluster: &Value, folder: &Path) -> Result<Self, Error> {
        let text = |value: &Value, key: &str| value.path_str(&[key]).unwrap_or_default().to_owned();
        let command = text(exec, "command");
        if command.is_empty() {
            return Err(Error::Config("an `exec` of the kubeconfig names no command".to_owned()));
        }
        let command = match command.contains('/') {
            true => folder.join(command),
            false => PathBuf::from(command),
        };
        let list = |key: &str| exec.get(key).and_then(Value::as_array).unwrap_or_default();
        let environment = list("env").iter().map(|one| (text(one, "name"), text(one, "value")));
        let mut spec = Map::new();
        spec.insert("interactive", false);
        if exec.get("provideClusterInfo").and_then(Value::as_bool) == Some(true) {
            spec.insert("cluster", cluster.clone());
        }
        let mut info = Map::new();
        info.insert("apiVersion", text(exec, "apiVersion"));
        info.insert("kind", "ExecCredential");
        info.insert("spec", Value::Object(spec));
        Ok(Self {
            command,
            arguments: list("args").iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            environment: environment.collect(),
            info: Value::Object(info).to_json(),
        })
    }

    /// Runs the program and reads what it tells. Blocks until it ends.
    pub(crate) fn run(&self, now: jiff::Timestamp) -> Result<Told, Error> {
        let program = self.command.display();
        let failed = |why: String| Error::Credentials(format!("`{program}`: {why}"));
        let output = Command::new(&self.command)
            .args(&self.arguments)
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", &self.info)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()
            .map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(output.status.to_string()));
        }
        let told = String::from_utf8_lossy(&output.stdout);
        let told = from_json(&told).map_err(|error| failed(error.to_string()))?;
        let of = |key: &str| told.path_str(&["status", key]).unwrap_or_default();
        if of("token").is_empty() {
            return Err(failed("it tells no token; certificates are not supported".to_owned()));
        }
        let until: Option<jiff::Timestamp> = of("expirationTimestamp").parse().ok();
        let left = until.map(|until| until.duration_since(now));
        let for_how_long = left.map(|left| Duration::try_from(left).unwrap_or_default());
        Ok(Told { token: of("token").to_owned(), for_how_long })
    }
}

#[cfg(test)]
mod tests {
    use super::Exec;
    use sekisho_value::{Value, from_json};
    use std::path::Path;
    use std::time::Duration;

    fn exec(script: &str) -> Exec {
        let args = Value::from(vec![Value::from("-c"), Value::from(script)]).to_json();
        let text = format!(
            r#"{{"apiVersion":"client.authentication.k8s.io/v1","command":"sh","args":{args},"env":[{{"name":"WHO","value":"ann"}}]}}"#
        );
        Exec::read(&from_json(&text).unwrap(), &Value::object(), Path::new(".")).unwrap()
    }

    #[test]
    fn a_program_tells_a_token() {
        let now: jiff::Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let script = r#"test -n "$KUBERNETES_EXEC_INFO" && echo '{"status":{"token":"'$WHO'","expirationTimestamp":"2026-01-01T01:00:00Z"}}'"#;
        let told = exec(script).run(now).unwrap();
        assert_eq!(
            (told.token.as_str(), told.for_how_long),
            ("ann", Some(Duration::from_secs(3600)))
        );
        for (script, part) in [("exit 3", "3"), ("echo x", "`sh`"), ("echo '{}'", "no token")] {
            let error = exec(script).run(now).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
