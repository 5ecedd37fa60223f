//! `tag`.

use super::verdict;
use crate::app::App;
use crate::exit::Failure;
use crate::report::Work;
use crate::snapshot_choice::Choice;
use clap::Args;
use lifeboat_engine::{TagOptions, tag};

/// Change the tags of snapshots, or pin them, so that no rule of forget takes them
///
/// Of those that are named, or of all that the filters let pass. Snapshots keep their ids, and nothing that they hold is stored again.
#[derive(Args, Debug)]
pub(crate) struct Tag {
    /// These: latest, latest~N, or the beginning of an id
    #[arg(value_name = "SNAP")]
    references: Vec<String>,

    /// Add this tag, or the tags of a list TAG,TAG; repeat it for more
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    add: Vec<String>,

    /// Take this tag away, or the tags of a list TAG,TAG; repeat it for more
    #[arg(long, value_name = "TAG", value_delimiter = ',')]
    remove: Vec<String>,

    /// Have these tags and no others; an empty one takes all away
    #[arg(long, value_name = "TAG", value_delimiter = ',', conflicts_with_all = ["add", "remove"])]
    set: Option<Vec<String>>,

    /// Let no rule of forget take them; by name they can still be forgotten
    #[arg(long, conflicts_with = "unpin")]
    pin: bool,

    /// Let rules take them again
    #[arg(long)]
    unpin: bool,

    #[command(flatten)]
    choice: Choice,
}

impl Tag {
    pub(super) fn run(self, app: &App<'_>) -> Result<(), Failure> {
        let options = TagOptions {
            filter: self.choice.filter()?,
            named: self.references,
            set: self.set.map(named),
            add: named(self.add),
            remove: named(self.remove),
            pin: (self.pin || self.unpin).then_some(self.pin),
        };
        let says_something = options.set.is_some()
            || options.pin.is_some()
            || !options.add.is_empty()
            || !options.remove.is_empty();
        if !says_something {
            return Err(Failure::usage(
                "nothing says what to change",
                "say it: lifeboat tag --add TAG SNAP, lifeboat tag --pin SNAP",
            ));
        }
        let report = tag(&app.open()?, &options)?;
        app.report.tagged(&report);
        report.problems.iter().for_each(|problem| app.report.problem(problem, Work::List));
        verdict::of(&report.problems, Work::List)
    }
}

/// Tags that have a name.
fn named(tags: Vec<String>) -> Vec<String> {
    tags.into_iter().filter(|tag| !tag.is_empty()).collect()
}
