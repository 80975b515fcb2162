//! What must hold for any bytes; each fuzz target asserts one of these modules.
//!
//! **Invariant:** a target calls what users' bytes reach, as it is reached there, and holds no
//! model of the code under test beyond what is asserted.

pub mod places;
pub mod silence;
pub mod written;
