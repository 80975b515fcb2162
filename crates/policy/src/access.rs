use sekisho_value::Value;
use std::fmt;
use std::time::Duration;

/// Whom policies ask who may do what, where an API server can be asked.
pub trait AccessReviews: fmt::Debug + Send + Sync {
    /// The `status` of a SubjectAccessReview of this `spec`. To be called on a thread that may
    /// wait.
    ///
    /// # Errors
    /// Why there is none, or none within this time.
    fn review(&self, spec: &Value, within: Duration) -> Result<Value, String>;
}
