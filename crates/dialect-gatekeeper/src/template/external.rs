//! `external_data`: the function that Gatekeeper adds to Rego, over answers that are given as base
//! data. Nothing is asked for from here: an answer that is not there is noticed where base data is
//! read, and is an error of the evaluation.
//!
//! Source of the rules: `pkg/client/drivers/rego/builtin.go` of the constraint framework.

use super::references::EXTERNAL_DATA;
use sekisho_rego::ast::{ExprKind, Module, Version};
use sekisho_rego::{Source, syntax};

/// Where the answers stand below `data`: by provider.
pub(crate) const ANSWERS: &str = "external";

/// What the function gives; undefined where it is asked for something else than keys.
const TEXT: &str = r#"package external

external_data(request) = response {
	is_string(request.provider)
	is_array(request.keys)
	response := {
		"responses": [[key, data.external[request.provider].answers[key].value] | key := request.keys[_]],
		"errors": [[key, data.external[request.provider].answers[key].error] | key := request.keys[_]],
		"status_code": 200,
		"system_error": concat("", {e | request.keys[_]; e := data.external[request.provider].systemError}),
	}
}
"#;

/// Defines the function in a module that calls it, unless it has one of that name.
pub(super) fn define(module: &mut Module) {
    let defines = module.rules.iter().any(|rule| match &rule.head.reference.kind {
        ExprKind::Var(name) => name == EXTERNAL_DATA,
        _ => false,
    });
    if defines {
        return;
    }
    let source = Source::new(EXTERNAL_DATA, TEXT);
    let (defined, _) = syntax::parse(&source, module.source, Version::V0);
    module.rules.extend(defined.into_iter().flat_map(|module| module.rules));
}
