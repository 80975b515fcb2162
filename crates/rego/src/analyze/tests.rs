use super::{Options, analyze, analyze_query};
use crate::ast::Version;
use crate::{Diagnostic, Source, SourceId, syntax};
use sekisho_budget::Budget;

fn faults(text: &str) -> Vec<Diagnostic> {
    let source = Source::new("t.rego", text);
    let (module, faults) = syntax::parse(&source, SourceId(0), Version::V1);
    assert!(faults.is_empty(), "{faults:?}");
    let modules: Vec<_> = module.into_iter().collect();
    let (hir, faults) = analyze(&modules, &[source], &Options::default(), &Budget::standard());
    println!("{hir:#?}");
    let _ = analyze_query;
    faults
}

#[test]
fn call_in_a_value() {
    assert_eq!(faults("package test\n\np := split(\"test\", \"\")\n"), []);
}
