//! Writes a program while its pattern is read.

use super::{Class, Inst, Look, MAX_INSTRUCTIONS, MAX_RANGES, Program};
use regex_syntax::hir::{self, HirKind};
use std::collections::HashMap;

/// Instructions that may be moved to make room before what they repeat.
const MAX_MOVED: usize = 1 << 27;
/// A group of more instructions keeps a place that it does not need.
const SMALL: usize = 64;

/// Takes the parts of a pattern in the order in which they stand.
pub(crate) struct Builder {
    code: Vec<Inst>,
    classes: Vec<Class>,
    known: HashMap<String, Inst>,
    ranges: usize,
    /// the groups that are open, the whole pattern first
    open: Vec<Open>,
    groups: u32,
    moved: usize,
    fault: Option<Fault>,
}

/// Why there is no program.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    TooLarge,
    /// a class that cannot be read, and what is wrong with it
    Class(String),
}

/// A group that is open.
struct Open {
    /// where a place is kept for what repeats it
    start: usize,
    /// where a place is kept for the choice between the present alternative and the next
    choice: usize,
    /// the jump behind the alternative before; each holds how far the one before it is
    jump: Option<usize>,
    /// its number, where what it matches is kept
    group: Option<u32>,
    /// of the alternatives so far
    whole: Option<Kind>,
    /// of the present one, without its last piece
    so_far: Option<Kind>,
    last: Option<Piece>,
}

/// What a piece matches.
#[derive(Clone, Copy)]
struct Kind {
    /// it may match nothing
    empty: bool,
    /// it matches at the start of a text alone
    anchored: bool,
}

/// A piece at the end of the code, to which a repetition would apply.
#[derive(Clone, Copy)]
struct Piece {
    start: usize,
    kind: Kind,
}

impl Default for Builder {
    fn default() -> Self {
        let mut builder = Self {
            code: Vec::new(),
            classes: Vec::new(),
            known: HashMap::new(),
            ranges: 0,
            open: Vec::new(),
            groups: 0,
            moved: 0,
            fault: None,
        };
        builder.enter(None);
        builder
    }
}

impl Builder {
    /// A character, or what an expression of the `regex` crate says of one.
    pub(crate) fn char(&mut self, text: &str) {
        let inst = match self.known.get(text) {
            Some(known) => *known,
            None => match self.read(text) {
                Ok(read) => {
                    self.known.insert(text.to_owned(), read);
                    read
                }
                Err(fault) => return self.fail(fault),
            },
        };
        self.piece(inst, Kind { empty: false, anchored: false });
    }

    fn read(&mut self, text: &str) -> Result<Inst, Fault> {
        let hir = regex_syntax::parse(text).map_err(|error| Fault::Class(error.to_string()))?;
        let ranges: Box<[(char, char)]> = match hir.kind() {
            HirKind::Literal(hir::Literal(bytes)) => {
                let mut chars = std::str::from_utf8(bytes).unwrap_or_default().chars();
                return match (chars.next(), chars.next()) {
                    (Some(c), None) => Ok(Inst::Char(c)),
                    _ => Err(Fault::Class(format!("`{text}` is no character"))),
                };
            }
            HirKind::Class(hir::Class::Unicode(class)) => {
                class.iter().map(|range| (range.start(), range.end())).collect()
            }
            HirKind::Class(hir::Class::Bytes(class)) if class.is_ascii() => {
                class.iter().map(|range| (range.start().into(), range.end().into())).collect()
            }
            _ => return Err(Fault::Class(format!("`{text}` is no class"))),
        };
        self.ranges += ranges.len();
        let number = u32::try_from(self.classes.len()).unwrap_or(u32::MAX);
        if self.ranges > MAX_RANGES || number == u32::MAX {
            return Err(Fault::TooLarge);
        }
        self.classes.push(Class::new(ranges));
        Ok(Inst::Class(number))
    }

    pub(crate) fn look(&mut self, look: Look) {
        let anchored = look == Look::TextStart;
        self.piece(Inst::Look(look), Kind { empty: true, anchored });
    }

    fn piece(&mut self, inst: Inst, kind: Kind) {
        let start = self.code.len();
        self.push(inst);
        self.finish(Piece { start, kind });
    }

    fn push(&mut self, inst: Inst) {
        self.code.push(inst);
        if self.code.len() > MAX_INSTRUCTIONS {
            self.fail(Fault::TooLarge);
        }
    }

    fn fail(&mut self, fault: Fault) {
        self.fault.get_or_insert(fault);
        // nothing that is read from here on is kept
        self.code.clear();
        self.known.clear();
    }

    /// A piece follows the others of its alternative.
    fn finish(&mut self, piece: Piece) {
        if let Some(open) = self.open.last_mut() {
            open.so_far = open.present();
            open.last = Some(piece);
        }
    }

    /// Begins a group, and keeps what it matches where it is a numbered one.
    pub(crate) fn open(&mut self, keeps: bool) {
        let group = keeps.then(|| {
            self.groups += 1;
            self.groups
        });
        self.enter(group);
    }

    fn enter(&mut self, group: Option<u32>) {
        let start = self.code.len();
        self.push(Inst::Nothing);
        if let Some(group) = group {
            self.push(Inst::Save(2 * group - 1));
        }
        let choice = self.code.len();
        self.push(Inst::Nothing);
        let (jump, whole, so_far, last) = (None, None, None, None);
        self.open.push(Open { start, choice, jump, group, whole, so_far, last });
    }

    /// Ends an alternative, behind which another begins.
    pub(crate) fn alternate(&mut self) {
        let here = self.code.len();
        let Some(open) = self.open.last_mut() else { return };
        open.end_alternative();
        let before = open.jump.replace(here);
        let (choice, next) = (open.choice, here + 1);
        open.choice = next;
        self.push(Inst::Jump(before.map_or(0, |before| distance(here, before))));
        self.put(choice, Inst::Split(distance(choice, next), false));
        self.push(Inst::Nothing);
    }

    /// Ends a group.
    pub(crate) fn close(&mut self) {
        if let Some(group) = self.leave() {
            self.finish(group);
        }
    }

    fn leave(&mut self) -> Option<Piece> {
        let mut open = self.open.pop()?;
        open.end_alternative();
        if open.jump.is_none() && self.code.len() - open.choice.min(self.code.len()) <= SMALL {
            // there is no choice
            self.remove(open.choice);
        }
        let end = self.code.len();
        let mut jump = open.jump;
        while let Some(at) = jump {
            jump = match self.code.get(at) {
                Some(Inst::Jump(before)) if *before != 0 => place(at, *before),
                _ => None,
            };
            self.put(at, Inst::Jump(distance(at, end)));
        }
        if let Some(group) = open.group {
            self.push(Inst::Save(2 * group));
        }
        open.whole.map(|kind| Piece { start: open.start, kind })
    }

    fn put(&mut self, at: usize, inst: Inst) {
        if let Some(place) = self.code.get_mut(at) {
            *place = inst;
        }
    }

    fn remove(&mut self, at: usize) {
        if at < self.code.len() {
            self.code.remove(at);
        }
    }

    /// Repeats what stands last, `least` times or more.
    pub(crate) fn repeat(&mut self, least: u32, most: Option<u32>, greedy: bool) {
        let Some(Piece { start, kind }) = self.open.last().and_then(|open| open.last) else {
            return;
        };
        // Only what is a single instruction, or repeated already, has no place before it.
        if self.code.get(start) != Some(&Inst::Nothing) {
            self.moved += self.code.len().saturating_sub(start);
            if self.moved > MAX_MOVED {
                return self.fail(Fault::TooLarge);
            }
            if start <= self.code.len() {
                self.code.insert(start, Inst::Nothing);
            }
        }
        let len = self.code.len().saturating_sub(start + 1);
        let copies = most.unwrap_or(least).max(1) as usize;
        if (len + 1).saturating_mul(copies) > MAX_INSTRUCTIONS {
            return self.fail(Fault::TooLarge);
        }
        if most == Some(0) {
            self.code.truncate(start + 1);
        }
        for _ in 1..least {
            self.copy(start + 1, len);
        }
        if most.is_none() {
            let here = self.code.len();
            self.push(Inst::Split(distance(here, here - len.min(here)), greedy));
        }
        let optional = most.map_or(0, |most| most.saturating_sub(least.max(1)));
        let first = self.code.len();
        for _ in 0..optional {
            self.push(Inst::Nothing);
            self.copy(start + 1, len);
        }
        // Whatever comes less often goes on behind the whole.
        let end = self.code.len();
        for at in (0..optional as usize).map(|copy| first + copy * (len + 1)) {
            self.put(at, Inst::Split(distance(at, end), !greedy));
        }
        if least == 0 && most != Some(0) {
            self.put(start, Inst::Split(distance(start, end), !greedy));
        }
        let kind = Kind { empty: kind.empty || least == 0, anchored: kind.anchored && least > 0 };
        if let Some(open) = self.open.last_mut() {
            open.last = Some(Piece { start, kind });
        }
    }

    fn copy(&mut self, from: usize, len: usize) {
        if from + len <= self.code.len() {
            self.code.extend_from_within(from..from + len);
        }
    }

    /// The program, once all is read.
    ///
    /// # Errors
    /// Where it is too large, or a class is none.
    pub(crate) fn build(mut self) -> Result<Program, Fault> {
        let whole = self.leave();
        self.push(Inst::Match);
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(Program {
                code: self.code.into(),
                classes: self.classes.into(),
                anchored: whole.is_some_and(|whole| whole.kind.anchored),
            }),
        }
    }
}

impl Open {
    /// What the present alternative matches, as far as it is read.
    fn present(&self) -> Option<Kind> {
        match (self.so_far, self.last) {
            (None, last) => last.map(|last| last.kind),
            (so_far, None) => so_far,
            // A text that begins with what begins a text begins it.
            (Some(so_far), Some(last)) => {
                Some(Kind { empty: so_far.empty && last.kind.empty, ..so_far })
            }
        }
    }

    fn end_alternative(&mut self) {
        let present = self.present().unwrap_or(Kind { empty: true, anchored: false });
        self.whole = Some(self.whole.map_or(present, |whole| Kind {
            empty: whole.empty || present.empty,
            anchored: whole.anchored && present.anchored,
        }));
        (self.so_far, self.last) = (None, None);
    }
}

/// How far one place is from another; no program is longer than that can say.
fn distance(from: usize, to: usize) -> i32 {
    let far = |at: usize| i32::try_from(at).unwrap_or(i32::MAX);
    far(to).saturating_sub(far(from))
}

fn place(at: usize, distance: i32) -> Option<usize> {
    at.checked_add_signed(isize::try_from(distance).ok()?)
}
