use sekisho_kube_model::{Gvk, Gvr};
use sekisho_value::{Map, Str, Value};
use std::collections::BTreeMap;

/// What is done to an object.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Operation {
    /// it is created
    #[default]
    Create,
    /// it is changed
    Update,
    /// it is deleted
    Delete,
    /// a client connects to it
    Connect,
}

impl Operation {
    /// The word for the operation in an `AdmissionRequest`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "CREATE",
            Self::Update => "UPDATE",
            Self::Delete => "DELETE",
            Self::Connect => "CONNECT",
        }
    }
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
    /// tells users of one name apart over time; empty where it is not known
    pub uid: String,
    /// what else the authenticator says
    pub extra: BTreeMap<String, Vec<String>>,
}

impl UserInfo {
    /// The user in the group of all that are authenticated, or of all that are not, as the API
    /// server makes every user who sends a request.
    #[must_use]
    pub fn in_group_of_all(mut self) -> Self {
        let [authenticated, not] = ["system:authenticated", "system:unauthenticated"];
        let of_all = if self.username == "system:anonymous" { not } else { authenticated };
        if !self.groups.iter().any(|group| group == of_all) {
            self.groups.push(of_all.to_owned());
        }
        self
    }

    /// As the `userInfo` of an AdmissionRequest: what is empty is left out.
    #[must_use]
    pub fn to_value(&self) -> Value {
        let texts = |texts: &[String]| {
            Value::Array(texts.iter().map(|text| Value::from(text.as_str())).collect())
        };
        let extra = self.extra.iter().map(|(key, values)| (key.as_str(), texts(values)));
        let text = |text: &String| (!text.is_empty()).then(|| text.as_str().into());
        let fields = [
            ("extra", (!self.extra.is_empty()).then(|| Value::Object(extra.collect()))),
            ("groups", (!self.groups.is_empty()).then(|| texts(&self.groups))),
            ("uid", text(&self.uid)),
            ("username", text(&self.username)),
        ];
        fields.into_iter().filter_map(|(name, value)| Some((name, value?))).collect::<Map>().into()
    }
}

/// What was asked for, where the API server converted it to what a webhook is registered for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requested {
    /// the kind in the request's path
    pub kind: Gvk,
    /// the resource in the request's path
    pub resource: Gvr,
    /// the subresource in the request's path; empty for the object itself
    pub subresource: Str,
}

/// Where a request is judged, for policies that ask for something else at each point.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Point {
    /// at admission, and wherever it is foretold what admission would do
    #[default]
    Admission,
    /// in the audit of what is stored
    Audit,
    /// in Gatekeeper's CLI
    Gator,
}

/// How much of a request there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// all that an API server sends
    #[default]
    Admission,
    /// a review of a suite that states no operation, which policies see empty
    Unstated,
    /// the object alone, as Gatekeeper's CLI has it: policies see its kind, name and namespace,
    /// and an empty operation
    Bare,
}

/// What is known of the namespace that a request is in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum NamespaceObject {
    /// what the inventory holds of it
    #[default]
    Inventory,
    /// this object, whatever the inventory holds
    Given(Value),
    /// that it is there: the label of its name, and nothing else
    Unknown,
}

/// One request to a cluster, as every checkpoint hands it to the engine.
#[derive(Clone, Debug)]
pub struct Request {
    /// group, version and kind of the object
    pub gvk: Gvk,
    /// plural resource name, `pods`; empty where it is not known
    pub resource: Str,
    /// the resource with its own group and version, where that was said: the kind of a subresource
    /// may be of others
    pub gvr: Option<Gvr>,
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
    /// the object in the version that it is stored in, where its own has no room for all of it; it
    /// counts as long as the object is what its own version says of it
    pub stored_as: Option<Value>,
    /// nothing is to be written
    pub dry_run: bool,
    /// tells requests apart; empty where nobody gave one
    pub uid: Str,
    /// what was asked for, where that is not what is judged
    pub requested: Option<Requested>,
    /// the options of the operation (`CreateOptions`, …); null where there are none
    pub options: Value,
    /// where it is judged
    pub point: Point,
    /// how much of it there is
    pub form: Form,
    /// the object was not sent: it is what would come of one that was
    pub generated: bool,
    /// what is known of the namespace
    pub namespace_object: NamespaceObject,
}

/// The creation of nothing, by nobody: for the fields that do not matter.
impl Default for Request {
    fn default() -> Self {
        Self {
            gvk: Gvk::new("", "", ""),
            resource: Str::default(),
            gvr: None,
            subresource: Str::default(),
            name: Str::default(),
            namespace: None,
            operation: Operation::Create,
            user: UserInfo::default(),
            object: Value::Null,
            old_object: Value::Null,
            stored_as: None,
            dry_run: false,
            uid: Str::default(),
            requested: None,
            options: Value::Null,
            point: Point::Admission,
            form: Form::Admission,
            generated: false,
            namespace_object: NamespaceObject::Inventory,
        }
    }
}

impl Request {
    /// The resource with the group and version that it is of: those of the kind, where nobody said
    /// others.
    #[must_use]
    pub fn resource_in_group(&self) -> Gvr {
        self.gvr.clone().unwrap_or_else(|| Gvr {
            group: self.gvk.group.clone(),
            version: self.gvk.version.clone(),
            resource: self.resource.clone(),
        })
    }
}
