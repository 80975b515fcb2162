//! How much a stream holds, and the bounds on it: what is read takes memory in proportion to the
//! text.

use crate::fault::Fault;

/// The size of a value.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Size {
    /// Lists, objects, scalars and keys.
    nodes: u64,
    /// Bytes of scalars.
    bytes: u64,
}

/// What was read of a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count {
    /// Everything, what aliases repeat included.
    all: Size,
    /// What aliases repeat.
    repeated: Size,
    /// How many values the text itself may hold.
    most: u64,
    values: u64,
}

/// How many values a text of any length may hold.
const VALUES_FREE: u64 = 500_000;
/// How many bytes a text needs for each value beyond. Manifests have fifteen and more; one of two
/// bytes a value would take fifty times its size.
const BYTES_PER_VALUE: u64 = 8;
/// How many values any text may hold. A manifest of 500 MB has as many.
const MOST_VALUES: u64 = 32_000_000;

/// How much aliases may add, beside ten times what the text itself has.
const ALIAS_FREE: Size = Size { nodes: 100_000, bytes: 16_000_000 };
/// How much aliases may add at all.
const ALIAS_MOST: Size = Size { nodes: 4_000_000, bytes: 1_000_000_000 };

impl Count {
    /// Before anything is read of a text of so many bytes.
    pub(crate) fn new(len: usize) -> Self {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        let most = (VALUES_FREE + len / BYTES_PER_VALUE).min(MOST_VALUES);
        Self { all: Size::default(), repeated: Size::default(), most, values: 0 }
    }

    /// How many more values the text may hold.
    pub(crate) fn room(&self) -> u64 {
        self.most - self.values.min(self.most)
    }

    /// Whether a value was one too many.
    pub(crate) fn is_exceeded(&self) -> bool {
        self.values > self.most
    }

    /// Counts values that another reader read.
    pub(crate) fn add_values(&mut self, values: u64) {
        self.values += values;
    }

    /// Counts a value that stands at `at`.
    #[inline]
    pub(crate) fn add_value(&mut self, at: usize) -> Result<(), Fault> {
        self.all.nodes += 1;
        self.values += 1;
        if self.values > self.most { Err(self.too_many(at)) } else { Ok(()) }
    }

    /// Counts a key, which is no value of its own.
    #[inline]
    pub(crate) fn add_key(&mut self) {
        self.all.nodes += 1;
    }

    /// Counts the bytes of a scalar or key.
    #[inline]
    pub(crate) fn add_text(&mut self, len: usize) {
        self.all.bytes += len as u64;
    }

    /// What was read so far.
    pub(crate) fn size(&self) -> Size {
        self.all
    }

    /// The size of what was read since.
    pub(crate) fn since(&self, before: Size) -> Size {
        Size { nodes: self.all.nodes - before.nodes + 1, bytes: self.all.bytes - before.bytes }
    }

    /// Counts what an alias at `at` repeats.
    pub(crate) fn repeat(&mut self, size: Size, at: usize) -> Result<(), Fault> {
        let own = Size {
            nodes: self.all.nodes - self.repeated.nodes,
            bytes: self.all.bytes - self.repeated.bytes,
        };
        for total in [&mut self.all, &mut self.repeated] {
            total.nodes = total.nodes.saturating_add(size.nodes);
            total.bytes = total.bytes.saturating_add(size.bytes);
        }
        let bound =
            |own: u64, free: u64, most: u64| own.saturating_mul(10).saturating_add(free).min(most);
        if self.repeated.nodes > bound(own.nodes, ALIAS_FREE.nodes, ALIAS_MOST.nodes)
            || self.repeated.bytes > bound(own.bytes, ALIAS_FREE.bytes, ALIAS_MOST.bytes)
        {
            return Err(Fault::new(at, "aliases repeat too much")
                .help("write the repeated part out, or split the document"));
        }
        Ok(())
    }

    #[cold]
    pub(crate) fn too_many(&self, at: usize) -> Fault {
        Fault::new(
            at,
            format!("more than {} values, which is too many for the text's length", self.most),
        )
        .help("split the file")
    }
}

impl Size {
    /// A scalar of so many bytes.
    pub(crate) fn of_scalar(len: usize) -> Self {
        Self { nodes: 1, bytes: u64::try_from(len).unwrap_or(u64::MAX) }
    }

    /// So many nodes, without text.
    pub(crate) fn of_nodes(nodes: usize) -> Self {
        Self { nodes: u64::try_from(nodes).unwrap_or(u64::MAX), bytes: 0 }
    }
}
