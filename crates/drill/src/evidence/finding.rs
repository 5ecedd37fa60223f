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

impl Finding {
    /// Where the record lies, or ought to, without its hash.
    #[must_use]
    pub fn place(&self) -> String {
        format!("evidence/{}-{}", self.writer, self.seq)
    }

    /// What is wrong, in a few words.
    #[must_use]
    pub fn cause(&self) -> String {
        match &self.fault {
            Fault::Altered => "its bytes are not those that its name promises".to_owned(),
            Fault::Unsigned => "it does not bear a signature of the repository's key".to_owned(),
            Fault::NoRecord => "it is no record that this version of the program understands".to_owned(),
            Fault::Misnamed => "it says that it is another record than its name does".to_owned(),
            Fault::Fork => "there are several records of this number".to_owned(),
            Fault::Unchained => "it does not follow the record before it".to_owned(),
            Fault::Missing { known: Known::Named(name), .. } => {
                format!("missing as it was; evidence/{}-{} names it", name.writer, name.seq)
            }
            Fault::Missing { known: Known::Remembered, .. } => {
                "missing as it was; somebody remembers it".to_owned()
            }
            Fault::Missing { to, known: Known::Later } if *to > self.seq => {
                format!("missing, and all up to {to}; later ones are there")
            }
            Fault::Missing { known: Known::Later, .. } => "missing; later ones are there".to_owned(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.cause())
    }
}
