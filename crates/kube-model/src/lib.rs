//! sekisho-kube-model

mod quantity;

pub use quantity::{Quantity, QuantityError, QuantityFormat};
