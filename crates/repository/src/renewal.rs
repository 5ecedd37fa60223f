//! What a reader does about what is not where its index says: a prune may have moved it, and swept what it was moved from.
//!
//! Only a newer reading tells that from damage. Invariants: it is asked for once for each pack that is not as it should be, and again
//! only when it brought news; what a newer index knows is tried first, and then what the first one knew, since something that is
//! swept may still be there.

use crate::{BlobReader, Index, ObjectSet, Repository, RepositoryError, View};
use lifeboat_format::{BlobId, PackId, Snapshot};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Times that an index is read anew because something was swept meanwhile.
const LOOKS_MAX: usize = 16;

/// What a reader knows of what happened since it began.
#[derive(Debug)]
pub(crate) struct Renewal {
    /// What had been swept by then.
    began: ObjectSet,
    /// What it reads.
    snapshot: Option<Snapshot>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// The newest view that anybody asked for.
    view: Option<View>,
    /// A reader of a newer index, and what had been swept by then.
    newest: Option<Arc<BlobReader>>,
    swept: ObjectSet,
    /// Packs for which a newer view was asked for, and had no news.
    asked: BTreeSet<PackId>,
    /// The same for what no pack has.
    asked_for_nowhere: bool,
}

impl Repository {
    /// A reader of what `index` knows, that of `view`, beside prunes: what is missing it looks for by a newer reading.
    #[must_use]
    pub fn reader_of(&self, view: &View, index: Arc<Index>) -> BlobReader {
        let state = Mutex::new(State { swept: view.swept().clone(), ..State::default() });
        let renewal = Renewal { began: view.swept().clone(), snapshot: None, state };
        let mut reader = self.reader(index);
        reader.renewal = Some(renewal);
        reader
    }

    /// A reader of a snapshot of `view` beside prunes. When something that the snapshot needs is gone because it was forgotten and
    /// swept, that is [`RepositoryError::Swept`].
    ///
    /// # Errors
    /// Those of [`Repository::load_index`] and those of `check`.
    pub fn snapshot_reader<E: From<RepositoryError>>(
        &self,
        view: &View,
        snapshot: &Snapshot,
        check: impl Fn() -> Result<(), E>,
    ) -> Result<BlobReader, E> {
        let (newer, index) = self.load_settled(view, &check)?;
        let mut reader = self.reader_of(newer.as_ref().unwrap_or(view), Arc::new(index));
        reader.read_for(snapshot);
        if let Some(renewal) = &mut reader.renewal {
            renewal.began = view.swept().clone();
            renewal.lock().view = newer;
        }
        Ok(reader)
    }

    /// The index of a view, or of a newer one where that was swept meanwhile.
    fn load_settled<E: From<RepositoryError>>(
        &self,
        view: &View,
        check: &impl Fn() -> Result<(), E>,
    ) -> Result<(Option<View>, Index), E> {
        let mut newer = None;
        for _ in 0..LOOKS_MAX {
            let current = newer.as_ref().unwrap_or(view);
            let index = self.load_index_checked(current, check)?;
            if index.is_whole() {
                return Ok((newer, index));
            }
            let now = self.view_now()?;
            if now.swept() == current.swept() {
                return Ok((newer, index));
            }
            newer = Some(now);
        }
        Err(RepositoryError::Overtaken.into())
    }

    pub(crate) fn view_now(&self) -> Result<View, RepositoryError> {
        self.view(&self.read_log()?)
    }
}

impl Index {
    /// Whether everything is there that it names, as far as it was looked for.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.faults().is_empty() && self.packs().all(|pack| pack.is_there() || pack.is_damaged())
    }
}

impl BlobReader {
    /// From now on this snapshot is read: what of it was forgotten and swept is no damage.
    pub fn read_for(&mut self, snapshot: &Snapshot) {
        if let Some(renewal) = &mut self.renewal {
            renewal.snapshot = Some(snapshot.clone());
        }
    }

    /// Whether a pack that is missing was swept since the reader began.
    ///
    /// # Errors
    /// As [`Repository::read_log`].
    pub fn is_swept(&self, pack: PackId) -> Result<bool, RepositoryError> {
        let Some(renewal) = &self.renewal else { return Ok(false) };
        let mut state = renewal.lock();
        let has = |view: &View| view.swept().packs.contains(&pack);
        if !state.view.as_ref().is_some_and(has) {
            state.view = Some(self.repository.view_now()?);
        }
        Ok(state.view.as_ref().is_some_and(has))
    }

    /// Whether a blob has a place, in an index, that is good enough.
    ///
    /// # Errors
    /// [`RepositoryError::Swept`] when the snapshot that is read is gone; as [`Index::places`].
    pub fn has_place(
        &self,
        id: &BlobId,
        fits: impl Fn(&Index, crate::BlobPlace) -> Result<bool, RepositoryError>,
    ) -> Result<bool, RepositoryError> {
        let found = self.seek(id, |reader| {
            for place in reader.index().places(id)? {
                if fits(reader.index(), place)? {
                    return Ok(());
                }
            }
            Err(RepositoryError::Missing(format!("blob {id}")))
        });
        match found {
            Err(error) if error.is_damage() => Ok(false),
            other => other.map(|()| true),
        }
    }

    /// What `look` finds of a blob by the newest index, or by the first one, or by one that is newer still.
    pub(crate) fn seek<T>(
        &self,
        id: &BlobId,
        look: impl Fn(&Self) -> Result<T, RepositoryError>,
    ) -> Result<T, RepositoryError> {
        let Some(renewal) = &self.renewal else { return look(self) };
        loop {
            let newest = renewal.lock().newest.clone();
            let found = match newest.as_deref().map(&look) {
                Some(Err(error)) if error.is_damage() => look(self),
                Some(found) => found,
                None => look(self),
            };
            match found {
                Err(error) if error.is_damage() => {
                    if !self.renew(renewal, newest.as_ref(), id)? {
                        return Err(renewal.judge(error));
                    }
                }
                other => return other,
            }
        }
    }

    /// Whether there is news since `newest` about a blob of which no place is sound.
    fn renew(
        &self,
        renewal: &Renewal,
        newest: Option<&Arc<Self>>,
        id: &BlobId,
    ) -> Result<bool, RepositoryError> {
        let mut state = renewal.lock();
        if state.newest.as_ref().map(Arc::as_ptr) != newest.map(Arc::as_ptr) {
            // Another thread has been here.
            return Ok(true);
        }
        let index = newest.map_or(&self.index, |newest| &newest.index);
        if !state.ask_for(&packs_of(index, id)?) {
            return Ok(false);
        }
        let view = self.repository.view_now()?;
        let is_news = *view.swept() != state.swept;
        if is_news {
            let (newer, index) = self.repository.load_settled(&view, &|| Ok::<(), RepositoryError>(()))?;
            let view = newer.unwrap_or(view);
            let reader = Arc::new(self.repository.reader(Arc::new(index)));
            let former = state.newest.as_ref().map(|former| former.mended()).unwrap_or_default();
            self.forget_recent(former);
            let swept = view.swept().clone();
            *state = State { view: Some(view), newest: Some(reader), swept, ..State::default() };
        } else {
            state.view = Some(view);
        }
        Ok(is_news)
    }

    /// Packs that readers of newer indexes mended.
    pub(crate) fn mended_by_newest(&self) -> Vec<PackId> {
        let newest = self.renewal.as_ref().and_then(|renewal| renewal.lock().newest.clone());
        newest.map(|newest| newest.mended()).unwrap_or_default()
    }
}

impl Renewal {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The error, unless what is missing belongs to what nobody wants any more.
    fn judge(&self, error: RepositoryError) -> RepositoryError {
        let state = self.lock();
        let is_gone = |snapshot: &&Snapshot| {
            let is_swept = |view: &View| *view.swept() != self.began && !view.wants(snapshot);
            state.view.as_ref().is_some_and(is_swept)
        };
        match self.snapshot.as_ref().filter(is_gone) {
            Some(snapshot) => RepositoryError::Swept(snapshot.id),
            None => error,
        }
    }
}

impl State {
    /// Whether it was not asked for these packs before.
    fn ask_for(&mut self, packs: &BTreeSet<PackId>) -> bool {
        match packs.is_empty() {
            true => !std::mem::replace(&mut self.asked_for_nowhere, true),
            false => {
                let before = self.asked.len();
                self.asked.extend(packs);
                self.asked.len() > before
            }
        }
    }
}

/// The packs that have a blob.
fn packs_of(index: &Index, id: &BlobId) -> Result<BTreeSet<PackId>, RepositoryError> {
    let pack_of = |place: crate::BlobPlace| Ok(index.pack(index.segment(place.segment)?.pack).id);
    index.places(id)?.into_iter().map(pack_of).collect()
}
