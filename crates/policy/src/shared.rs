use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

/// What the policies of a dialect make of one request, and share: each is made once by each thread
/// that evaluates some of them, by the first that asks for it.
#[derive(Default)]
pub struct Shared(RefCell<Vec<Rc<dyn Any>>>);

impl Shared {
    /// The value of a type; a dialect has types of its own, so that none gets another's.
    pub fn get<T: Any>(&self, make: impl FnOnce() -> T) -> Rc<T> {
        let found = self.0.borrow().iter().find_map(|value| Rc::clone(value).downcast::<T>().ok());
        found.unwrap_or_else(|| {
            // Nothing is borrowed here: what makes the value may ask for others.
            let made = Rc::new(make());
            let shared: Rc<dyn Any> = Rc::<T>::clone(&made);
            self.0.borrow_mut().push(shared);
            made
        })
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("values", &self.0.borrow().len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::Shared;

    #[test]
    fn a_value_is_made_once() {
        let shared = Shared::default();
        assert_eq!(*shared.get(|| 1_u8), 1);
        assert_eq!(*shared.get(|| 2_u8), 1);
        assert_eq!(*shared.get(|| u32::from(*shared.get(|| 3_u16))), 3);
        assert_eq!(*shared.get(|| 4_u16), 3);
    }
}
