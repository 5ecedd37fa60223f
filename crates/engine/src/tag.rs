//! `tag`: what snapshots are called, and which of them no rule may forget.

use crate::select::{SnapshotFilter, faults_of, find_among};
use crate::{EngineError, Problem};
use lifeboat_format::{Amend, FormatError, Snapshot};
use lifeboat_repository::{Repository, RepositoryError, Session, View};

/// Which labels to give and to take.
#[derive(Clone, Debug, Default)]
pub struct TagOptions {
    /// Which snapshots, where none is named.
    pub filter: SnapshotFilter,
    /// References of snapshots.
    pub named: Vec<String>,
    /// Instead of all labels that there are.
    pub set: Option<Vec<String>>,
    /// Labels to add.
    pub add: Vec<String>,
    /// Labels to take away.
    pub remove: Vec<String>,
    /// Whether no rule may forget them from now on; as before where nothing is said.
    pub pin: Option<bool>,
}

/// What was changed.
#[derive(Clone, Debug, Default)]
pub struct TagReport {
    /// The snapshots that are called otherwise now, as they are now, and whether they are pinned.
    pub changed: Vec<(Snapshot, bool)>,
    /// Entries that are damaged or forged.
    pub problems: Vec<Problem>,
}

/// Changes labels and pins.
///
/// # Errors
/// When a named snapshot does not exist, or would have too many labels; when the log cannot be read or written.
pub fn tag(repository: &Repository, options: &TagOptions) -> Result<TagReport, EngineError> {
    let session = Session::start(repository)?;
    let mut report = TagReport { problems: faults_of(session.forged()), ..TagReport::default() };
    for mut snapshot in choose(session.view(), options)? {
        let was_pinned = session.view().is_pinned(snapshot.id);
        let is_pinned = options.pin.unwrap_or(was_pinned);
        let tags = options.labels(&snapshot.tags);
        if tags == snapshot.tags && is_pinned == was_pinned {
            continue;
        }
        snapshot.tags = tags;
        if !snapshot.is_within_limits() {
            return Err(RepositoryError::from(FormatError::Limit("tags of a snapshot")).into());
        }
        session.amend(&Amend { snapshot: snapshot.id, tags: snapshot.tags.clone(), is_pinned })?;
        report.changed.push((snapshot, is_pinned));
    }
    Ok(report)
}

fn choose(view: &View, options: &TagOptions) -> Result<Vec<Snapshot>, EngineError> {
    let all = view.snapshots();
    if options.named.is_empty() {
        return Ok(all.into_iter().filter(|snapshot| options.filter.passes(snapshot)).cloned().collect());
    }
    let mut chosen: Vec<Snapshot> = Vec::new();
    for reference in &options.named {
        let found = find_among(&all, reference, true)?;
        if !chosen.iter().any(|snapshot| snapshot.id == found.id) {
            chosen.push(found.clone());
        }
    }
    Ok(chosen)
}

impl TagOptions {
    /// The labels of a snapshot that has these, in their order.
    fn labels(&self, tags: &[String]) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        let kept = self.set.as_deref().unwrap_or(tags);
        for tag in kept.iter().filter(|tag| !self.remove.contains(tag)).chain(&self.add) {
            if !labels.contains(tag) {
                labels.push(tag.clone());
            }
        }
        labels
    }
}

#[cfg(test)]
mod tests {
    use super::TagOptions;

    #[test]
    fn labels_are_added_taken_away_and_replaced() {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let options =
            |add, remove| TagOptions { add: words(add), remove: words(remove), ..TagOptions::default() };
        assert_eq!(options("c a", "b").labels(&words("a b")), words("a c"));
        assert_eq!(options("b", "b").labels(&words("a b")), words("a b"));
        assert_eq!(options("", "x").labels(&words("b a")), words("b a"));
        let set = TagOptions { set: Some(words("z z")), ..TagOptions::default() };
        assert_eq!(set.labels(&words("a b")), words("z"));
        assert_eq!(TagOptions { set: Some(Vec::new()), ..set }.labels(&words("a")), words(""));
    }
}
