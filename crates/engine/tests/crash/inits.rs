//! `init` that is disturbed: there is a repository, or none, or what is known for an `init` that did not end.

use super::KDF;
use super::points::Work;
use super::stage::Stage;
use super::watch::Plan;
use crate::world::{environment, password};
use lifeboat_engine::EngineError;
use lifeboat_repository::{InitOptions, RepositoryError, init};

/// A repository is made.
pub(crate) struct Init;

impl Work for Init {
    type Said = Result<(), EngineError>;
    const NAME: &str = "init";

    fn stage(&self) -> Stage {
        Stage::empty()
    }

    fn run(&self, stage: &Stage, process: u64) -> Self::Said {
        let options = InitOptions { kdf: KDF, second_copies: true, ..InitOptions::default() };
        let place = stage.place().map_err(RepositoryError::from)?;
        init(place, &password(), &options, environment(process, &stage.clock))?;
        Ok(())
    }

    fn check(&self, stage: &Stage, _: Plan, said: Option<Self::Said>) {
        if matches!(said, Some(Ok(()))) {
            stage.open(&password(), 4).expect("it was reported");
        }
        match self.run(stage, 2) {
            Ok(()) | Err(EngineError::Repository(RepositoryError::Exists(_))) => {}
            // It says so, and that whoever knows that nobody is at it may remove what lies there.
            Err(EngineError::Repository(RepositoryError::Unfinished(_))) => {
                assert!(!matches!(said, Some(Ok(()))), "what was reported is not finished");
                std::fs::remove_dir_all(stage.repository()).unwrap();
                self.run(stage, 3).unwrap();
            }
            Err(error) => panic!("again: {error}"),
        }
        stage.assert_sound_after_backup(&password(), 5);
    }
}
