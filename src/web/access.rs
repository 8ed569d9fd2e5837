//! What the mode permits a person to do here (DESIGN section 3).

use super::pages::layout::{Banner, Tone};
use super::request::ModeView;
use crate::clock::Wall;
use crate::config;
use crate::continuity::Mode;
use crate::mail::date;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and write: the primary is down.
    Open,
    /// The primary is back and gets its mail: read; what is sent becomes a draft.
    HandingOver,
    /// The primary works, and reading here is allowed by `web.access = "always"`.
    ReadOnly,
    /// The primary works: people use Outlook.
    Closed,
}

impl Access {
    pub fn of(mode: Mode, configured: config::Access) -> Access {
        match (mode, configured) {
            (Mode::Continuity, _) => Access::Open,
            (Mode::Recovering, _) => Access::HandingOver,
            (Mode::Normal | Mode::Suspect, config::Access::Always) => Access::ReadOnly,
            (Mode::Normal | Mode::Suspect, config::Access::Continuity) => Access::Closed,
        }
    }

    pub fn may_read(self) -> bool {
        self != Access::Closed
    }

    pub fn may_write(self) -> bool {
        self == Access::Open
    }
}

/// Says on every page in what state the mail system is and what that means for the reader.
pub fn banner(access: Access, mode: &ModeView, signed_in: bool, now: Wall) -> Option<Banner> {
    Some(match access {
        Access::Open => Banner::down(&date::short(mode.since, now), signed_in),
        Access::HandingOver => Banner {
            tone: Tone::Calm,
            strong: "The mail server is back.".to_owned(),
            text: "Lifeboat is handing over your mail, so you can read here but not send. Everything will be in your normal \
                   mailbox shortly. Please use Outlook again."
                .to_owned(),
        },
        Access::ReadOnly => Banner {
            tone: Tone::Calm,
            strong: "Mail works normally.".to_owned(),
            text: "Please use Outlook as usual. Here you can read, but not send.".to_owned(),
        },
        Access::Closed => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(mode: Mode, configured: config::Access, expected: Access) {
        assert_eq!(Access::of(mode, configured), expected, "{mode:?} {configured:?}");
    }

    #[test]
    fn follows_the_table_of_modes() {
        use config::Access::{Always, Continuity};
        check(Mode::Normal, Continuity, Access::Closed);
        check(Mode::Suspect, Continuity, Access::Closed);
        check(Mode::Normal, Always, Access::ReadOnly);
        check(Mode::Suspect, Always, Access::ReadOnly);
        for configured in [Continuity, Always] {
            check(Mode::Continuity, configured, Access::Open);
            check(Mode::Recovering, configured, Access::HandingOver);
        }
    }

    #[test]
    fn only_an_outage_permits_writing() {
        for access in [Access::HandingOver, Access::ReadOnly, Access::Closed] {
            assert!(!access.may_write(), "{access:?}");
        }
        assert!(Access::Open.may_write());
        assert!(!Access::Closed.may_read());
    }
}
