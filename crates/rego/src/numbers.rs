//! Maps and sets by numbers that nobody outside chooses: of variables, registers, functions.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasherDefault, Hasher};

pub(crate) type NumberMap<K, V> = HashMap<K, V, BuildHasherDefault<NumberHasher>>;
pub(crate) type NumberSet<K> = HashSet<K, BuildHasherDefault<NumberHasher>>;

/// Hashes a number by one multiplication.
#[derive(Clone, Debug, Default)]
pub(crate) struct NumberHasher(u64);

/// Odd, with about as many ones as zeros.
const FACTOR: u64 = 0xf135_7aea_2e62_a9c5;
/// Brings the bits that depend on all others to where maps look.
const ROTATE: u32 = 26;

impl Hasher for NumberHasher {
    fn finish(&self) -> u64 {
        self.0.rotate_left(ROTATE)
    }

    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64(u64::from(*byte)));
    }

    fn write_u16(&mut self, number: u16) {
        self.write_u64(u64::from(number));
    }

    fn write_u32(&mut self, number: u32) {
        self.write_u64(u64::from(number));
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = self.0.wrapping_add(number).wrapping_mul(FACTOR);
    }

    fn write_usize(&mut self, number: usize) {
        self.write_u64(number as u64);
    }
}
