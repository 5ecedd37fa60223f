//! Values on the way down a tree: what several ways have in common is held once.

use std::fmt;
use std::sync::Arc;

/// The end of a way, from which everything above can be reached. Clones share all of it.
pub(crate) struct Chain<T>(Arc<Link<T>>);

struct Link<T> {
    above: Option<Chain<T>>,
    value: T,
}

impl<T> Chain<T> {
    /// Starts a way.
    pub(crate) fn new(value: T) -> Self {
        Self(Arc::new(Link { above: None, value }))
    }

    /// One step further down.
    pub(crate) fn join(&self, value: T) -> Self {
        Self(Arc::new(Link { above: Some(self.clone()), value }))
    }

    pub(crate) fn value(&self) -> &T {
        &self.0.value
    }

    /// The values from here up to the start.
    pub(crate) fn upward(&self) -> impl Iterator<Item = &T> {
        std::iter::successors(Some(self), |chain| chain.0.above.as_ref()).map(Self::value)
    }
}

impl<T> Clone for Chain<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: fmt::Debug> fmt::Debug for Chain<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.upward()).finish()
    }
}

/// One step after the other: dropped the usual way, each from within the one below it, a long chain would exhaust the
/// stack of the thread.
impl<T> Drop for Link<T> {
    fn drop(&mut self) {
        let mut above = self.above.take();
        while let Some(Chain(link)) = above {
            above = Arc::into_inner(link).and_then(|mut link| link.above.take());
        }
    }
}
