//! What needs public keys: signatures of tokens (`io.jwt.*`), certificates and keys
//! (`crypto.x509.*`, `crypto.parse_private_keys`).
//!
//! Everything is read here, as Go reads it: what OPA gives is what Go's types have, and what Go
//! refuses is refused. The arithmetic alone is others': curves by `p224` and its kin, and by
//! `ed25519-dalek`, powers by `crypto-bigint`.
//!
//! Nothing here asks for randomness. What Go draws from it follows from the key and the message:
//! ECDSA after RFC 6979, the salt of PSS from the seed of the evaluation.
//!
//! What an operation costs is taken from the budget before it: a signature costs what so many
//! instructions would. Keys of RSA have at most 16,384 bits, chains at most 100 signatures that
//! are checked.

mod alternative_names;
mod certificate;
mod chain;
mod curve;
mod der;
mod extensions;
mod hash;
mod hostname;
mod jwk;
mod jws;
mod key;
mod mailbox;
mod moment;
mod name;
mod name_constraints;
mod pem;
mod policy_graph;
mod private_key;
mod request;
mod rsa;
mod shape;
mod token;
mod x509;

use super::Function;

/// Functions of certificates and keys.
pub(super) const X509: &[(&str, Function)] = x509::FUNCTIONS;

/// Functions of signed tokens.
pub(super) const TOKENS: &[(&str, Function)] = token::FUNCTIONS;
