//! How a folder is listed: what is asked, and what comes back.

use std::fmt;
use std::str::FromStr;

use crate::store::{Entry, SearchState, Seq};

/// By what a folder is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Sort {
    /// In the order in which messages came here (by sequence number, never by what a message says of its date).
    #[default]
    Date,
    /// The name of the sender, or its address if it has none; in Sent and Drafts those whom it is to. Case, marks and signs at its
    /// beginning do not count.
    Person,
    /// Without `Re:` and its like.
    Subject,
    Size,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Direction {
    /// Small before large, old before new.
    Ascending,
    #[default]
    Descending,
}

/// What must be true of a message that is listed; the default is true of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    pub unread: bool,
    pub flagged: bool,
    pub attachment: bool,
}

impl Filter {
    pub const NONE: Filter = Filter { unread: false, flagged: false, attachment: false };
}

/// One page of a folder, as asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    pub sort: Sort,
    pub direction: Direction,
    pub filter: Filter,
    /// One row a conversation: its newest message in this folder that the filter lets through.
    pub conversations: bool,
    /// Behind this place; none: from the beginning. Of a listing with the same sort and direction, or the page begins anywhere.
    pub cursor: Option<Cursor>,
    /// Rows wanted: at most [`crate::limits::LIST_ROWS_MAX`].
    pub limit: usize,
}

impl Listing {
    /// Whether this is the order in which messages came, of all messages: known without the catalogue, at once.
    pub fn is_plain(&self) -> bool {
        self.sort == Sort::Date && self.filter == Filter::NONE && !self.conversations
    }
}

/// One page of a folder.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub rows: Vec<ListedRow>,
    /// Where the next page begins; none: there is no more.
    pub next: Option<Cursor>,
    /// Messages (not conversations) that the filter lets through, if that is known without counting long. Of flags and attachments: as the
    /// catalogue has it, which forgets what retention dropped a moment later.
    pub total: Option<u64>,
    /// Of the catalogue. A plain listing does not need it and says `Ready`. Otherwise: `Behind`: the newest messages may be missing;
    /// `Unavailable`: there are no rows, and the page says that it waits.
    pub state: SearchState,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ListedRow {
    /// As the mailbox has it now, in the folder that was asked for.
    pub entry: Entry,
    /// With [`Listing::conversations`] only.
    pub conversation: Option<Conversation>,
}

/// What a list shows of a conversation. It has the mailbox's messages in all folders, those in Junk and Deleted only where such a folder
/// is listed itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Conversation {
    /// At least one, at most [`crate::limits::THREAD_MESSAGES_MAX`].
    pub messages: u64,
    pub unread: u64,
    /// Whether any of them has a flag, or an attachment.
    pub flagged: bool,
    pub attachments: bool,
    /// Who wrote its newest messages, each once, the newest first: names, or addresses of who has none.
    pub people: Vec<String>,
}

/// A place in a sorted folder: behind one message. New mail does not move it. As text it fits into a URL as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    pub(in crate::store) message: Seq,
    pub(in crate::store) key: Key,
}

/// By what the listing is sorted; then by the number of the message.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::store) enum Key {
    Date,
    Text(String),
    Size(u64),
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.message)?;
        match &self.key {
            Key::Date => Ok(()),
            Key::Size(octets) => write!(f, "-{octets}"),
            Key::Text(text) => {
                write!(f, ".")?;
                text.bytes().try_for_each(|octet| write!(f, "{octet:02x}"))
            }
        }
    }
}

impl FromStr for Cursor {
    type Err = ();

    /// Of what [`Display`](fmt::Display) wrote; anything else is an error.
    fn from_str(text: &str) -> Result<Cursor, ()> {
        let number = |text: &str| if text.bytes().all(|octet| octet.is_ascii_digit()) { text.parse().map_err(drop) } else { Err(()) };
        if let Some((message, octets)) = text.split_once('-') {
            return Ok(Cursor { message: Seq(number(message)?), key: Key::Size(number(octets)?) });
        }
        let Some((message, hex)) = text.split_once('.') else { return Ok(Cursor { message: Seq(number(text)?), key: Key::Date }) };
        if !hex.bytes().all(|octet| octet.is_ascii_hexdigit())
            || !hex.len().is_multiple_of(2)
            || hex.len() > 2 * crate::limits::SORT_KEY_MAX_OCTETS
        {
            return Err(());
        }
        let octets: Result<Vec<u8>, _> = (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16)).collect();
        let text = String::from_utf8(octets.map_err(drop)?).map_err(drop)?;
        Ok(Cursor { message: Seq(number(message)?), key: Key::Text(text) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_text_and_back() {
        for (key, expected) in [(Key::Date, "7"), (Key::Size(12), "7-12"), (Key::Text("aü".to_owned()), "7.61c3bc")] {
            let cursor = Cursor { message: Seq(7), key };
            assert_eq!(cursor.to_string(), expected);
            assert_eq!(expected.parse(), Ok(cursor));
        }
        assert_eq!("7.".parse(), Ok(Cursor { message: Seq(7), key: Key::Text(String::new()) }));
    }

    #[test]
    fn other_text_is_no_cursor() {
        for odd in ["", "x", "-1", "1-", "1.6", "1.ff", "1.+1+1", "1.zz", "+1", "1-2-3", "99999999999999999999999", "1.ü", "1\0"] {
            assert_eq!(odd.parse::<Cursor>(), Err(()), "{odd:?}");
        }
        assert_eq!(format!("1.{}", "61".repeat(1000)).parse::<Cursor>(), Err(()));
    }
}
