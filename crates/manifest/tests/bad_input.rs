//! What is wrong with a text is told with its place, in bounded time and memory.

use sekisho_manifest::{Read, ReadOptions, read};
use std::time::{Duration, Instant};

fn read_bytes(bytes: &[u8]) -> Read {
    read("bad.yaml", bytes, &ReadOptions::default())
}

#[test]
fn errors_have_a_place_and_help() {
    let cases: &[(&str, u32, u32, &str)] = &[
        ("a:\n\tb: c\n", 2, 1, "a tab stands where a line is indented"),
        ("a: b\n\tc: d\n", 2, 1, "a tab stands"),
        ("a: |\n\tb\n", 2, 1, "a tab stands"),
        ("a: 1\nb: 2\na: 3\n", 3, 1, "key `a` is already set on line 1"),
        ("x:\n- {a: 1, b: 2, \"a\": 3}\n", 2, 16, "key `a` is already set on line 2"),
        ("a: *nope\n", 1, 4, "unknown anchor `nope`"),
        ("a: &x [*x]\n", 1, 8, "the anchor `x` contains itself"),
        ("a: [b, c\n", 1, 4, "`[` has no end"),
        ("a: {b: c\n", 1, 4, "`{` has no end"),
        ("a: [b}\n", 1, 6, "expected `,` or `]`"),
        ("a: \"b\n", 1, 4, "text between quotes has no end"),
        ("a: \"\\q\"\n", 1, 5, "unknown escape"),
        ("a: b: c\n", 1, 5, "`:` with a value cannot stand here"),
        ("a: b\nc\nd: e\n", 2, 1, "expected a key, found `c`"),
        ("a:\nb\n", 2, 1, "expected a key, found `b`"),
        ("a:\n  b: c\n d: e\n", 3, 2, "expected a key"),
        ("- a\nb: c\n", 2, 1, "expected another list item"),
        ("a: b\n- c\n", 2, 1, "expected a key"),
        ("a: - b\n", 1, 4, "a list item cannot begin here"),
        ("a: @b\n", 1, 4, "`@` cannot begin a value"),
        ("%YAML 1.2\n", 1, 1, "a directive"),
        ("a: b\n...\nc: d\n", 3, 1, "kubectl does not read what follows `...`"),
        ("{a: b}\nc: d\n", 2, 1, "text stands behind the end"),
        ("é: ü\nü: \"\u{1}\"\n", 2, 5, "the control character U+0001"),
        ("a: b\u{0}\n".repeat(2000).leak(), 1, 1, "binary file"),
        ("a: .nan\n", 1, 4, "JSON has no number `.nan`"),
        ("a: !!int x\n", 1, 10, "`x` is not an integer"),
        ("null: a\n", 1, 1, "a key is null"),
        ("[a]: b\n", 1, 4, "`:` with a value cannot stand here"),
        ("? [a]\n: b\n", 1, 3, "a list or an object cannot be a key"),
        ("a: |x\n  b\n", 1, 4, "text stands behind the head"),
        ("<<: 1\n", 1, 1, "`<<` takes an object"),
        ("{\"a\": 1, \"a\": 2}", 1, 10, "stands twice"),
        ("{\n\"a\": 1,\n,}", 3, 1, "key between double quotes"),
        ("{\"a\": 1e999}", 1, 1, "beyond the range"),
        ("a: b\rc: d\r---\re: f\r", 3, 1, "kubectl does not read the document"),
    ];
    for (text, line, column, part) in cases {
        let read = read_bytes(text.as_bytes());
        let [error] = read.errors.as_slice() else {
            panic!("{text:?}: {:?}, skipped {:?}", read.errors, read.skipped);
        };
        assert!(error.message.contains(part), "{text:?}: {error}");
        assert_eq!((error.line, error.column), (*line, *column), "{text:?}: {error}");
        assert!(!error.message.ends_with('.') && !error.message.contains('\n'), "{error}");
        assert_ne!(error.help.as_deref(), Some(""), "{error}");
    }
}

#[test]
fn what_is_no_text_is_named() {
    let utf16: Vec<u8> = "apiVersion: v1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let with_mark = [&[0xff, 0xfe][..], &utf16].concat();
    for (bytes, part) in [
        (&utf16[..], "UTF-16"),
        (&with_mark, "UTF-16"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "binary file"),
        (b"\x00asm\x01\0\0\0", "binary file"),
        (b"a: \xff\xfe\n", "invalid UTF-8"),
    ] {
        let read = read_bytes(bytes);
        assert!(read.errors.iter().any(|error| error.message.contains(part)), "{:?}", read.errors);
        assert!(read.documents.is_empty());
    }
    let late = [&b"a: b\n".repeat(3000)[..], b"c: \0\n"].concat();
    assert!(read_bytes(&late).errors.iter().all(|error| error.message.contains("NUL")));
}

/// Texts that make readers recurse, repeat or copy without bound.
fn hostile() -> Vec<(&'static str, String)> {
    let n = 200_000;
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
        ("json then yaml", "{}\n{}\n".to_owned() + &"[".repeat(n)),
        ("json brackets", "{\"a\":".to_owned() + &"[".repeat(n)),
        ("items in one line", format!("apiVersion: v1\nkind: List\nitems: [{}]\n", "1,".repeat(n))),
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

#[test]
fn hostile_texts_take_bounded_time() {
    for (name, text) in hostile() {
        let start = Instant::now();
        let read = read_bytes(text.as_bytes());
        let elapsed = start.elapsed();
        if elapsed > Duration::from_millis(300) {
            println!("{name}: {elapsed:?} for {} bytes", text.len());
        }
        // A debug build on a busy machine; quadratic readers take minutes.
        assert!(elapsed < Duration::from_secs(20), "{name}: {elapsed:?}");
        let outcomes = read.documents.len() + read.skipped.len() + read.errors.len();
        let nothing = ["comments", "wide breaks", "separators", "carriage returns"];
        let empty = nothing.contains(&name);
        assert_eq!(outcomes == 0, empty, "{name}: {:?}", read.errors);
    }
}

#[test]
fn bounds_are_told() {
    for (name, part) in [
        ("brackets", "nested deeper"),
        ("dashes", "nested deeper"),
        ("json", "nested deeper"),
        ("laughs", "aliases repeat too much"),
        ("merges", "aliases repeat too much"),
        ("tower of aliases", "nested deeper"),
    ] {
        let texts = hostile();
        let (_, text) = texts.iter().find(|(other, _)| *other == name).unwrap();
        let read = read_bytes(text.as_bytes());
        let messages: Vec<_> = read.errors.iter().map(|error| &*error.message).collect();
        assert!(messages.iter().any(|message| message.contains(part)), "{name}: {messages:?}");
    }
}

#[test]
fn ordinary_use_of_anchors_is_within_the_bounds() {
    let mut text = String::from("apiVersion: v1\nkind: X\nbase: &b {a: 1, b: {c: 2}}\nitems:\n");
    for index in 0..1000 {
        text.push_str(&format!("- {{<<: *b, i: {index}, all: *b}}\n"));
    }
    assert_eq!(read_bytes(text.as_bytes()).documents.len(), 1);
    let deep = |levels: usize| {
        format!("apiVersion: v1\nkind: X\na: {}{}\n", "[".repeat(levels), "]".repeat(levels))
    };
    assert_eq!(read_bytes(deep(511).as_bytes()).documents.len(), 1);
    assert_eq!(read_bytes(deep(512).as_bytes()).documents.len(), 0);
}
