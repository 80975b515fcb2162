use sekisho_policy::{CompiledPolicy, Operation, Request};
use sekisho_value::Str;
use std::cmp::Ordering;
use std::collections::HashMap;

/// Finds the policies that may be about a request without visiting the others, and without an
/// allocation. Numbers of policies ascend in every list.
#[derive(Debug, Default)]
pub(crate) struct Index {
    by_kind: HashMap<Str, ByOperation>,
    any_kind: ByOperation,
}

/// The numbers of policies, by operation.
type ByOperation = [Vec<usize>; OPERATIONS.len()];

const OPERATIONS: [Operation; 4] =
    [Operation::Create, Operation::Update, Operation::Delete, Operation::Connect];

impl Index {
    /// Indexes policies by kind and operation.
    pub(crate) fn new(policies: &[CompiledPolicy]) -> Self {
        let mut index = Self::default();
        for (number, policy) in policies.iter().enumerate() {
            for rule in &policy.matcher.rules {
                let lists = match &rule.kind {
                    Some(kind) => index.by_kind.entry(kind.clone()).or_default(),
                    None => &mut index.any_kind,
                };
                for (list, operation) in lists.iter_mut().zip(OPERATIONS) {
                    if rule.operations.contains(operation) && list.last() != Some(&number) {
                        list.push(number);
                    }
                }
            }
        }
        index
    }

    /// The numbers of the policies that may be about a request, ascending.
    pub(crate) fn candidates(&self, request: &Request) -> impl Iterator<Item = usize> {
        let named = self.by_kind.get(&request.gvk.kind);
        Merged {
            a: named.map(|lists| of(lists, request.operation)).unwrap_or_default(),
            b: of(&self.any_kind, request.operation),
        }
    }
}

fn of(lists: &ByOperation, wanted: Operation) -> &[usize] {
    let mut of_operation = lists.iter().zip(OPERATIONS);
    of_operation.find(|(_, operation)| *operation == wanted).map_or(&[], |(list, _)| list)
}

/// Two ascending lists as one, what is in both once.
struct Merged<'a> {
    a: &'a [usize],
    b: &'a [usize],
}

impl Iterator for Merged<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let order = match (self.a.first(), self.b.first()) {
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let mut next = None;
        if order.is_le() {
            next = self.a.split_off_first();
        }
        if order.is_ge() {
            next = self.b.split_off_first();
        }
        next.copied()
    }
}

#[cfg(test)]
mod tests {
    use super::Merged;

    #[test]
    fn lists_are_merged() {
        for (a, b, wanted) in [
            (&[][..], &[][..], &[][..]),
            (&[1, 4], &[], &[1, 4]),
            (&[], &[0, 9], &[0, 9]),
            (&[1, 4, 5], &[0, 4, 9], &[0, 1, 4, 5, 9]),
        ] {
            assert_eq!(Merged { a, b }.collect::<Vec<_>>(), wanted);
        }
    }
}
