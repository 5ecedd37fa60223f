//! Many control objects read one after the other, or together where the storage is far away.
//!
//! Invariant: memory holds no more of them at once than [`FETCHED`] bytes, or one that is larger.

use crate::control::{ControlObjects, Unread};
use crate::memory::FETCHED;
use lifeboat_backend::ObjectName;
use lifeboat_format::FormatError;

/// Makes something of the bytes of the object of this name.
pub(crate) type Accept<'a, T> = &'a dyn Fn(&ObjectName, &[u8]) -> Result<T, FormatError>;

impl ControlObjects {
    /// Shows `visit` what [`ControlObjects::read`] would give for each of these objects, in no particular order.
    pub(crate) fn read_many<T>(
        &self,
        names: &[ObjectName],
        limit: u64,
        accept: Accept<'_, T>,
        visit: &mut dyn FnMut(&ObjectName, Result<T, Unread>),
    ) {
        let mut others = Vec::new();
        for name in names {
            let kept = self.kept.object(name, limit);
            match kept.and_then(|bytes| accept(name, &bytes).ok()) {
                Some(found) => visit(name, Ok(found)),
                None => others.push(name.clone()),
            }
        }
        self.backend.get_many(&others, limit, &mut |name, got| {
            visit(name, self.judge(name, limit, got, None, &|bytes| accept(name, bytes)));
        });
    }

    /// Objects of these lengths in bytes, in portions to be read together. On a local disk that is each by itself.
    pub(crate) fn batches(
        &self,
        objects: impl IntoIterator<Item = (ObjectName, u64)>,
    ) -> Vec<Vec<ObjectName>> {
        portions(objects, if self.backend.is_remote() { FETCHED } else { 0 })
    }
}

/// The same of at most so many bytes, or one object that is larger.
fn portions(objects: impl IntoIterator<Item = (ObjectName, u64)>, most: u64) -> Vec<Vec<ObjectName>> {
    let (mut batches, mut bytes) = (Vec::<Vec<ObjectName>>::new(), 0);
    for (name, size) in objects {
        bytes += size;
        match batches.last_mut() {
            Some(batch) if bytes <= most => batch.push(name),
            _ => {
                bytes = size;
                batches.push(vec![name]);
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many objects there are in each portion of objects of these lengths.
    fn counts(most: u64, sizes: &[u64]) -> Vec<usize> {
        let name = |number: usize| ObjectName::new(&format!("index/{number}")).unwrap();
        let objects = sizes.iter().enumerate().map(|(number, size)| (name(number), *size));
        let portions = portions(objects, most);
        assert_eq!(portions.concat(), (0..sizes.len()).map(name).collect::<Vec<_>>());
        portions.iter().map(Vec::len).collect()
    }

    #[test]
    fn portions_hold_as_much_as_memory_may() {
        let sizes = [1, FETCHED / 2, FETCHED / 2, FETCHED / 2, 3 * FETCHED, 0, FETCHED, 1, 2];
        assert_eq!(counts(FETCHED, &sizes), [2, 2, 1, 2, 2]);
        assert_eq!(counts(0, &sizes), [1; 9]);
        assert!(counts(0, &[]).is_empty());
    }
}
