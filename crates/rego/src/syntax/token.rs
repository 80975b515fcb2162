use crate::Span;

/// What sort of token it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Illegal,
    Eof,
    Ident,

    Package,
    Import,
    As,
    Default,
    Else,
    Not,
    Some,
    With,
    Null,
    True,
    False,

    Every,
    Contains,
    If,
    In,
    LogicalAnd,
    LogicalOr,

    Number,
    String,
    RawString,
    /// a part of an interpolated string, up to a `{`
    TemplatePart,
    /// the last part of an interpolated string
    TemplateEnd,
    /// the same of one in backticks
    RawTemplatePart,
    RawTemplateEnd,

    LBrack,
    RBrack,
    LBrace,
    RBrace,
    LParen,
    RParen,
    Comma,
    Colon,
    Add,
    Sub,
    Mul,
    Quo,
    Rem,
    And,
    Or,
    Unify,
    Equal,
    Assign,
    Neq,
    Gt,
    Lt,
    Gte,
    Lte,
    Dot,
    Semicolon,
}

impl Kind {
    /// The name by which OPA's messages call it; of an operator the name of its function.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Illegal => "illegal",
            Self::Eof => "eof",
            Self::Ident => "identifier",
            Self::Package => "package",
            Self::Import => "import",
            Self::As => "as",
            Self::Default => "default",
            Self::Else => "else",
            Self::Not => "not",
            Self::Some => "some",
            Self::With => "with",
            Self::Null => "null",
            Self::True => "true",
            Self::False => "false",
            Self::Every => "every",
            Self::Contains => "contains",
            Self::If => "if",
            Self::In => "in",
            Self::LogicalAnd | Self::And => "and",
            Self::LogicalOr | Self::Or => "or",
            Self::Number => "number",
            Self::String | Self::RawString => "string",
            Self::TemplatePart => "template-string-part",
            Self::TemplateEnd => "template-string-end",
            Self::RawTemplatePart => "raw-template-string-part",
            Self::RawTemplateEnd => "raw-template-string-end",
            Self::LBrack => "[",
            Self::RBrack => "]",
            Self::LBrace => "{",
            Self::RBrace => "}",
            Self::LParen => "(",
            Self::RParen => ")",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::Add => "plus",
            Self::Sub => "minus",
            Self::Mul => "mul",
            Self::Quo => "div",
            Self::Rem => "rem",
            Self::Unify => "eq",
            Self::Equal => "equal",
            Self::Assign => "assign",
            Self::Neq => "neq",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Gte => "gte",
            Self::Lte => "lte",
            Self::Dot => ".",
            Self::Semicolon => ";",
        }
    }

    /// The word, where it is one.
    pub(crate) fn of_word(word: &str) -> Self {
        match word {
            "package" => Self::Package,
            "import" => Self::Import,
            "as" => Self::As,
            "default" => Self::Default,
            "else" => Self::Else,
            "not" => Self::Not,
            "some" => Self::Some,
            "with" => Self::With,
            "null" => Self::Null,
            "true" => Self::True,
            "false" => Self::False,
            "every" => Self::Every,
            "contains" => Self::Contains,
            "if" => Self::If,
            "in" => Self::In,
            "and" => Self::LogicalAnd,
            "or" => Self::LogicalOr,
            _ => Self::Ident,
        }
    }

    /// A keyword of every version.
    pub(crate) fn is_base_keyword(self) -> bool {
        matches!(
            self,
            Self::Package
                | Self::Import
                | Self::As
                | Self::Default
                | Self::Else
                | Self::Not
                | Self::Some
                | Self::With
                | Self::Null
                | Self::True
                | Self::False
        )
    }

    /// A keyword only where imported, or where the version has it.
    pub(super) fn is_future_keyword(self) -> bool {
        Keywords::of(self) != Keywords::NONE
    }
}

/// Which of the words are keywords that are not in every version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Keywords(u8);

impl Keywords {
    pub(super) const NONE: Self = Self(0);
    /// those of v1
    pub(crate) const V1: Self = Self(0b1111);
    /// those of `rego.v2`, and of `import future.keywords`
    pub(super) const ALL: Self = Self(0b11_1111);

    fn of(kind: Kind) -> Self {
        Self(match kind {
            Kind::In => 1,
            Kind::Every => 2,
            Kind::Contains => 4,
            Kind::If => 8,
            Kind::LogicalAnd => 16,
            Kind::LogicalOr => 32,
            _ => 0,
        })
    }

    /// Adds a keyword; who imports `every` has `in` too.
    pub(super) fn add(&mut self, kind: Kind) {
        self.0 |= Self::of(kind).0;
        if kind == Kind::Every {
            self.0 |= Self::of(Kind::In).0;
        }
    }

    pub(super) fn add_all(&mut self, others: Self) {
        self.0 |= others.0;
    }

    pub(crate) fn has(self, kind: Kind) -> bool {
        self.0 & Self::of(kind).0 != 0
    }
}

/// A token. Text between tokens is white space and comments.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    /// white space stands before it
    pub(super) spaced: bool,
    /// a line break stands before it
    pub(super) newline: bool,
    pub(super) span: Span,
    /// of a bracket the index of its partner; 0 where it has none
    pub(super) partner: u32,
}

/// A comment: its text without `#`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Comment {
    /// `#` included
    pub(super) span: Span,
    /// it begins its line
    pub(super) first_column: bool,
}
