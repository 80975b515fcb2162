//! The values of options, checked as they are parsed, so that settings files are told off as the
//! command line is.

use jiff::Timestamp;
use sekisho_checkpoint_admission::{FailureDirection, FailureDirections};
use sekisho_packs::{Pack, packs};
use sekisho_policy::{KubernetesVersion, Pattern, Target, UserInfo};
use std::fmt;
use std::net::{IpAddr, SocketAddr};

/// `LEVEL[:VERSION]` of `--pod-security`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PodSecurity {
    pub(crate) level: String,
    /// `latest` where none was given
    pub(crate) version: String,
}

pub(crate) fn pod_security(text: &str) -> Result<PodSecurity, String> {
    let (level, version) = text.split_once(':').unwrap_or((text, "latest"));
    if !["privileged", "baseline", "restricted"].contains(&level) {
        return Err("the levels are privileged, baseline and restricted".to_owned());
    }
    let parsed = KubernetesVersion::parse(version);
    if version != "latest" && !parsed.is_ok_and(|parsed| parsed.to_string() == version) {
        return Err("a version looks like `v1.30` or `latest`".to_owned());
    }
    Ok(PodSecurity { level: level.to_owned(), version: version.to_owned() })
}

/// `NAME` of `--pack`.
pub(crate) fn pack(name: &str) -> Result<Pack, String> {
    let packs = packs();
    let names: Vec<&str> = packs.iter().map(|pack| pack.name.as_str()).collect();
    let unknown = format!("the packs are {}", names.join(", "));
    packs.into_iter().find(|pack| pack.name == name).ok_or(unknown)
}

/// `[POLICY=]DIRECTION` of `--failure-policy`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PolicyDirection {
    /// none for the whole server
    pub(crate) policy: Option<Pattern>,
    pub(crate) direction: FailureDirection,
}

pub(crate) fn failure_direction(text: &str) -> Result<PolicyDirection, String> {
    let (policy, direction) = match text.rsplit_once('=') {
        Some(("", _)) => return Err("the policy's name is empty".to_owned()),
        Some((policy, direction)) => (Some(Pattern::new(policy)), direction),
        None => (None, text),
    };
    let direction = match direction {
        "fail" => FailureDirection::Fail,
        "ignore" => FailureDirection::Ignore,
        _ => return Err("the directions are fail and ignore".to_owned()),
    };
    Ok(PolicyDirection { policy, direction })
}

/// What all `--failure-policy` say together: one without a policy is the server's.
pub(crate) fn failure_directions(given: &[PolicyDirection]) -> FailureDirections {
    let mut directions = FailureDirections::default();
    for PolicyDirection { policy, direction } in given {
        match policy {
            Some(policy) => directions.of.push((policy.clone(), *direction)),
            None => directions.whole = *direction,
        }
    }
    directions
}

pub(crate) fn kubernetes_version(text: &str) -> Result<KubernetesVersion, String> {
    let version = KubernetesVersion::parse(text).map_err(|error| error.to_string())?;
    if version > KubernetesVersion::NEWEST {
        let newest = KubernetesVersion::NEWEST;
        return Err(format!("`{version}` is not known here: the newest known is `{newest}`"));
    }
    Ok(version)
}

/// What is judged for, by its version alone; the newest that is known where none is given.
pub(crate) fn target(version: Option<KubernetesVersion>) -> Target {
    let mut target = Target::default();
    if let Some(version) = version {
        (target.kubernetes_version, target.assumed) = (version, false);
    }
    target
}

/// A time of RFC 3339. What reads it takes more than that, hours beyond a day among it.
pub(crate) fn time(text: &str) -> Result<Timestamp, String> {
    let wrong = || "not a time as in RFC 3339: write `2026-11-21T12:00:00Z`".to_owned();
    if !is_rfc3339(text) {
        return Err(wrong());
    }
    text.parse().map_err(|_| wrong())
}

/// Whether a text has the form of section 5.6 of RFC 3339.
fn is_rfc3339(text: &str) -> bool {
    let form = |text: &str, form: &str| {
        text.len() == form.len()
            && text.bytes().zip(form.bytes()).all(|(byte, wants)| match wants {
                b'0' => byte.is_ascii_digit(),
                b'T' => matches!(byte, b'T' | b't' | b' '),
                _ => byte == wants,
            })
    };
    let Some((head, rest)) = text.split_at_checked("2026-11-21T12:00:00".len()) else {
        return false;
    };
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => {
            let rest = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if rest.len() == fraction.len() { "" } else { rest }
        }
        None => rest,
    };
    let hours = |rest: &str| rest.get(1..3).and_then(|hours| hours.parse().ok());
    let offset = form(rest, "+00:00") || form(rest, "-00:00");
    form(head, "0000-00-00T00:00:00")
        && (matches!(rest, "Z" | "z") || offset && hours(rest).is_some_and(|hours: u8| hours < 24))
}

/// Who sends the requests that are judged: the groups are what the API server makes of those that
/// `--as-group` gives.
///
/// # Errors
/// Where there are groups of nobody.
pub(crate) fn user(name: Option<&str>, groups: &[String]) -> anyhow::Result<UserInfo> {
    let Some(name) = name else {
        if groups.is_empty() {
            return Ok(UserInfo::default());
        }
        anyhow::bail!("`--as-group` gives groups of the user of `--as`: give one");
    };
    let (username, groups) = (name.to_owned(), groups.to_vec());
    Ok(UserInfo { username, groups, ..UserInfo::default() }.in_group_of_all())
}

/// Where a server listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Listen {
    /// none for every address
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.address {
            Some(address) => write!(f, "{}", SocketAddr::new(address, self.port)),
            None => write!(f, ":{}", self.port),
        }
    }
}

/// `[ADDRESS]:PORT` of `--listen`.
pub(crate) fn listen(text: &str) -> Result<Listen, String> {
    if let Some(port) = text.strip_prefix(':').and_then(|port| port.parse().ok()) {
        return Ok(Listen { address: None, port });
    }
    match text.parse::<SocketAddr>() {
        Ok(address) => Ok(Listen { address: Some(address.ip()), port: address.port() }),
        Err(_) => {
            Err("write it as `127.0.0.1:8443`, `[::1]:8443`, or `:8443` for every address"
                .to_owned())
        }
    }
}

/// A name of a certificate: an address, or labels as of RFC 1123, the first of which may be `*`.
pub(crate) fn server_name(text: &str) -> Result<String, String> {
    let names = text.strip_prefix("*.").unwrap_or(text);
    let label = |label: &str| {
        let bytes = label.as_bytes();
        let ends = [bytes.first(), bytes.last()];
        let plain = |byte: &u8| byte.is_ascii_alphanumeric();
        (1..=63).contains(&bytes.len())
            && bytes.iter().all(|byte| plain(byte) || *byte == b'-')
            && ends.iter().all(|end| end.is_some_and(plain))
    };
    let is_name = names.len() <= 253 && names.split('.').all(label);
    if is_name || text.parse::<IpAddr>().is_ok() {
        Ok(text.to_owned())
    } else {
        Err("a certificate is for a name, as `sekisho.sekisho-system.svc`, or an address"
            .to_owned())
    }
}

/// The name of a namespace: a label as of RFC 1123.
pub(crate) fn namespace(text: &str) -> Result<String, String> {
    let inner = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [text.bytes().next(), text.bytes().last()];
    let sound = text.len() <= 63
        && text.bytes().all(|byte| inner(byte) || byte == b'-')
        && ends.iter().all(|end| end.is_some_and(inner));
    if sound {
        Ok(text.to_owned())
    } else {
        let why = "a namespace's name has at most 63 lower case letters, digits and `-`, and \
                   begins and ends with a letter or digit";
        Err(why.to_owned())
    }
}

/// A boolean as Go's `strconv.ParseBool` reads it.
pub(crate) fn go_bool(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("write `true` or `false`".to_owned()),
    }
}

/// A number as Go's `strconv.ParseInt` reads it where its first characters tell the base: `0x10`,
/// `0o20`, `020`, `0b1_0000`.
pub(crate) fn go_int(text: &str) -> Result<i64, String> {
    let wrong = || "write a whole number".to_owned();
    let (sign, number) = match text.strip_prefix('-') {
        Some(number) => ("-", number),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = number.to_ascii_lowercase();
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2), ("0", 8)];
    let of_base = |&(prefix, base)| Some((lower.strip_prefix(prefix)?, base));
    let (digits, base) = match lower.as_str() {
        "0" => ("0", 10),
        _ => prefixes.iter().find_map(of_base).unwrap_or((&lower, 10)),
    };
    // Behind what tells the base, `_` may stand before any digit.
    let parts: Vec<&str> = digits.split('_').collect();
    let behind_base = base != 10 && parts.len() > 1;
    let empty = parts.iter().skip(usize::from(behind_base)).any(|part| part.is_empty());
    let joined = parts.concat();
    if empty || joined.is_empty() || joined.starts_with(['+', '-']) {
        return Err(wrong());
    }
    i64::from_str_radix(&format!("{sign}{joined}"), base).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::{
        failure_direction, failure_directions, go_int, listen, namespace, pod_security,
        server_name, time,
    };
    use sekisho_checkpoint_admission::FailureDirection::{Fail, Ignore};

    #[test]
    fn whole_numbers_as_go_reads_them() {
        // As `strconv.ParseInt(text, 0, 64)` of Go 1.26 answers.
        for (text, number) in [
            ("0", Some(0)),
            ("-0", Some(0)),
            ("+7", Some(7)),
            ("-12", Some(-12)),
            ("010", Some(8)),
            ("0_10", Some(8)),
            ("0x1F", Some(31)),
            ("0X_1f", Some(31)),
            ("-0b11", Some(-3)),
            ("0O17", Some(15)),
            ("1_000", Some(1000)),
            ("9223372036854775807", Some(i64::MAX)),
            ("-9223372036854775808", Some(i64::MIN)),
            ("9223372036854775808", None),
            ("", None),
            ("-", None),
            ("--1", None),
            ("+-1", None),
            ("08", None),
            ("_1", None),
            ("1_", None),
            ("1__0", None),
            ("0x", None),
            ("0_", None),
            ("0x+1", None),
            ("1.5", None),
            ("1e3", None),
        ] {
            assert_eq!(go_int(text).ok(), number, "{text}");
        }
    }

    #[test]
    fn directions_are_the_servers_or_a_policys() {
        for (text, want) in [
            ("fail", Some((None, Fail))),
            ("ignore", Some((None, Ignore))),
            ("local/x/*=ignore", Some((Some("local/x/*"), Ignore))),
            ("a=b=fail", Some((Some("a=b"), Fail))),
            ("=fail", None),
            ("Fail", None),
            ("a=", None),
            ("", None),
        ] {
            let found = failure_direction(text).ok();
            let found =
                found.as_ref().map(|f| (f.policy.as_ref().map(|p| p.as_str()), f.direction));
            assert_eq!(found, want, "{text}");
        }
        let given = ["a=ignore", "ignore", "b=fail", "fail"].map(|t| failure_direction(t).unwrap());
        let directions = failure_directions(&given);
        assert_eq!(directions.whole, Fail);
        let of = directions.of.iter().map(|(policy, direction)| (policy.as_str(), *direction));
        assert_eq!(of.collect::<Vec<_>>(), [("a", Ignore), ("b", Fail)]);
    }

    #[test]
    fn times_are_those_of_rfc_3339() {
        for (text, sound) in [
            ("2026-11-21T12:00:00Z", true),
            ("2026-11-21t12:00:00z", true),
            ("2026-11-21 12:00:00.25+23:59", true),
            ("2026-11-21T12:00:00-08:00", true),
            ("2026-11-21T12:00:00+25:00", false),
            ("2026-11-21T12:00:00+24:00", false),
            ("2026-11-21T12:00:00", false),
            ("2026-11-21T12:00:00.Z", false),
            ("20261121T120000Z", false),
            ("2026-11-21T12:00Z", false),
            ("2026-13-21T12:00:00Z", false),
            ("2026-11-21T12:00:00Z[UTC]", false),
            ("2026-11-2ÄT12:00:00Z", false),
            ("", false),
        ] {
            assert_eq!(time(text).is_ok(), sound, "{text}");
        }
    }

    #[test]
    fn servers_listen_at_addresses() {
        for (text, wanted) in [
            (":8443", Some(":8443")),
            ("127.0.0.1:0", Some("127.0.0.1:0")),
            ("[::]:8443", Some("[::]:8443")),
            ("[::1]:1", Some("[::1]:1")),
            ("8443", None),
            (":", None),
            (":65536", None),
            ("::8443", None),
            ("localhost:8443", None),
            ("", None),
        ] {
            let found = listen(text).ok().map(|listen| listen.to_string());
            assert_eq!(found.as_deref(), wanted, "{text}");
        }
    }

    #[test]
    fn certificates_are_for_names_and_addresses() {
        for (text, sound) in [
            ("localhost", true),
            ("sekisho.sekisho-system.svc", true),
            ("*.example.test", true),
            ("127.0.0.1", true),
            ("::1", true),
            ("", false),
            ("a b", false),
            ("a..b", false),
            ("-a", false),
            ("*", false),
            ("https://a", false),
            ("a:8443", false),
            (&"a".repeat(64), false),
        ] {
            assert_eq!(server_name(text).is_ok(), sound, "{text}");
        }
    }

    #[test]
    fn namespaces_are_dns_labels() {
        for (text, sound) in [
            ("default", true),
            ("1", true),
            (&"a".repeat(63), true),
            (&"a".repeat(64), false),
            ("", false),
            ("Foo", false),
            ("a b", false),
            ("-a", false),
            ("a-", false),
            ("a.b", false),
            ("ä", false),
        ] {
            assert_eq!(namespace(text).is_ok(), sound, "{text}");
        }
    }

    #[test]
    fn levels_have_versions() {
        for (text, want) in [
            ("baseline", Some(("baseline", "latest"))),
            ("restricted:v1.30", Some(("restricted", "v1.30"))),
            ("privileged:latest", Some(("privileged", "latest"))),
            ("strict", None),
            ("baseline:1.30", None),
            ("baseline:", None),
            ("", None),
        ] {
            let found = pod_security(text).ok();
            let found = found.as_ref().map(|of| (of.level.as_str(), of.version.as_str()));
            assert_eq!(found, want, "{text}");
        }
    }
}
