//! How long a request may take: the API server says it in the URL.

use std::time::Duration;

/// The least time that is left for the answer's way back, and its part of the whole.
const WAY_BACK: (Duration, u32) = (Duration::from_millis(50), 10);

/// The time within which an answer is to be there: the API server's `timeout`, less what the
/// answer needs on its way, and never longer than what was configured.
pub(super) fn deadline(query: Option<&str>, configured: Duration) -> Duration {
    let Some(timeout) = query.and_then(timeout) else { return configured };
    let (least, part) = WAY_BACK;
    let way_back = least.max(timeout / part);
    timeout.saturating_sub(way_back).min(configured)
}

fn timeout(query: &str) -> Option<Duration> {
    let value = query.split('&').find_map(|pair| pair.strip_prefix("timeout="))?;
    parse(value)
}

/// Reads a duration as Go writes it: `10s`, `1m30s`, `1.5s`, `250ms`.
fn parse(text: &str) -> Option<Duration> {
    const UNITS: [(&str, f64); 6] =
        [("ns", 1e-9), ("us", 1e-6), ("µs", 1e-6), ("ms", 1e-3), ("m", 60.0), ("h", 3600.0)];
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let unit = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let seconds = match rest.get(..unit)? {
            "s" => 1.0,
            unit => UNITS.iter().find(|(name, _)| *name == unit)?.1,
        };
        total += number * seconds;
        rest = rest.get(unit..)?;
    }
    (total > 0.0).then(|| Duration::try_from_secs_f64(total).ok())?
}

#[cfg(test)]
mod tests {
    use super::deadline;
    use std::time::Duration;

    #[test]
    fn the_api_servers_timeout_less_the_way_back() {
        let configured = Duration::from_secs(5);
        for (query, wanted) in [
            (None, 5_000),
            (Some(""), 5_000),
            (Some("timeout=10s"), 5_000),
            (Some("timeout=3s"), 2_700),
            (Some("a=b&timeout=1m"), 5_000),
            (Some("timeout=1.5s"), 1_350),
            (Some("timeout=250ms"), 200),
            (Some("timeout=1m1s"), 5_000),
            (Some("timeout=10ms"), 0),
            (Some("timeout=s"), 5_000),
            (Some("timeout=-1s"), 5_000),
            (Some("timeout=1"), 5_000),
            (Some("timeout=99999999999999999999h"), 5_000),
        ] {
            assert_eq!(deadline(query, configured), Duration::from_millis(wanted), "{query:?}");
        }
    }
}
