//! What happens to stored objects, and to which.

use super::fixture::Objects;
use lifeboat_backend::ObjectName;

/// What becomes of an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// One bit of it, at one of several places.
    Flipped,
    Cut,
    Grown,
    Emptied,
    Zeroed,
    Vanished,
    /// It and another of its kind lie under each other's names.
    Swapped,
    /// Another of its kind, from before, lies under its name.
    Replaced,
}

impl Harm {
    pub(crate) const ALL: [Self; 8] = [
        Self::Flipped,
        Self::Cut,
        Self::Grown,
        Self::Emptied,
        Self::Zeroed,
        Self::Vanished,
        Self::Swapped,
        Self::Replaced,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flipped => "bit flipped",
            Self::Cut => "cut short",
            Self::Grown => "grown",
            Self::Emptied => "emptied",
            Self::Zeroed => "all zeros",
            Self::Vanished => "gone",
            Self::Swapped => "swapped",
            Self::Replaced => "replaced",
        }
    }

    /// The objects after each way in which this can happen to one of them; `other` is another of its kind.
    pub(crate) fn done_to(self, objects: &Objects, name: &ObjectName, other: &Other) -> Vec<Objects> {
        let sound = &objects[name];
        let length = sound.len();
        let with = |bytes: Vec<u8>| {
            let mut harmed = objects.clone();
            harmed.insert(name.clone(), bytes);
            harmed
        };
        match self {
            Self::Flipped => {
                let places = [0, 9, length / 3, length / 2, length - 9, length - 1];
                let flip = |place: usize| {
                    let mut bytes = sound.clone();
                    bytes[place] ^= 0x10;
                    with(bytes)
                };
                places.into_iter().map(flip).collect()
            }
            Self::Cut => [length - 1, length / 2].map(|end| with(sound[..end].to_vec())).into(),
            Self::Grown => vec![with([sound.as_slice(), &[0; 10]].concat())],
            Self::Emptied => vec![with(Vec::new())],
            Self::Zeroed => vec![with(vec![0; length])],
            Self::Vanished => {
                let mut harmed = objects.clone();
                harmed.remove(name);
                vec![harmed]
            }
            Self::Swapped => {
                let Some(lies_at) = &other.lies_at else { return Vec::new() };
                let mut harmed = with(other.bytes.clone());
                harmed.insert(lies_at.clone(), sound.clone());
                vec![harmed]
            }
            Self::Replaced => vec![with(other.bytes.clone())],
        }
    }
}

/// Another object of the same kind.
#[derive(Clone, Debug)]
pub(crate) struct Other {
    /// None where it is not in the repository, or not any more.
    pub(crate) lies_at: Option<ObjectName>,
    pub(crate) bytes: Vec<u8>,
}

/// A kind of object, and those that stand for it.
#[derive(Clone, Debug)]
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    pub(crate) objects: Vec<(ObjectName, Other)>,
}
