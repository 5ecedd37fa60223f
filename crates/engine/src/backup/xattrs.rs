//! Large values of extended attributes become blobs.
//!
//! Spec: docs/format.md#nodes. Most attributes are short, and lie in the node. What a program keeps in long ones would
//! swell the pages of the directory, and be stored again with each change of a neighbour.

use lifeboat_format::{BlobId, FormatError, Xattr, XattrValue, limits};
use lifeboat_repository::RepositoryError;

/// Stores the values that do not belong into a node. `put` keeps one as a blob of role data.
pub(super) fn store(
    xattrs: &mut [Xattr],
    put: &mut dyn FnMut(&[u8]) -> Result<BlobId, RepositoryError>,
) -> Result<(), RepositoryError> {
    let together: usize = xattrs.iter().map(|xattr| xattr.value.length()).sum();
    let inline_max = match together <= limits::XATTRS_INLINE_MAX {
        true => limits::XATTR_INLINE_MAX,
        false => limits::XATTR_SMALL_MAX,
    };
    for xattr in xattrs {
        if let XattrValue::Inline(value) = &xattr.value
            && value.len() > inline_max
        {
            let length = u32::try_from(value.len()).map_err(|_| FormatError::Limit("blob"))?;
            xattr.value = XattrValue::Blob(put(value)?, length);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Xattr, XattrValue, store};
    use lifeboat_format::BlobId;

    /// Lengths of the values that become blobs.
    fn stored(lengths: &[usize]) -> Vec<usize> {
        let value = |length: &usize| XattrValue::Inline(vec![1; *length]);
        let mut xattrs: Vec<Xattr> =
            lengths.iter().map(|length| Xattr { name: b"user.x".to_vec(), value: value(length) }).collect();
        let mut put = Vec::new();
        store(&mut xattrs, &mut |value| {
            put.push(value.len());
            Ok(BlobId::new([9; 32]))
        })
        .unwrap();
        let blobs = xattrs.iter().filter(|xattr| matches!(xattr.value, XattrValue::Blob(..)));
        assert_eq!(blobs.map(|xattr| xattr.value.length()).collect::<Vec<_>>(), put);
        put
    }

    #[test]
    fn large_values_are_stored_and_where_there_are_many_all_but_the_smallest() {
        assert!(stored(&[0, 1024, 64]).is_empty());
        assert_eq!(stored(&[0, 1025, 64, 65_536, 65]), [1025, 65_536, 65]);
        assert_eq!(stored(&[1025, 65]), [1025]);
        assert!(stored(&[1024; 16]).is_empty());
        assert_eq!(stored(&[vec![1024; 16], vec![1]].concat()), [1024; 16]);
    }
}
