//! ValidatingAdmissionPolicy and MutatingAdmissionPolicy, as the API server applies them.
//!
//! The way of a document: `dialect` sorts documents by kind; `read` validates each as the API
//! server does, with a place for every refusal, and compiles its expressions; `join` joins each
//! binding with its policy, and a pair is one compiled policy.
//!
//! The way of a request: `attributes` is the request as the API server's admission sees it, made
//! once for all pairs; `matching` tells whether a policy and a binding are about it, and in which
//! version of its kind; `params` finds the parameters that the binding names; `expressions`
//! evaluates conditions, validations and messages within the costs of the API server;
//! `validation` makes violations, warnings and audit annotations of what they give, `mutation` a
//! new object. `rbac` answers `authorizer` from roles and bindings that the inventory holds, or asks
//! an API server where one is behind it.
//!
//! | module | what it holds |
//! | --- | --- |
//! | `dialect` | [`AdmissionPolicy`]: what comes of the documents |
//! | `join` | policies of one sort joined with their bindings; the states of those that do nothing |
//! | `advice` | the documentation of what is unwise about one |
//! | `read/` | `names`, `versions`, `rules`, `resources`, `params`, `expressions`; `definition` and `binding` are what policies of both sorts share |
//! | `matching/` | `rules`, `selectors`, `equivalent` |
//! | `attributes` | `object`, `oldObject`, `request` and `namespaceObject` |
//! | `params` | the objects that a `paramRef` names |
//! | `expressions` | lists of expressions that share a cost budget; match conditions |
//! | `validation/` | ValidatingAdmissionPolicy: decisions, words, audit annotations |
//! | `mutation/` | MutatingAdmissionPolicy: ApplyConfiguration, JSONPatch, reinvocation |
//! | `typing` | warnings of expressions that do not fit the schemas of their kinds |
//! | `rbac/` | who may do what: `rules` of Roles and ClusterRoles, `reviews` by an API server |
//!
//! **Invariant:** what a kube-apiserver answers to a request is the answer here, at every
//! checkpoint, in its words.

mod advice;
mod attributes;
mod dialect;
mod expressions;
mod fault;
mod join;
mod matching;
mod mutation;
mod params;
mod rbac;
mod read;
mod scene;
mod typing;
mod validation;

pub use dialect::{AdmissionPolicy, NAME};
