//! URLs and addresses as Go's `net/url` and `net/netip` packages read and write them.
//!
//! Policies tell what is wrong with an address in Go's words, and so do we.
//!
//! **Invariant:** a text is read in linear time, or refused with a reason.

mod address;
mod quote;
mod url;

pub use address::{Address, MAPPED, is_mapped, print};
pub use quote::quoted;
pub use url::{Url, UrlError, parse, parse_request, query_escape, query_unescape};

#[cfg(test)]
mod tests {
    use super::{Address, parse, parse_request};

    #[test]
    fn a_request_wants_an_absolute_url() {
        for (text, whole, request) in [
            ("https://a:80/b?c#d", "", ""),
            ("/a/b", "", ""),
            ("", "", "parse \"\": empty url"),
            ("a/b", "", "parse \"a/b\": invalid URI for request"),
            ("//a/b", "", ""),
            ("mailto:a", "", ""),
            (
                "https://a:b/",
                "parse \"https://a:b/\": invalid port \":b\" after host",
                "parse \"https://a:b/\": invalid port \":b\" after host",
            ),
        ] {
            let told = |read: Result<_, super::UrlError>| {
                read.map_or_else(|error| error.to_string(), |_: super::Url| String::new())
            };
            assert_eq!(told(parse(text)), whole, "{text}");
            assert_eq!(told(parse_request(text)), request, "{text}");
        }
    }

    #[test]
    fn what_is_written_anew_is_read_as_the_same() {
        for text in ["https://u:p@a:80/b%2fc?x=1&y#z", "/a?", "mailto:a@b", "a:/b", "./a:b"] {
            let url = parse(text).unwrap();
            assert_eq!(url.text(), text);
            assert_eq!(parse(&url.text()).unwrap(), url);
        }
        let query = parse("/?b=1&a=2&b=3&%zz=4&c;d=5&e").unwrap().query();
        let shown: Vec<String> = query
            .iter()
            .map(|(key, values)| format!("{}{}", String::from_utf8_lossy(key), values.len()))
            .collect();
        assert_eq!(shown, ["a1", "b2", "e1"]);
    }

    #[test]
    fn addresses() {
        assert!(Address::parse("::1%eth0").unwrap().has_zone());
        assert_eq!(Address::parse("a").unwrap_err(), "ParseAddr(\"a\"): unable to parse IP");
    }
}
