//! How TLS is spoken with an API server: 1.3 alone, as every one speaks it.

use crate::{Config, Error};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore, version};
use std::sync::Arc;

/// Where systems keep the authorities that they trust.
const OF_SYSTEM: [&str; 4] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

pub(super) fn config(config: &Config) -> Result<Arc<ClientConfig>, Error> {
    let pem = match &config.authority {
        Some(pem) => pem.clone(),
        None => of_system().ok_or_else(|| {
            Error::Config("no authority is given, and the system has none".to_owned())
        })?,
    };
    let mut roots = RootCertStore::empty();
    let certificates = CertificateDer::pem_slice_iter(&pem).filter_map(Result::ok);
    if roots.add_parsable_certificates(certificates).0 == 0 {
        let message = "the certificate authority of the cluster holds no certificate";
        return Err(Error::Config(message.to_owned()));
    }
    let wrong = |error: rustls::Error| Error::Config(format!("TLS cannot be set up: {error}"));
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&version::TLS13])
        .map_err(wrong)?
        .with_root_certificates(roots);
    let config = match &config.credentials.certificate {
        None => builder.with_no_client_auth(),
        Some((chain, key)) => {
            let none = |what: &str| Error::Config(format!("the client {what} is not PEM"));
            let chain: Vec<_> = CertificateDer::pem_slice_iter(chain)
                .collect::<Result<_, _>>()
                .map_err(|_| none("certificate"))?;
            let key = PrivateKeyDer::from_pem_slice(key).map_err(|_| none("key"))?;
            builder.with_client_auth_cert(chain, key).map_err(wrong)?
        }
    };
    Ok(Arc::new(config))
}

fn of_system() -> Option<Vec<u8>> {
    let given = std::env::var_os("SSL_CERT_FILE").map(std::path::PathBuf::from);
    let known = OF_SYSTEM.iter().map(std::path::PathBuf::from);
    given.into_iter().chain(known).find_map(|path| std::fs::read(path).ok())
}
