//! Keys and signatures on the NIST curves (FIPS 186-5).

use super::der::without_zeros;
use super::hash::Hash;
use ecdsa::elliptic_curve::sec1::{FromSec1Point, ModulusSize, ToSec1Point};
use ecdsa::elliptic_curve::{
    AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, PublicKey, SecretKey,
};
use ecdsa::{EcdsaCurve, Signature, hazmat};
use p224::NistP224;
use p256::NistP256;
use p384::NistP384;
use p521::NistP521;
use sha2::{Sha256, Sha384, Sha512};

/// A curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Curve {
    P224,
    P256,
    P384,
    P521,
}

impl Curve {
    /// Bytes of a coordinate, and of a private key.
    pub(super) fn size(self) -> usize {
        match self {
            Self::P224 => 28,
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }

    /// Steps of one multiplication of a point, or of one signature.
    pub(super) fn steps(self) -> u64 {
        match self {
            Self::P224 | Self::P256 => 40_000,
            Self::P384 => 100_000,
            Self::P521 => 200_000,
        }
    }
}

/// A point of a curve.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Point {
    pub(super) curve: Curve,
    /// `04`, and both coordinates
    bytes: Vec<u8>,
}

impl Point {
    /// A point in its uncompressed form (SEC 1, 2.3.3), where it is one of the curve.
    pub(super) fn read(curve: Curve, bytes: &[u8]) -> Option<Self> {
        if bytes.first() != Some(&4) {
            return None;
        }
        let valid = match curve {
            Curve::P224 => public::<NistP224>(bytes).is_some(),
            Curve::P256 => public::<NistP256>(bytes).is_some(),
            Curve::P384 => public::<NistP384>(bytes).is_some(),
            Curve::P521 => public::<NistP521>(bytes).is_some(),
        };
        valid.then(|| Self { curve, bytes: bytes.to_vec() })
    }

    /// The point of two coordinates.
    pub(super) fn of(curve: Curve, x: &[u8], y: &[u8]) -> Option<Self> {
        Self::read(curve, &[&[4], x, y].concat())
    }

    /// Both coordinates, each with its zeros.
    pub(super) fn coordinates(&self) -> (&[u8], &[u8]) {
        let coordinates = self.bytes.get(1..).unwrap_or_default();
        coordinates.split_at_checked(self.curve.size()).unwrap_or_default()
    }

    /// Whether `r` and `s` are a signature of a digest.
    pub(super) fn verifies(&self, digest: &[u8], r: &[u8], s: &[u8]) -> bool {
        let verified = match self.curve {
            Curve::P224 => verify::<NistP224>(self, digest, r, s),
            Curve::P256 => verify::<NistP256>(self, digest, r, s),
            Curve::P384 => verify::<NistP384>(self, digest, r, s),
            Curve::P521 => verify::<NistP521>(self, digest, r, s),
        };
        verified.is_some()
    }
}

fn public<C>(bytes: &[u8]) -> Option<PublicKey<C>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    PublicKey::from_sec1_bytes(bytes).ok()
}

fn field<C: CurveArithmetic>(bytes: &[u8], curve: Curve) -> Option<FieldBytes<C>> {
    FieldBytes::<C>::try_from(padded(without_zeros(bytes), curve.size())?.as_slice()).ok()
}

/// The bytes of a number, zeros before it; none where it has more.
pub(super) fn padded(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
    let zeros = size.checked_sub(bytes.len())?;
    Some([&vec![0; zeros], bytes].concat())
}

/// A digest as the number that is signed: as many of its first bytes as a number of the curve has.
fn shortened(digest: &[u8], curve: Curve) -> Option<Vec<u8>> {
    padded(digest.get(..curve.size()).unwrap_or(digest), curve.size())
}

fn verify<C>(point: &Point, digest: &[u8], r: &[u8], s: &[u8]) -> Option<()>
where
    C: CurveArithmetic + EcdsaCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = public::<C>(&point.bytes)?;
    let signature: Signature<C> =
        Signature::from_scalars(field::<C>(r, point.curve)?, field::<C>(s, point.curve)?).ok()?;
    let digest = shortened(digest, point.curve)?;
    hazmat::verify_prehashed(&key.to_projective(), &digest, &signature).ok()
}

/// A private key.
#[derive(Clone)]
pub(super) struct Scalar {
    curve: Curve,
    /// as many as the curve has
    bytes: Vec<u8>,
}

impl Scalar {
    /// A number between zero and the order of the curve.
    pub(super) fn read(curve: Curve, bytes: &[u8]) -> Option<Self> {
        let scalar = Self { curve, bytes: padded(without_zeros(bytes), curve.size())? };
        scalar.point().is_some().then_some(scalar)
    }

    pub(super) fn curve(&self) -> Curve {
        self.curve
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The point of its public key.
    pub(super) fn point(&self) -> Option<Point> {
        let bytes = match self.curve {
            Curve::P224 => multiplied::<NistP224>(&self.bytes),
            Curve::P256 => multiplied::<NistP256>(&self.bytes),
            Curve::P384 => multiplied::<NistP384>(&self.bytes),
            Curve::P521 => multiplied::<NistP521>(&self.bytes),
        };
        Some(Point { curve: self.curve, bytes: bytes? })
    }

    /// A signature, both of its numbers one after another. What Go takes from its source of
    /// randomness follows here from key and digest (RFC 6979).
    pub(super) fn sign(&self, digest: &[u8], hash: Hash) -> Option<Vec<u8>> {
        match self.curve {
            Curve::P224 => signed::<NistP224>(self, digest, hash),
            Curve::P256 => signed::<NistP256>(self, digest, hash),
            Curve::P384 => signed::<NistP384>(self, digest, hash),
            Curve::P521 => signed::<NistP521>(self, digest, hash),
        }
    }
}

fn multiplied<C>(scalar: &[u8]) -> Option<Vec<u8>>
where
    C: CurveArithmetic,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = SecretKey::<C>::from_slice(scalar).ok()?;
    Some(key.public_key().to_sec1_point(false).as_bytes().to_vec())
}

fn signed<C>(scalar: &Scalar, digest: &[u8], hash: Hash) -> Option<Vec<u8>>
where
    C: CurveArithmetic + EcdsaCurve,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    FieldBytesSize<C>: ModulusSize,
{
    let key = SecretKey::<C>::from_slice(&scalar.bytes).ok()?.to_nonzero_scalar();
    let digest = shortened(digest, scalar.curve)?;
    let (signature, _) = match hash {
        Hash::Sha384 => hazmat::sign_prehashed_rfc6979::<C, Sha384>(&key, &digest, &[]),
        Hash::Sha512 => hazmat::sign_prehashed_rfc6979::<C, Sha512>(&key, &digest, &[]),
        _ => hazmat::sign_prehashed_rfc6979::<C, Sha256>(&key, &digest, &[]),
    };
    let (r, s) = signature.split_bytes();
    Some([r.as_slice(), s.as_slice()].concat())
}
