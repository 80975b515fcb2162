//! Runs a program over a text, on all ways at once: for each character an instruction is looked
//! at once.

use super::{Inst, Program};
use sekisho_budget::{Budget, BudgetExceeded};

/// Instructions that are looked at in one step of a budget.
const LOOKS_OF_STEP: u64 = 4;
/// Instructions after which they are paid for.
const DEBT: u64 = 1 << 10;
/// Bytes of a search that no budget is asked for, since they are given back.
const FREE_BYTES: usize = 1 << 20;
/// Ways that there is room for at first.
const FEW: usize = 64;

/// A position that a way has not come to.
pub(crate) const NOWHERE: u32 = u32::MAX;

/// What searches a text with a program.
pub(crate) struct Machine<'p, 't> {
    program: &'p Program,
    text: &'t str,
    budget: &'p Budget<'p>,
    /// positions that each way keeps: where it began, and where groups begin and end
    keeps: usize,
    /// for which position an instruction was looked at last, counted from the first that there was
    looked_at: Vec<u32>,
    turn: u32,
    ways: Ways,
    /// those at the next position, as far as they are known
    next: Ways,
    pending: Vec<Pending>,
    /// what the way that is followed keeps
    kept: Vec<u32>,
    /// ways, and pending ones, that memory is paid for
    room: (usize, usize),
    free: usize,
    /// instructions that were looked at and are not paid for
    looks: u64,
}

/// The instructions at which ways stand that take a character, the first choice first.
#[derive(Default)]
struct Ways {
    at: Vec<u32>,
    /// so many positions for each
    kept: Vec<u32>,
}

impl Ways {
    fn clear(&mut self) {
        self.at.clear();
        self.kept.clear();
    }
}

enum Pending {
    /// another way, behind the one that is followed
    Way(u32),
    /// what was kept before a group
    Kept(usize, u32),
}

/// A position, and what stands around it.
#[derive(Clone, Copy)]
struct Place {
    at: u32,
    before: Option<char>,
    behind: Option<char>,
}

/// A match.
pub(crate) struct Found {
    /// where it begins, and its groups, in pairs behind that: as much as is asked for
    pub(crate) kept: Vec<u32>,
    pub(crate) end: u32,
}

impl<'p, 't> Machine<'p, 't> {
    /// What keeps so many positions: none where it is asked only whether there is a match.
    ///
    /// # Errors
    /// Where the budget has no room for it.
    pub(crate) fn new(
        program: &'p Program,
        text: &'t str,
        budget: &'p Budget<'p>,
        keeps: usize,
    ) -> Result<Self, BudgetExceeded> {
        if u32::try_from(text.len()).is_err() {
            return Err(BudgetExceeded::Operation);
        }
        budget.step(1 + program.len() as u64 / 1024)?;
        let mut machine = Self {
            program,
            text,
            budget,
            keeps,
            looked_at: Vec::new(),
            turn: 0,
            ways: Ways::default(),
            next: Ways::default(),
            pending: Vec::new(),
            kept: Vec::new(),
            room: (FEW, FEW),
            free: FREE_BYTES,
            looks: 0,
        };
        machine.take(program.len().saturating_mul(size_of::<u32>()))?;
        machine.take(machine.bytes_of_way().saturating_mul(2 * FEW))?;
        machine.looked_at = vec![0; program.len()];
        machine.kept = vec![NOWHERE; keeps];
        Ok(machine)
    }

    fn bytes_of_way(&self) -> usize {
        self.keeps.saturating_add(1).saturating_mul(size_of::<u32>())
    }

    /// The first match that begins at a position or behind it, and of those the one that a
    /// backtracking search finds.
    ///
    /// # Errors
    /// Where it takes more than the budget has left.
    pub(crate) fn find(&mut self, from: usize) -> Result<Option<Found>, BudgetExceeded> {
        let (read, rest) = self.text.split_at_checked(from).unwrap_or((self.text, ""));
        let mut chars = rest.chars();
        let at = u32::try_from(read.len()).unwrap_or(NOWHERE);
        let mut place = Place { at, before: read.chars().next_back(), behind: chars.next() };
        let mut found = None;
        self.next.clear();
        self.begin_turn();
        loop {
            if found.is_none() && (place.at == 0 || !self.program.anchored) {
                self.kept.fill(NOWHERE);
                if let Some(start) = self.kept.first_mut() {
                    *start = place.at;
                }
                if self.follow(0, place)? {
                    found = Some(Found { kept: Vec::new(), end: place.at });
                    break;
                }
            }
            std::mem::swap(&mut self.ways, &mut self.next);
            self.next.clear();
            self.begin_turn();
            if self.ways.at.is_empty() && (found.is_some() || self.program.anchored) {
                break;
            }
            let width = place.behind.map_or(0, char::len_utf8);
            let at = place.at.saturating_add(u32::try_from(width).unwrap_or(0));
            let next = Place { at, before: place.behind, behind: chars.next() };
            if let Some(better) = self.read(place, next)? {
                found = Some(better);
                if self.keeps == 0 {
                    break;
                }
            }
            self.pay(DEBT)?;
            if place.behind.is_none() {
                break;
            }
            place = next;
        }
        self.pay(1)?;
        Ok(found)
    }

    /// Reads the character between two positions on all ways. A match ends those behind it.
    fn read(&mut self, place: Place, next: Place) -> Result<Option<Found>, BudgetExceeded> {
        let ways = std::mem::take(&mut self.ways);
        let mut found = None;
        for (number, at) in ways.at.iter().enumerate() {
            self.looks += 1;
            let takes = match (self.program.code.get(*at as usize), place.behind) {
                (Some(Inst::Char(wanted)), Some(c)) => *wanted == c,
                (Some(Inst::Class(class)), Some(c)) => {
                    self.program.classes.get(*class as usize).is_some_and(|class| class.has(c))
                }
                (Some(Inst::Match), _) => {
                    let kept = kept(&ways, number, self.keeps).to_vec();
                    found = Some(Found { kept, end: place.at });
                    break;
                }
                _ => false,
            };
            if takes {
                self.kept.copy_from_slice(kept(&ways, number, self.keeps));
                if self.follow(at + 1, next)? {
                    found = Some(Found { kept: Vec::new(), end: next.at });
                    break;
                }
            }
        }
        self.ways = ways;
        Ok(found)
    }

    /// Follows a way from an instruction to all that take a character, and says whether it comes to
    /// the end where only that is asked.
    fn follow(&mut self, at: u32, place: Place) -> Result<bool, BudgetExceeded> {
        self.pending.push(Pending::Way(at));
        while let Some(pending) = self.pending.pop() {
            let mut at = match pending {
                Pending::Way(at) => at,
                Pending::Kept(slot, before) => {
                    if let Some(kept) = self.kept.get_mut(slot) {
                        *kept = before;
                    }
                    continue;
                }
            };
            while let Some(looked_at) = self.looked_at.get_mut(at as usize) {
                self.looks += 1;
                if std::mem::replace(looked_at, self.turn) == self.turn {
                    break;
                }
                match self.program.code.get(at as usize) {
                    Some(Inst::Nothing) => at += 1,
                    Some(Inst::Jump(by)) => at = at.saturating_add_signed(*by),
                    Some(Inst::Split(by, first)) => {
                        let other = at.saturating_add_signed(*by);
                        let (first, second) =
                            if *first { (other, at + 1) } else { (at + 1, other) };
                        self.wait(Pending::Way(second))?;
                        at = first;
                    }
                    Some(Inst::Save(slot)) => {
                        let slot = *slot as usize;
                        if let Some(kept) = self.kept.get_mut(slot) {
                            let before = std::mem::replace(kept, place.at);
                            self.wait(Pending::Kept(slot, before))?;
                        }
                        at += 1;
                    }
                    Some(Inst::Look(look)) if look.holds(place.before, place.behind) => at += 1,
                    Some(Inst::Match) if self.keeps == 0 => {
                        self.pending.clear();
                        return Ok(true);
                    }
                    Some(Inst::Char(_) | Inst::Class(_) | Inst::Match) => {
                        self.stand(at)?;
                        break;
                    }
                    Some(Inst::Look(_)) | None => break,
                }
            }
        }
        Ok(false)
    }

    fn wait(&mut self, pending: Pending) -> Result<(), BudgetExceeded> {
        if self.pending.len() >= self.room.1 {
            self.take(self.room.1.saturating_mul(size_of::<Pending>()))?;
            self.room.1 *= 2;
        }
        self.pending.push(pending);
        Ok(())
    }

    /// The way that is followed stands at an instruction.
    fn stand(&mut self, at: u32) -> Result<(), BudgetExceeded> {
        if self.next.at.len() >= self.room.0 {
            self.take(self.bytes_of_way().saturating_mul(2 * self.room.0))?;
            self.room.0 *= 2;
        }
        self.next.at.push(at);
        self.next.kept.extend_from_slice(&self.kept);
        self.looks += self.keeps as u64 / 8;
        Ok(())
    }

    /// Takes memory from the budget, where it is more than a little.
    fn take(&mut self, bytes: usize) -> Result<(), BudgetExceeded> {
        let free = self.free.min(bytes);
        self.free -= free;
        self.budget.allocate((bytes - free) as u64)
    }

    /// Pays for what was looked at, where it is so much.
    fn pay(&mut self, debt: u64) -> Result<(), BudgetExceeded> {
        if self.looks < debt {
            return Ok(());
        }
        self.budget.step(std::mem::take(&mut self.looks).div_ceil(LOOKS_OF_STEP))
    }

    /// No instruction was looked at for the next position yet.
    fn begin_turn(&mut self) {
        self.turn = self.turn.checked_add(1).unwrap_or_else(|| {
            self.looked_at.fill(0);
            1
        });
    }
}

/// What a way keeps.
fn kept(ways: &Ways, number: usize, keeps: usize) -> &[u32] {
    ways.kept.get(number * keeps..(number + 1) * keeps).unwrap_or_default()
}
