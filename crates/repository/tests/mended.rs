//! Packs that the storage gives back altered, in part, or not at all, mended in memory from their parity.

use crate::world::{Watched, names, with_parity};
use crate::writer::{blobs, save};
use lifeboat_backend::{Backend as _, ObjectName};
use lifeboat_format::{BlobId, Role};
use lifeboat_repository::{BlobReader, Repository, Workers};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const SECTOR: u64 = 4096;

struct Saved {
    watched: Arc<Watched>,
    repository: Repository,
    blobs: Vec<(BlobId, Vec<u8>)>,
}

fn saved(parity: u32) -> Saved {
    let (watched, repository) = with_parity(1, parity);
    let blobs = blobs(2, 100);
    let (ids, _) = save(&repository, &blobs, Workers::inline());
    Saved { watched, repository, blobs: ids.into_iter().zip(blobs).collect() }
}

impl Saved {
    fn reader(&self) -> BlobReader {
        let view = self.repository.view(&self.repository.read_log().unwrap()).unwrap();
        self.repository.reader(Arc::new(self.repository.load_index(&view).unwrap()))
    }

    fn packs(&self) -> Vec<String> {
        names(&*self.watched, "packs/")
    }

    /// How many blobs come back; none comes back wrong.
    fn read_all(&self, reader: &BlobReader) -> usize {
        let is_read = |(id, bytes): &&(BlobId, Vec<u8>)| match reader.read(Role::Data, id) {
            Ok(read) => {
                assert!(read == *bytes);
                true
            }
            Err(_) => false,
        };
        self.blobs.iter().filter(is_read).count()
    }
}

#[test]
fn bad_sectors_of_every_pack_are_read_around() {
    let saved = saved(3);
    let packs = saved.packs();
    let bad = packs.iter().flat_map(|name| [0, 2, 9].map(|sector| (name.clone(), sector * SECTOR)));
    saved.watched.bad_sectors.lock().unwrap().extend(bad);
    let reader = saved.reader();
    assert_eq!(saved.read_all(&reader), saved.blobs.len());
    assert_eq!(reader.mended().len(), packs.len());
    for pack in reader.index().packs() {
        let error = reader.pack_reader().verify(pack, reader.index()).unwrap_err();
        assert!(error.is_damage(), "{error}");
        assert!(reader.can_mend(pack).unwrap());
    }
}

#[test]
fn a_pack_that_cannot_be_mended_is_tried_once_and_its_blobs_are_damaged() {
    let saved = saved(3);
    for name in saved.packs() {
        let name = ObjectName::new(&name).unwrap();
        let mut bytes = saved.watched.get(&name, u64::MAX).unwrap();
        bytes[192..].fill(0);
        saved.watched.delete(&name).unwrap();
        saved.watched.inner.put(&name, &bytes).unwrap();
    }
    let reader = saved.reader();
    assert_eq!(saved.read_all(&reader), 0);
    assert!(reader.mended().is_empty());
    let before = saved.watched.ranges_read.load(Ordering::Relaxed);
    assert_eq!(saved.read_all(&reader), 0);
    let again = saved.watched.ranges_read.load(Ordering::Relaxed) - before;
    assert!(again <= saved.blobs.len(), "one range for each blob, and no pack again: {again}");
}

#[test]
fn a_disk_that_reads_nothing_is_given_up_soon() {
    let saved = saved(3);
    let name = saved.packs().remove(0);
    let length = saved.watched.stat(&ObjectName::new(&name).unwrap()).unwrap().size;
    let all = (0..length.div_ceil(SECTOR)).map(|sector| (name.clone(), sector * SECTOR));
    saved.watched.bad_sectors.lock().unwrap().extend(all);
    let reader = saved.reader();
    let pack = reader.index().packs().find(|pack| name.ends_with(&pack.id.to_string())).unwrap();
    let before = saved.watched.ranges_read.load(Ordering::Relaxed);
    assert!(!reader.can_mend(pack).unwrap(), "verify goes on with the other packs");
    let reads = (saved.watched.ranges_read.load(Ordering::Relaxed) - before) as u64;
    assert!(reads < length / SECTOR, "{reads} reads of {length} bytes");
}

#[test]
fn a_pack_without_parity_is_not_read_for_it() {
    let saved = saved(0);
    let name = saved.packs().remove(0);
    saved.watched.bad_sectors.lock().unwrap().push((name, 0));
    let reader = saved.reader();
    let before = saved.watched.ranges_read.load(Ordering::Relaxed);
    let read = saved.read_all(&reader);
    assert!(read < saved.blobs.len());
    let reads = saved.watched.ranges_read.load(Ordering::Relaxed) - before;
    assert!(reads <= saved.blobs.len(), "{reads}");
}

#[test]
fn parity_costs_what_is_said_and_every_pack_has_it() {
    let saved = saved(25);
    for pack in saved.reader().index().packs() {
        assert!(pack.has_parity());
        let core = pack.core_length;
        let shards = core.div_ceil(SECTOR);
        let records = (shards * 25).div_ceil(100) + 3;
        assert_eq!(pack.stored_length, (shards + 2 * records) * SECTOR + 248);
    }
}
