//! The serving certificate, which may be renewed while the server runs.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::{ServerConfig, version};
use std::sync::{Arc, PoisonError, RwLock};

/// The name of HTTP/2 in TLS.
pub(super) const HTTP2: &[u8] = b"h2";

/// A serving certificate and its key. All clones are renewed together.
#[derive(Clone, Debug)]
pub struct Certificate {
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// the certificate's text
    #[error("the certificate is not PEM: {0}")]
    Certificate(rustls::pki_types::pem::Error),
    /// there is no certificate in the text
    #[error("there is no certificate in it")]
    NoCertificate,
    /// the key's text
    #[error("the key is not PEM: {0}")]
    Key(rustls::pki_types::pem::Error),
    /// the two do not fit, or cannot be used
    #[error("{0}")]
    Unusable(#[from] rustls::Error),
    /// it could not be made
    #[error("no certificate could be made: {0}")]
    Made(#[from] rcgen::Error),
}

/// A certificate that was made here, and the authority that clients are to trust.
#[derive(Debug)]
pub struct SelfSigned {
    /// what is served
    pub certificate: Certificate,
    /// the authority's certificate, for `caBundle`, in PEM
    pub authority: String,
}

/// An authority, and a certificate of it, all in PEM.
pub struct Issued {
    /// the authority's certificate, for `caBundle`; its key is gone
    pub authority: String,
    /// the certificate
    pub chain: String,
    /// its key
    pub key: String,
}

impl Issued {
    /// Makes an authority, and a certificate of it for these names and addresses.
    ///
    /// # Errors
    /// Where a name is none.
    pub fn new(names: &[String]) -> Result<Self, CertificateError> {
        Self::issue(names, None)
    }

    /// The same, from one day to another.
    ///
    /// # Errors
    /// Where a name is none.
    pub fn between(
        names: &[String],
        days: [jiff::civil::Date; 2],
    ) -> Result<Self, CertificateError> {
        Self::issue(names, Some(days))
    }

    fn issue(
        names: &[String],
        days: Option<[jiff::civil::Date; 2]>,
    ) -> Result<Self, CertificateError> {
        let limit = |params: &mut CertificateParams| {
            let day = |date: jiff::civil::Date| {
                let (month, day) = (date.month().unsigned_abs(), date.day().unsigned_abs());
                date_time_ymd(date.year().into(), month, day)
            };
            if let Some([first, last]) = days {
                (params.not_before, params.not_after) = (day(first), day(last));
            }
        };
        let authority_key = KeyPair::generate()?;
        let mut authority = CertificateParams::default();
        limit(&mut authority);
        authority.distinguished_name.push(DnType::CommonName, "sekisho authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        authority.key_usages =
            vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let authority_pem = authority.self_signed(&authority_key)?.pem();
        let issuer = Issuer::new(authority, authority_key);

        let key = KeyPair::generate()?;
        let mut serving = CertificateParams::new(names)?;
        limit(&mut serving);
        serving.distinguished_name.push(DnType::CommonName, "sekisho");
        serving.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let serving = serving.signed_by(&key, &issuer)?;
        Ok(Self { authority: authority_pem, chain: serving.pem(), key: key.serialize_pem() })
    }
}

impl Certificate {
    /// Reads a certificate chain and a key in PEM.
    ///
    /// # Errors
    /// Where they are none, or do not belong together.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, CertificateError> {
        let key = Arc::new(certified(chain, key)?);
        Ok(Self { current: Arc::new(Current(RwLock::new(key))) })
    }

    /// Puts another certificate in its place; connections that are open keep the old one.
    ///
    /// # Errors
    /// As [`Self::from_pem`]; the old one stays then.
    pub fn renew(&self, chain: &[u8], key: &[u8]) -> Result<(), CertificateError> {
        let key = Arc::new(certified(chain, key)?);
        *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = key;
        Ok(())
    }

    /// Makes an authority, and a certificate of it for these names and addresses.
    ///
    /// # Errors
    /// Where a name is none.
    pub fn self_signed(names: &[String]) -> Result<SelfSigned, CertificateError> {
        let Issued { authority, chain, key } = Issued::new(names)?;
        let certificate = Self::from_pem(chain.as_bytes(), key.as_bytes())?;
        Ok(SelfSigned { certificate, authority })
    }

    /// How TLS is spoken: 1.3 alone, since every API server speaks it.
    pub(super) fn config(&self) -> Result<Arc<ServerConfig>, CertificateError> {
        let resolver = Arc::clone(&self.current) as Arc<dyn ResolvesServerCert>;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(&[&version::TLS13])?;
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![HTTP2.to_vec(), b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

fn certified(chain: &[u8], key: &[u8]) -> Result<CertifiedKey, CertificateError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain = chain.map_err(CertificateError::Certificate)?;
    if chain.is_empty() {
        return Err(CertificateError::NoCertificate);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(CertificateError::Key)?;
    Ok(CertifiedKey::from_der(chain, key, &ring::default_provider())?)
}
