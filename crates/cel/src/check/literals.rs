use super::{Checker, Reference, advice};
use crate::ast::{Element, Entry, Expr, Field};
use crate::types::{Type, most_general};

impl Checker<'_> {
    pub(super) fn list(&mut self, items: &[Element]) -> Type {
        let mut joined: Option<Type> = None;
        for item in items {
            let of = self.expr(&item.value);
            let of = self.unwrapped(&item.value, of, item.optional);
            joined = Some(self.join(joined, of));
        }
        Type::list(joined.unwrap_or_else(|| self.bindings.fresh()))
    }

    pub(super) fn map(&mut self, entries: &[Entry]) -> Type {
        let (mut keys, mut values): (Option<Type>, Option<Type>) = (None, None);
        for entry in entries {
            let key = self.expr(&entry.key);
            keys = Some(self.join(keys, key));
            let value = self.expr(&entry.value);
            let value = self.unwrapped(&entry.value, value, entry.optional);
            values = Some(self.join(values, value));
        }
        let key = keys.unwrap_or_else(|| self.bindings.fresh());
        Type::map(key, values.unwrap_or_else(|| self.bindings.fresh()))
    }

    /// The type of what an optional item or entry holds.
    fn unwrapped(&mut self, expr: &Expr, of: Type, optional: bool) -> Type {
        if !optional {
            return of;
        }
        let of = self.bindings.substitute(&of, false);
        match of.optional_value() {
            Some(value) => value,
            None => {
                if !of.is_dyn_or_error() {
                    self.mismatch(expr.span, &Type::optional(of.clone()), &of);
                }
                of
            }
        }
    }

    fn join(&mut self, before: Option<Type>, of: Type) -> Type {
        let Some(before) = before else { return of };
        if self.bindings.assignable(&before, &of) {
            let before = self.bindings.substitute(&before, false);
            let of = self.bindings.substitute(&of, false);
            return most_general(&before, &of);
        }
        Type::Dyn
    }

    pub(super) fn message(&mut self, expr: &Expr, name: &str, fields: &[Field]) -> Type {
        let of = self.message_type(expr, name);
        for field in fields {
            let value = self.expr(&field.value);
            let value = self.unwrapped(&field.value, value, field.optional);
            let Some(type_name) = &of else { continue };
            let wanted = self.struct_field(field.span, type_name, &field.name);
            if !self.bindings.assignable(&wanted, &value) {
                let found = self.bindings.substitute(&value, false);
                let message = format!(
                    "expected type of field '{}' is '{wanted}' but provided type is '{found}'",
                    field.name
                );
                self.error(field.span, message, advice::mismatch(&wanted, &found));
            }
        }
        match of {
            Some(name) => {
                self.environment.inner().structs_of(&name).map_or(Type::Error, |(_, of)| of)
            }
            None => Type::Error,
        }
    }

    /// The full name of a message's type.
    fn message_type(&mut self, expr: &Expr, name: &str) -> Option<String> {
        let environment = self.environment;
        let environment = environment.inner();
        let candidates = environment.candidates(name);
        if let Some(found) =
            candidates.iter().find(|candidate| environment.structs_of(candidate).is_some())
        {
            self.refer(expr.id, Reference::Struct(found.clone()));
            return Some(found.to_string());
        }
        match candidates
            .iter()
            .find(|candidate| environment.libraries.types.contains_key(*candidate))
        {
            Some(name) => {
                self.error(expr.span, format!("'{name}' is not a message type"), None);
            }
            None => self.undeclared(expr.span, name, false),
        }
        None
    }
}
