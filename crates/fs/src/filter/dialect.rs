//! Patterns of git in the dialect of the matcher.
//!
//! Invariant: no pattern matches more than it says. The matcher lets `[!a]` stand for a slash, and knows neither
//! escapes nor named classes between brackets; what cannot be said in its dialect is refused.

use std::iter::Peekable;
use std::str::Chars;

/// What `{a,b}` means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Braces {
    /// `a` or `b`.
    Choice,
    /// These five characters.
    Letters,
}

/// The same pattern for the matcher, or why there is none.
pub(crate) fn translate(pattern: &str, braces: Braces) -> Result<String, String> {
    let mut translated = String::with_capacity(pattern.len());
    let mut rest = pattern.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '{' | '}' if braces == Braces::Letters => translated.extend(['\\', character]),
            '[' => class(&mut rest, &mut translated)?,
            '\\' => {
                translated.push(character);
                translated.extend(rest.next());
            }
            _ => translated.push(character),
        }
    }
    Ok(translated)
}

/// The characters between brackets, the first bracket of which is read already.
fn class(rest: &mut Peekable<Chars<'_>>, translated: &mut String) -> Result<(), String> {
    translated.push('[');
    let negation = rest.next_if(|next| matches!(next, '!' | '^'));
    translated.extend(negation);
    // In the first place these two stand for themselves.
    if let Some(first) = rest.next_if(|next| matches!(next, ']' | '-')) {
        translated.push(first);
        if negation.is_some() && rest.peek() == Some(&'-') {
            return Err(format!("a range that starts with {first} between brackets is not supported"));
        }
    }
    if negation.is_some() {
        translated.push('/');
        // After the slash a hyphen would make a range of it.
        if rest.peek() == Some(&'-') {
            return Err("a hyphen in this place between brackets is not supported".to_owned());
        }
    }
    while let Some(character) = rest.next() {
        match character {
            '\\' => return Err("a backslash between brackets is not supported".to_owned()),
            '[' if matches!(rest.peek(), Some(':' | '.' | '=')) => {
                return Err("named classes such as [:space:] are not supported".to_owned());
            }
            _ => translated.push(character),
        }
        if character == ']' {
            break;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Braces, translate};

    #[test]
    fn classes_and_braces_mean_what_git_means() {
        let table = [
            ("*.{a,b}", "*.\\{a,b\\}"),
            ("\\{x\\[", "\\{x\\["),
            ("[a-z]x", "[a-z]x"),
            ("[!a]", "[!/a]"),
            ("[^]a-c]", "[^]/a-c]"),
            ("[!-a]", "[!-/a]"),
            ("[]{]", "[]{]"),
            ("[open", "[open"),
        ];
        for (pattern, translated) in table {
            assert_eq!(translate(pattern, Braces::Letters).as_deref(), Ok(translated));
        }
        assert_eq!(translate("{a,b}", Braces::Choice).as_deref(), Ok("{a,b}"));
    }

    #[test]
    fn what_cannot_be_said_is_refused() {
        for pattern in ["[\\]]", "[[:space:]]", "[a[=b=]]", "[!]-a]", "[^--0]"] {
            assert!(translate(pattern, Braces::Letters).is_err(), "{pattern}");
        }
    }
}
