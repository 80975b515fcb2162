use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// A JSON number that keeps its literal.
///
/// A literal that is exactly the decimal form of an `i64` is held as that integer; any other
/// (`1.50`, `1e3`, `-0`, an integer beyond 64 bits) is held as written. Integer, unsigned, double
/// and decimal readings are derived from it, so that no reader is handed a rounded number.
///
/// Equality is equality of literals: `1` and `1.0` differ. Languages with other notions of
/// equality bring their own comparison.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Number(Repr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Repr {
    Int(i64),
    Literal(Arc<str>),
}

impl Number {
    /// Reads a literal of the JSON grammar (RFC 8259, section 6); `None` where it is not one.
    #[must_use]
    pub fn from_literal(literal: &str) -> Option<Self> {
        if let Some(int) = canonical_int(literal) {
            return Some(Self(Repr::Int(int)));
        }
        is_json_number(literal.as_bytes()).then(|| Self(Repr::Literal(literal.into())))
    }

    /// The number of a double as Go's `encoding/json` writes it; `None` for NaN and infinities.
    #[must_use]
    pub fn from_f64(double: f64) -> Option<Self> {
        if !double.is_finite() {
            return None;
        }
        let magnitude = double.abs();
        let literal = if magnitude != 0.0 && !(1e-6..1e21).contains(&magnitude) {
            // Go writes `1e-07` as `1e-7` and `1e+21` with its sign.
            let text = format!("{double:e}");
            match text.split_once('e') {
                Some((mantissa, exponent)) if !exponent.starts_with('-') => {
                    format!("{mantissa}e+{exponent}")
                }
                _ => text,
            }
        } else {
            format!("{double}")
        };
        Self::from_literal(&literal)
    }

    /// The integer, where the literal is exactly its decimal form; else the literal. Free of
    /// cost: this is how the number is held.
    ///
    /// # Errors
    /// No error: the literal of any other number.
    pub fn held(&self) -> Result<i64, &str> {
        match &self.0 {
            Repr::Int(int) => Ok(*int),
            Repr::Literal(text) => Err(text),
        }
    }

    /// The literal, as it was written.
    #[must_use]
    pub fn literal(&self) -> Cow<'_, str> {
        match &self.0 {
            Repr::Int(int) => Cow::Owned(int.to_string()),
            Repr::Literal(text) => Cow::Borrowed(text),
        }
    }

    /// The number as `i64`, where its literal is an integer (no fraction, no exponent) in range.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Int(int) => Some(*int),
            Repr::Literal(text) => text.parse().ok(),
        }
    }

    /// The number as `u64`, where its literal is an integer (no fraction, no exponent) in range.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Int(int) => u64::try_from(*int).ok(),
            Repr::Literal(text) => text.parse().ok(),
        }
    }

    /// The nearest double; infinite where the literal is beyond the range of a double.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the nearest double is what is asked for")]
    pub fn as_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(int) => *int as f64,
            Repr::Literal(text) => text.parse().unwrap_or(f64::NAN),
        }
    }

    /// Whether the literal has neither fraction nor exponent.
    #[must_use]
    pub fn is_integer_literal(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Literal(text) => !text.contains(['.', 'e', 'E']),
        }
    }
}

impl From<i64> for Number {
    fn from(int: i64) -> Self {
        Self(Repr::Int(int))
    }
}

impl From<u64> for Number {
    fn from(int: u64) -> Self {
        match i64::try_from(int) {
            Ok(int) => Self(Repr::Int(int)),
            Err(_) => Self(Repr::Literal(int.to_string().into())),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(int) => write!(f, "{int}"),
            Repr::Literal(text) => f.write_str(text),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The `i64` whose decimal form is exactly `literal`.
fn canonical_int(literal: &str) -> Option<i64> {
    let digits = literal.strip_prefix('-').unwrap_or(literal).as_bytes();
    match digits {
        [b'0'] => (literal == "0").then_some(0),
        [b'1'..=b'9', rest @ ..] if rest.len() < 19 && rest.iter().all(u8::is_ascii_digit) => {
            literal.parse().ok()
        }
        _ => None,
    }
}

/// RFC 8259, section 6: `-? int frac? exp?`.
fn is_json_number(text: &[u8]) -> bool {
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let mut rest = text.strip_prefix(b"-").unwrap_or(text);
    let int = digits(rest);
    if int == 0 || (int > 1 && rest.first() == Some(&b'0')) {
        return false;
    }
    rest = rest.get(int..).unwrap_or_default();
    if let Some(fraction) = rest.strip_prefix(b".") {
        let len = digits(fraction);
        if len == 0 {
            return false;
        }
        rest = fraction.get(len..).unwrap_or_default();
    }
    if let Some(exponent) = rest.strip_prefix(b"e").or_else(|| rest.strip_prefix(b"E")) {
        let exponent =
            exponent.strip_prefix(b"+").or_else(|| exponent.strip_prefix(b"-")).unwrap_or(exponent);
        let len = digits(exponent);
        if len == 0 {
            return false;
        }
        rest = exponent.get(len..).unwrap_or_default();
    }
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::Number;

    #[test]
    fn literals_are_kept_and_read() {
        for (literal, int, uint, double) in [
            ("0", Some(0), Some(0), 0.0),
            ("-0", Some(0), None, -0.0),
            ("420", Some(420), Some(420), 420.0),
            ("-7", Some(-7), None, -7.0),
            ("1.50", None, None, 1.5),
            ("1e3", None, None, 1000.0),
            ("9223372036854775807", Some(i64::MAX), Some(i64::MAX as u64), i64::MAX as f64),
            ("18446744073709551615", None, Some(u64::MAX), u64::MAX as f64),
            ("123456789012345678901234567890", None, None, 1.2345678901234568e29),
        ] {
            let number = Number::from_literal(literal).unwrap();
            assert_eq!(number.literal(), literal);
            assert_eq!(number.to_string(), literal);
            assert_eq!(number.as_i64(), int, "{literal}");
            assert_eq!(number.as_u64(), uint, "{literal}");
            assert_eq!(number.as_f64(), double, "{literal}");
        }
    }

    #[test]
    fn what_is_no_json_number_is_refused() {
        for literal in
            ["", "-", "01", "1.", ".5", "1e", "1e+", "+1", "0x1f", "1_000", "NaN", "1 ", "--1"]
        {
            assert!(Number::from_literal(literal).is_none(), "{literal:?}");
        }
    }

    #[test]
    fn doubles_are_written_as_go_writes_them() {
        for (double, literal) in [
            (0.1, "0.1"),
            (1e21, "1e+21"),
            (1e20, "100000000000000000000"),
            (1e-7, "1e-7"),
            (3.0, "3"),
        ] {
            assert_eq!(Number::from_f64(double).unwrap().literal(), literal);
        }
        assert!(Number::from_f64(f64::NAN).is_none());
    }
}
