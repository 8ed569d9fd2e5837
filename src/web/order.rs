//! How a folder's page is sorted and filtered: as its path says, and as the store is asked.

use crate::limits::PAGE_ENTRIES;
use crate::store::{Cursor, Direction, Filter, Listing, Sort};

/// The order and the choice of a folder's page. The default is what everybody expects: all, newest first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Order {
    pub sort: By,
    pub show: Show,
    /// One line a conversation.
    pub threads: bool,
    /// What the reader has chosen for all pages.
    pub usually_threads: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum By {
    #[default]
    Newest,
    Oldest,
    Person,
    Subject,
    /// The largest first.
    Size,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    All,
    Unread,
    Flagged,
    Attachment,
}

/// With their names in a path.
pub const SORTS: [(By, &str); 5] =
    [(By::Newest, ""), (By::Oldest, "oldest"), (By::Person, "person"), (By::Subject, "subject"), (By::Size, "size")];
pub const SHOWS: [(Show, &str); 4] =
    [(Show::All, ""), (Show::Unread, "unread"), (Show::Flagged, "flagged"), (Show::Attachment, "attachment")];

impl Order {
    /// As a query says; what it says wrongly is the default.
    pub fn of(query: &[(String, String)], usually_threads: bool) -> Order {
        let asked = |name: &str| query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
        let sort = SORTS.iter().find(|(_, name)| *name == asked("sort")).map(|(sort, _)| *sort);
        let show = SHOWS.iter().find(|(_, name)| *name == asked("show")).map(|(show, _)| *show);
        // The box of a form says 1 behind the 0 that is always there.
        let threads =
            query.iter().filter(|(key, _)| key == "threads").map(|(_, value)| value == "1").next_back().unwrap_or(usually_threads);
        Order { sort: sort.unwrap_or_default(), show: show.unwrap_or_default(), threads, usually_threads }
    }

    /// The query that says it; empty for the default.
    pub fn query(self) -> String {
        let sort = SORTS.iter().find(|(sort, name)| *sort == self.sort && !name.is_empty()).map(|(_, name)| format!("sort={name}"));
        let show = SHOWS.iter().find(|(show, name)| *show == self.show && !name.is_empty()).map(|(_, name)| format!("show={name}"));
        let threads = (self.threads != self.usually_threads).then(|| format!("threads={}", u8::from(self.threads)));
        [sort, show, threads].into_iter().flatten().collect::<Vec<_>>().join("&")
    }

    /// Whether it is what is shown without a word.
    pub fn is_usual(self) -> bool {
        self.query().is_empty()
    }

    /// Whether it is all, in the order in which it came.
    pub fn is_plain(self) -> bool {
        self.sort == By::Newest && self.show == Show::All && !self.threads
    }

    pub fn listing(self, cursor: Option<Cursor>) -> Listing {
        let (sort, direction) = match self.sort {
            By::Newest => (Sort::Date, Direction::Descending),
            By::Oldest => (Sort::Date, Direction::Ascending),
            By::Person => (Sort::Person, Direction::Ascending),
            By::Subject => (Sort::Subject, Direction::Ascending),
            By::Size => (Sort::Size, Direction::Descending),
        };
        let filter =
            Filter { unread: self.show == Show::Unread, flagged: self.show == Show::Flagged, attachment: self.show == Show::Attachment };
        Listing { sort, direction, filter, conversations: self.threads, cursor, limit: PAGE_ENTRIES }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::form::parse_urlencoded;

    fn check(query: &str, expected: Order) {
        let order = Order::of(&parse_urlencoded(query), expected.usually_threads);
        assert_eq!(order, expected, "{query}");
        assert_eq!(Order::of(&parse_urlencoded(&order.query()), expected.usually_threads), expected, "{query}");
    }

    #[test]
    fn an_order_is_a_query_and_back() {
        check("", Order::default());
        check("sort=size&show=unread&threads=1", Order { sort: By::Size, show: Show::Unread, threads: true, usually_threads: false });
        check("threads=0&threads=1", Order { threads: true, ..Order::default() });
        check("threads=0", Order { usually_threads: true, ..Order::default() });
        check("", Order { threads: true, usually_threads: true, ..Order::default() });
        check("sort=oldest", Order { sort: By::Oldest, ..Order::default() });
        check("sort=person&sort=size&show=nonsense&threads=2", Order { sort: By::Person, ..Order::default() });
        assert_eq!(Order::default().query(), "");
        assert!(Order::default().listing(None).is_plain());
        assert!(!Order { show: Show::Flagged, ..Order::default() }.listing(None).is_plain());
    }
}
