//! Numbers as text, as Go writes them.

/// A double as Go's `%g` writes it: the fewest digits that read back as the same, with an
/// exponent where it is below -4 or at least 6.
pub(crate) fn format_general(double: f64) -> String {
    if double.is_nan() {
        return "NaN".to_owned();
    }
    if double.is_infinite() {
        return if double > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = shortest(double);
    let Some((mantissa, exponent)) = scientific.split_once('e') else { return scientific };
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if (-4..6).contains(&exponent) {
        return format!("{double}");
    }
    format!("{mantissa}e{}", exponent_text(exponent))
}

/// As few digits as tell the number from others; of two that are as near to it, the even one.
fn shortest(double: f64) -> String {
    let text = format!("{double:e}");
    let decimals = text.bytes().take_while(|byte| *byte != b'e').filter(u8::is_ascii_digit).count();
    let rounded = format!("{double:.*e}", decimals.saturating_sub(1));
    if rounded.parse() == Ok(double) { rounded } else { text }
}

/// `+07`, `-123`
pub(crate) fn exponent_text(exponent: i32) -> String {
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{sign}{:02}", exponent.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::format_general;

    #[test]
    fn doubles_are_written_as_go_writes_them() {
        for (double, text) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.5, "1.5"),
            (123_456.5, "123456.5"),
            (1e6, "1e+06"),
            (1e20, "1e+20"),
            (1e21, "1e+21"),
            (1.5e-5, "1.5e-05"),
            (0.0001, "0.0001"),
            (1.8446744073709552e19, "1.8446744073709552e+19"),
            (2_251_799_812_636_672.2, "2.2517998126366722e+15"),
            (f64::NEG_INFINITY, "-Inf"),
        ] {
            assert_eq!(format_general(double), text);
        }
    }
}
