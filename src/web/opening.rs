//! A message of the reader's own, or one inside it, loaded for a page.

use std::fmt;

use super::visit::Visit;
use super::{Trouble, reader};
use crate::limits::NESTED_DEPTH_MAX;
use crate::mail::parse::{Letter, Sparse};
use crate::mail::{Blob, nested};
use crate::store::{Entry, Seq};

/// The way into a message: the numbers of the attachments that are opened one out of the other, `3.1` in a query (`?in=3.1`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way(Vec<usize>);

/// What is shown: a message that was received, or one inside it.
pub struct Opening {
    pub entry: Entry,
    pub way: Way,
    message: Sparse,
}

impl Opening {
    /// The message that the path names, and the way that the query names. What is another's is not there.
    pub fn load(visit: &Visit<'_>) -> Result<Opening, Trouble> {
        let seq = visit.message()?;
        let entry = reader::own_entry(visit.context, visit.reader, seq)?;
        let way = match visit.query("in") {
            Some(text) => Way::parse(&text).ok_or(Trouble::NotFound)?,
            None => Way::default(),
        };
        let mut message = Sparse::read(visit.context.store.blob(seq)?)?;
        for &number in &way.0 {
            let inner = nested::descend(&message.letter(), number);
            message = Sparse::read(inner.ok_or(Trouble::NotFound)?)?;
        }
        Ok(Opening { entry, way, message })
    }

    pub fn letter(&self) -> Letter<'_> {
        self.message.letter()
    }

    /// As it came.
    pub fn message(&self) -> &Blob {
        self.message.whole()
    }

    pub fn seq(&self) -> Seq {
        self.entry.message
    }
}

impl Way {
    fn parse(text: &str) -> Option<Way> {
        let numbers: Option<Vec<usize>> =
            text.split('.').map(|number| super::table::number(number).and_then(|number| usize::try_from(number).ok())).collect();
        numbers.filter(|numbers| numbers.len() <= NESTED_DEPTH_MAX).map(Way)
    }

    /// Whether this is the received message itself.
    pub fn is_top(&self) -> bool {
        self.0.is_empty()
    }

    /// One deeper; none at the bound.
    pub fn deeper(&self, number: usize) -> Option<Way> {
        let numbers: Vec<usize> = self.0.iter().copied().chain([number]).collect();
        (numbers.len() <= NESTED_DEPTH_MAX).then_some(Way(numbers))
    }

    /// The message around this one.
    pub fn out(&self) -> Way {
        Way(self.0[..self.0.len().saturating_sub(1)].to_vec())
    }

    /// The address of a page about the message at this way, `/mail/message/7/part/2?in=3.1`. `what` begins with a slash, or is empty.
    pub fn path(&self, seq: Seq, what: &str) -> String {
        if self.is_top() { format!("/mail/message/{seq}{what}") } else { format!("/mail/message/{seq}{what}?in={self}") }
    }

    /// The same with one more thing said in the query, `view=html`.
    pub fn path_with(&self, seq: Seq, what: &str, more: &str) -> String {
        let path = self.path(seq, what);
        let mark = if path.contains('?') { '&' } else { '?' };
        format!("{path}{mark}{more}")
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, number) in self.0.iter().enumerate() {
            write!(f, "{}{number}", if at > 0 { "." } else { "" })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_are_written_as_they_are_read() {
        for text in ["0", "3.1", "12.0.7"] {
            assert_eq!(Way::parse(text).unwrap().to_string(), text);
        }
        for text in ["", ".", "1.", "-1", "01", "1..2", "a", "1.1.1.1.1.1.1.1.1.1.1", "99999999999999999999"] {
            assert_eq!(Way::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn paths_lead_in_and_out() {
        let top = Way::default();
        assert_eq!(top.path(Seq(7), "/zip"), "/mail/message/7/zip");
        assert_eq!(top.path_with(Seq(7), "", "view=html"), "/mail/message/7?view=html");
        let inner = top.deeper(3).and_then(|way| way.deeper(1)).unwrap();
        assert_eq!(inner.path(Seq(7), "/part/2"), "/mail/message/7/part/2?in=3.1");
        assert_eq!(inner.path_with(Seq(7), "/html", "pictures=x"), "/mail/message/7/html?in=3.1&pictures=x");
        assert_eq!(inner.out().path(Seq(7), ""), "/mail/message/7?in=3");
        assert!(inner.out().out().is_top() && top.out().is_top());
        let deepest = (0..NESTED_DEPTH_MAX).fold(top, |way, _| way.deeper(0).unwrap());
        assert_eq!(deepest.deeper(0), None);
    }
}
