//! Templates whose objects come round to them again.

use super::Template;

/// The numbers of the templates on a cycle. From each, all that its objects lead to are visited
/// once.
pub(super) fn find(templates: &[Template]) -> Vec<usize> {
    let leads_to = |from: usize| {
        let generated = templates.get(from).map(|template| &template.generated);
        let all = templates.iter().enumerate();
        all.filter(move |(_, to)| generated.is_some_and(|gvk| to.applies_to(gvk)))
            .map(|(number, _)| number)
    };
    (0..templates.len())
        .filter(|start| {
            let mut seen = vec![false; templates.len()];
            let mut pending: Vec<usize> = leads_to(*start).collect();
            while let Some(number) = pending.pop() {
                if number == *start {
                    return true;
                }
                if let Some(seen) = seen.get_mut(number).filter(|seen| !**seen) {
                    *seen = true;
                    pending.extend(leads_to(number));
                }
            }
            false
        })
        .collect()
}
