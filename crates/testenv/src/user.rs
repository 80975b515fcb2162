use crate::client::Identity;
use crate::{Accepted, Answer, Body, Error, Rejected, Request, TestEnv};
use sekisho_value::Value;

/// Somebody who asks the API server.
#[derive(Clone, Debug)]
pub struct User<'a> {
    env: &'a TestEnv,
    name: String,
    groups: Vec<String>,
    namespace: String,
}

impl<'a> User<'a> {
    pub(crate) fn new(env: &'a TestEnv, name: &str) -> Self {
        Self { env, name: name.to_owned(), groups: Vec::new(), namespace: "default".to_owned() }
    }

    /// The same user in a group more, by impersonation.
    #[must_use]
    pub fn in_group(mut self, group: &str) -> Self {
        self.groups.push(group.to_owned());
        self
    }

    /// The same user, creating in this namespace what names none.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        self
    }

    /// The user's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks anything.
    ///
    /// # Errors
    /// Where no answer comes; a refusal is an answer.
    pub fn ask(&self, request: &Request<'_>) -> Result<Answer, Error> {
        self.env.send(&self.identity(), request)
    }

    /// Reads a path.
    ///
    /// # Errors
    /// As [`User::ask`].
    pub fn get(&self, path: &str) -> Result<Answer, Error> {
        self.ask(&Request { method: "GET", path, body: Body::None })
    }

    /// Deletes what a path names.
    ///
    /// # Errors
    /// As [`User::ask`].
    pub fn delete(&self, path: &str) -> Result<Answer, Error> {
        self.ask(&Request { method: "DELETE", path, body: Body::None })
    }

    /// Creates an object.
    ///
    /// # Errors
    /// As [`User::ask`], and where the server does not know the kind.
    pub fn create(&self, object: &Value) -> Result<Answer, Error> {
        self.post(object, "")
    }

    /// Creates an object by server-side dry run: it is admitted, defaulted and validated, and
    /// not stored.
    ///
    /// # Errors
    /// As [`User::create`].
    pub fn create_dry_run(&self, object: &Value) -> Result<Answer, Error> {
        self.post(object, "?dryRun=All")
    }

    /// Replaces the object of that name.
    ///
    /// # Errors
    /// As [`User::create`].
    pub fn replace(&self, object: &Value) -> Result<Answer, Error> {
        let name = object.path_str(&["metadata", "name"]).unwrap_or_default();
        let path = format!("{}/{name}", self.env.collection(object, &self.namespace)?);
        self.ask(&Request { method: "PUT", path: &path, body: Body::Json(object) })
    }

    /// The path at which objects like this one are created.
    ///
    /// # Errors
    /// Where the server does not know the kind.
    pub fn collection(&self, object: &Value) -> Result<String, Error> {
        self.env.collection(object, &self.namespace)
    }

    /// Asserts that the object may be created (by server-side dry run).
    #[track_caller]
    pub fn accepts(&self, object: &Value) -> Accepted {
        Accepted::new(self.name(), object, self.create_dry_run(object))
    }

    /// Asserts that the object may not be created (by server-side dry run).
    #[track_caller]
    pub fn rejects(&self, object: &Value) -> Rejected {
        Rejected::new(self.name(), object, self.create_dry_run(object))
    }

    fn post(&self, object: &Value, query: &str) -> Result<Answer, Error> {
        let path = format!("{}{query}", self.collection(object)?);
        self.ask(&Request { method: "POST", path: &path, body: Body::Json(object) })
    }

    fn identity(&self) -> Identity {
        self.env.identity(&self.name, &self.groups)
    }
}
