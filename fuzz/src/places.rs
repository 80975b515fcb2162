//! The places of an object lie within its text, and hold what they are the places of.

use sekisho_manifest::{Document, Place};
use sekisho_value::{Pointer, Value};

/// How many places of one object are looked at.
const MOST: usize = 500;

/// Asserts of every field of an object that its place is one.
pub fn check(document: &Document) {
    let mut left = MOST;
    // Tags and aliases make a text mean something else than what stands there.
    let literal = !document.source().text().contains(['!', '*', '<']);
    walk(document, &document.value, &Pointer::root(), literal, &mut left);
    let absent = document.locate(&Pointer::root().keys(&["\u{1}absent", "x"]));
    within(document, absent);
}

fn walk(document: &Document, value: &Value, at: &Pointer, literal: bool, left: &mut usize) {
    if *left == 0 {
        return;
    }
    *left -= 1;
    let place = document.locate(at);
    let text = within(document, place);
    if let Some(exact) = document.locate_exact(at) {
        assert_eq!(exact, place, "{at}");
    }
    match value {
        Value::Object(map) => {
            for (key, below) in map.iter() {
                let at = at.key(key);
                walk(document, below, &at, literal, left);
                let Some(place) = document.locate_exact(&at) else { continue };
                let text = within(document, place);
                if literal && is_literal(&text) {
                    assert!(key.starts_with(&text), "{at}: `{text}` for the key `{key}`");
                }
            }
        }
        Value::Array(items) => {
            for (index, below) in items.iter().enumerate() {
                let at = at.index(index);
                walk(document, below, &at, literal, left);
                let Some(place) = document.locate_exact(&at) else { continue };
                let text = within(document, place);
                if literal
                    && is_literal(&text)
                    && let Some(item) = below.as_str()
                {
                    assert!(item.starts_with(&text), "{at}: `{text}` for the item `{item}`");
                }
            }
        }
        _ => {}
    }
    drop(text);
}

/// The text of a place, which must lie on a line of the text.
fn within(document: &Document, place: Place) -> String {
    let source = document.source();
    let line = source.line(place.line).unwrap_or_else(|| panic!("no line for {place:?}"));
    let scalars = line.chars().count();
    let column = place.column as usize;
    assert!(column >= 1 && column <= scalars + 1, "{place:?} on a line of {scalars}");
    assert!(place.len >= 1, "{place:?}");
    // What stands at the end of a line has a length all the same.
    let end = column - 1 + place.len as usize;
    assert!(end <= scalars.max(column), "{place:?} on a line of {scalars}");
    let (excerpt, within) = source.excerpt(&place, 20).unwrap_or_else(|| panic!("{place:?}"));
    assert!(within as usize <= excerpt.chars().count() + 1, "{place:?} in `{excerpt}`");
    line.chars().skip(column - 1).take(place.len as usize).collect()
}

/// Whether a text reads as itself whatever stands around it.
fn is_literal(text: &str) -> bool {
    text.len() > 5 && text.chars().all(|c| c.is_ascii_alphabetic())
}
