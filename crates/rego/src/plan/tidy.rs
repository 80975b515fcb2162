//! Taking out of a function's code what does nothing.

use super::emit::Emitter;
use crate::program::{From, Label, Make, Op, Reg, Src};

impl Emitter {
    /// Takes out what does nothing: jumps to what follows, and safe operations whose result
    /// nobody reads.
    pub(super) fn tidy(&mut self) {
        let mut kept = vec![true; self.ops.len()];
        loop {
            let before = kept.iter().filter(|kept| **kept).count();
            self.drop_unread(&mut kept);
            self.drop_jumps(&mut kept);
            if kept.iter().filter(|kept| **kept).count() == before {
                break;
            }
        }
        let mut places = Vec::with_capacity(kept.len() + 1);
        let mut next: Label = 0;
        for kept in &kept {
            places.push(next);
            next += Label::from(*kept);
        }
        places.push(next);
        for label in &mut self.labels {
            label.at = label.at.and_then(|at| places.get(at as usize).copied());
        }
        let mut each = kept.iter();
        self.ops.retain(|_| each.next().copied().unwrap_or(true));
        let mut each = kept.iter();
        self.locations.retain(|_| each.next().copied().unwrap_or(true));
    }

    fn drop_unread(&self, kept: &mut [bool]) {
        let mut read = vec![false; usize::from(self.registers)];
        for (op, _) in self.ops.iter().zip(&*kept).filter(|(_, kept)| **kept) {
            self.registers_read(op, &mut |reg| {
                if let Some(read) = read.get_mut(reg) {
                    *read = true;
                }
            });
        }
        for (at, (op, kept)) in self.ops.iter().zip(kept).enumerate() {
            let dst = match op {
                Op::Move { dst, .. } => *dst,
                Op::Input { dst, .. } | Op::InputPath { dst, .. } if self.safe.contains(&at) => {
                    *dst
                }
                _ => continue,
            };
            *kept = *kept && read.get(usize::from(dst)).copied().unwrap_or(true);
        }
    }

    fn drop_jumps(&self, kept: &mut [bool]) {
        let mut next = self.ops.len();
        for at in (0..self.ops.len()).rev() {
            let Some(here) = kept.get_mut(at) else { return };
            if !*here {
                continue;
            }
            if let Some(Op::Jump { to }) = self.ops.get(at) {
                let to = self.labels.get(*to as usize).and_then(|place| place.at).unwrap_or(0);
                let to = to as usize;
                // Between here and the next operation that stays, all are the same place.
                if (at + 1..=next).contains(&to) {
                    *here = false;
                    continue;
                }
            }
            next = at;
        }
    }

    /// The registers that an operation reads.
    fn registers_read(&self, op: &Op, read: &mut dyn FnMut(usize)) {
        let mut src = |src: Src| {
            if let From::Reg(reg) = src.read() {
                read(reg);
            }
        };
        let reg = |reg: Reg| Src::reg(reg);
        match *op {
            Op::Jump { .. }
            | Op::Input { .. }
            | Op::InputPath { .. }
            | Op::Begin { .. }
            | Op::Replaced { .. }
            | Op::Leave
            | Op::Flag { .. }
            | Op::ReturnUndefined => {}
            Op::Move { src: from, .. }
            | Op::IsTrue { src: from, .. }
            | Op::IsCollection { src: from, .. }
            | Op::Iterate { src: from, .. }
            | Op::Matches { src: from, .. }
            | Op::Push { src: from }
            | Op::Return { src: from } => src(from),
            Op::Keep { src: from, dst, flag, .. } => {
                src(from);
                src(reg(dst));
                src(reg(flag));
            }
            Op::Path { src: from, .. }
            | Op::Switch { src: from, .. }
            | Op::IsArray { src: from, .. }
            | Op::IsObject { src: from, .. }
            | Op::Item { src: from, .. }
            | Op::Candidates { src: from, .. }
            | Op::Print { src: from } => src(reg(from)),
            Op::Candidate { state, .. } => (0..3).for_each(|at| src(reg(state + at))),
            Op::Get { src: from, key, .. } => {
                src(from);
                src(key);
            }
            Op::Compare { left, right, .. } | Op::Merge { left, right, .. } => {
                src(left);
                src(right);
            }
            Op::Next { state, .. } => {
                src(reg(state));
                src(reg(state.saturating_add(1)));
            }
            Op::End { mark, .. } | Op::EndNested { mark, .. } => src(reg(mark)),
            Op::IfFlag { flag, .. } => src(reg(flag)),
            Op::Make { what, start, count, .. } => {
                let count = usize::from(count) * if what == Make::Object { 2 } else { 1 };
                (0..count).for_each(|at| read(usize::from(start) + at));
            }
            Op::Data { keys, count, .. } => {
                (0..usize::from(count)).for_each(|at| read(usize::from(keys) + at));
            }
            Op::Builtin { args, .. }
            | Op::Call { args, .. }
            | Op::Mocked { args, .. }
            | Op::Enter { values: args, .. } => {
                let count = self.rows.get(&args).copied().unwrap_or(0);
                (0..count).for_each(|at| read(usize::from(args) + at));
            }
        }
    }
}
