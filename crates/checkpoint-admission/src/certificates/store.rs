//! What a Secret holds of certificates, and what is to become of it. Knows no clock and no client.
//!
//! Every certificate comes with an authority of its own, whose key is nowhere kept. A new one is
//! served only after its authority is trusted, and the old authority is trusted for as long as the
//! old certificate may still be served by another replica:
//!
//! | stage | served | trusted |
//! | --- | --- | --- |
//! | steady | old | old |
//! | announced | old | old and new |
//! | switched | new | old and new |
//! | steady | new | new |

use crate::server::{CertificateError, Issued};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use sekisho_value::{Map, Value};

/// How long certificates hold, and how long each stage of their renewal takes at least.
#[derive(Clone, Copy, Debug)]
pub struct Periods {
    /// how long a certificate holds
    pub validity: SignedDuration,
    /// how long before its end the next one is announced
    pub renewal: SignedDuration,
    /// how long an authority is trusted before what it signed is served: until every API server
    /// knows of it
    pub announced: SignedDuration,
    /// how long the old authority is trusted after the switch: until every replica has switched
    pub switched: SignedDuration,
}

impl Default for Periods {
    fn default() -> Self {
        Self {
            validity: SignedDuration::from_hours(90 * 24),
            renewal: SignedDuration::from_hours(30 * 24),
            announced: SignedDuration::from_secs(30),
            switched: SignedDuration::from_mins(10),
        }
    }
}

/// A certificate with its key and the authority that signed it, in PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Issue {
    pub(super) authority: String,
    pub(super) chain: String,
    pub(super) key: String,
    pub(super) not_after: Timestamp,
}

/// What a Secret holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Store {
    pub(super) served: Issue,
    /// the one that comes next, or the one that went before
    pub(super) other: Option<(Other, Issue)>,
    /// since when it is so
    pub(super) since: Timestamp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Other {
    Next,
    Last,
}

impl Issue {
    fn new(names: &[String], now: Timestamp, periods: &Periods) -> Result<Self, CertificateError> {
        let day = SignedDuration::from_hours(24);
        let not_after = now.saturating_add(periods.validity).unwrap_or(Timestamp::MAX);
        let date = |time: Timestamp| time.to_zoned(jiff::tz::TimeZone::UTC).date();
        let before = now.saturating_sub(day).unwrap_or(Timestamp::MIN);
        // A day more, since the limit is a day's beginning.
        let after = not_after.saturating_add(day).unwrap_or(Timestamp::MAX);
        let Issued { authority, chain, key } = Issued::between(names, [date(before), date(after)])?;
        Ok(Self { authority, chain, key, not_after })
    }
}

impl Store {
    /// The first certificate.
    pub(super) fn first(
        names: &[String],
        now: Timestamp,
        periods: &Periods,
    ) -> Result<Self, CertificateError> {
        Ok(Self { served: Issue::new(names, now, periods)?, other: None, since: now })
    }

    /// What is to be trusted: authorities in PEM.
    pub(super) fn trusted(&self) -> String {
        let other = self.other.as_ref().map_or("", |(_, issue)| issue.authority.as_str());
        format!("{}{other}", self.served.authority)
    }

    /// What is to be written in its place; none where it is as it should be. `asked` renews at
    /// once; `is_trusted` tells that whoever asks the webhook was told of all authorities.
    pub(super) fn next(
        &self,
        names: &[String],
        now: Timestamp,
        periods: &Periods,
        (asked, is_trusted): (bool, bool),
    ) -> Result<Option<Self>, CertificateError> {
        let passed = now.duration_since(self.since);
        let served = self.served.clone();
        Ok(match &self.other {
            None => {
                let left = self.served.not_after.duration_since(now);
                if !asked && left > periods.renewal {
                    return Ok(None);
                }
                let next = Issue::new(names, now, periods)?;
                Some(Self { served, other: Some((Other::Next, next)), since: now })
            }
            Some((Other::Next, next)) => {
                let expired = self.served.not_after <= now;
                if !expired && (!is_trusted || passed < periods.announced) {
                    return Ok(None);
                }
                let other = Some((Other::Last, served));
                Some(Self { served: next.clone(), other, since: now })
            }
            Some((Other::Last, _)) => {
                (passed >= periods.switched).then_some(Self { served, other: None, since: now })
            }
        })
    }

    /// The data of the Secret.
    pub(super) fn to_data(&self) -> Value {
        let mut data = Map::new();
        let mut text = |key: &'static str, text: &str| {
            data.insert(key, STANDARD.encode(text));
        };
        text("ca.crt", &self.trusted());
        text("since", &self.since.to_string());
        let mut issue = |keys: [&'static str; 4], issue: &Issue| {
            let parts = [&issue.authority, &issue.chain, &issue.key, &issue.not_after.to_string()];
            for (key, part) in keys.into_iter().zip(parts) {
                text(key, part);
            }
        };
        issue(SERVED, &self.served);
        match &self.other {
            Some((Other::Next, next)) => issue(NEXT, next),
            Some((Other::Last, last)) => issue(LAST, last),
            None => {}
        }
        Value::Object(data)
    }

    /// Reads the data of the Secret; none where it is not what was written.
    pub(super) fn of_data(data: &Value) -> Option<Self> {
        let text =
            |key: &str| String::from_utf8(STANDARD.decode(data.path_str(&[key])?).ok()?).ok();
        let issue = |[authority, chain, key, not_after]: [&str; 4]| {
            Some(Issue {
                authority: text(authority)?,
                chain: text(chain)?,
                key: text(key)?,
                not_after: text(not_after)?.parse().ok()?,
            })
        };
        let other = issue(NEXT).map(|next| (Other::Next, next));
        let other = other.or_else(|| Some((Other::Last, issue(LAST)?)));
        Some(Self { served: issue(SERVED)?, other, since: text("since")?.parse().ok()? })
    }
}

const SERVED: [&str; 4] = ["authority.crt", "tls.crt", "tls.key", "not-after"];
const NEXT: [&str; 4] = ["next-authority.crt", "next.crt", "next.key", "next-not-after"];
const LAST: [&str; 4] = ["last-authority.crt", "last.crt", "last.key", "last-not-after"];

#[cfg(test)]
mod tests {
    use super::{Other, Periods, Store};
    use jiff::{SignedDuration, Timestamp};

    #[test]
    fn what_is_served_is_trusted_before_and_after() {
        let names = ["sekisho.sekisho.svc".to_owned()];
        let periods = Periods::default();
        let start: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut now = start;
        let mut store = Store::first(&names, now, &periods).unwrap();
        let first = store.served.clone();
        let mut stages = Vec::new();
        for _ in 0..4 * 24 * 91 {
            now += SignedDuration::from_mins(15);
            if let Some(next) = store.next(&names, now, &periods, (false, true)).unwrap() {
                // Of two replicas one may serve what the Secret held before, and an API server may
                // trust what it held before.
                assert!(store.trusted().contains(&next.served.authority), "at {now}");
                assert!(next.trusted().contains(&store.served.authority), "at {now}");
                stages.push(next.other.as_ref().map(|(other, _)| *other));
                store = next;
                assert_eq!(Store::of_data(&store.to_data()).unwrap(), store, "it is read back");
            }
            assert!(now < store.served.not_after);
        }
        assert_eq!(stages, [Some(Other::Next), Some(Other::Last), None]);
        assert_ne!(store.served, first);
        assert_eq!(store.trusted(), store.served.authority);
    }

    #[test]
    fn nothing_is_served_before_it_is_trusted() {
        let names = ["localhost".to_owned()];
        let periods = Periods::default();
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let later = now + SignedDuration::from_hours(1);
        let store = Store::first(&names, now, &periods).unwrap();
        assert_eq!(store.next(&names, now, &periods, (false, true)).unwrap(), None);
        let announced = store.next(&names, now, &periods, (true, true)).unwrap().unwrap();
        assert_eq!(announced.served, store.served);
        assert_eq!(announced.next(&names, later, &periods, (true, false)).unwrap(), None);
        assert_eq!(announced.next(&names, now, &periods, (true, true)).unwrap(), None);
        let switched = announced.next(&names, later, &periods, (false, true)).unwrap().unwrap();
        assert_ne!(switched.served, store.served);
        assert!(switched.trusted().contains(&store.served.authority));
        // What cannot be served any more is not worth waiting for.
        let expired = store.served.not_after;
        assert!(announced.next(&names, expired, &periods, (false, false)).unwrap().is_some());
    }

    #[test]
    fn other_data_is_none() {
        let mut data = Store::first(&["a".to_owned()], Timestamp::UNIX_EPOCH, &Periods::default())
            .unwrap()
            .to_data();
        assert!(Store::of_data(&data).is_some());
        data.as_object_mut().unwrap().remove("tls.key");
        assert!(Store::of_data(&data).is_none());
    }
}
