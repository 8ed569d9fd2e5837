//! What the mode permits a person to do here (DESIGN section 3).

use super::Context;
use super::pages::layout::{Banner, Tone};
use super::texts::Texts;
use crate::clock::Wall;
use crate::config;
use crate::continuity::{Kind, Mode, Standing, Whose};

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
pub fn banner(context: &Context<'_>, access: Access, signed_in: bool) -> Option<Banner> {
    let banner = banner_of(context.texts, access, &context.standing, signed_in, context.now.wall)?;
    Some(match context.handed_over.filter(|_| access == Access::HandingOver && context.standing.whose == Whose::Everybody) {
        Some(percent) => banner.and_so_far(context.texts, percent),
        None => banner,
    })
}

fn banner_of(texts: Texts, access: Access, standing: &Standing, signed_in: bool, now: Wall) -> Option<Banner> {
    let since = || texts.short(standing.since, now);
    Some(match access {
        Access::Open if standing.whose == Whose::Some => Banner::down_for_some(texts, &since()),
        Access::Open => Banner::down(texts, &since(), signed_in),
        Access::HandingOver => {
            let strong = match standing.whose {
                Whose::Some => "banner-back-some",
                Whose::Everybody | Whose::Drill => "banner-back",
            };
            Banner::plain(texts, Tone::Calm, strong, "banner-back-means")
        }
        Access::Practice => Banner::plain(texts, Tone::Practice, "banner-drill", "banner-drill-means"),
        Access::ReadOnly => Banner::plain(texts, Tone::Calm, "banner-normal", "banner-normal-means"),
        Access::Closed => return None,
    })
}

/// For somebody who is not signed in while an event for some people is open: who they are shows only after the password.
pub fn banner_for_some(texts: Texts, open: Kind) -> Banner {
    let strong = match open {
        Kind::Outage => "banner-some-down",
        Kind::Drill => "banner-some-drill",
    };
    Banner::plain(texts, Tone::Calm, strong, "banner-some-means")
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
            banner_of(Texts::english(), Access::of(&standing, config::Access::Always), &standing, true, Wall(0))
                .map(|banner| banner.strong)
                .unwrap_or_default()
        };
        assert_ne!(strong(Mode::Continuity, Whose::Everybody), strong(Mode::Continuity, Whose::Some));
        assert_ne!(strong(Mode::Recovering, Whose::Everybody), strong(Mode::Recovering, Whose::Some));
        assert!(strong(Mode::Normal, Whose::Drill).contains("drill"));
        let t = Texts::english();
        assert_ne!(banner_for_some(t, Kind::Outage).strong, banner_for_some(t, Kind::Drill).strong);
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
