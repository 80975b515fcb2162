//! Types as the checker computes with them: [`crate::types::Type`] with parts that are not yet
//! known.

use crate::types::{FunctionType, Type};
use sekisho_value::Str;
use std::fmt;
use std::sync::Arc;

/// Composite types of more parts than these count as any type, so that no policy makes checking
/// it dear.
const MOST_PARTS: usize = 1_000;

/// A type. The order of the variants is that of OPA's messages.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Ty {
    /// not known yet
    Unknown,
    Null,
    Boolean,
    Number,
    String,
    Array(Arc<ArrayTy>),
    Object(Arc<ObjectTy>),
    /// of the empty set no member's type is known
    Set(Option<Arc<Ty>>),
    /// any of these; of any type where there are none
    Any(Arc<[Ty]>),
    Function(Arc<FunctionTy>),
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ArrayTy {
    /// of all further items
    pub(super) rest: Option<Ty>,
    pub(super) items: Vec<Ty>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ObjectTy {
    /// of all other keys, and of their values
    pub(super) rest: Option<(Ty, Ty)>,
    /// sorted by key
    pub(super) properties: Vec<(Field, Ty)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct FunctionTy {
    pub(super) params: Vec<Ty>,
    pub(super) variadic: Option<Ty>,
    pub(super) result: Option<Ty>,
}

/// The key of a property that is known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    Null,
    Bool(bool),
    Number(Str),
    String(Str),
}

impl Field {
    fn ty(&self) -> Ty {
        match self {
            Self::Null => Ty::Null,
            Self::Bool(_) => Ty::Boolean,
            Self::Number(_) => Ty::Number,
            Self::String(_) => Ty::String,
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("<nil>"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(text) | Self::String(text) => f.write_str(text),
        }
    }
}

impl Ty {
    /// Any type.
    pub(super) fn any() -> Self {
        Self::Any(Arc::from([]))
    }

    pub(super) fn array(items: Vec<Self>, rest: Option<Self>) -> Self {
        Self::Array(Arc::new(ArrayTy { rest, items })).bounded()
    }

    pub(super) fn object(mut properties: Vec<(Field, Self)>, rest: Option<(Self, Self)>) -> Self {
        properties.sort_by(|a, b| a.0.cmp(&b.0));
        properties.dedup_by(|later, earlier| {
            let same = later.0 == earlier.0;
            if same {
                std::mem::swap(&mut later.1, &mut earlier.1);
            }
            same
        });
        Self::Object(Arc::new(ObjectTy { rest, properties })).bounded()
    }

    pub(super) fn set(of: Self) -> Self {
        match of {
            Self::Unknown => Self::Set(None),
            of => Self::Set(Some(Arc::new(of))).bounded(),
        }
    }

    pub(super) fn function(params: Vec<Self>, result: Option<Self>) -> Self {
        Self::Function(Arc::new(FunctionTy { params, variadic: None, result }))
    }

    fn bounded(self) -> Self {
        let mut left = MOST_PARTS;
        if self.fits(&mut left) { self } else { Self::any() }
    }

    fn fits(&self, left: &mut usize) -> bool {
        let Some(less) = left.checked_sub(1) else { return false };
        *left = less;
        match self {
            Self::Array(array) => array.items.iter().chain(&array.rest).all(|ty| ty.fits(left)),
            Self::Object(object) => {
                object.properties.iter().all(|(_, ty)| ty.fits(left))
                    && object.rest.iter().all(|(key, ty)| key.fits(left) && ty.fits(left))
            }
            Self::Set(of) => of.iter().all(|ty| ty.fits(left)),
            Self::Any(of) => of.iter().all(|ty| ty.fits(left)),
            _ => true,
        }
    }

    pub(super) fn is_any(&self) -> bool {
        matches!(self, Self::Any(of) if of.is_empty())
    }

    pub(super) fn as_function(&self) -> Option<&Arc<FunctionTy>> {
        match self {
            Self::Function(function) => Some(function),
            _ => None,
        }
    }

    /// A part of it is not known.
    pub(super) fn is_open(&self) -> bool {
        match self {
            Self::Unknown => true,
            Self::Array(array) => array.items.iter().chain(&array.rest).any(Self::is_open),
            Self::Object(object) => {
                object.properties.iter().any(|(_, ty)| ty.is_open())
                    || object.rest.iter().any(|(key, ty)| key.is_open() || ty.is_open())
            }
            // As OPA has it, nothing is known of the empty set's members.
            Self::Set(of) => of.as_ref().is_none_or(|of| of.is_open()),
            Self::Function(function) => {
                function.params.iter().any(Self::is_open)
                    || function.result.as_ref().is_none_or(Self::is_open)
            }
            _ => false,
        }
    }

    /// One type or the other.
    pub(super) fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unknown, other) | (other, Self::Unknown) => other,
            (Self::Function(a), Self::Function(b)) => {
                if a.params.len() != b.params.len() {
                    return Self::Unknown;
                }
                let params = a.params.iter().zip(&b.params);
                let params = params.map(|(a, b)| a.clone().or(b.clone())).collect();
                let result = match (a.result.clone(), b.result.clone()) {
                    (Some(a), Some(b)) => Some(a.or(b)),
                    (a, b) => a.or(b),
                };
                Self::function(params, result)
            }
            (Self::Function(_), _) | (_, Self::Function(_)) => Self::Unknown,
            (Self::Any(a), Self::Any(b)) => {
                if a.is_empty() || b.is_empty() {
                    return Self::any();
                }
                Self::one_of(a.iter().chain(b.iter()).cloned().collect())
            }
            (Self::Any(of), one) | (one, Self::Any(of)) => {
                if of.is_empty() || of.binary_search(&one).is_ok() {
                    return Self::Any(of);
                }
                Self::one_of(of.iter().cloned().chain([one]).collect())
            }
            (a, b) if a == b => a,
            (a, b) => Self::one_of(vec![a, b]),
        }
    }

    fn one_of(mut of: Vec<Self>) -> Self {
        of.sort();
        of.dedup();
        Self::Any(of.into()).bounded()
    }

    fn union(types: impl Iterator<Item = Self>) -> Self {
        types.fold(Self::Unknown, Self::or)
    }

    /// Of what can be looked up in it.
    pub(super) fn keys(&self) -> Self {
        match self {
            Self::Array(_) => Self::Number,
            Self::Object(object) => {
                let known = object.properties.iter().map(|(key, _)| key.ty());
                Self::union(known.chain(object.rest.iter().map(|(key, _)| key.clone())))
            }
            Self::Set(of) => of.as_ref().map_or(Self::Unknown, |of| of.as_ref().clone()),
            Self::Any(of) if of.is_empty() => Self::any(),
            Self::Any(of) => Self::union(of.iter().map(Self::keys)),
            _ => Self::Unknown,
        }
    }

    /// Of what is found in it.
    pub(super) fn values(&self) -> Self {
        match self {
            Self::Array(array) => Self::union(array.items.iter().chain(&array.rest).cloned()),
            Self::Object(object) => {
                let known = object.properties.iter().map(|(_, ty)| ty.clone());
                Self::union(known.chain(object.rest.iter().map(|(_, ty)| ty.clone())))
            }
            Self::Set(of) => of.as_ref().map_or(Self::Unknown, |of| of.as_ref().clone()),
            Self::Any(of) if of.is_empty() => Self::any(),
            Self::Any(of) => Self::union(of.iter().map(Self::values)),
            _ => Self::Unknown,
        }
    }

    /// Of what stands at a key.
    pub(super) fn select(&self, key: &Field) -> Self {
        match self {
            Self::Array(array) => match key {
                Field::Number(text) => array.select(text.parse().unwrap_or(usize::MAX)),
                _ => Self::Unknown,
            },
            Self::Object(object) => object.select(key),
            Self::Set(Some(of)) => {
                let ty = key.ty();
                let holds = match of.as_ref() {
                    Self::Any(of) => of.is_empty() || of.contains(&ty),
                    of => *of == ty,
                };
                if holds { ty } else { Self::Unknown }
            }
            Self::Any(of) if of.is_empty() => Self::any(),
            Self::Any(of) => Self::union(of.iter().map(|ty| ty.select(key))),
            _ => Self::Unknown,
        }
    }

    /// Whether a value may be of both types.
    pub(super) fn unifies(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Unknown, _) | (_, Self::Unknown) => false,
            (Self::Any(of), one) | (one, Self::Any(of)) => {
                if let (Self::Any(a), Self::Any(b)) = (self, other) {
                    return a.is_empty()
                        || b.is_empty()
                        || a.iter().any(|a| b.iter().any(|b| a.unifies(b)));
                }
                one.as_function().is_none()
                    && (of.is_empty() || of.iter().any(|ty| ty.unifies(one)))
            }
            (Self::Array(a), Self::Array(b)) => {
                let fits = |a: &ArrayTy, b: &ArrayTy| {
                    a.items.iter().enumerate().all(|(at, ty)| ty.unifies(&b.select(at)))
                };
                fits(a, b)
                    && fits(b, a)
                    && match (&a.rest, &b.rest) {
                        (Some(a), Some(b)) => a.unifies(b),
                        _ => true,
                    }
            }
            (Self::Object(a), Self::Object(b)) => {
                let fits = |a: &ObjectTy, b: &ObjectTy| {
                    a.properties.iter().all(|(key, ty)| match b.select(key) {
                        Self::Unknown => a.rest.is_some() || b.rest.is_some(),
                        other => ty.unifies(&other),
                    })
                };
                fits(a, b)
                    && fits(b, a)
                    && match (&a.rest, &b.rest) {
                        // What a comprehension collects may not be known yet.
                        (Some((_, Self::Unknown)), _) | (_, Some((_, Self::Unknown))) => true,
                        (Some((_, a)), Some((_, b))) => a.unifies(b),
                        _ => true,
                    }
            }
            (Self::Set(a), Self::Set(b)) => match (a, b) {
                (Some(a), Some(b)) => a.unifies(b),
                _ => true,
            },
            (Self::Function(a), Self::Function(b)) => {
                a.params.len() == b.params.len()
                    && a.params.iter().zip(&b.params).all(|(a, b)| a.unifies(b))
            }
            (a, b) => std::mem::discriminant(a) == std::mem::discriminant(b),
        }
    }

    /// Nothing can be in it.
    pub(super) fn is_empty_collection(&self) -> bool {
        match self {
            Self::Array(array) => array.items.is_empty() && array.rest.is_none(),
            Self::Object(object) => object.properties.is_empty() && object.rest.is_none(),
            Self::Set(of) => of.is_none(),
            _ => false,
        }
    }
}

impl ArrayTy {
    pub(super) fn select(&self, at: usize) -> Ty {
        self.items.get(at).or(self.rest.as_ref()).cloned().unwrap_or(Ty::Unknown)
    }
}

impl ObjectTy {
    pub(super) fn select(&self, key: &Field) -> Ty {
        match self.properties.binary_search_by(|(other, _)| other.cmp(key)) {
            Ok(at) => self.properties.get(at).map_or(Ty::Unknown, |(_, ty)| ty.clone()),
            Err(_) => match &self.rest {
                Some((keys, value)) if may_hold(keys, &key.ty()) => value.clone(),
                _ => Ty::Unknown,
            },
        }
    }
}

fn may_hold(keys: &Ty, key: &Ty) -> bool {
    match keys {
        Ty::Any(of) => of.is_empty() || of.contains(key),
        keys => keys == key,
    }
}

impl From<&Type> for Ty {
    fn from(ty: &Type) -> Self {
        match ty {
            Type::Null => Self::Null,
            Type::Boolean => Self::Boolean,
            Type::Number => Self::Number,
            Type::String => Self::String,
            Type::Array { items, rest } => Self::Array(Arc::new(ArrayTy {
                rest: rest.as_ref().map(|rest| Self::from(rest.as_ref())),
                items: items.iter().map(Self::from).collect(),
            })),
            Type::Object { properties, rest } => Self::object(
                properties
                    .iter()
                    .filter_map(|(key, ty)| {
                        Some((Field::String(Str::from(key.as_str()?)), Self::from(ty)))
                    })
                    .collect(),
                rest.as_ref().map(|rest| (Self::from(&rest.0), Self::from(&rest.1))),
            ),
            Type::Set(of) => Self::Set(of.as_ref().map(|of| Arc::new(Self::from(of.as_ref())))),
            Type::Any(of) => {
                let mut of: Vec<Self> = of.iter().map(Self::from).collect();
                of.sort();
                Self::Any(of.into())
            }
            Type::Function(function) => Self::from(function.as_ref()),
        }
    }
}

impl From<&FunctionType> for Ty {
    fn from(function: &FunctionType) -> Self {
        Self::Function(Arc::new(FunctionTy {
            params: function.params.iter().map(Self::from).collect(),
            variadic: function.variadic.as_ref().map(Self::from),
            result: function.result.as_ref().map(Self::from),
        }))
    }
}

fn list(f: &mut fmt::Formatter<'_>, types: &[Ty]) -> fmt::Result {
    for (position, each) in types.iter().enumerate() {
        write!(f, "{}{each}", if position == 0 { "" } else { ", " })?;
    }
    Ok(())
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("???"),
            Self::Null => f.write_str("null"),
            Self::Boolean => f.write_str("boolean"),
            Self::Number => f.write_str("number"),
            Self::String => f.write_str("string"),
            Self::Array(array) => {
                f.write_str("array")?;
                if !array.items.is_empty() {
                    f.write_str("<")?;
                    list(f, &array.items)?;
                    f.write_str(">")?;
                }
                array.rest.as_ref().map_or(Ok(()), |rest| write!(f, "[{rest}]"))
            }
            Self::Object(object) => {
                f.write_str("object")?;
                for (position, (key, value)) in object.properties.iter().enumerate() {
                    let before = if position == 0 { "<" } else { ", " };
                    write!(f, "{before}{key}: {value}")?;
                }
                if !object.properties.is_empty() {
                    f.write_str(">")?;
                }
                match &object.rest {
                    Some((key, value)) => write!(f, "[{key}: {value}]"),
                    None => Ok(()),
                }
            }
            Self::Set(None) => f.write_str("set"),
            Self::Set(Some(of)) => write!(f, "set[{of}]"),
            Self::Any(of) if of.is_empty() => f.write_str("any"),
            Self::Any(of) => {
                f.write_str("any<")?;
                list(f, of)?;
                f.write_str(">")
            }
            Self::Function(function) => {
                f.write_str("(")?;
                list(f, &function.params)?;
                f.write_str(") => ")?;
                match &function.result {
                    Some(result) => write!(f, "{result}"),
                    None => f.write_str("???"),
                }
            }
        }
    }
}
