//! Texts made to hurt are read in bounded time and memory.

use sekisho_manifest::{Read, ReadOptions, read};
use std::time::{Duration, Instant};

fn read_bytes(bytes: &[u8]) -> Read {
    read("bad.yaml", bytes, &ReadOptions::default())
}

/// Texts that make readers recurse, repeat or copy without bound.
fn hostile() -> Vec<(&'static str, String)> {
    let n = 100_000;
    // More values than a text of any length may hold, and than one of that length.
    let many = 800_000;
    let items = |item: &str, count: usize| {
        format!("apiVersion: v1\nkind: X\na: [{}1]\n", item.repeat(count))
    };
    let json_items = |item: &str, count: usize| {
        format!(r#"{{"apiVersion":"v1","kind":"X","a":[{}1]}}"#, item.repeat(count))
    };
    let mut chain = String::from("a0: &a0 {x0: 1}\n");
    for level in 1..3000 {
        let before = level - 1;
        chain.push_str(&format!("a{level}: &a{level} {{<<: [*a{before}, *a{before}], x: 1}}\n"));
    }
    let wide = (0..2000).map(|key| format!("k{key}: 1, ")).collect::<String>();
    let wide = format!("m: &m {{{wide}}}\n");
    let dashes: String = (0..3000).map(|depth| format!("{}-\n", " ".repeat(depth))).collect();
    let stream = |document: &str, count: usize| format!("{document}---\n").repeat(count);
    let mut laughs = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        laughs.push_str(&format!("a{level}: &a{level} [{items}]\n"));
    }
    let mut merges = String::from("m: &m {");
    for key in 0..2000 {
        merges.push_str(&format!("k{key}: 1, "));
    }
    merges.push_str("}\n");
    for key in 0..5000 {
        merges.push_str(&format!("n{key}: {{<<: *m}}\n"));
    }
    let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(300), "]".repeat(300));
    let tower = format!("a: &a {}\nb: {}\n", nested("1"), nested("*a"));
    let stairs: String = (0..3000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    vec![
        ("brackets", "[".repeat(n)),
        ("braces", "{".repeat(n)),
        ("braces with keys", "{a: ".repeat(n)),
        ("json", "{\"a\":".repeat(n)),
        ("closed brackets", "[".repeat(n) + &"]".repeat(n)),
        ("dashes", "- ".repeat(n)),
        ("pairs", "[a: ".repeat(n)),
        ("pairs with ends", "[a: ".repeat(n) + &"]".repeat(n)),
        ("lists of objects", "[{a: ".repeat(n) + &"}]".repeat(n)),
        ("tagged lists", "!!seq [".repeat(n)),
        ("anchored lists", (0..n).map(|i| format!("&a{i} [")).collect()),
        ("questions in braces", "{? ".repeat(n)),
        ("stairs of dashes", dashes),
        ("questions", "? ".repeat(n)),
        ("question lines", "?\n".repeat(n)),
        ("colons", ": ".repeat(n)),
        ("commas in brackets", format!("[{}]", ",".repeat(n))),
        ("stairs", stairs),
        ("anchors", "&a ".repeat(n)),
        ("anchored items", format!("[{}]", "&a x, ".repeat(n))),
        ("distinct anchors", (0..n).map(|i| format!("- &a{i} x\n")).collect()),
        ("tags", "!!str ".repeat(n)),
        ("one anchor name", format!("&{} x", "a".repeat(n))),
        ("laughs", laughs),
        ("merges", merges),
        ("chain of merges", chain),
        ("one merge again and again", format!("{wide}n:\n{}", "  <<: *m\n".repeat(5000))),
        ("list of merges", format!("{wide}n:\n  <<: [{}]\n", "*m,".repeat(5000))),
        ("long text repeated", format!("a: &a {}\nb: [{}]\n", "x".repeat(n), "*a,".repeat(n))),
        ("long key repeated", format!("a: &a {}\n", "k".repeat(1000)) + &"- {*a : 1}\n".repeat(10)),
        ("anchored again", "- &a x\n".repeat(n)),
        ("aliases", "- &a x\n".to_owned() + &"- *a\n".repeat(n)),
        ("tower of aliases", tower),
        ("long plain line", "a: ".to_owned() + &"x ".repeat(n)),
        ("long plain lines", "a: b\n".to_owned() + &"  x\n".repeat(n)),
        ("blank plain lines", "a: b\n".to_owned() + &"\n".repeat(n) + "  c\n"),
        ("long key", "k".repeat(n) + ": v\n"),
        ("long keys", ("k ".repeat(600) + ": v\n").repeat(200)),
        ("long wide keys", ("ключ".repeat(300) + ": v\n").repeat(200)),
        ("long quote", format!("a: \"{}\"\n", "\\n".repeat(n))),
        ("long single quote", format!("a: '{}'\n", "''".repeat(n))),
        ("open quote", "a: \"".to_owned() + &"x\n".repeat(n)),
        ("quotes", "'' ".repeat(n)),
        ("quoted lines", format!("a: \"{}\"\n", "x\n\n ".repeat(n))),
        ("block", "a: |\n".to_owned() + &"  x\n".repeat(n)),
        ("folded", "a: >\n".to_owned() + &"  x\n\n".repeat(n)),
        ("block of blanks", "a: |\n".to_owned() + &"    \n".repeat(n)),
        ("block heads", "- |\n".repeat(n)),
        ("comments", "#\n".repeat(n)),
        ("separators", "---\n".repeat(n)),
        ("glued separators", "---#\n".repeat(n)),
        ("bad separators", "--- x\n".repeat(2000)),
        ("ends", "...\n".repeat(n)),
        ("many keys", (0..n).map(|i| format!("k{i}: v\n")).collect()),
        ("many keys backwards", (0..n).rev().map(|i| format!("k{i:06}: v\n")).collect()),
        ("same key", "k: v\n".repeat(n)),
        ("wide breaks", "# \u{2028}".repeat(n)),
        ("carriage returns", "\r".repeat(n)),
        ("json objects", "{}".repeat(n)),
        ("json objects without end", "{}".repeat(2 * n)),
        ("json then yaml", "{}\n{}\n".to_owned() + &"[".repeat(n)),
        ("json brackets", "{\"a\":".to_owned() + &"[".repeat(n)),
        ("items in one line", format!("apiVersion: v1\nkind: List\nitems: [{}]\n", "1,".repeat(n))),
        ("values in a line", items("1,", many)),
        ("values in json", json_items("1,", many)),
        ("empty objects in json", json_items("{},", 2 * many)),
        ("lists in json", json_items("[[1]],", many / 2)),
        ("values on lines", "-\n".repeat(many)),
        ("values in documents", stream("[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n", many / 16)),
        ("documents without end", stream("a: b\n", 2 * n)),
        ("items without end", {
            let item = "{apiVersion: v1, kind: X},";
            format!("apiVersion: v1\nkind: List\nitems: [{}]\n", item.repeat(2 * n))
        }),
        ("same key in json", format!("{{{}\"k\":1}}", "\"k\":1,".repeat(n))),
        ("same key in braces", format!("x: {{{}}}\n", "k: 1, ".repeat(n))),
        ("keys without values", format!("{{{}}}\n", "k1,".repeat(n))),
        ("long key in json", format!("{{\"{}\":1}}", "k".repeat(n))),
        ("long key between quotes", format!("\"{}\": v\n", "k".repeat(n))),
        ("long key behind a question", format!("? {}\n: v\n", "k".repeat(n))),
        ("big number in json", format!("{{\"a\":{}}}", "9".repeat(n))),
        ("long fraction in json", format!("{{\"a\":0.{}e-1}}", "9".repeat(n))),
        ("long exponent in json", format!("{{\"a\":1e{}1}}", "0".repeat(n))),
        ("tiny numbers in json", json_items("1e-999999999,", n / 4)),
        ("big exponent", "a: 1e999999999\n".to_owned()),
        ("invalid UTF-8 on lines", "a: \u{fffd}\n".repeat(n)),
        ("byte order marks", "a: b\n".to_owned() + &"\u{feff}a: b\n".repeat(n)),
        ("marked documents", stream("\u{feff}a: b\n", n / 4)),
        ("tabs", "\t".repeat(n)),
        ("tabs on lines", "a: b\n".to_owned() + &"\t\n".repeat(n)),
        ("crlf", "k: v\r\n".to_owned() + &"\r\n".repeat(n) + &"a: b\r\n".repeat(2)),
        ("carriage returns before line feeds", "a: b\n".to_owned() + &"\r\r\n".repeat(n)),
        ("indented by much", format!("a:\n{}b: c\n", " ".repeat(n))),
        ("one comment", "# ".to_owned() + &"x".repeat(n)),
        ("big number", "a: ".to_owned() + &"9".repeat(n)),
        ("big hexadecimal", "a: 0x".to_owned() + &"f".repeat(n)),
        ("number with underscores", "a: 1".to_owned() + &"_".repeat(n)),
        ("point with underscores", "a: .1".to_owned() + &"_1".repeat(n)),
        ("templates", "{{ x }}\n---\n".repeat(5000)),
        ("documents", "a: b\n---\n".repeat(n / 4)),
        ("faults", "a: [\n---\n".repeat(n / 20)),
        (
            "lists in lists",
            "apiVersion: v1\nkind: List\nitems: [".to_owned()
                + &"{apiVersion: v1, kind: List, items: [".repeat(200)
                + &"]}".repeat(200)
                + "]\n",
        ),
    ]
}

/// What is told of those that pass a bound.
const BOUNDS: &[(&str, &[&str])] = &[
    (
        "nested deeper",
        &[
            "brackets",
            "closed brackets",
            "pairs",
            "pairs with ends",
            "lists of objects",
            "tagged lists",
            "anchored lists",
            "dashes",
            "stairs",
            "stairs of dashes",
            "json",
            "json brackets",
            "tower of aliases",
        ],
    ),
    (
        "aliases repeat too much",
        &[
            "laughs",
            "merges",
            "chain of merges",
            "one merge again and again",
            "list of merges",
            "long text repeated",
        ],
    ),
    (
        "too many for the text's length",
        &[
            "values in a line",
            "values in json",
            "empty objects in json",
            "lists in json",
            "values on lines",
            "values in documents",
        ],
    ),
    (
        "documents, which is too many",
        &["documents without end", "items without end", "json objects without end"],
    ),
    ("already set", &["same key", "same key in braces"]),
    ("stands twice", &["same key in json"]),
    ("byte order mark", &["byte order marks"]),
    ("a tab stands", &["tabs", "tabs on lines"]),
    ("beyond the range", &["big number in json"]),
];

/// Texts of which there is nothing to tell.
const NOTHING: &[&str] =
    &["comments", "one comment", "wide breaks", "separators", "carriage returns"];

#[test]
fn hostile_texts_take_bounded_time_and_bounds_are_told() {
    let texts = hostile();
    let named = BOUNDS.iter().flat_map(|(_, names)| *names).chain(NOTHING);
    for name in named {
        assert_eq!(texts.iter().filter(|(other, _)| other == name).count(), 1, "{name}");
    }
    for (name, text) in texts {
        let start = Instant::now();
        let read = read_bytes(text.as_bytes());
        let elapsed = start.elapsed();
        // A debug build on a busy machine; quadratic readers take minutes.
        assert!(elapsed < Duration::from_secs(20), "{name}: {elapsed:?}");
        let outcomes = read.documents.len() + read.skipped.len() + read.errors.len();
        assert_eq!(outcomes == 0, NOTHING.contains(&name), "{name}: {:?}", read.errors);
        for (part, names) in BOUNDS {
            if names.contains(&name) {
                let [error] = read.errors.as_slice() else {
                    panic!("{name}: {} errors, {outcomes} outcomes", read.errors.len());
                };
                assert!(error.message.contains(part), "{name}: {error}");
            }
        }
    }
}
