//! A stream of bytes as lines.

use crate::Error;

/// How long a line may be: an object is far smaller.
const MOST: usize = 64 << 20;

/// Puts lines together, however the bytes come.
#[derive(Debug, Default)]
pub(crate) struct Lines {
    /// what came and is not yet a line
    rest: Vec<u8>,
    /// up to where it was searched for an end
    searched: usize,
}

impl Lines {
    /// Adds what came.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Result<(), Error> {
        if self.rest.len() + bytes.len() > MOST {
            return Err(Error::TooMuch(format!("one event has more than {} MiB", MOST >> 20)));
        }
        self.rest.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole line that is not empty.
    pub(crate) fn pop(&mut self) -> Option<Vec<u8>> {
        loop {
            let unsearched = self.rest.get(self.searched..)?;
            let Some(end) = unsearched.iter().position(|byte| *byte == b'\n') else {
                self.searched = self.rest.len();
                return None;
            };
            let after = self.rest.split_off(self.searched + end + 1);
            let mut line = std::mem::replace(&mut self.rest, after);
            self.searched = 0;
            line.truncate(line.trim_ascii_end().len());
            if !line.is_empty() {
                return Some(line);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Lines;

    #[test]
    fn lines_are_whole_however_they_come() {
        let text = b"one\n\r\ntwo\r\n\nthree";
        for size in 1..=text.len() {
            let mut lines = Lines::default();
            let mut found = Vec::new();
            for part in text.chunks(size) {
                lines.push(part).unwrap();
                while let Some(line) = lines.pop() {
                    found.push(String::from_utf8(line).unwrap());
                }
            }
            assert_eq!(found, ["one", "two"], "{size}");
            lines.push(b"\n").unwrap();
            assert_eq!(lines.pop().unwrap(), b"three");
        }
    }
}
