//! Inputs and base data: the same fields everywhere, now and then of another type or absent.

use super::random::Random;

const SCALARS: &[&str] = &[
    "0",
    "1",
    "2",
    "3",
    "-1",
    "1.5",
    "1.0",
    "2.50",
    "1e2",
    "100",
    "12345678901234567890",
    "\"\"",
    "\"a\"",
    "\"b\"",
    "\"web\"",
    "\"x-1\"",
    "\"a/b\"",
    "\"nginx:1.2\"",
    "\"Ä ö\"",
    "\"10\"",
    "true",
    "false",
    "null",
];

/// What kind of value a field holds where nothing is wrong with it.
#[derive(Clone, Copy)]
pub(crate) enum Field {
    Number,
    Text,
    Bool,
    Numbers,
    Texts,
    Object,
    Objects,
    Mixed,
}

/// The fields of the input and of `data.base`.
pub(crate) const FIELDS: &[(&str, Field)] = &[
    ("n", Field::Number),
    ("m", Field::Number),
    ("s", Field::Text),
    ("t", Field::Text),
    ("flag", Field::Bool),
    ("xs", Field::Numbers),
    ("names", Field::Texts),
    ("o", Field::Object),
    ("pods", Field::Objects),
    ("mix", Field::Mixed),
];

/// How many documents there are.
pub(crate) const DOCUMENTS: usize = 64;

/// The document of that number.
pub(crate) fn document(number: usize) -> String {
    let random = &mut Random::new(number as u64);
    let mut fields = Vec::new();
    for (name, field) in FIELDS {
        match random.below(12) {
            0 => {}
            1 => fields.push(format!("\"{name}\":{}", any(random, 2))),
            _ => fields.push(format!("\"{name}\":{}", of(random, *field))),
        }
    }
    format!("{{{}}}", fields.join(","))
}

fn of(random: &mut Random, field: Field) -> String {
    match field {
        Field::Number => random.pick(&SCALARS[..11]).to_owned(),
        Field::Text => random.pick(&SCALARS[11..20]).to_owned(),
        Field::Bool => random.pick(&["true", "false"]).to_owned(),
        Field::Numbers => list(random, |random| of(random, Field::Number)),
        Field::Texts => list(random, |random| of(random, Field::Text)),
        Field::Object => object(random, 1),
        Field::Objects => list(random, |random| {
            let name = of(random, Field::Text);
            let labels = object(random, 0);
            let port = if random.percent(80) { of(random, Field::Number) } else { any(random, 0) };
            let mut pod = format!("{{\"name\":{name},\"port\":{port}");
            if random.percent(80) {
                pod += &format!(",\"labels\":{labels}");
            }
            if random.percent(40) {
                pod += &format!(",\"privileged\":{}", of(random, Field::Bool));
            }
            pod + "}"
        }),
        Field::Mixed => list(random, |random| any(random, 2)),
    }
}

/// Any JSON.
pub(crate) fn any(random: &mut Random, depth: usize) -> String {
    match random.below(if depth == 0 { 4 } else { 7 }) {
        4 => list(random, |random| any(random, depth - 1)),
        5 => object(random, depth - 1),
        6 => list(random, |random| of(random, Field::Number)),
        _ => random.pick(SCALARS).to_owned(),
    }
}

fn list(random: &mut Random, mut item: impl FnMut(&mut Random) -> String) -> String {
    let count = random.below(4);
    let items: Vec<String> = (0..count).map(|_| item(random)).collect();
    format!("[{}]", items.join(","))
}

fn object(random: &mut Random, depth: usize) -> String {
    let mut entries = Vec::new();
    for key in ["a", "b", "app", "x-1"] {
        if random.percent(60) {
            entries.push(format!("\"{key}\":{}", any(random, depth)));
        }
    }
    format!("{{{}}}", entries.join(","))
}
