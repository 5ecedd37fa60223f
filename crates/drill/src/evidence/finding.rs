//! What does not fit among the records that are there.

use lifeboat_format::EvidenceWriter;
use lifeboat_repository::EvidenceName;
use std::fmt;

/// Something that does not fit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// Whose chain it is in.
    pub writer: EvidenceWriter,
    /// The number of the record, of several the first.
    pub seq: u64,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// Its bytes are not those of its name.
    Altered,
    /// Nobody who has the keys signed it.
    Unsigned,
    /// It is no record that this program understands.
    NoRecord,
    /// It says that it is another one than its name does.
    Misnamed,
    /// There are several.
    Fork,
    /// It does not follow the one before it.
    Unchained,
    /// It is not there, nor are those behind it up to this number.
    Missing {
        /// The last that is missing.
        to: u64,
        /// Who knows of it.
        known: Known,
    },
}

/// How it is known that a record has to be there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Known {
    /// Later ones of its writer are there.
    Later,
    /// That of another writer names it.
    Named(EvidenceName),
    /// Somebody remembers it.
    Remembered,
}

impl Fault {
    /// One word for programs.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Altered => "altered",
            Self::Unsigned => "unsigned",
            Self::NoRecord => "no-record",
            Self::Misnamed => "misnamed",
            Self::Fork => "fork",
            Self::Unchained => "unchained",
            Self::Missing { .. } => "missing",
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { writer, seq, fault } = self;
        match fault {
            Fault::Missing { to, .. } if to > seq => write!(f, "records {seq} to {to} of {writer}: {fault}"),
            _ => write!(f, "record {seq} of {writer}: {fault}"),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Altered => f.write_str("its bytes are not those that its name promises"),
            Self::Unsigned => f.write_str("it does not bear a signature of the repository's key"),
            Self::NoRecord => f.write_str("it is no record that this version of the program understands"),
            Self::Misnamed => f.write_str("it says that it is another record than its name does"),
            Self::Fork => f.write_str("there are several of this number"),
            Self::Unchained => f.write_str("it does not follow the record before it"),
            Self::Missing { known: Known::Later, .. } => f.write_str("missing; later ones are there"),
            Self::Missing { known: Known::Named(name), .. } => {
                write!(f, "missing as it was; record {} of {} names it", name.seq, name.writer)
            }
            Self::Missing { known: Known::Remembered, .. } => {
                f.write_str("missing as it was; it was there before")
            }
        }
    }
}
