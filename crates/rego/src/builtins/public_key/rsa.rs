//! Signatures of RSA (RFC 8017). Verification sees public data alone; the one secret exponent is
//! raised in constant time. Padding is built and compared whole, never taken apart, but for the
//! salt of PSS.

use super::super::Failure;
use super::curve::padded;
use super::der::without_zeros;
use super::hash::Hash;
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Odd};
use num_bigint::BigUint;
use sekisho_budget::{Budget, BudgetExceeded};

/// Bits of the largest modulus with which a signature is verified.
const LARGEST: usize = 16_384;

/// Bits of the largest modulus with which one is made.
const LARGEST_TO_SIGN: usize = 8_192;

/// Bits of the smallest modulus that Go uses.
const SMALLEST: usize = 1_024;

/// A public key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PublicKey {
    /// without zeros before it
    pub(super) modulus: Vec<u8>,
    pub(super) exponent: i64,
}

/// How long the salt of a PSS signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Salt {
    /// as long as the digest
    Digest,
    /// as long as it is
    Any,
}

impl PublicKey {
    fn bits(&self) -> usize {
        let first = self.modulus.first().map_or(0, |byte| byte.leading_zeros());
        self.modulus.len() * 8 - usize::try_from(first).unwrap_or(0)
    }

    /// What is wrong with the key, in Go's words.
    pub(super) fn fault(&self) -> Option<String> {
        let odd = self.modulus.last().is_some_and(|byte| byte & 1 == 1);
        let fault = match self.exponent {
            _ if !odd => "public modulus is even",
            ..2 => "public exponent too small or negative",
            even if even % 2 == 0 => "public exponent is even",
            0x8000_0000.. => "public exponent too large",
            _ => return None,
        };
        Some(format!("crypto/rsa: {fault}"))
    }

    fn size_fault(&self, largest: usize) -> Option<String> {
        let bits = self.bits();
        let why = if bits < SMALLEST {
            "insecure (see https://go.dev/pkg/crypto/rsa#hdr-Minimum_key_size)"
        } else if bits > largest {
            "larger than is supported"
        } else {
            return None;
        };
        Some(format!("crypto/rsa: {bits}-bit keys are {why}"))
    }

    /// What was signed, were this a signature; none where it can be none.
    fn opened(
        &self,
        signature: &[u8],
        budget: &Budget<'_>,
    ) -> Result<Option<Vec<u8>>, BudgetExceeded> {
        if self.size_fault(LARGEST).is_some()
            || self.fault().is_some()
            || signature.len() != self.modulus.len()
            || signature >= self.modulus.as_slice()
        {
            return Ok(None);
        }
        power(signature, &self.exponent.to_be_bytes(), &self.modulus, budget)
    }

    /// Whether this is a signature of PKCS #1 v1.5 of a digest.
    pub(super) fn verifies(
        &self,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
        budget: &Budget<'_>,
    ) -> Result<bool, BudgetExceeded> {
        let opened = self.opened(signature, budget)?;
        let padded = padded_digest(hash, digest, self.modulus.len());
        Ok(opened.is_some() && opened == padded)
    }

    /// Whether this is a PSS signature of a digest.
    pub(super) fn verifies_pss(
        &self,
        hash: Hash,
        digest: &[u8],
        signature: &[u8],
        salt: Salt,
        budget: &Budget<'_>,
    ) -> Result<bool, BudgetExceeded> {
        let Some(opened) = self.opened(signature, budget)? else { return Ok(false) };
        budget.step(opened.len() as u64)?;
        Ok(is_pss(&opened, self.bits() - 1, hash, digest, salt).is_some())
    }
}

/// `00 01 ff … ff 00`, the name of the hash, and the digest.
fn padded_digest(hash: Hash, digest: &[u8], size: usize) -> Option<Vec<u8>> {
    let content = [hash.digest_info(), digest].concat();
    let filling = size.checked_sub(content.len() + 3).filter(|filling| *filling >= 8)?;
    Some([&[0, 1], vec![0xff; filling].as_slice(), &[0], &content].concat())
}

/// The bytes that hide others (RFC 8017, B.2.1), laid over them.
fn mask(bytes: &mut [u8], seed: &[u8], hash: Hash) {
    for (counter, chunk) in (0_u32..).zip(bytes.chunks_mut(hash.size())) {
        let over = hash.digest(&[seed, &counter.to_be_bytes()]);
        chunk.iter_mut().zip(over).for_each(|(byte, over)| *byte ^= over);
    }
}

/// The bits of the first of `size` bytes that count, where `bits` do in all.
fn first_bits(bits: usize) -> u8 {
    0xff >> (bits.div_ceil(8) * 8 - bits)
}

/// Some where it is (RFC 8017, 9.1.2).
fn is_pss(opened: &[u8], bits: usize, hash: Hash, digest: &[u8], salt: Salt) -> Option<()> {
    let size = bits.div_ceil(8);
    let (zeros, encoded) = opened.split_at_checked(opened.len().checked_sub(size)?)?;
    let (masked, rest) =
        encoded.split_at_checked(size.checked_sub(hash.size() + 1).filter(|size| *size > 0)?)?;
    let (tag, trailer) = rest.split_at_checked(hash.size())?;
    let first = first_bits(bits);
    let clean = zeros.iter().all(|byte| *byte == 0) && masked.first()? & !first == 0;
    if !clean || trailer != [0xbc] {
        return None;
    }
    let mut block = masked.to_vec();
    mask(&mut block, tag, hash);
    *block.first_mut()? &= first;
    let zeros = block.iter().take_while(|byte| **byte == 0).count();
    let (mark, found) = block.get(zeros..)?.split_first()?;
    let length = salt == Salt::Any || found.len() == hash.size();
    let sound = *mark == 1 && length && hash.digest(&[&[0; 8], digest, found]) == tag;
    sound.then_some(())
}

/// What a PSS signature signs (RFC 8017, 9.1.1).
fn pss_encoded(bits: usize, hash: Hash, digest: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    let size = bits.div_ceil(8);
    let tag = hash.digest(&[&[0; 8], digest, salt]);
    let zeros = size.checked_sub(tag.len() + salt.len() + 2)?;
    let mut block = [vec![0; zeros].as_slice(), &[1], salt].concat();
    mask(&mut block, &tag, hash);
    *block.first_mut()? &= first_bits(bits);
    Some([&block, tag.as_slice(), &[0xbc]].concat())
}

/// `base ^ exponent mod modulus`, as long as the modulus; constant in time for one length of the
/// exponent. None where the modulus is even.
fn power(
    base: &[u8],
    exponent: &[u8],
    modulus: &[u8],
    budget: &Budget<'_>,
) -> Result<Option<Vec<u8>>, BudgetExceeded> {
    let limbs = modulus.len().div_ceil(8) as u64;
    budget.step(exponent.len() as u64 * 8 * limbs * limbs / 5)?;
    budget.allocate(modulus.len() as u64 * 64)?;
    let number = |bytes: &[u8], like: usize| {
        let bits = u32::try_from(like.div_ceil(8) * 64).ok()?;
        BoxedUint::from_be_slice(bytes, bits).ok()
    };
    let raised = || {
        let size = modulus.len();
        let odd = Odd::new(number(modulus, size)?).into_option()?;
        let base = BoxedMontyForm::new(number(base, size)?, &BoxedMontyParams::new_vartime(odd));
        let raised = base.pow(&number(exponent, exponent.len())?).retrieve().to_be_bytes();
        padded(without_zeros(&raised), size)
    };
    Ok(raised())
}

/// A private key of two primes.
#[derive(Clone)]
pub(super) struct PrivateKey {
    pub(super) public: PublicKey,
    pub(super) exponent: BigUint,
    pub(super) primes: Vec<BigUint>,
    /// the exponent for the first two primes, and the inverse of the second to the first
    pub(super) precomputed: [BigUint; 3],
}

/// What a private key may say of itself beside what follows from the rest.
pub(super) type Precomputed = [Option<BigUint>; 3];

impl PrivateKey {
    /// A key whose parts fit each other, as Go checks it.
    pub(super) fn new(
        public: PublicKey,
        exponent: BigUint,
        primes: Vec<BigUint>,
        given: Precomputed,
        budget: &Budget<'_>,
    ) -> Result<Self, Failure> {
        let bad = |why: &str| Failure::error(format!("crypto/rsa: {why}"));
        let lengths = primes.iter().chain(given.iter().flatten()).chain([&exponent]);
        let longest = lengths.map(BigUint::bits).max().unwrap_or(0);
        if public.bits() > LARGEST || longest > LARGEST as u64 {
            return Err(Failure::error(format!(
                "crypto/rsa: {}-bit keys are larger than is supported",
                public.bits().max(usize::try_from(longest).unwrap_or(0))
            )));
        }
        let limbs = public.modulus.len().div_ceil(8) as u64;
        budget.step(limbs * limbs * 8)?;
        if let Some(fault) = public.fault() {
            return Err(Failure::error(fault));
        }
        let one = BigUint::from(1_u8);
        let [p, q] = primes.as_slice() else {
            return Err(bad("keys of other than two primes are not supported"));
        };
        let (p, q) = (p.clone(), q.clone());
        let modulus = BigUint::from_bytes_be(&public.modulus);
        let even = |prime: &BigUint| !prime.bit(0) || *prime <= one;
        if p >= modulus || q >= modulus || even(&p) || even(&q) {
            return Err(bad("invalid prime"));
        }
        if &p * &q != modulus {
            return Err(bad("p * q != n"));
        }
        let (below_p, below_q) = (&p - &one, &q - &one);
        let public_exponent = BigUint::from(public.exponent.unsigned_abs());
        let precomputed = match given {
            [Some(dp), Some(dq), Some(qinv)] => [dp, dq, qinv],
            _ => {
                budget.step(limbs * limbs * 64)?;
                let inverse = q.modinv(&p).ok_or_else(|| bad("invalid prime"))?;
                [&exponent % &below_p, &exponent % &below_q, inverse]
            }
        };
        let [dp, dq, qinv] = &precomputed;
        for (exponent, below) in [(dp, &below_p), (dq, &below_q)] {
            if exponent >= below || (exponent * &public_exponent) % below != one {
                return Err(bad("invalid CRT exponent"));
            }
        }
        if *qinv >= p || (qinv * &q) % &p != one {
            return Err(bad("invalid CRT coefficient"));
        }
        if &exponent % &below_p != *dp {
            return Err(bad("d does not match dP"));
        }
        if &exponent % &below_q != *dq {
            return Err(bad("d does not match dQ"));
        }
        let half = public.bits() as u64 / 2;
        let difference = if p > q { &p - &q } else { &q - &p };
        if difference.bits() + 100 <= half {
            return Err(bad("|p - q| too small"));
        }
        if exponent.bits() <= half {
            return Err(bad("d too small"));
        }
        Ok(Self { public, exponent, primes, precomputed })
    }

    fn raise(&self, encoded: &[u8], budget: &Budget<'_>) -> Result<Vec<u8>, Failure> {
        let modulus = &self.public.modulus;
        let exponent = padded(&self.exponent.to_bytes_be(), modulus.len());
        let exponent = exponent.ok_or_else(|| Failure::error("crypto/rsa: invalid exponent"))?;
        let signature = power(encoded, &exponent, modulus, budget)?;
        signature.ok_or_else(|| Failure::error("crypto/rsa: invalid modulus"))
    }

    fn usable(&self) -> Result<(), Failure> {
        self.public.size_fault(LARGEST_TO_SIGN).map_or(Ok(()), |fault| Err(Failure::error(fault)))
    }

    /// A signature of PKCS #1 v1.5.
    pub(super) fn sign(
        &self,
        hash: Hash,
        digest: &[u8],
        budget: &Budget<'_>,
    ) -> Result<Vec<u8>, Failure> {
        self.usable()?;
        let encoded = padded_digest(hash, digest, self.public.modulus.len());
        self.raise(&encoded.ok_or_else(too_long)?, budget)
    }

    /// A PSS signature with this salt.
    pub(super) fn sign_pss(
        &self,
        hash: Hash,
        digest: &[u8],
        salt: &[u8],
        budget: &Budget<'_>,
    ) -> Result<Vec<u8>, Failure> {
        self.usable()?;
        let encoded = pss_encoded(self.public.bits() - 1, hash, digest, salt);
        self.raise(&encoded.ok_or_else(too_long)?, budget)
    }
}

fn too_long() -> Failure {
    Failure::error("crypto/rsa: message too long for RSA key size")
}
