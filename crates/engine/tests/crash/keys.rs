//! Changes of key slots that are disturbed: whoever could open the repository still can, as far as nothing else was
//! reported.

use super::KDF;
use super::backups::make_repository;
use super::points::Work;
use super::stage::Stage;
use super::watch::Plan;
use crate::world::password;
use lifeboat_repository::{Credential, RepositoryError, SlotAbout, SlotError};

fn other() -> Credential {
    Credential::password(b"another".to_vec())
}

/// The last look at a repository: it is sound, and these open it or do not.
fn assert_opens(stage: &Stage, opens: [(Credential, bool); 2]) {
    for (credential, wanted) in opens {
        match stage.open(&credential, 5) {
            Ok(_) => assert!(wanted, "a password opens that should not"),
            Err(RepositoryError::WrongKey) => assert!(!wanted, "a password does not open"),
            Err(error) => panic!("{error}"),
        }
    }
}

/// A second password is added.
pub(crate) struct Add(Stage);

impl Add {
    pub(crate) fn new() -> Self {
        let before = Stage::empty();
        make_repository(&before);
        Self(before)
    }
}

impl Work for Add {
    type Said = Result<(), RepositoryError>;
    const NAME: &str = "key add";

    fn stage(&self) -> Stage {
        self.0.again()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        let repository = stage.open(&password(), process)?;
        let slots = repository.slots();
        slots.refuse_known(&other())?;
        slots.add(&other(), KDF, &SlotAbout::default()).map(drop)
    }

    fn check(&self, stage: &Stage, _: Plan, said: Option<Self::Said>) {
        if matches!(said, Some(Ok(()))) {
            assert_opens(stage, [(password(), true), (other(), true)]);
        }
        match self.run(stage, 2) {
            Ok(()) | Err(RepositoryError::Slot(SlotError::Known(_))) => {}
            Err(error) => panic!("again: {error}"),
        }
        stage.sound_snapshots(&password(), 10);
        assert_opens(stage, [(password(), true), (other(), true)]);
        assert_eq!(stage.open(&other(), 6).unwrap().slots().list().unwrap().slots.len(), 2);
    }
}

/// The second password is removed.
pub(crate) struct Remove {
    before: Stage,
    slot: String,
}

impl Remove {
    pub(crate) fn new() -> Self {
        let Add(before) = Add::new();
        let repository = before.open(&password(), 103).unwrap();
        let slot = repository.slots().add(&other(), KDF, &SlotAbout::default()).unwrap();
        Self { slot: slot.id.to_string(), before }
    }
}

impl Work for Remove {
    type Said = Result<(), RepositoryError>;
    const NAME: &str = "key remove";

    fn stage(&self) -> Stage {
        self.before.again()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        stage.open(&password(), process)?.slots().remove(&self.slot).map(drop)
    }

    fn check(&self, stage: &Stage, _: Plan, said: Option<Self::Said>) {
        if matches!(said, Some(Ok(()))) {
            assert_opens(stage, [(password(), true), (other(), false)]);
        }
        match self.run(stage, 2) {
            Ok(()) | Err(RepositoryError::Slot(SlotError::Unknown(_))) => {}
            Err(error) => panic!("again: {error}"),
        }
        stage.sound_snapshots(&password(), 10);
        assert_opens(stage, [(password(), true), (other(), false)]);
    }
}

/// The password is replaced by another.
pub(crate) struct Change(Stage);

impl Change {
    pub(crate) fn new() -> Self {
        let Add(before) = Add::new();
        Self(before)
    }
}

impl Work for Change {
    type Said = Result<(), RepositoryError>;
    const NAME: &str = "key passwd";

    fn stage(&self) -> Stage {
        self.0.again()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        let repository = stage.open(&password(), process)?;
        let slots = repository.slots();
        slots.refuse_known(&other())?;
        slots.replace_current(&other(), KDF, &SlotAbout::default()).map(drop)
    }

    fn check(&self, stage: &Stage, _: Plan, said: Option<Self::Said>) {
        if matches!(said, Some(Ok(()))) {
            assert_opens(stage, [(password(), false), (other(), true)]);
        }
        match self.run(stage, 2) {
            Ok(()) | Err(RepositoryError::WrongKey) => {}
            // The new one is there, and the old one is removed with it.
            Err(RepositoryError::Slot(SlotError::Known(_))) => {
                let repository = stage.open(&other(), 4).unwrap();
                let slots = repository.slots().list().unwrap().slots;
                let old = slots.iter().find(|slot| !slot.current).expect("the old one");
                repository.slots().remove(&old.id.to_string()).unwrap();
            }
            Err(error) => panic!("again: {error}"),
        }
        stage.sound_snapshots(&other(), 10);
        assert_opens(stage, [(password(), false), (other(), true)]);
    }
}
