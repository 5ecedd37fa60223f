//! Harm that is done to stored objects between the runs of actors: what storage does that does not keep its promise.

use super::store::{Object, State, Store};
use lifeboat_backend::ObjectName;
use lifeboat_testkit::Random;
use std::sync::Arc;

/// What is done to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Harm {
    /// A bit is flipped.
    Flip,
    /// The end is lost.
    Cut,
    /// Nothing is left of it.
    Empty,
    /// It is all zeros.
    Zeros,
    /// It is gone.
    Vanish,
    /// It has the bytes of another object of its folder.
    Swap,
    /// It was deleted and is back.
    Return,
    /// It is an index object and gone.
    Unlist,
}

impl Harm {
    /// Those that are drawn for any object.
    pub(crate) const ANY: [Self; 7] =
        [Self::Flip, Self::Cut, Self::Empty, Self::Zeros, Self::Vanish, Self::Swap, Self::Return];

    /// What people call it.
    fn name(self) -> &'static str {
        match self {
            Self::Flip => "a bit of an object flips",
            Self::Cut => "the end of an object is lost",
            Self::Empty => "an object is empty",
            Self::Zeros => "an object is all zeros",
            Self::Vanish | Self::Unlist => "an object is gone",
            Self::Swap => "an object has the bytes of another",
            Self::Return => "an object that was deleted is back",
        }
    }
}

impl Store {
    /// Harms an object, most often a pack, and tells which.
    pub(crate) fn harm(&self, harm: Harm, seed: u64) -> Option<ObjectName> {
        let mut random = Random::new(seed);
        let state = &mut *self.lock();
        if harm == Harm::Return {
            return self.come_back(state, &mut random);
        }
        let folder =
            *random.pick(&["packs", "packs", "packs", "index", "index", "log", "keys", "keyring", "config"]);
        let folder = if harm == Harm::Unlist { "index" } else { folder };
        let is_in = |name: &&ObjectName| {
            let first = name.as_str().split('/').next().unwrap_or_default();
            first.trim_end_matches('2') == folder
        };
        let names: Vec<_> = state.objects.keys().filter(is_in).cloned().collect();
        let name = names.get(random.index(names.len().max(1)))?;
        if harm == Harm::Vanish && folder == "log" && !has_copy(state, name) {
            // Nobody can miss an entry that no other names: docs/log-protocol.md, "Entries".
            return None;
        }
        let old = state.objects.get(name)?.clone();
        match harmed(harm, &old.bytes, &names, state, &mut random) {
            Some(bytes) if *bytes == *old.bytes => return None,
            Some(bytes) => drop(state.objects.insert(name.clone(), Object { bytes, ..old })),
            None => drop(state.objects.remove(name)),
        }
        state.harmed.insert(name.clone());
        self.tally().count(harm.name());
        self.tally().say(format_args!("harm: {harm:?} {name}"));
        Some(name.clone())
    }

    /// Takes away a pack or an index object.
    pub(crate) fn hide(&self, seed: u64) -> Option<(ObjectName, Object)> {
        let mut random = Random::new(seed);
        let state = &mut *self.lock();
        let folder = *random.pick(&["packs/", "packs/", "index"]);
        let names: Vec<_> =
            state.objects.keys().filter(|name| name.as_str().starts_with(folder)).cloned().collect();
        let name = names.get(random.index(names.len().max(1)))?;
        let object = state.objects.remove(name)?;
        self.tally().count("an object is away for a while");
        self.tally().say(format_args!("harm: {name} is away"));
        Some((name.clone(), object))
    }

    /// Puts back what was away, unless somebody has put it meanwhile.
    pub(crate) fn show(&self, (name, object): (ObjectName, Object)) {
        let state = &mut *self.lock();
        self.tally().say(format_args!("harm: {name} is back"));
        state.objects.entry(name).or_insert(object);
    }

    /// Lets something be there again that was deleted.
    fn come_back(&self, state: &mut State, random: &mut Random) -> Option<ObjectName> {
        let names: Vec<_> =
            state.gone.keys().filter(|name| !name.as_str().starts_with("probe/")).cloned().collect();
        let name = names.get(random.index(names.len().max(1)))?;
        let object = state.gone.remove(name)?;
        state.objects.insert(name.clone(), object);
        self.tally().count(Harm::Return.name());
        self.tally().say(format_args!("harm: {name} is back"));
        Some(name.clone())
    }

    /// The objects that are not what they were stored as.
    pub(crate) fn harmed(&self) -> Vec<ObjectName> {
        let state = self.lock();
        let is_harmed = |name: &&ObjectName| {
            state.objects.get(*name).map(|object| &object.bytes) != state.first.get(*name)
        };
        state.harmed.iter().filter(is_harmed).cloned().collect()
    }
}

fn has_copy(state: &State, name: &ObjectName) -> bool {
    let (folder, rest) = name.as_str().split_once('/').unwrap_or_default();
    let other = if folder == "log" { "log2" } else { "log" };
    let other = ObjectName::new(&format!("{other}/{rest}")).unwrap();
    state.objects.get(&other).map(|object| &object.bytes) == state.first.get(&other)
        && state.objects.contains_key(&other)
}

/// What is left of an object, if anything is.
fn harmed(
    harm: Harm,
    bytes: &[u8],
    names: &[ObjectName],
    state: &State,
    random: &mut Random,
) -> Option<Arc<[u8]>> {
    let place = random.index(bytes.len().max(1));
    match harm {
        Harm::Vanish | Harm::Unlist | Harm::Return => None,
        Harm::Empty => Some(Arc::default()),
        Harm::Zeros => Some(vec![0; bytes.len()].into()),
        Harm::Cut => Some(bytes[..place].into()),
        Harm::Swap => Some(Arc::clone(&state.objects[random.pick(names)].bytes)),
        Harm::Flip => {
            let mut bytes = bytes.to_vec();
            if let Some(byte) = bytes.get_mut(place) {
                *byte ^= 1 << random.below(8);
            }
            Some(bytes.into())
        }
    }
}
