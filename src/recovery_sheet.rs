//! The recovery sheet: a page to be printed, with a key that opens the repository when every password is lost.
//!
//! Invariant: no line of it but the eight of its key has the form of one of those.

use lifeboat_repository::{Key, sheet_words};
use zeroize::Zeroizing;

/// Room for the words besides what is told about the repository: a text that grows leaves copies behind.
const ROOM: usize = 4 << 10;

/// What stands on the sheet besides its key.
pub(crate) struct Sheet<'a> {
    /// Id of the repository.
    pub(crate) repository: &'a str,
    /// Where it lies, as somebody on this machine would name it.
    pub(crate) location: &'a str,
    /// When the sheet was made.
    pub(crate) time: &'a str,
    /// Machine and user it was made by.
    pub(crate) host: &'a str,
    pub(crate) user: &'a str,
}

impl Sheet<'_> {
    /// The page with this key on it.
    pub(crate) fn page(&self, key: &Key) -> Zeroizing<String> {
        let Self { repository, location, time, host, user } = self;
        // In quotes no word is one of the list.
        let head = format!(
            "RECOVERY SHEET of a lifeboat repository\n\
             \n\
             Whoever holds this page can read everything in the repository, without its password.\n\
             Print it, keep it where neither fire nor thieves get at it, and delete the file.\n\
             \n\
             Repository: {repository}\n\
             Location:   {location:?}\n\
             Made:       {time} by {user:?} on {host:?}\n\
             \n"
        );
        let tail = format!(
            "\n\
             To use it, type the eight lines above into a file. Capitals, the numbers and all other lines do\n\
             not matter; a slip of the pen is found, and told by its line. Then\n\
             \n\
             \x20   lifeboat -r {location:?} --key-file FILE snapshots\n\
             \n\
             and all other commands work as with the password. A new password is made by\n\
             \n\
             \x20   lifeboat -r {location:?} --key-file FILE key add\n"
        );
        let mut page = Zeroizing::new(String::with_capacity(head.len() + tail.len() + ROOM));
        page.push_str(&head);
        page.push_str(&sheet_words(key));
        page.push_str(&tail);
        page
    }
}

#[cfg(test)]
mod tests {
    use super::Sheet;
    use lifeboat_repository::{Credential, Key, parse_key_text, sheet_words};

    #[test]
    fn nothing_on_the_page_is_taken_for_a_line_of_its_key() {
        let key = Key::new([7; 32]);
        for odd in ["abandon ability able", "1: abandon ability able about", "a\n1: abandon\n", ""] {
            let sheet = Sheet { repository: odd, location: odd, time: "today", host: odd, user: odd };
            let sheet = Sheet { repository: "1: abandon", ..sheet };
            let page = sheet.page(&key);
            let read = parse_key_text(page.as_bytes());
            let is_same = |read: &Key| *sheet_words(read) == *sheet_words(&key);
            assert!(
                matches!(&read, Ok(Credential::RecoverySheet(read)) if is_same(read)),
                "{read:?} {}",
                *page
            );
            let without: String =
                page.lines().filter(|line| !line.starts_with("8: ")).collect::<Vec<_>>().join("\n");
            assert!(parse_key_text(without.as_bytes()).is_err());
        }
    }
}
