//! Required fields of built-in types.
//!
//! OpenAPI calls a field required where its Go type always writes it. For most the API server's
//! validation agrees; those for which it does not are listed here.

use crate::schema::Struct;

/// Fields that OpenAPI calls required and the API server takes as absent.
const NOT_REQUIRED: &[(&str, &str)] = &[];

/// Whether the absence of a field that OpenAPI calls required is held against an object.
pub(super) fn is_checked(of: Struct, field: &str) -> bool {
    let name = of.name();
    !NOT_REQUIRED.contains(&(name, field))
}
