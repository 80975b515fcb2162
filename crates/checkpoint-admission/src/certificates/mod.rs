//! Certificates that are made here: kept in a Secret that all replicas share, renewed before they
//! end, and trusted by the webhook configurations that ask for it.

mod store;

pub use store::Periods;

use crate::server::{Certificate, CertificateError};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use sekisho_cluster::{Client, Error};
use sekisho_value::{Map, Value};
use std::time::Duration;
use store::Store;

/// The label of webhook configurations whose `caBundle` is kept; its value is the Secret's name.
pub const CERTIFICATE_LABEL: &str = "sekisho.dev/certificate";
/// The annotation of the Secret that asks for a new certificate at once.
pub const RENEW_ANNOTATION: &str = "sekisho.dev/renew";
/// How often Secret and configurations are looked at.
const EVERY: Duration = Duration::from_secs(10);
/// How often a Secret is tried to be made that another replica makes, too.
const RACES: usize = 5;

/// Keeps certificates in a Secret.
pub struct Certificates {
    client: Client,
    namespace: String,
    secret: String,
    names: Vec<String>,
    periods: Periods,
}

/// Why certificates cannot be kept.
#[derive(Debug, thiserror::Error)]
pub enum CertificatesError {
    /// the API server does not answer, or refuses
    #[error(transparent)]
    Cluster(#[from] Error),
    /// what is in the Secret cannot be served, or nothing could be made
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// the Secret is somebody else's
    #[error("the Secret `{0}` holds something else than certificates made here")]
    Foreign(String),
}

/// What happened to certificates.
#[derive(Debug)]
pub enum CertificateEvent {
    /// another certificate is served
    Renewed,
    /// a webhook configuration trusts what it did not trust before
    Trusted(String),
    /// it could not be looked after; the old certificate is served on
    Failed(CertificatesError),
}

/// The authorities in PEM that are to be trusted for the certificate in a Secret; none where it
/// was not made here.
#[must_use]
pub fn trusted(secret: &Value) -> Option<String> {
    secret.get("data").and_then(Store::of_data).map(|store| store.trusted())
}

impl Certificates {
    /// Certificates for these names and addresses in a Secret.
    #[must_use]
    pub fn new(client: Client, secret: (String, String), names: Vec<String>) -> Self {
        let (namespace, secret) = secret;
        Self { client, namespace, secret, names, periods: Periods::default() }
    }

    /// The certificate to serve: the Secret's, or a new one where there is no Secret. Of two
    /// replicas that make one at once, one wins, and both serve its.
    ///
    /// # Errors
    /// Where the Secret cannot be read or made.
    pub async fn first(&self) -> Result<Certificate, CertificatesError> {
        let mut tries = 0;
        loop {
            match self.client.get(&self.path()).await {
                Ok(secret) => {
                    let store = self.store(&secret)?;
                    let served = &store.served;
                    return Ok(Certificate::from_pem(
                        served.chain.as_bytes(),
                        served.key.as_bytes(),
                    )?);
                }
                Err(error) if error.is_not_found() && tries < RACES => {
                    tries += 1;
                    let store = Store::first(&self.names, Timestamp::now(), &self.periods)?;
                    match self.client.create(&self.collection(), &self.secret(&store)).await {
                        Ok(_) => {}
                        Err(error) if error.is_conflict() => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Looks after Secret, certificate and configurations, until the future is dropped.
    pub async fn keep(&self, certificate: &Certificate, told: impl Fn(CertificateEvent)) {
        let mut served = None;
        loop {
            if let Err(error) = self.look(certificate, &mut served, &told).await {
                told(CertificateEvent::Failed(error));
            }
            tokio::time::sleep(EVERY).await;
        }
    }

    async fn look(
        &self,
        certificate: &Certificate,
        served: &mut Option<String>,
        told: &impl Fn(CertificateEvent),
    ) -> Result<(), CertificatesError> {
        let secret = self.client.get(&self.path()).await?;
        let store = self.store(&secret)?;
        if served.as_ref() != Some(&store.served.chain) {
            certificate.renew(store.served.chain.as_bytes(), store.served.key.as_bytes())?;
            if served.replace(store.served.chain.clone()).is_some() {
                told(CertificateEvent::Renewed);
            }
        }
        let is_trusted = self.trust(&store.trusted(), told).await?;
        let asked = secret.path(&["metadata", "annotations", RENEW_ANNOTATION]).is_some();
        let now = Timestamp::now();
        let next = store.next(&self.names, now, &self.periods, (asked, is_trusted))?;
        let Some(next) = next else { return Ok(()) };
        // Another replica may have been faster; then there is nothing to do.
        match self.client.replace(&self.path(), &replaced(secret, &next)).await {
            Ok(_) => {}
            Err(error) if error.is_conflict() => return Ok(()),
            Err(error) => return Err(error.into()),
        }
        self.trust(&next.trusted(), told).await?;
        Ok(())
    }

    /// Puts authorities into the webhook configurations that ask for it; tells whether all had
    /// them already.
    async fn trust(
        &self,
        authorities: &str,
        told: &impl Fn(CertificateEvent),
    ) -> Result<bool, CertificatesError> {
        let bundle = STANDARD.encode(authorities);
        let mut had = true;
        for kind in ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"] {
            let path = format!("/apis/admissionregistration.k8s.io/v1/{kind}");
            let selector = format!("labelSelector={CERTIFICATE_LABEL}%3D{}", self.secret);
            let list = self.client.get(&format!("{path}?{selector}")).await?;
            let items = list.get("items").and_then(Value::as_array).unwrap_or_default();
            for item in items {
                let name = item.path_str(&["metadata", "name"]).unwrap_or_default();
                let Some(patch) = patch(item, &bundle) else { continue };
                had = false;
                match self.client.patch(&format!("{path}/{name}"), &patch).await {
                    Ok(_) => told(CertificateEvent::Trusted(name.to_owned())),
                    // It changed meanwhile: the next look sees it.
                    Err(error) if matches!(error.code(), Some(404 | 409 | 422)) => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(had)
    }

    fn collection(&self) -> String {
        format!("/api/v1/namespaces/{}/secrets", self.namespace)
    }

    fn path(&self) -> String {
        format!("{}/{}", self.collection(), self.secret)
    }

    fn store(&self, secret: &Value) -> Result<Store, CertificatesError> {
        let data = secret.get("data");
        let store = data.and_then(Store::of_data);
        store.ok_or_else(|| {
            CertificatesError::Foreign(format!("{}/{}", self.namespace, self.secret))
        })
    }

    fn secret(&self, store: &Store) -> Value {
        let mut metadata = Map::new();
        metadata.insert("name", self.secret.as_str());
        let ours = [("app.kubernetes.io/name", "sekisho")];
        metadata.insert("labels", Value::Object(Map::from_iter(ours)));
        let mut secret = Map::new();
        secret.insert("apiVersion", "v1");
        secret.insert("kind", "Secret");
        secret.insert("metadata", Value::Object(metadata));
        secret.insert("type", "kubernetes.io/tls");
        secret.insert("data", store.to_data());
        Value::Object(secret)
    }
}

/// A Secret with other data, of the same version; what asked for it is done.
fn replaced(mut secret: Value, store: &Store) -> Value {
    if let Some(fields) = secret.as_object_mut() {
        fields.insert("data", store.to_data());
        if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
            metadata.remove("managedFields");
            if let Some(notes) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
                notes.remove(RENEW_ANNOTATION);
            }
        }
    }
    secret
}

/// What puts authorities into a webhook configuration; none where they are all there.
fn patch(configuration: &Value, bundle: &str) -> Option<Value> {
    let version = configuration.path_str(&["metadata", "resourceVersion"])?;
    let step = |op: &str, path: &str, value: &str| {
        let entries = [("op", op), ("path", path), ("value", value)];
        Value::Object(Map::from_iter(entries))
    };
    let webhooks = configuration.get("webhooks").and_then(Value::as_array).unwrap_or_default();
    let add = webhooks.iter().enumerate().filter_map(|(index, webhook)| {
        let has = webhook.path_str(&["clientConfig", "caBundle"]) == Some(bundle);
        let path = format!("/webhooks/{index}/clientConfig/caBundle");
        (!has).then(|| step("add", &path, bundle))
    });
    let add: Vec<Value> = add.collect();
    if add.is_empty() {
        return None;
    }
    let mut steps = vec![step("test", "/metadata/resourceVersion", version)];
    steps.extend(add);
    Some(Value::from(steps))
}

#[cfg(test)]
mod tests {
    use super::patch;
    use sekisho_value::from_json;

    #[test]
    fn a_configuration_is_patched_where_it_lacks_the_authorities() {
        let configuration = from_json(
            r#"{"metadata":{"resourceVersion":"7"},"webhooks":[
            {"clientConfig":{"caBundle":"new"}},{"clientConfig":{"caBundle":"old"}},{"clientConfig":{}}]}"#,
        )
        .unwrap();
        let wanted = r#"[{"op":"test","path":"/metadata/resourceVersion","value":"7"},{"op":"add","path":"/webhooks/1/clientConfig/caBundle","value":"new"},{"op":"add","path":"/webhooks/2/clientConfig/caBundle","value":"new"}]"#;
        assert_eq!(patch(&configuration, "new").unwrap().to_json(), wanted);
        let full = from_json(r#"{"metadata":{"resourceVersion":"7"},"webhooks":[{"clientConfig":{"caBundle":"new"}}]}"#).unwrap();
        assert_eq!(patch(&full, "new"), None);
    }
}
