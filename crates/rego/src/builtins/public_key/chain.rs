//! Chains of certificates from one that is verified up to one that is trusted, as Go's
//! `Certificate.Verify` builds and checks them. There is no revocation.

use super::certificate::Certificate;
use super::der::Oid;
use super::{extensions, hostname, name_constraints, policy_graph};
use sekisho_budget::{Budget, BudgetExceeded};

/// What is asked of a chain.
pub(super) struct Options<'o> {
    /// empty where any host will do
    pub(super) host: &'o str,
    /// nanoseconds since 1970
    pub(super) now: i128,
    /// Go's numbers; where there are none, that of a server
    pub(super) usages: Vec<i64>,
}

/// Go's number of any extended usage, and of a server's.
const ANY_USAGE: i64 = 0;
const SERVER: i64 = 1;

/// `keyCertSign`
const SIGNS_CERTIFICATES: i64 = 1 << 5;

/// How many signatures are checked at most.
const MOST_CHECKS: usize = 100;

/// Why a certificate is part of a chain.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Verified,
    Intermediate,
    Trusted,
}

struct Search<'s, 'd> {
    trusted: &'s Certificate<'d>,
    intermediates: Vec<&'s Certificate<'d>>,
    now: i128,
    checks: usize,
    found: Vec<Vec<&'s Certificate<'d>>>,
    budget: &'s Budget<'s>,
}

/// The first chain that holds, from the last of the certificates to the first, which is trusted.
/// None where none does.
pub(super) fn verify<'s, 'd>(
    certificates: &'s [Certificate<'d>],
    options: &Options<'_>,
    budget: &'s Budget<'s>,
) -> Result<Option<Vec<&'s Certificate<'d>>>, BudgetExceeded> {
    let [trusted, between @ .., verified] = certificates else { return Ok(None) };
    budget.step(between.len() as u64 * 16)?;
    let mut seen = std::collections::BTreeSet::new();
    let intermediates = between.iter().filter(|certificate| seen.insert(certificate.raw));
    let intermediates = intermediates.collect();
    let mut search =
        Search { trusted, intermediates, now: options.now, checks: 0, found: Vec::new(), budget };
    if !search.is_valid(verified, Part::Verified, &[]) {
        return Ok(None);
    }
    if !options.host.is_empty() && !hostname::matches(verified, options.host) {
        return Ok(None);
    }
    if verified.raw == trusted.raw {
        search.found.push(vec![verified]);
    } else {
        search.extend(&mut vec![verified])?;
    }
    let usages = if options.usages.is_empty() { vec![SERVER] } else { options.usages.clone() };
    for chain in search.found {
        let used = usages.contains(&ANY_USAGE) || has_usage(&chain, &usages);
        if used && policy_graph::hold(&chain, budget)? && name_constraints::hold(&chain, budget)? {
            return Ok(Some(chain));
        }
    }
    Ok(None)
}

impl<'s, 'd> Search<'s, 'd> {
    /// All chains that go on from this one. The depth is that of the checks at most.
    fn extend(&mut self, chain: &mut Vec<&'s Certificate<'d>>) -> Result<(), BudgetExceeded> {
        let Some(last) = chain.last().copied() else { return Ok(()) };
        if last.raw_issuer == self.trusted.raw_subject {
            self.consider(last, self.trusted, Part::Trusted, chain)?;
        }
        self.budget.step(self.intermediates.len() as u64)?;
        let mut candidates: Vec<_> = self
            .intermediates
            .iter()
            .copied()
            .filter(|candidate| candidate.raw_subject == last.raw_issuer)
            .collect();
        candidates.sort_by_key(|candidate| {
            let ours = last.said.authority_key_id.unwrap_or_default();
            let theirs = candidate.said.subject_key_id.unwrap_or_default();
            match ours == theirs {
                true => 0,
                false if ours.is_empty() || theirs.is_empty() => 1,
                false => 2,
            }
        });
        for candidate in candidates {
            if self.checks > MOST_CHECKS {
                break;
            }
            self.consider(last, candidate, Part::Intermediate, chain)?;
        }
        Ok(())
    }

    fn consider(
        &mut self,
        child: &Certificate<'d>,
        candidate: &'s Certificate<'d>,
        part: Part,
        chain: &mut Vec<&'s Certificate<'d>>,
    ) -> Result<(), BudgetExceeded> {
        self.checks += 1;
        if self.checks > MOST_CHECKS
            || candidate.key.is_none()
            || is_in_chain(candidate, chain)
            || !signs(candidate, child, self.budget)?
            || !self.is_valid(candidate, part, chain)
        {
            return Ok(());
        }
        chain.push(candidate);
        if part == Part::Trusted {
            self.budget.allocate(size_of_val(chain.as_slice()) as u64)?;
            self.found.push(chain.clone());
        } else {
            self.extend(chain)?;
        }
        chain.pop();
        Ok(())
    }

    /// Whether it may come next in a chain, of its own.
    fn is_valid(
        &self,
        certificate: &Certificate<'_>,
        part: Part,
        chain: &[&Certificate<'_>],
    ) -> bool {
        let said = &certificate.said;
        let named = chain.last().is_none_or(|child| child.raw_issuer == certificate.raw_subject);
        let nanoseconds = |seconds: i128| seconds * 1_000_000_000;
        let in_time = nanoseconds(certificate.not_before.seconds) <= self.now
            && self.now <= nanoseconds(certificate.not_after.seconds);
        let authority = said.has_basic_constraints && said.is_authority;
        // Not counting the one that is verified.
        let below = i64::try_from(chain.len()).unwrap_or(i64::MAX) - 1;
        let too_long =
            said.has_basic_constraints && said.longest_path >= 0 && below > said.longest_path;
        said.unhandled.is_empty()
            && named
            && in_time
            && (part != Part::Intermediate || authority)
            && !too_long
    }
}

/// Whether a certificate may sign others, and signed this one.
fn signs(
    parent: &Certificate<'_>,
    child: &Certificate<'_>,
    budget: &Budget<'_>,
) -> Result<bool, BudgetExceeded> {
    let said = &parent.said;
    let may = if said.has_basic_constraints { said.is_authority } else { parent.version != 3 };
    let used = said.key_usage == 0 || said.key_usage & SIGNS_CERTIFICATES != 0;
    match &parent.key {
        Some(key) if may && used => {
            child.signature_algorithm.verifies(key, child.raw_signed, &child.signature, budget)
        }
        _ => Ok(false),
    }
}

/// Whether it is there already, or another of the same subject, key and names.
fn is_in_chain(candidate: &Certificate<'_>, chain: &[&Certificate<'_>]) -> bool {
    const NAMES: Oid<'static> = extensions::ALTERNATIVE_NAMES;
    let names = candidate.extension(NAMES);
    for certificate in chain {
        if candidate.raw_subject != certificate.raw_subject
            || candidate.raw_key != certificate.raw_key
        {
            continue;
        }
        match (names, certificate.extension(NAMES)) {
            (None, None) => return true,
            (None, _) | (_, None) => return false,
            (ours, theirs) if ours == theirs => return true,
            _ => {}
        }
    }
    false
}

/// Whether one of the usages is allowed by each certificate that has any.
fn has_usage(chain: &[&Certificate<'_>], usages: &[i64]) -> bool {
    usages.iter().any(|usage| {
        chain.iter().all(|certificate| {
            let said = &certificate.said;
            said.extended_usages.is_empty() && said.other_usages.is_empty()
                || said.extended_usages.contains(&ANY_USAGE)
                || said.extended_usages.contains(usage)
        })
    })
}
