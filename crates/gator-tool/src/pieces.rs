//! Text of which the long parts that stand in many places are not copied.

use std::io::{self, IoSlice, Write};

/// Text, with borrowed text within.
#[derive(Clone, Default)]
pub(crate) struct Pieces<'p> {
    pub(crate) own: String,
    /// what stands before the byte of `own` at this place, in order
    borrowed: Vec<(usize, &'p str)>,
}

impl<'p> Pieces<'p> {
    /// Goes on with what is not copied.
    pub(crate) fn borrow(&mut self, text: &'p str) {
        self.borrowed.push((self.own.len(), text));
    }

    pub(crate) fn clear(&mut self) {
        self.own.clear();
        self.borrowed.clear();
    }

    /// One after the other.
    fn slices(&self) -> impl Iterator<Item = IoSlice<'_>> {
        let ends = self.borrowed.iter().map(|(at, text)| (*at, *text));
        let mut from = 0;
        ends.chain([(self.own.len(), "")]).flat_map(move |(to, text)| {
            let own = self.own.get(from..to).unwrap_or_default();
            from = to;
            [own, text].map(|text| IoSlice::new(text.as_bytes()))
        })
    }
}

/// Writes them one after the other, with few calls.
///
/// # Errors
/// Where `out` cannot be written.
pub(crate) fn write_all(all: &[Pieces<'_>], out: &mut dyn Write) -> io::Result<()> {
    let mut slices: Vec<IoSlice<'_>> = all.iter().flat_map(Pieces::slices).collect();
    let mut rest = slices.as_mut_slice();
    // What is empty is passed over.
    IoSlice::advance_slices(&mut rest, 0);
    while !rest.is_empty() {
        match out.write_vectored(rest) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut rest, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Pieces, write_all};
    use std::io::{self, Write};

    /// Takes a few bytes at once, and is interrupted in between.
    struct Slow(Vec<u8>, bool);

    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::Interrupted.into());
            }
            let taken = bytes.len().min(3);
            self.0.extend(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn what_is_borrowed_stands_where_it_was_put() {
        let mut pieces = Pieces::default();
        pieces.borrow("first ");
        pieces.borrow("");
        pieces.own.push_str("own ");
        pieces.borrow("borrowed ");
        pieces.borrow("twice ");
        pieces.own.push_str("own again\n");
        let mut cleared = pieces.clone();
        cleared.clear();
        let all = [cleared, pieces.clone(), Pieces::default(), pieces];
        let line = "first own borrowed twice own again\n";
        let mut slow = Slow(Vec::new(), false);
        write_all(&all, &mut slow).unwrap();
        assert_eq!(String::from_utf8(slow.0).unwrap(), line.repeat(2));
        let full = &mut [0; 40][..];
        assert_eq!(write_all(&all, &mut { full }).unwrap_err().kind(), io::ErrorKind::WriteZero);
        write_all(&[], &mut io::empty()).unwrap();
    }
}
