//! What is wrong with a text is told with its place.

use sekisho_manifest::{Read, ReadOptions, read};

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
        ("{\"a\": 1", 1, 8, "unexpected end of the text, expected `,` or `}`"),
        ("{\"a\": {},\r\n", 1, 10, "unexpected end of the text, expected a key"),
        ("{\"a\":\n{\"b\": [1,\n2\n", 3, 2, "unexpected end of the text, expected `,` or `]`"),
        ("{\n\"a\": 1,\n,}", 3, 1, "key between double quotes"),
        ("{\"a\": 1e999}", 1, 1, "beyond the range"),
        ("a: b\rc: d\r---\re: f\r", 3, 1, "kubectl does not read the document"),
        // Braces that end JSON on one line are no template.
        ("{\"a\": {\"b\": {\"c\": \"1\" \"2\"}}}", 1, 23, "expected `,` or `}`"),
        ("a: {b: {c: 1, c: 2}}\n", 1, 15, "key `c` is already set on line 1"),
        ("a: [\"{{x}}\", '{{y}}', b\n", 1, 4, "`[` has no end"),
        ("a: b\n\u{feff}c: d\n", 2, 1, "byte order mark"),
        ("a: b\r\n\tc: d\r\n", 2, 1, "a tab stands"),
        ("a: [b,\n\tc\n", 1, 4, "`[` has no end"),
        ("- a\n\t- b\n", 2, 1, "a tab stands"),
        ("\ta: b\n", 1, 1, "a tab stands"),
        ("a:\n  - b\n \t- c\n", 3, 2, "a tab stands"),
        ("{\"a\": 1e999999999}", 1, 1, "beyond the range"),
        ("{\"a\": -1e999999999}", 1, 1, "beyond the range"),
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
    let cut = [&[0xff, 0xfe][..], &utf16, b"x"].concat();
    let lone = [&[0xff, 0xfe][..], &utf16, b"\x00\xd8a\0"].concat();
    for (bytes, part) in [
        (&utf16[..], "UTF-16 text without a byte order mark"),
        (&cut, "line 2 holds invalid UTF-16"),
        (&lone, "line 2 holds invalid UTF-16"),
        (b"\x7fELF\x02\x01\x01\0\0\0", "binary file"),
        (b"\x00asm\x01\0\0\0", "binary file"),
        (b"a: \xff\xfe\n", "invalid UTF-8"),
    ] {
        let read = read_bytes(bytes);
        assert!(read.errors.iter().any(|error| error.message.contains(part)), "{:?}", read.errors);
        assert!(read.documents.is_empty());
    }
    // One place on each line is told, of each document.
    let read = read_bytes(b"a: \xff \xfe\nb: \xff\n---\n\xff: a\n---\na: b\n---\nc: '\xe2\x82'\n");
    let places: Vec<_> = read.errors.iter().map(|error| (error.line, error.column)).collect();
    assert_eq!(places, [(1, 4), (4, 1), (8, 5)]);
    let late = [&b"a: b\n".repeat(3000)[..], b"c: \0\n"].concat();
    assert!(read_bytes(&late).errors.iter().all(|error| error.message.contains("NUL")));
}

#[test]
fn ordinary_use_of_anchors_is_within_the_bounds() {
    let mut text = String::from("apiVersion: v1\nkind: X\nbase: &b {a: 1, b: {c: 2}}\nlist:\n");
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

#[test]
fn utf_16_with_a_mark_is_text_to_kubectl() {
    let texts = [
        "apiVersion: v1\nkind: Ä😀\n---\napiVersion: v1\nkind: B\n",
        "apiVersion: v1\r\nkind: Ä😀\r\n---\r\napiVersion: v1\r\nkind: B",
        "{\"apiVersion\": \"v1\", \"kind\": \"Ä😀\"}\n{\"apiVersion\": \"v1\", \"kind\": \"B\"}",
    ];
    for text in texts {
        let units: Vec<u16> = "\u{feff}".encode_utf16().chain(text.encode_utf16()).collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        for bytes in [little, big] {
            let read = read_bytes(&bytes);
            let kinds: Vec<_> = read.documents.iter().map(|document| document.kind()).collect();
            assert_eq!(kinds, ["Ä😀", "B"], "{text:?}: {:?}", read.errors);
            assert_eq!(read.source.text().trim_end(), text.trim_end());
        }
    }
}
