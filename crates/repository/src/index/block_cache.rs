//! Blocks of tables that were asked for last.
//!
//! Invariants: never more bytes than the limit, whatever is asked; what is in here was verified when it came in. A block can
//! only lie in one of few places, so that finding it, and what makes way for it, takes no order of all blocks.

use super::layout::BLOCK_LENGTH;
use std::sync::{Arc, Mutex, PoisonError};

/// Blocks that share a place.
const WAYS: usize = 8;

/// A block as it lies in its file.
pub(super) type Block = [u8; BLOCK_LENGTH];

/// A block by the number of its table and its own.
type Name = (u64, u64);

/// The blocks of one place in the order they were last asked for, the latest first.
type Place = Mutex<Vec<(Name, Arc<Block>)>>;

/// Blocks in memory.
#[derive(Debug)]
pub(crate) struct BlockCache {
    places: Vec<Place>,
}

impl BlockCache {
    /// Holds at most so many bytes, and at least a few blocks.
    pub(super) fn new(limit: usize) -> Self {
        let places = (limit / (WAYS * BLOCK_LENGTH)).max(1);
        Self { places: (0..places).map(|_| Mutex::default()).collect() }
    }

    /// The block of this name, which `fill` brings in where it is not here. What it is read into is the memory of the one
    /// that makes way, so that many threads do not spread the cache over the memory of all.
    pub(super) fn block<E>(
        &self,
        name: Name,
        fill: impl FnOnce(&mut Block) -> Result<(), E>,
    ) -> Result<Arc<Block>, E> {
        let place = &self.places[self.place_of(name)];
        let lock = || place.lock().unwrap_or_else(PoisonError::into_inner);
        let mut blocks = lock();
        if let Some(block) = find(&mut blocks, name) {
            return Ok(block);
        }
        let oldest = if blocks.len() < WAYS { None } else { blocks.pop() };
        // Others need not wait for the disk; who is late finds what somebody else has brought in.
        drop(blocks);
        let mut block = match oldest {
            Some((_, block)) if Arc::strong_count(&block) == 1 => block,
            _ => Arc::new([0; BLOCK_LENGTH]),
        };
        fill(Arc::make_mut(&mut block))?;
        let mut blocks = lock();
        if let Some(block) = find(&mut blocks, name) {
            return Ok(block);
        }
        blocks.truncate(WAYS - 1);
        blocks.insert(0, (name, Arc::clone(&block)));
        Ok(block)
    }

    /// Bytes of the blocks that are held.
    pub(super) fn held(&self) -> usize {
        let blocks = |place: &Place| place.lock().unwrap_or_else(PoisonError::into_inner).len();
        self.places.iter().map(blocks).sum::<usize>() * BLOCK_LENGTH
    }

    /// Neighbours lie in different places, and tables do not lie on top of each other.
    fn place_of(&self, (table, number): Name) -> usize {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        let spread = table.wrapping_mul(SPREAD).wrapping_add(number).wrapping_mul(SPREAD) >> 16;
        usize::try_from(spread % self.places.len() as u64).expect("less than there are places")
    }
}

fn find(blocks: &mut [(Name, Arc<Block>)], name: Name) -> Option<Arc<Block>> {
    let position = blocks.iter().position(|(held, _)| *held == name)?;
    blocks[..=position].rotate_right(1);
    Some(Arc::clone(&blocks[0].1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::convert::Infallible;

    fn ask(cache: &BlockCache, name: Name, reads: &mut usize) -> u8 {
        let block = cache.block(name, |block| {
            *reads += 1;
            block.fill(u8::try_from(name.1 % 251).unwrap());
            Ok::<_, Infallible>(())
        });
        block.unwrap()[0]
    }

    #[test]
    fn it_gives_what_was_read_and_never_holds_more_than_the_limit() {
        let cache = BlockCache::new(1 << 20);
        let mut reads = 0;
        for number in (0..2_000).chain(0..2_000) {
            assert_eq!(u64::from(ask(&cache, (number % 3, number), &mut reads)), number % 251);
            assert!(cache.held() <= 1 << 20);
        }
        assert!(cache.held() > 1 << 19 && reads > 2_000);
    }

    #[test]
    fn what_is_asked_for_again_and_again_stays() {
        let cache = BlockCache::new(1 << 20);
        let mut reads = 0;
        for number in 1..5_000 {
            ask(&cache, (1, number), &mut 0);
            ask(&cache, (0, 0), &mut reads);
        }
        assert_eq!(reads, 1);
    }
}
