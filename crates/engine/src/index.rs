use sekisho_policy::{CompiledPolicy, Operation, Request};
use sekisho_value::Str;
use std::collections::HashMap;

/// Finds the policies that may be about a request without visiting the others.
#[derive(Debug, Default)]
pub(crate) struct Index {
    by_kind: HashMap<(Str, Operation), Vec<usize>>,
    any_kind: HashMap<Operation, Vec<usize>>,
}

const OPERATIONS: [Operation; 4] =
    [Operation::Create, Operation::Update, Operation::Delete, Operation::Connect];

impl Index {
    /// Indexes policies by kind and operation.
    pub(crate) fn new(policies: &[CompiledPolicy]) -> Self {
        let mut index = Self::default();
        for (number, policy) in policies.iter().enumerate() {
            for rule in &policy.matcher.rules {
                for operation in OPERATIONS.into_iter().filter(|o| rule.operations.contains(*o)) {
                    let list = match &rule.kind {
                        Some(kind) => index.by_kind.entry((kind.clone(), operation)).or_default(),
                        None => index.any_kind.entry(operation).or_default(),
                    };
                    if list.last() != Some(&number) {
                        list.push(number);
                    }
                }
            }
        }
        index
    }

    /// The numbers of the policies that may be about a request, ascending.
    pub(crate) fn candidates(&self, request: &Request) -> Vec<usize> {
        let key = (request.gvk.kind.clone(), request.operation);
        let exact = self.by_kind.get(&key).map(Vec::as_slice).unwrap_or_default();
        let any = self.any_kind.get(&request.operation).map(Vec::as_slice).unwrap_or_default();
        if any.is_empty() {
            return exact.to_vec();
        }
        let mut all = [exact, any].concat();
        all.sort_unstable();
        all.dedup();
        all
    }
}
