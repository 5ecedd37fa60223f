//! Collecting a streamed answer into a buffer of known length, which a store's answer can neither exceed nor
//! fall short of.

use futures_util::stream::{Stream, TryStreamExt};
use std::pin::pin;

use super::failure::failure;
use crate::{BackendError, ErrorKind, ObjectName};

/// Fills all of `buffer` behind what is `filled` already from `chunks`, and tells how much is filled by then; an answer
/// of any other length is an error.
pub(super) async fn fill<C: AsRef<[u8]>>(
    operation: &'static str,
    name: &ObjectName,
    chunks: impl Stream<Item = object_store::Result<C>>,
    buffer: &mut [u8],
    filled: &mut usize,
) -> Result<(), BackendError> {
    let mut chunks = pin!(chunks);
    let mut rest = &mut buffer[*filled..];
    while let Some(chunk) = chunks.try_next().await.map_err(|error| failure(operation, name, error))? {
        let chunk = chunk.as_ref();
        let (room, after) = rest.split_at_mut_checked(chunk.len()).ok_or_else(|| {
            BackendError::new(ErrorKind::Other, operation, name)
                .with_source("the store sent more than it announced")
        })?;
        room.copy_from_slice(chunk);
        *filled += chunk.len();
        rest = after;
    }
    if rest.is_empty() { Ok(()) } else { Err(BackendError::new(ErrorKind::Short, operation, name)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::stream::iter;

    fn fill_from(chunks: &[&'static [u8]], buffer: &mut [u8]) -> Result<(), BackendError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let name = ObjectName::new("name").unwrap();
        runtime.block_on(fill("get", &name, iter(chunks.iter().map(|chunk| Ok(*chunk))), buffer, &mut 0))
    }

    #[test]
    fn chunks_are_joined_and_their_sum_must_fit() {
        let mut buffer = [0; 5];
        fill_from(&[b"ab", b"", b"cde"], &mut buffer).unwrap();
        assert_eq!(&buffer, b"abcde");
        assert!(fill_from(&[b"ab", b"cd"], &mut buffer).unwrap_err().is_short());
        assert_eq!(fill_from(&[b"abc", b"def"], &mut buffer).unwrap_err().kind(), ErrorKind::Other);
    }
}
