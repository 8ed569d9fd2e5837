//! What the mode permits a person to do here (DESIGN section 3).

use super::pages::layout::{Banner, Tone};
use crate::clock::Wall;
use crate::config;
use crate::continuity::{Kind, Mode, Standing, Whose};
use crate::mail::date;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and write: the primary is down.
    Open,
    /// The primary is back and gets its mail: read; what is sent becomes a draft.
    HandingOver,
    /// The primary works, and this person takes part in a drill.
    Practice,
    /// The primary works, and reading here is allowed by `web.access = "always"`.
    ReadOnly,
    /// The primary works: people use Outlook.
    Closed,
}

impl Access {
    pub fn of(standing: &Standing, configured: config::Access) -> Access {
        match (standing.mode, standing.whose, configured) {
            (Mode::Continuity, ..) => Access::Open,
            (Mode::Recovering, ..) => Access::HandingOver,
            (Mode::Normal | Mode::Suspect, Whose::Drill, _) => Access::Practice,
            (Mode::Normal | Mode::Suspect, _, config::Access::Always) => Access::ReadOnly,
            (Mode::Normal | Mode::Suspect, _, config::Access::Continuity) => Access::Closed,
        }
    }

    pub fn may_read(self) -> bool {
        self != Access::Closed
    }

    /// Whether people may change what is in their mailboxes: in an outage only. A drill leaves no trace, and while the mail is handed
    /// over it stays as it is.
    pub fn may_change(self) -> bool {
        self == Access::Open
    }

    /// Whether there is a form to write with. Where it goes is another matter: in a drill, into the sandbox.
    pub fn may_write(self) -> bool {
        matches!(self, Access::Open | Access::Practice)
    }
}

/// Says on every page in what state the mail system is, whom it concerns, and what that means for the reader.
pub fn banner(access: Access, standing: &Standing, signed_in: bool, now: Wall) -> Option<Banner> {
    Some(match access {
        Access::Open if standing.whose == Whose::Some => Banner::down_for_some(&date::short(standing.since, now)),
        Access::Open => Banner::down(&date::short(standing.since, now), signed_in),
        Access::HandingOver => Banner {
            tone: Tone::Calm,
            strong: match standing.whose {
                Whose::Some => "The mail server works for you again.".to_owned(),
                Whose::Everybody | Whose::Drill => "The mail server is back.".to_owned(),
            },
            text: "Lifeboat is handing over your mail, so you can read here but not send. Everything will be in your normal \
                   mailbox shortly. Please use Outlook again."
                .to_owned(),
        },
        Access::Practice => Banner {
            tone: Tone::Practice,
            strong: "This is a drill.".to_owned(),
            text: "Mail works normally; nothing you send here leaves this box. Open a message and answer it, as you would in an outage."
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

/// For somebody who is not signed in while an event for some people is open: who they are shows only after the password.
pub fn banner_for_some(open: Kind) -> Banner {
    let strong = match open {
        Kind::Outage => "Mail does not work for some people.",
        Kind::Drill => "Some people are practising here.",
    };
    Banner {
        tone: Tone::Calm,
        strong: strong.to_owned(),
        text: "If you were asked to use this page, sign in. For everybody else mail works normally: please use Outlook as usual."
            .to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(mode: Mode, whose: Whose) -> Standing {
        Standing { mode, whose, since: Wall(0), event: None, until: None }
    }

    fn check(mode: Mode, configured: config::Access, expected: Access) {
        assert_eq!(Access::of(&standing(mode, Whose::Everybody), configured), expected, "{mode:?} {configured:?}");
    }

    #[test]
    fn whoever_practises_gets_in_in_normal_times() {
        for configured in [config::Access::Continuity, config::Access::Always] {
            assert_eq!(Access::of(&standing(Mode::Suspect, Whose::Drill), configured), Access::Practice);
            assert_eq!(Access::of(&standing(Mode::Continuity, Whose::Some), configured), Access::Open);
        }
        assert!(Access::Practice.may_read() && Access::Practice.may_write());
    }

    #[test]
    fn banners_say_whom_it_concerns() {
        let strong = |mode, whose| {
            let standing = standing(mode, whose);
            banner(Access::of(&standing, config::Access::Always), &standing, true, Wall(0)).map(|banner| banner.strong).unwrap_or_default()
        };
        assert_ne!(strong(Mode::Continuity, Whose::Everybody), strong(Mode::Continuity, Whose::Some));
        assert_ne!(strong(Mode::Recovering, Whose::Everybody), strong(Mode::Recovering, Whose::Some));
        assert!(strong(Mode::Normal, Whose::Drill).contains("drill"));
        assert_ne!(banner_for_some(Kind::Outage).strong, banner_for_some(Kind::Drill).strong);
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
    fn only_an_outage_or_a_drill_permits_writing() {
        for access in [Access::HandingOver, Access::ReadOnly, Access::Closed] {
            assert!(!access.may_write(), "{access:?}");
        }
        assert!(Access::Open.may_write());
        assert!(!Access::Closed.may_read());
    }
}
