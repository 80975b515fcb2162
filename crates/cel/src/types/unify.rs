use super::Type;

/// What the checker has found out of the types that stand for others (cel-go's `mapping`).
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    bound: Vec<Option<Type>>,
    /// what to undo where an assignment turns out not to hold
    trail: Vec<(u32, Option<Type>)>,
}

impl Bindings {
    /// A type to be found out.
    pub(crate) fn fresh(&mut self) -> Type {
        let number = u32::try_from(self.bound.len()).unwrap_or(u32::MAX);
        self.bound.push(None);
        Type::Var(number)
    }

    fn find(&self, var: u32) -> Option<&Type> {
        self.bound.get(var as usize)?.as_ref()
    }

    fn bind(&mut self, var: u32, to: Type) {
        if let Some(slot) = self.bound.get_mut(var as usize) {
            self.trail.push((var, slot.replace(to)));
        }
    }

    fn undo_to(&mut self, mark: usize) {
        while self.trail.len() > mark {
            let Some((var, before)) = self.trail.pop() else { return };
            if let Some(slot) = self.bound.get_mut(var as usize) {
                *slot = before;
            }
        }
    }

    /// Whether a value of one type may stand where one of the other is wanted; what follows from
    /// it for types to be found out is kept where it may.
    pub(crate) fn assignable(&mut self, from: &Type, to: &Type) -> bool {
        let mark = self.trail.len();
        let holds = self.assign(from, to);
        if holds {
            self.trail.truncate(mark);
        } else {
            self.undo_to(mark);
        }
        holds
    }

    /// [`Self::assignable`] of each to each.
    pub(crate) fn all_assignable(&mut self, from: &[Type], to: &[Type]) -> bool {
        if from.len() != to.len() {
            return false;
        }
        let mark = self.trail.len();
        let holds = from.iter().zip(to).all(|(from, to)| self.assign(from, to));
        if holds {
            self.trail.truncate(mark);
        } else {
            self.undo_to(mark);
        }
        holds
    }

    fn assign(&mut self, from: &Type, to: &Type) -> bool {
        if let Type::Var(var) = to {
            let (valid, bound) = self.substitutes(from, *var);
            if valid {
                return true;
            }
            if bound {
                return false;
            }
        }
        if let Type::Var(var) = from {
            return self.substitutes(to, *var).0;
        }
        if from.is_dyn_or_error() || to.is_dyn_or_error() {
            return true;
        }
        match (from, to) {
            (Type::Null, to) => nullable(to),
            (from, Type::Null) => nullable(from),
            (Type::Nullable(_), Type::Nullable(_)) => from == to,
            (Type::Nullable(_), to) => from.params().first() == Some(to),
            (from, Type::Nullable(_)) => to.params().first() == Some(from),
            (Type::Type(_), Type::Type(_)) => true,
            (Type::List(_), Type::List(_)) | (Type::Map(_), Type::Map(_)) => {
                self.assign_parts(from.params(), to.params())
            }
            (Type::Opaque(one, _), Type::Opaque(other, _)) => {
                one == other && self.assign_parts(from.params(), to.params())
            }
            (from, to) => from == to,
        }
    }

    fn assign_parts(&mut self, from: &[Type], to: &[Type]) -> bool {
        from.len() == to.len() && from.iter().zip(to).all(|(from, to)| self.assign(from, to))
    }

    /// Whether a type may stand for one to be found out, and whether that one is found already.
    fn substitutes(&mut self, with: &Type, var: u32) -> (bool, bool) {
        if *with == Type::Var(var) {
            return (true, true);
        }
        if let Some(found) = self.find(var).cloned() {
            if *with == found {
                return (true, true);
            }
            if self.assign(with, &found) {
                let general = most_general(with, &found);
                if self.free_of(var, &general) {
                    self.bind(var, general);
                }
                return (true, true);
            }
            return (false, true);
        }
        if self.free_of(var, with) {
            self.bind(var, with.clone());
            return (true, false);
        }
        (false, false)
    }

    /// Whether a type to be found out is no part of another.
    fn free_of(&self, var: u32, within: &Type) -> bool {
        match within {
            Type::Var(other) if *other == var => false,
            Type::Var(other) => self.find(*other).is_none_or(|found| self.free_of(var, found)),
            other => other.params().iter().all(|param| self.free_of(var, param)),
        }
    }

    /// The type with all that is found out put in.
    pub(crate) fn substitute(&self, of: &Type, unknown_is_dyn: bool) -> Type {
        match of {
            Type::Var(var) => match self.find(*var) {
                Some(found) => self.substitute(found, unknown_is_dyn),
                None if unknown_is_dyn => Type::Dyn,
                None => of.clone(),
            },
            other if other.params().is_empty() => other.clone(),
            other => other.with_parts(&mut |part| self.substitute(part, unknown_is_dyn)),
        }
    }
}

/// cel-go's checker lets null stand for these, and for wrappers.
fn nullable(of: &Type) -> bool {
    matches!(
        of,
        Type::Null
            | Type::Opaque(..)
            | Type::Struct(_)
            | Type::Timestamp
            | Type::Duration
            | Type::Nullable(_)
    )
}

/// The more general of two types of which one may stand for the other.
pub(crate) fn most_general(one: &Type, other: &Type) -> Type {
    if less_specific(one, other) { one.clone() } else { other.clone() }
}

fn less_specific(one: &Type, other: &Type) -> bool {
    if one.is_dyn() || matches!(one, Type::Var(_) | Type::Param(_)) {
        return true;
    }
    if other.is_dyn() || matches!(other, Type::Var(_) | Type::Param(_)) {
        return false;
    }
    match (one, other) {
        (Type::List(_), Type::List(_)) | (Type::Map(_), Type::Map(_)) => parts(one, other),
        (Type::Opaque(a, _), Type::Opaque(b, _)) => a == b && parts(one, other),
        (Type::Type(_), Type::Type(_)) => true,
        // A wrapper takes null beside what it wraps.
        (Type::Nullable(_), other) => one.params().first() == Some(other) || one == other,
        _ => one == other,
    }
}

fn parts(one: &Type, other: &Type) -> bool {
    let (one, other) = (one.params(), other.params());
    one.len() == other.len() && one.iter().zip(other).all(|(a, b)| less_specific(a, b))
}

#[cfg(test)]
mod tests {
    use super::Bindings;
    use crate::types::Type;

    #[test]
    fn types_are_found_out() {
        let mut bindings = Bindings::default();
        let (a, b) = (bindings.fresh(), bindings.fresh());
        let lists = [Type::list(a.clone()), Type::list(a.clone())];
        assert!(bindings.all_assignable(&[Type::list(Type::Int), Type::list(b.clone())], &lists));
        assert_eq!(bindings.substitute(&a, true), Type::Int);
        assert_eq!(bindings.substitute(&b, true), Type::Int);
        assert!(!bindings.assignable(&Type::String, &a));
        assert!(!bindings.assignable(&Type::list(b.clone()), &b));
        // Nothing is kept of what does not hold.
        let c = bindings.fresh();
        let wanted = [c.clone(), Type::Int];
        assert!(!bindings.all_assignable(&[Type::Int, Type::String], &wanted));
        assert_eq!(bindings.substitute(&c, false), c);
    }

    #[test]
    fn null_stands_for_what_may_be_null() {
        let mut bindings = Bindings::default();
        for (of, holds) in [
            (Type::Int, false),
            (Type::nullable(Type::Int), true),
            (Type::Duration, true),
            (Type::optional(Type::Int), true),
            (Type::list(Type::Int), false),
            (Type::Dyn, true),
        ] {
            assert_eq!(bindings.assignable(&Type::Null, &of), holds, "{of}");
        }
    }
}
