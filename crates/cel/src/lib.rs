//! CEL as Kubernetes evaluates it: checked, compiled once, evaluated within a cost limit.
//!
//! **Invariant:** expressions and objects are untrusted: nesting is limited, every step is taken
//! from a budget, and there is no clock, network, environment or file here.
