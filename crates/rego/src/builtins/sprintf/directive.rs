//! Reads a format: `%[flags][width][.precision][argument index]verb`.

use super::Arg;
use std::collections::VecDeque;

/// Widths and precisions beyond this count as not given.
const LARGEST: i64 = 1_000_000;

/// What stands between `%` and its verb, and the verb.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Directive {
    pub(super) verb: char,
    pub(super) sharp: bool,
    pub(super) zero: bool,
    pub(super) plus: bool,
    pub(super) minus: bool,
    pub(super) space: bool,
    /// `#` and `+` with `%v` mean something else than with other verbs
    pub(super) sharp_v: bool,
    pub(super) plus_v: bool,
    pub(super) width: Option<usize>,
    pub(super) precision: Option<usize>,
}

/// What is to be written next.
#[derive(Debug)]
pub(super) enum Step<'f> {
    Text(&'f str),
    Complaint(&'static str),
    BadIndex(char),
    Missing(char),
    Print(&'f Arg, Directive),
}

#[derive(Debug)]
pub(super) struct Reader<'f> {
    format: &'f str,
    at: usize,
    args: &'f [Arg],
    next_arg: usize,
    /// arguments were named by index: unused ones are no mistake
    reordered: bool,
    good_index: bool,
    waiting: VecDeque<Step<'f>>,
}

impl<'f> Reader<'f> {
    pub(super) fn new(format: &'f str, args: &'f [Arg]) -> Self {
        let waiting = VecDeque::new();
        Self { format, at: 0, args, next_arg: 0, reordered: false, good_index: true, waiting }
    }

    /// Arguments that no verb asked for.
    pub(super) fn unused(&self) -> &'f [Arg] {
        let unused = if self.reordered { None } else { self.args.get(self.next_arg..) };
        unused.unwrap_or_default()
    }

    fn rest(&self) -> &'f str {
        self.format.get(self.at..).unwrap_or("")
    }

    fn peek(&self) -> Option<u8> {
        self.format.as_bytes().get(self.at).copied()
    }

    pub(super) fn next(&mut self) -> Option<Step<'f>> {
        if let Some(step) = self.waiting.pop_front() {
            return Some(step);
        }
        let rest = self.rest();
        match rest.find('%') {
            _ if rest.is_empty() => None,
            Some(0) => {
                self.at += 1;
                self.directive();
                self.next()
            }
            end => {
                let text = rest.get(..end.unwrap_or(rest.len())).unwrap_or(rest);
                self.at += text.len();
                Some(Step::Text(text))
            }
        }
    }

    fn directive(&mut self) {
        self.good_index = true;
        let mut directive = Directive::default();
        while let Some(byte) = self.peek() {
            match byte {
                b'#' => directive.sharp = true,
                b'0' => directive.zero = true,
                b'+' => directive.plus = true,
                b'-' => directive.minus = true,
                b' ' => directive.space = true,
                _ => break,
            }
            self.at += 1;
        }
        let mut after_index = self.index();
        self.width(&mut directive, &mut after_index);
        if self.peek() == Some(b'.') && self.at + 1 < self.format.len() {
            self.at += 1;
            self.good_index &= !after_index;
            after_index = self.index();
            self.precision(&mut directive, &mut after_index);
        }
        if !after_index {
            self.index();
        }
        let Some(verb) = self.rest().chars().next() else {
            self.waiting.push_back(Step::Complaint("%!(NOVERB)"));
            return;
        };
        self.at += verb.len_utf8();
        directive.verb = verb;
        let step = match self.args.get(self.next_arg) {
            _ if verb == '%' => Step::Text("%"),
            _ if !self.good_index => Step::BadIndex(verb),
            None => Step::Missing(verb),
            Some(arg) => {
                self.next_arg += 1;
                if matches!(verb, 'v' | 'w') {
                    directive.sharp_v = std::mem::take(&mut directive.sharp);
                    directive.plus_v = std::mem::take(&mut directive.plus);
                }
                Step::Print(arg, directive)
            }
        };
        self.waiting.push_back(step);
    }

    fn width(&mut self, directive: &mut Directive, after_index: &mut bool) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            match self.int_arg() {
                Some(width) => {
                    directive.width = Some(usize::try_from(width.abs()).unwrap_or(0));
                    if width < 0 {
                        directive.minus = true;
                        directive.zero = false;
                    }
                }
                None => self.waiting.push_back(Step::Complaint("%!(BADWIDTH)")),
            }
            *after_index = false;
        } else {
            directive.width = self.number(self.format.len());
            if *after_index && directive.width.is_some() {
                self.good_index = false;
            }
        }
    }

    fn precision(&mut self, directive: &mut Directive, after_index: &mut bool) {
        if self.peek() == Some(b'*') {
            self.at += 1;
            directive.precision =
                self.int_arg().and_then(|precision| usize::try_from(precision).ok());
            if directive.precision.is_none() {
                self.waiting.push_back(Step::Complaint("%!(BADPREC)"));
            }
            *after_index = false;
        } else {
            directive.precision = Some(self.number(self.format.len()).unwrap_or(0));
        }
    }

    /// The integer that `*` stands for.
    fn int_arg(&mut self) -> Option<i64> {
        let arg = self.args.get(self.next_arg)?;
        self.next_arg += 1;
        match arg {
            Arg::Int(int, _) if (-LARGEST..=LARGEST).contains(int) => Some(*int),
            _ => None,
        }
    }

    /// Decimal digits; one that is too large swallows all up to the end.
    fn number(&mut self, end: usize) -> Option<usize> {
        let mut number: Option<usize> = None;
        while self.at < end
            && let Some(digit @ b'0'..=b'9') = self.peek()
        {
            let so_far = number.unwrap_or(0);
            if so_far > 1_000_000 {
                self.at = end;
                return None;
            }
            number = Some(so_far * 10 + usize::from(digit - b'0'));
            self.at += 1;
        }
        number
    }

    /// `[n]`: the next argument is the n-th; tells whether there was one.
    fn index(&mut self) -> bool {
        if self.peek() != Some(b'[') {
            return false;
        }
        self.reordered = true;
        let rest = self.rest();
        let close = if rest.len() < 3 { None } else { rest.find(']') };
        let Some(close) = close else {
            self.good_index = false;
            self.at += 1;
            return false;
        };
        let end = self.at + close;
        self.at += 1;
        let number = self.number(end);
        let read_all = self.at == end;
        self.at = end + 1;
        match number {
            Some(number) if read_all && (1..=self.args.len()).contains(&number) => {
                self.next_arg = number - 1;
                true
            }
            number => {
                self.good_index = false;
                number.is_some() && read_all
            }
        }
    }
}
