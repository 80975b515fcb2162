//! `net.cidr_*`: networks as Go's `net` sees them.

use super::operands::{operand, string, string_term};
use super::{Context, Failure, Function};
use crate::term::{Term, TermKind};
use sekisho_go_net::{self as go_net, Address};

pub(super) const FUNCTIONS: &[(&str, Function)] = &[
    ("net.cidr_contains", contains),
    ("net.cidr_contains_matches", contains_matches),
    ("net.cidr_expand", expand),
    ("net.cidr_intersects", intersects),
    ("net.cidr_is_valid", is_valid),
    ("net.cidr_merge", merge),
    ("net.cidr_overlap", contains),
];

/// A network: its first address, and how many bits its addresses may differ in.
#[derive(Clone, Copy)]
struct Network {
    first: u128,
    host_bits: u32,
}

impl Network {
    fn parse(text: &str) -> Result<Self, Failure> {
        Self::read(text).ok_or_else(|| Failure::error(format!("invalid CIDR address: {text}")))
    }

    fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let address = Address::parse_plain(address)?;
        let bits = if address.is_v4() { 32 } else { 128 };
        if length.is_empty() || !length.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let length: u32 = length.parse().ok().filter(|length| *length <= bits)?;
        let host_bits = bits - length;
        Some(Self { first: address.bits & !host_mask(host_bits), host_bits })
    }

    /// An IPv4 network, however it was written.
    fn is_v4(self) -> bool {
        go_net::is_mapped(self.first)
    }

    fn last(self) -> u128 {
        self.first | host_mask(self.host_bits)
    }

    fn contains(self, address: u128) -> bool {
        self.is_v4() == go_net::is_mapped(address) && {
            // of a mapped network, only the last 32 bits count
            let bits = if self.is_v4() { self.host_bits.min(32) } else { self.host_bits };
            (self.first ^ address) & !host_mask(bits) == 0
        }
    }

    fn contains_network(self, other: Self) -> bool {
        if !self.is_v4() && !other.is_v4() {
            return self.host_bits >= other.host_bits
                && self.first == other.first & !host_mask(self.host_bits);
        }
        self.contains(other.first) && self.contains(other.last())
    }

    fn print(self) -> String {
        let bits = if self.is_v4() { 32 } else { 128 };
        let length = bits - self.host_bits.min(bits);
        format!("{}/{length}", go_net::print(self.first))
    }
}

fn host_mask(bits: u32) -> u128 {
    1_u128.checked_shl(bits).unwrap_or(0).wrapping_sub(1)
}

fn network(operands: &[Term<'_>], position: usize) -> Result<Network, Failure> {
    // OPA speaks of the first operand whichever it is
    Network::parse(string_term(operand(operands, position), 1)?)
}

fn contains<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    cx.arena.budget().step(1)?;
    let network = network(operands, 1)?;
    network_contains(network, string_term(operand(operands, 2), 1)?).map(Term::Bool)
}

/// Whether it contains an address or a network.
fn network_contains(network: Network, text: &str) -> Result<bool, Failure> {
    if let Some(address) = Address::parse_plain(text) {
        return Ok(network.contains(address.bits));
    }
    match Network::read(text) {
        Some(other) => Ok(network.contains_network(other)),
        None => Err(Failure::error(format!(
            "not a valid textual representation of an IP address or CIDR: {text}"
        ))),
    }
}

fn intersects<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let (left, right) = (network(operands, 1)?, network(operands, 2)?);
    Ok(Term::Bool(left.contains(right.first) || right.contains(left.first)))
}

fn is_valid<'a>(_: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let network = operand(operands, 1).as_str().and_then(Network::read);
    Ok(Term::Bool(network.is_some()))
}

/// What to match, and by what the result names it.
fn to_match<'a>(position: usize, term: Term<'a>) -> Result<Vec<(Term<'a>, Term<'a>)>, Failure> {
    if term.as_str().is_some() {
        return Ok(vec![(term, term)]);
    }
    term.entries()
        .map(|(key, value)| {
            let text = match value.kind() {
                TermKind::String => Some(value),
                TermKind::Array => value.items().next(),
                _ => None,
            };
            text.map(|text| (text, key)).ok_or_else(|| {
                Failure::error(format!(
                    "operand {position}: element must be string or non-empty array"
                ))
            })
        })
        .collect()
}

fn contains_matches<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let budget = cx.arena.budget();
    for position in 1..=2 {
        let len = operand(operands, position).len().unwrap_or(0) as u64;
        budget.step(len)?;
        budget.allocate(2 * len * size_of::<Term<'_>>() as u64)?;
    }
    let networks = to_match(1, operand(operands, 1))?;
    let mut matched = Vec::new();
    if !networks.is_empty() {
        let others = to_match(2, operand(operands, 2))?;
        for (text, key) in networks {
            let mut network = None;
            for (other, other_key) in &others {
                budget.step(1)?;
                let network = match network {
                    Some(network) => network,
                    None => *network.insert(Network::parse(string_term(text, 1)?)?),
                };
                if network_contains(network, string_term(*other, 1)?)? {
                    budget.allocate(size_of::<Term<'_>>() as u64)?;
                    matched.push(cx.arena.array(&[key, *other_key])?);
                }
            }
        }
    }
    Ok(cx.arena.set(matched)?)
}

fn expand<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let network = Network::parse(string(operands, 1)?)?;
    let mut members = Vec::new();
    let mut at = network.first;
    loop {
        cx.arena.budget().step(4)?;
        cx.arena.budget().allocate(size_of::<Term<'_>>() as u64)?;
        members.push(cx.arena.string(&go_net::print(at))?);
        if at == network.last() {
            return Ok(cx.arena.set(members)?);
        }
        at += 1;
    }
}

/// Networks side by side, or one within another, joined.
struct Range {
    first: u128,
    last: u128,
    /// as it is printed, where it was joined with no other
    alone: Option<String>,
}

fn merge<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let given = operand(operands, 1);
    if !matches!(given.kind(), TermKind::Array | TermKind::Set) {
        return Err(Failure::error("operand must be an array"));
    }
    let mut ranges = Vec::new();
    for item in given.items() {
        cx.arena.budget().step(16)?;
        cx.arena.budget().allocate(128)?;
        ranges.push(range(item)?);
    }
    ranges.sort_by_key(|range| (range.last, range.first));
    let mut merged: Vec<Range> = Vec::new();
    for range in ranges.into_iter().rev() {
        match merged.last_mut() {
            // the later range begins within the earlier one, or right behind it
            Some(later) if touches(&range, later) => {
                later.first = later.first.min(range.first);
                later.alone = None;
            }
            _ => merged.push(range),
        }
    }
    let mut members = Vec::new();
    for range in merged {
        match range.alone {
            Some(text) => members.push(cx.arena.string(&text)?),
            None => {
                for network in covering(range.first, range.last) {
                    members.push(cx.arena.string(&network.print())?);
                }
            }
        }
    }
    Ok(cx.arena.set(members)?)
}

fn touches(range: &Range, later: &Range) -> bool {
    go_net::is_mapped(range.last) == go_net::is_mapped(later.first)
        && later.first.saturating_sub(1) <= range.last
}

fn range(item: Term<'_>) -> Result<Range, Failure> {
    let Some(text) = item.as_str() else {
        return Err(Failure::error("element must be string"));
    };
    let Some(address) = Address::parse_plain(text) else {
        let network = Network::parse(text)?;
        let alone = Some(network.print());
        return Ok(Range { first: network.first, last: network.last(), alone });
    };
    if !go_net::is_mapped(address.bits) {
        return Err(Failure::error("IPv6 invalid: needs prefix length"));
    }
    // An address alone stands for its network of class A, B or C.
    let host_bits = match (address.bits >> 24) & 0xff {
        0..=0x7f => 24,
        0x80..=0xbf => 16,
        _ => 8,
    };
    let first = address.bits & !host_mask(host_bits);
    let alone = Some(Network { first: address.bits, host_bits }.print());
    Ok(Range { first, last: first | host_mask(host_bits), alone })
}

/// The fewest networks that cover a range exactly.
fn covering(first: u128, last: u128) -> Vec<Network> {
    let mut networks = Vec::new();
    let most = if go_net::is_mapped(first) { 32 } else { 128 };
    let mut at = first;
    loop {
        let mut host_bits = at.trailing_zeros().min(most);
        while at | host_mask(host_bits) > last {
            host_bits -= 1;
        }
        networks.push(Network { first: at, host_bits });
        let end = at | host_mask(host_bits);
        if end >= last {
            return networks;
        }
        at = end + 1;
    }
}
