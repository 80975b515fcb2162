//! Writes one argument for one verb.

use super::Arg;
use super::directive::Directive;
use crate::term::Text;
use crate::term::quote::{Quoting, is_printable, write_quoted};
use sekisho_budget::BudgetExceeded;

type Written = Result<(), BudgetExceeded>;

pub(super) struct Writer<'w, 'b> {
    pub(super) out: &'w mut Text<'b>,
    pub(super) directive: Directive,
    /// within `%!verb(type=value)`
    pub(super) complaining: bool,
}

impl Writer<'_, '_> {
    pub(super) fn print(&mut self, arg: &Arg) -> Written {
        if self.directive.verb == 'T' {
            return self.string(arg.type_name());
        }
        match arg {
            Arg::String(text, _) => match self.directive.verb {
                'v' if self.directive.sharp_v => self.quoted(text),
                'v' | 's' => self.string(text),
                'x' => self.hexadecimal(text, *b"0123456789abcdefx"),
                'X' => self.hexadecimal(text, *b"0123456789ABCDEFX"),
                'q' => self.quoted(text),
                _ => self.bad_verb(arg),
            },
            Arg::Int(int, _) => match self.directive.verb {
                'v' | 'd' | 'b' | 'o' | 'O' | 'x' | 'X' => self.integer(*int),
                'c' => self.padded(&character(*int).to_string()),
                'q' => {
                    let quoting = Quoting { mark: '\'', ascii: self.directive.plus };
                    let text = self.in_quotes(&character(*int).to_string(), quoting)?;
                    self.padded(&text)
                }
                'U' => self.code_point(*int),
                _ => self.bad_verb(arg),
            },
            Arg::Big(int) => self.big_integer(int, arg),
            Arg::Double(double) => match self.directive.verb {
                'v' | 'b' | 'g' | 'G' | 'x' | 'X' | 'f' | 'F' | 'e' | 'E' => self.double(*double),
                _ => self.bad_verb(arg),
            },
            Arg::Bool(bool) => match self.directive.verb {
                'v' | 't' => self.padded(if *bool { "true" } else { "false" }),
                _ => self.bad_verb(arg),
            },
            Arg::Nil => match self.directive.verb {
                'v' => self.padded("<nil>"),
                verb => self.out.push_str(&format!("%!{verb}(<nil>)")),
            },
            Arg::List(items) => {
                self.opened(arg, "[", "{")?;
                for (position, item) in items.iter().enumerate() {
                    self.separated(position)?;
                    self.inner(item)?;
                }
                self.closed("]")
            }
            Arg::Map(entries) => {
                self.opened(arg, "map[", "{")?;
                for (position, (key, value)) in entries.iter().enumerate() {
                    self.separated(position)?;
                    self.inner(key)?;
                    self.out.push(':')?;
                    self.inner(value)?;
                }
                self.closed("]")
            }
        }
    }

    /// How a collection begins: plainly, or behind its type in Go's syntax.
    fn opened(&mut self, arg: &Arg, plain: &str, syntax: &str) -> Written {
        if self.directive.sharp_v {
            self.out.push_str(arg.type_name())?;
            return self.out.push_str(syntax);
        }
        self.out.push_str(plain)
    }

    fn separated(&mut self, position: usize) -> Written {
        match (position, self.directive.sharp_v) {
            (0, _) => Ok(()),
            (_, true) => self.out.push_str(", "),
            (_, false) => self.out.push(' '),
        }
    }

    fn closed(&mut self, plain: &str) -> Written {
        self.out.push_str(if self.directive.sharp_v { "}" } else { plain })
    }

    /// What a collection holds. Values are of bounded depth, and so is the recursion.
    fn inner(&mut self, arg: &Arg) -> Written {
        match arg {
            Arg::Nil if self.directive.sharp_v => self.out.push_str("interface {}(nil)"),
            Arg::Nil => self.out.push_str("<nil>"),
            other => self.print(other),
        }
    }

    /// `%!d(string=text)`: a verb that does not fit.
    pub(super) fn bad_verb(&mut self, arg: &Arg) -> Written {
        self.out.push_str("%!")?;
        self.out.push(self.directive.verb)?;
        self.out.push('(')?;
        self.out.push_str(arg.type_name())?;
        self.out.push('=')?;
        let directive = Directive { verb: 'v', ..self.directive };
        Writer { out: self.out, directive, complaining: true }.print(arg)?;
        self.out.push(')')
    }

    /// Filled up to the width, with blanks or, left of the text, with zeros.
    pub(super) fn padded(&mut self, text: &str) -> Written {
        let width = self.directive.width.unwrap_or(0);
        let missing = if width == 0 { 0 } else { width.saturating_sub(text.chars().count()) };
        if self.directive.minus {
            self.out.push_str(text)?;
            self.padding(missing)
        } else {
            self.padding(missing)?;
            self.out.push_str(text)
        }
    }

    pub(super) fn padding(&mut self, times: usize) -> Written {
        let zeros = self.directive.zero && !self.directive.minus;
        self.out.repeat(if zeros { '0' } else { ' ' }, times)
    }

    /// Filled up with blanks only.
    pub(super) fn padded_with_blanks(&mut self, text: &str) -> Written {
        let zero = std::mem::take(&mut self.directive.zero);
        let written = self.padded(text);
        self.directive.zero = zero;
        written
    }

    fn truncated<'t>(&self, text: &'t str) -> &'t str {
        let end = self.directive.precision.and_then(|chars| text.char_indices().nth(chars));
        end.and_then(|(end, _)| text.get(..end)).unwrap_or(text)
    }

    fn string(&mut self, text: &str) -> Written {
        self.padded(self.truncated(text))
    }

    fn quoted(&mut self, text: &str) -> Written {
        let text = self.truncated(text);
        let raw = |c: char| c == '\t' || c >= ' ' && !matches!(c, '`' | '\x7f' | '\u{feff}');
        if self.directive.sharp && text.chars().all(raw) {
            return self.padded(&format!("`{text}`"));
        }
        let quoting = Quoting { mark: '"', ascii: self.directive.plus };
        let quoted = self.in_quotes(text, quoting)?;
        self.padded(&quoted)
    }

    fn in_quotes(&self, text: &str, quoting: Quoting) -> Result<String, BudgetExceeded> {
        let mut out = Text::new(self.out.budget());
        match write_quoted(&mut out, text, quoting) {
            Ok(()) => Ok(out.into_string()),
            Err(_) => Err(out.exceeded().unwrap_or(BudgetExceeded::Memory)),
        }
    }

    /// The bytes of a text.
    fn hexadecimal(&mut self, text: &str, digits: [u8; 17]) -> Written {
        let Directive { sharp, space, minus, .. } = self.directive;
        let len = self.directive.precision.unwrap_or(usize::MAX).min(text.len());
        let width = self.directive.width.unwrap_or(0);
        if len == 0 {
            return self.padding(width);
        }
        let long = match (space, sharp) {
            (true, true) => 5 * len - 1,
            (true, false) => 3 * len - 1,
            (false, true) => 2 * len + 2,
            (false, false) => 2 * len,
        };
        let missing = width.saturating_sub(long);
        if !minus {
            self.padding(missing)?;
        }
        let [.., x] = digits;
        for (at, byte) in text.bytes().take(len).enumerate() {
            if space && at > 0 {
                self.out.push(' ')?;
            }
            if sharp && (space || at == 0) {
                self.out.push('0')?;
                self.out.push(char::from(x))?;
            }
            for nibble in [byte >> 4, byte & 15] {
                let digit = digits.get(usize::from(nibble)).copied().unwrap_or(b'0');
                self.out.push(char::from(digit))?;
            }
        }
        if minus { self.padding(missing) } else { Ok(()) }
    }

    /// `U+0078`, with `#` also the character.
    fn code_point(&mut self, int: i64) -> Written {
        let digits = self.directive.precision.unwrap_or(4).max(4);
        let mut text = Text::new(self.out.budget());
        let hexadecimal = format!("{int:X}");
        text.push_str("U+")?;
        text.repeat('0', digits.saturating_sub(hexadecimal.len()))?;
        text.push_str(&hexadecimal)?;
        let shown = u32::try_from(int).ok().and_then(char::from_u32).filter(|c| is_printable(*c));
        if let (true, Some(c)) = (self.directive.sharp, shown) {
            text.push_str(&format!(" '{c}'"))?;
        }
        self.padded_with_blanks(text.as_str())
    }
}

/// The character of a number; the replacement character where it is none.
fn character(int: i64) -> char {
    u32::try_from(int).ok().and_then(char::from_u32).unwrap_or(char::REPLACEMENT_CHARACTER)
}
