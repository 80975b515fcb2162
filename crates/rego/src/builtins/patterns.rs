//! Compiled patterns, kept between calls.

/// Patterns (regular expressions, globs) that were compiled, bounded in number. A program keeps
/// one for all its evaluations.
#[derive(Debug, Default)]
pub struct Patterns {}
