use super::{BLOB, BYTES, Kind, NONE, Shape, Struct, list, read, shape, string, words};

#[test]
fn every_reference_lands() {
    let blob = read(BYTES).expect("the committed table is readable");
    assert!(blob.kinds.len() > 150 && blob.types.len() > 800 && blob.fields.len() > 3000);
    assert!(BYTES.len() < 400_000);
    assert_eq!(blob.kinds.as_flattened().len() % 22, 0);

    let strings = u16::try_from(blob.offsets.len() - 1).unwrap();
    assert!(strings < NONE);
    let all: Vec<_> = (0..strings).map(string).collect();
    assert!(all.is_sorted() && all.iter().all(|string| string.is_ascii()));
    assert_eq!(all.iter().map(|string| string.len()).sum::<usize>(), blob.text.len());

    let id = |id: u16| assert!(id < strings, "string {id}");
    let whole = |at: u16| {
        let len = usize::from(u16::from_le_bytes(blob.lists[usize::from(at)]));
        assert_eq!(list(at).len(), len, "list {at}");
        list(at)
    };
    for record in blob.types {
        let [name, first, count, expected] = words(record);
        id(name);
        let fields = &blob.fields[usize::from(first)..][..usize::from(count)];
        assert!(fields.is_sorted_by_key(|field| string(words::<8, 4>(field)[0])));
        whole(expected).for_each(|index| assert!(index < count));
    }
    for record in blob.fields {
        let [name, shape, flags, extra] = words(record);
        id(name);
        assert!(usize::from(shape) < blob.shapes.len() && flags < 16);
        assert!(usize::from(extra) < blob.extras.len());
    }
    for (index, record) in blob.shapes.iter().enumerate() {
        let [sort, argument] = words(record);
        assert!(sort <= 16);
        match sort {
            11 | 14..=16 => assert!(usize::from(argument) < blob.types.len()),
            // A shape stands behind its items, so that none holds itself.
            12 | 13 => assert!(usize::from(argument) < index),
            _ => assert_eq!(argument, 0),
        }
    }
    for record in blob.extras {
        let [default, list_type, keys, values] = words(record);
        if default != NONE {
            sekisho_value::from_json(string(default)).expect("a default is JSON");
        }
        assert!(list_type <= 4);
        whole(keys).for_each(id);
        whole(values).for_each(id);
    }
    for record in blob.kinds {
        let [kind, group, version, plural, of, flags, subresources, _, replacement @ ..] =
            words::<22, 11>(record);
        [kind, group, version, plural].into_iter().for_each(id);
        assert!(of == NONE || usize::from(of) < blob.types.len());
        assert!(flags < 4);
        whole(subresources).for_each(id);
        replacement.into_iter().filter(|word| *word != NONE).for_each(id);
    }
}

#[test]
fn a_cut_table_is_refused_not_read() {
    for end in [0, 7, 8, 20, 1000, 50_000] {
        assert!(read(&BYTES[..end]).is_none(), "{end}");
    }
}

#[test]
fn shapes_are_what_the_go_types_say() {
    let of = |group: &str, version: &str, kind: &str| {
        Kind::find(group, version, kind).unwrap().structure().unwrap()
    };
    let below = |of: Struct, path: &str| {
        let mut shape = Shape::Struct(of);
        let mut field = None;
        for name in path.split('.') {
            while let Shape::List(item) | Shape::Map(item) = shape {
                shape = item.shape();
            }
            let Shape::Struct(of) = shape else { panic!("{path}: {shape:?}") };
            field = of.fields().find(name);
            shape = field.unwrap_or_else(|| panic!("{path}: no {name}")).shape();
        }
        (shape, field.unwrap())
    };
    let pod = of("", "v1", "Pod");
    for (path, want) in [
        ("spec.hostPID", Shape::Bool),
        ("spec.containers.name", Shape::String),
        ("spec.containers.ports.hostPort", Shape::Int32),
        ("spec.terminationGracePeriodSeconds", Shape::Int64),
        ("spec.containers.livenessProbe.httpGet.port", Shape::IntOrString),
        ("metadata.creationTimestamp", Shape::Time),
    ] {
        assert_eq!(below(pod, path).0, want, "{path}");
    }
    let quantities = below(pod, "spec.containers.resources.limits").0;
    assert!(matches!(quantities, Shape::Map(item) if item.shape() == Shape::Quantity));
    let data = below(of("", "v1", "Secret"), "data").0;
    assert!(matches!(data, Shape::Map(item) if item.shape() == Shape::Bytes));

    // name, required, always stored, drops its zero value, pointer
    for (path, want) in [
        ("spec.containers", (true, true, false, false)),
        ("spec.hostPID", (false, false, true, false)),
        ("spec.securityContext", (false, false, false, true)),
        ("spec.containers.resources", (false, true, false, false)),
        ("spec.containers.securityContext.privileged", (false, false, false, true)),
        ("metadata.creationTimestamp", (false, false, true, false)),
        ("metadata.ownerReferences.uid", (true, true, false, false)),
    ] {
        let field = below(pod, path).1;
        let found = (field.required(), field.always(), field.drops_zero(), field.pointer());
        assert_eq!(found, want, "{path}");
    }
    let ports = below(of("", "v1", "Service"), "spec.ports").1;
    assert_eq!(ports.keys().collect::<Vec<_>>(), ["port", "protocol"]);
    assert_eq!(ports.list_type(), 3);
    let protocol = below(pod, "spec.containers.ports.protocol").1;
    assert_eq!(protocol.default_json(), Some("\"TCP\""));
    assert!(protocol.permitted().eq(["SCTP", "TCP", "UDP"]));
    assert_eq!(below(pod, "spec.containers").1.permitted().len(), 0);
}

#[test]
fn an_unknown_shape_is_anything() {
    assert_eq!(shape(NONE), Shape::Any);
    assert_eq!(Struct(NONE).fields().iter().len(), 0);
    assert!(BLOB.kinds.is_sorted_by_key(|record| {
        let [kind, group, version, ..] = words::<22, 11>(record);
        (string(kind), string(group), string(version))
    }));
}
