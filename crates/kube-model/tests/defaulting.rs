//! Objects are defaulted as a real API server defaulted them.

#[cfg(test)]
mod tests {
    use sekisho_kube_model::{Schemas, SystemPriorityClasses, apply_admission, apply_defaults};
    use sekisho_value::{Map, Pointer, Value, from_json};
    use std::collections::BTreeMap;
    use std::path::Path;

    /// The object as it would be stored.
    fn stored(schemas: &Schemas, given: &Value) -> Value {
        let decoded = schemas.decode(given);
        let mut object = decoded.object;
        apply_defaults(&decoded.gvk, &mut object);
        apply_admission(&decoded.gvk, &mut object, &SystemPriorityClasses);
        object
    }

    /// The differences between two values, path by path.
    fn differences(at: &Pointer, got: &Value, want: &Value, found: &mut Vec<String>) {
        match (got, want) {
            (Value::Object(got), Value::Object(want)) => {
                for (key, want) in want.iter() {
                    match got.get(key) {
                        Some(got) => differences(&at.key(key), got, want, found),
                        None => found.push(format!("{} lacks {want:?}", at.key(key))),
                    }
                }
                for (key, got) in got.iter().filter(|(key, _)| !want.contains_key(key)) {
                    found.push(format!("{} should not have {got:?}", at.key(key)));
                }
            }
            (Value::Array(got), Value::Array(want)) if got.len() == want.len() => {
                for (index, (got, want)) in got.iter().zip(want.iter()).enumerate() {
                    differences(&at.index(index), got, want, found);
                }
            }
            _ if got == want => {}
            _ => found.push(format!("{at} has {got:?}, not {want:?}")),
        }
    }

    /// Replays recorded pairs of given and stored objects; how many there were.
    fn replay(lines: &str) -> usize {
        let schemas = Schemas::builtin();
        let (mut pairs, mut wrong, mut report) = (0, 0, BTreeMap::<String, Vec<usize>>::new());
        for (index, line) in lines.lines().enumerate().filter(|(_, line)| !line.is_empty()) {
            let pair = from_json(line).unwrap();
            let (given, want) = (pair.get("given").unwrap(), pair.get("stored").unwrap());
            let mut got = stored(&schemas, given);
            got.as_object_mut().map(|object: &mut Map| object.remove("status"));
            let mut found = Vec::new();
            differences(&Pointer::root(), &got, want, &mut found);
            pairs += 1;
            wrong += usize::from(!found.is_empty());
            let kind = want.path_str(&["kind"]).unwrap_or_default();
            for difference in found {
                let difference = format!("{kind} {difference:.300}");
                report.entry(difference).or_default().push(index + 1);
            }
        }
        let report: Vec<String> = report
            .iter()
            .map(|(difference, lines)| {
                format!("{difference} ({}x, line {})", lines.len(), lines[0])
            })
            .collect();
        assert!(wrong == 0, "{wrong} of {pairs} pairs differ:\n{}", report.join("\n"));
        pairs
    }

    #[test]
    fn the_recorded_corpus_is_stored_as_recorded() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let path = root.join("../shared/corpora/defaulting/pairs.jsonl");
        match std::fs::read_to_string(path) {
            Ok(lines) => assert!(replay(&lines) > 1000),
            Err(_) => println!("skipped: ../shared/corpora/defaulting is not here"),
        }
    }

    /// Objects of our own of every kind that is served, and a choice of random changes to them, with
    /// what kube-apiserver 1.36.4 answered to a server-side dry run (all API versions on, feature gates
    /// as they are, ServiceAccount admission off).
    #[test]
    fn every_kind_is_stored_as_recorded() {
        for (name, least) in [("defaulting.jsonl", 140), ("defaulting_varied.jsonl", 200)] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
            assert!(replay(&std::fs::read_to_string(path).unwrap()) >= least);
        }
    }
}
