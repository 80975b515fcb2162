use sekisho_kube_model::Gvk;
use sekisho_value::{Str, Value};

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operation {
    /// it is created
    Create,
    /// it is changed
    Update,
    /// it is deleted
    Delete,
    /// a client connects to it
    Connect,
}

/// A set of operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OperationSet(u8);

impl OperationSet {
    /// All operations.
    pub const ALL: Self = Self(0b1111);
    /// None.
    pub const NONE: Self = Self(0);
    /// Creation and change.
    pub const WRITES: Self = Self::NONE.with(Operation::Create).with(Operation::Update);

    /// This set and one operation more.
    #[must_use]
    pub const fn with(self, operation: Operation) -> Self {
        Self(self.0 | 1 << operation as u8)
    }

    /// Whether the operation is in the set.
    #[must_use]
    pub const fn contains(self, operation: Operation) -> bool {
        self.0 & (1 << operation as u8) != 0
    }
}

/// Who sends a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UserInfo {
    /// the user's name; empty where it is not known
    pub username: String,
    /// the groups the user is in
    pub groups: Vec<String>,
}

/// One request to a cluster, as every checkpoint hands it to the engine.
#[derive(Clone, Debug)]
pub struct Request {
    /// group, version and kind of the object
    pub gvk: Gvk,
    /// plural resource name, `pods`; empty where it is not known
    pub resource: Str,
    /// empty for the object itself
    pub subresource: Str,
    /// the object's name; empty where it is generated
    pub name: Str,
    /// `None` for cluster-scoped objects
    pub namespace: Option<Str>,
    /// what is done
    pub operation: Operation,
    /// who does it
    pub user: UserInfo,
    /// the object as it would be stored; null on deletion
    pub object: Value,
    /// the object as it is stored; null on creation
    pub old_object: Value,
    /// nothing is to be written
    pub dry_run: bool,
}
