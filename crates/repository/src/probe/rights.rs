//! What credentials may do, as far as it was tried, and what that is enough for.
//!
//! Invariant: nothing is believed that was not tried; the rights are those below `probe/`.

use lifeboat_backend::BackendError;

/// What the credentials may do; nothing is said of what was not tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// To list names.
    pub list: Option<bool>,
    /// To read objects.
    pub get: Option<bool>,
    /// To store objects.
    pub put: Option<bool>,
    /// To delete objects.
    pub delete: Option<bool>,
}

/// What rights are enough for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// To list, restore and verify.
    Reader,
    /// To back up besides.
    Writer,
    /// To delete besides.
    Pruner,
}

impl Rights {
    /// The greatest role that they are enough for; none for those who cannot even read.
    #[must_use]
    pub fn role(&self) -> Option<Role> {
        match (self.list, self.get, self.put, self.delete) {
            (Some(true), Some(true), Some(true), Some(true)) => Some(Role::Pruner),
            (Some(true), Some(true), Some(true), _) => Some(Role::Writer),
            (Some(true), Some(true), ..) => Some(Role::Reader),
            _ => None,
        }
    }
}

/// Writes down what the outcome of an operation says about the right to it: a refusal says no, whatever else happens
/// later; an answer of any other kind says yes; storage that does not answer says nothing.
pub(super) fn learn<T>(right: &mut Option<bool>, outcome: &Result<T, BackendError>) {
    let allowed = match outcome {
        Ok(_) => true,
        Err(error) if error.is_denied() => false,
        Err(error) if error.is_not_found() => true,
        Err(_) => return,
    };
    *right = Some(right.unwrap_or(true) && allowed);
}

#[cfg(test)]
mod tests {
    use super::{Rights, Role, learn};
    use lifeboat_backend::{BackendError, ErrorKind};

    #[test]
    fn a_role_needs_all_of_its_rights() {
        let rights = |list, get, put, delete| Rights { list, get, put, delete }.role();
        let yes = Some(true);
        assert_eq!(rights(yes, yes, yes, yes), Some(Role::Pruner));
        assert_eq!(rights(yes, yes, yes, Some(false)), Some(Role::Writer));
        assert_eq!(rights(yes, yes, yes, None), Some(Role::Writer));
        assert_eq!(rights(yes, yes, Some(false), None), Some(Role::Reader));
        assert_eq!(rights(None, yes, yes, yes), None);
        assert_eq!(rights(yes, Some(false), yes, yes), None);
    }

    #[test]
    fn a_refusal_is_not_forgotten() {
        let mut right = None;
        for (kind, expected) in [
            (ErrorKind::Unavailable, None),
            (ErrorKind::NotFound, Some(true)),
            (ErrorKind::Denied, Some(false)),
            (ErrorKind::NotFound, Some(false)),
        ] {
            learn::<()>(&mut right, &Err(BackendError::new(kind, "get", "x")));
            assert_eq!(right, expected);
        }
    }
}
