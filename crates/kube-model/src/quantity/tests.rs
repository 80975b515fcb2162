use super::{Quantity, QuantityError, QuantityFormat};

/// What `k8s.io/apimachinery` 0.36.4 answered: text, stored text, format, stored text after
/// rounding up to thousandths, comparison with 1 (`-` where it was not asked).
const GOLDEN: &str = include_str!("quantity.golden");

#[test]
fn texts_are_stored_as_upstream_stores_them() {
    let mut failures = Vec::new();
    let mut seen = 0;
    for line in GOLDEN.lines() {
        seen += 1;
        let columns: Vec<&str> = line.split('\t').collect();
        let got = match Quantity::parse(columns[0]) {
            Err(QuantityError::Format) => vec!["error format".to_owned()],
            Err(QuantityError::Numeric) => vec!["error numeric".to_owned()],
            Err(QuantityError::Suffix) => vec!["error suffix".to_owned()],
            Ok(quantity) => {
                let format = match quantity.format() {
                    QuantityFormat::DecimalSi => "decimalsi",
                    QuantityFormat::BinarySi => "binarysi",
                    QuantityFormat::DecimalExponent => "decimalexponent",
                };
                let order = quantity.cmp(&Quantity::parse("1").unwrap()) as i8;
                let order = if columns[4] == "-" { "-".to_owned() } else { order.to_string() };
                assert_eq!(
                    Quantity::canonical_text(columns[0]).unwrap(),
                    quantity.to_string(),
                    "{}",
                    columns[0]
                );
                vec![
                    quantity.to_string(),
                    format.to_owned(),
                    quantity.rounded_up_to_milli().to_string(),
                    order,
                ]
            }
        };
        if got != columns[1..] {
            failures.push(format!("{}: {:?}, not {got:?}", columns[0], &columns[1..]));
        }
    }
    assert!(seen > 1000);
    assert!(failures.is_empty(), "{} of {seen}:\n{}", failures.len(), failures.join("\n"));
}

/// Upstream takes minutes or gigabytes for these.
#[test]
fn hostile_texts_are_cheap() {
    let nines = "9".repeat(10_000);
    for (text, stored) in [
        ("1e-999999999".to_owned(), "1e-9".to_owned()),
        ("-1e-999999999".to_owned(), "-1e-9".to_owned()),
        (nines.clone(), nines.clone()),
        (format!("{nines}Ki"), "9223372036854775807".to_owned()),
        (format!("0.{nines}Ei"), "1Ei".to_owned()),
        (format!("0.{nines}"), "1".to_owned()),
        (format!("{nines}e999999999"), format!("{nines}e999999999")),
        (format!("{nines}e-999999999"), "1e-9".to_owned()),
        ("0".repeat(10_000), "0".to_owned()),
        (format!("1{}e999999999", "0".repeat(9_000)), "1e1000008999".to_owned()),
    ] {
        let quantity = Quantity::parse(&text).unwrap();
        let head: String = text.chars().take(20).collect();
        assert_eq!(quantity.to_string(), stored, "{head}");
        let _ = (quantity.value(), quantity.milli_value(), quantity.cmp(&quantity));
        let _ = quantity.checked_add(&Quantity::parse("1e-9").unwrap());
        let _ = quantity.checked_sub(&Quantity::parse("1e999999").unwrap());
    }
}

#[test]
fn amounts_are_read_and_summed() {
    let quantity = |text: &str| Quantity::parse(text).unwrap();
    for (text, value, milli) in [
        ("1500m", Some(2), Some(1500)),
        ("-1500m", Some(-2), Some(-1500)),
        ("1Ki", Some(1024), Some(1_024_000)),
        ("0", Some(0), Some(0)),
        ("1n", Some(1), Some(1)),
        ("8Ei", Some(i64::MAX), None),
        ("9223372036854775808", None, None),
        ("-9223372036854775808", Some(i64::MIN), None),
        ("1e999999999", None, None),
        ("1e-999999999", Some(1), Some(1)),
    ] {
        assert_eq!(quantity(text).value(), value, "{text}");
        assert_eq!(quantity(text).milli_value(), milli, "{text}");
    }
    for (left, right, sum, difference) in [
        ("1", "500m", "1500m", "500m"),
        ("1Gi", "512Mi", "1536Mi", "512Mi"),
        ("0", "1Mi", "1Mi", "-1Mi"),
        ("100m", "1Ki", "1024100m", "-1023900m"),
        ("99999999999999999999", "1", "100E", "99999999999999999998"),
        ("-1", "1", "0", "-2"),
        ("1e3", "1", "1001", "999"),
        (
            "18446744073709551616",
            "1n",
            "18446744073709551616000000001n",
            "18446744073709551615999999999n",
        ),
    ] {
        assert_eq!(quantity(left).checked_add(&quantity(right)).unwrap().to_string(), sum);
        assert_eq!(quantity(left).checked_sub(&quantity(right)).unwrap().to_string(), difference);
    }
    assert!(quantity("1").checked_add(&quantity("1e999999")).is_none());
    assert_eq!(quantity("1").checked_add(&quantity("0e999999")).unwrap(), quantity("1"));
}

#[test]
fn order_is_that_of_amounts() {
    let sorted =
        ["-1e999", "-1Ki", "-1", "-1m", "0", "1n", "999u", "1m", "1", "1000", "1Ki", "1k1", "1e30"];
    let sorted: Vec<_> = sorted.iter().filter_map(|text| Quantity::parse(text).ok()).collect();
    assert_eq!(sorted.len(), 12);
    assert!(sorted.is_sorted_by(|a, b| a < b));
    assert_eq!(Quantity::parse("1000m").unwrap(), Quantity::parse("1").unwrap());
    assert_eq!(Quantity::parse("-0").unwrap(), Quantity::parse("0e9").unwrap());
}

#[test]
fn fields_are_trimmed_as_json_shows_them() {
    for (field, stored) in [
        (" 1 ", Some("1")),
        ("1\u{a0}", Some("1")),
        ("\t1", None),
        ("1\n", None),
        ("1\u{2028}", None),
        ("", None),
        ("  ", None),
        ("0.1", Some("100m")),
    ] {
        assert_eq!(Quantity::canonical_text(field).ok().as_deref(), stored, "{field:?}");
    }
}
