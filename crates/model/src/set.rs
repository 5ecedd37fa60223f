//! Small sets of what can be numbered, as bits: states are many, and most of each is sets.
//!
//! Invariant: two sets of the same members are the same bits, in whatever order they were put together.

use std::fmt;
use std::marker::PhantomData;

/// What can stand in a set: it has a number below 128 of its own.
pub trait Member: Copy {
    /// The number.
    fn number(self) -> u8;
    /// What has this number.
    fn numbered(number: u8) -> Self;
}

/// A set.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Set<T> {
    bits: u128,
    of: PhantomData<T>,
}

impl<T: Member> Set<T> {
    /// Nothing.
    pub const EMPTY: Self = Self { bits: 0, of: PhantomData };

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.bits == 0
    }

    /// Whether this is in it.
    pub fn has(self, member: T) -> bool {
        self.bits & (1 << member.number()) != 0
    }

    /// Whether all of these are in it.
    pub const fn has_all(self, others: Self) -> bool {
        others.bits & !self.bits == 0
    }

    /// Whether any of these is in it.
    pub const fn has_any(self, others: Self) -> bool {
        others.bits & self.bits != 0
    }

    /// Both together.
    #[must_use]
    pub const fn and(self, others: Self) -> Self {
        Self { bits: self.bits | others.bits, of: PhantomData }
    }

    /// One more.
    #[must_use]
    pub fn with(self, member: T) -> Self {
        self.and(Self { bits: 1 << member.number(), of: PhantomData })
    }

    /// Without these.
    #[must_use]
    pub const fn without(self, others: Self) -> Self {
        Self { bits: self.bits & !others.bits, of: PhantomData }
    }

    /// What is in both.
    #[must_use]
    pub const fn common(self, others: Self) -> Self {
        Self { bits: self.bits & others.bits, of: PhantomData }
    }

    /// The members by number.
    pub fn iter(self) -> impl Iterator<Item = T> {
        let mut left = self.bits;
        std::iter::from_fn(move || {
            let number = u8::try_from(left.trailing_zeros()).ok().filter(|number| *number < 128)?;
            left &= left - 1;
            Some(T::numbered(number))
        })
    }
}

impl<T: Member> Default for Set<T> {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl<T: Member> FromIterator<T> for Set<T> {
    fn from_iter<I: IntoIterator<Item = T>>(members: I) -> Self {
        members.into_iter().fold(Self::EMPTY, Self::with)
    }
}

impl<T: Member + fmt::Debug> fmt::Debug for Set<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
