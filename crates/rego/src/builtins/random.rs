//! `rand.intn` and `uuid.*`. What they give follows from the seed of the evaluation and the key
//! alone, so that one key has one value within an evaluation.

use super::bytes::{from_hex, to_hex};
use super::operands::{int, operand, string};
use super::{Context, Failure, Function, json};
use crate::term::Term;

pub(super) const FUNCTIONS: &[(&str, Function)] =
    &[("rand.intn", rand_intn), ("uuid.parse", uuid_parse), ("uuid.rfc4122", uuid_rfc4122)];

/// Numbers that follow from a seed and a key: FNV-1a over the key, spread by SplitMix64.
pub(super) struct Generator(u64);

impl Generator {
    pub(super) fn new(seed: u64, key: &str) -> Self {
        Self(key.bytes().fold(seed ^ 0xcbf2_9ce4_8422_2325, |state, byte| {
            (state ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        }))
    }

    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

fn rand_intn<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let key = string(operands, 1)?;
    let limit = int(operands, 2)?.unsigned_abs();
    if limit == 0 {
        return Ok(Term::Int(0));
    }
    cx.arena.budget().step(1 + key.len() as u64 / 16)?;
    let mut generator = Generator::new(cx.facts.seed, &format!("{key}-{limit}"));
    let below = (u128::from(generator.next()) * u128::from(limit)) >> 64;
    Ok(Term::Int(i64::try_from(below).unwrap_or(i64::MAX)))
}

fn uuid_rfc4122<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let key = json::to_text(operand(operands, 1), None, cx.arena.budget())?;
    let mut generator = Generator::new(cx.facts.seed, &key);
    let bits = u128::from(generator.next()) << 64 | u128::from(generator.next());
    let version = bits & !(0xf << 76) | 4 << 76;
    let variant = version & !(3 << 62) | 2 << 62;
    Ok(cx.arena.string(&print_uuid(variant))?)
}

fn print_uuid(bits: u128) -> String {
    let text = format!("{bits:032x}");
    let part = |from, to| text.get(from..to).unwrap_or_default();
    let parts = [part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32)];
    parts.join("-")
}

/// Between the first day of the Gregorian calendar and 1970, in 100 ns.
const GREGORIAN: i64 = 122_192_928_000_000_000;

fn uuid_parse<'a>(cx: &mut Context<'a>, operands: &[Term<'a>]) -> Result<Term<'a>, Failure> {
    let bits = read_uuid(string(operands, 1)?).ok_or(Failure::Undefined)?;
    let bytes = bits.to_be_bytes();
    let field = |shift: u32, mask: u128| i64::try_from((bits >> shift) & mask).unwrap_or(0);
    let version = field(76, 0xf);
    let variant = match field(56, 0xff) {
        0x80..=0xbf => "RFC4122",
        0xc0..=0xdf => "Microsoft",
        0xe0..=0xff => "Future",
        _ => "Reserved",
    };
    let mut entries = vec![
        (Term::String("version"), Term::Int(version)),
        (Term::String("variant"), Term::String(variant)),
    ];
    if matches!(version, 1 | 2) {
        let ticks = field(96, 0xffff_ffff) | field(80, 0xffff) << 32 | field(64, 0xfff) << 48;
        let node = bytes.get(10..).unwrap_or_default();
        let first = node.first().copied().unwrap_or(0);
        let mac = match first & 3 {
            3 => "local:multicast",
            1 => "global:multicast",
            2 => "local:unicast",
            _ => "global:unicast",
        };
        let node: Vec<_> = node.iter().map(|byte| to_hex(&[*byte])).collect();
        let time = (ticks - GREGORIAN).wrapping_mul(100);
        entries.push((Term::String("time"), Term::Int(time)));
        entries.push((Term::String("nodeid"), cx.arena.string(&node.join("-"))?));
        entries.push((Term::String("macvariables"), Term::String(mac)));
        entries.push((Term::String("clocksequence"), Term::Int(field(48, 0x3fff))));
        if version == 2 {
            let domain = match field(48, 0xff) {
                0 => Term::String("Person"),
                1 => Term::String("Group"),
                2 => Term::String("Org"),
                other => cx.arena.string(&format!("Domain{other}"))?,
            };
            entries.push((Term::String("id"), Term::Int(field(96, 0xffff_ffff))));
            entries.push((Term::String("domain"), domain));
        }
    }
    Ok(cx.arena.object(entries)?)
}

fn read_uuid(text: &str) -> Option<u128> {
    let text = text.as_bytes();
    let digits: Vec<u8> = match text.len() {
        32 => text.to_vec(),
        36 | 38 | 45 => {
            let skipped = match text.len() {
                45 if text.get(..9)?.eq_ignore_ascii_case(b"urn:uuid:") => 9,
                45 => return None,
                38 => 1,
                _ => 0,
            };
            let text = text.get(skipped..skipped + 36)?;
            if [8, 13, 18, 23].iter().any(|at| text.get(*at) != Some(&b'-')) {
                return None;
            }
            let dash = |index: &usize| ![8, 13, 18, 23].contains(index);
            text.iter().enumerate().filter(|(index, _)| dash(index)).map(|(_, b)| *b).collect()
        }
        _ => return None,
    };
    let bytes: [u8; 16] = from_hex(&digits).ok()?.try_into().ok()?;
    Some(u128::from_be_bytes(bytes))
}
