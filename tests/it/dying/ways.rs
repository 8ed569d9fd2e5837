//! The ways of dying: what is done to the primary, what the box has to call it, and how it is undone.

use std::time::Duration;

use super::stage::{PEOPLE, Stage};
use crate::harness::health::{Certificate, Page};

/// What comes of it.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    /// The box takes over. One of these classes is seen.
    Event { classes: &'static [&'static str] },
    /// The box does not take over; a setting needs attention, if there is an alarm.
    Alarm { classes: &'static [&'static str], alarm: Option<&'static str> },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Killed,
    Stopped,
    StoppedWhileSlow,
    Swallowed,
    Unplugged,
    Draining,
    BackPressure,
    BusyBanner,
    ClosedBanner,
    SlowMail,
    WrongCanary,
    LoginWanted,
    OtherCertificate,
    NoTls,
    NoTlsNeeded,
    PageUnavailable,
    PageRedirects,
    PageHangs,
    PageSaysOther,
    PageSlow,
    OnePageOfTwo,
    OnePageOfTwoThatMust,
    PageCertificateExpired,
    PageWithoutTls,
}

/// Within the timeout of a probe.
const SLOW_PAGE: Duration = Duration::from_secs(3);

/// Something that an admin has to correct, with the alarm of its name.
fn setting(alarm: &'static str, classes: &'static [&'static str]) -> Ends {
    Ends::Alarm { classes, alarm: Some(alarm) }
}

impl Way {
    pub const ALL: [Way; 24] = [
        Way::Killed,
        Way::Stopped,
        Way::StoppedWhileSlow,
        Way::Swallowed,
        Way::Unplugged,
        Way::Draining,
        Way::BackPressure,
        Way::BusyBanner,
        Way::ClosedBanner,
        Way::SlowMail,
        Way::WrongCanary,
        Way::LoginWanted,
        Way::OtherCertificate,
        Way::NoTls,
        Way::NoTlsNeeded,
        Way::PageUnavailable,
        Way::PageRedirects,
        Way::PageHangs,
        Way::PageSaysOther,
        Way::PageSlow,
        Way::OnePageOfTwo,
        Way::OnePageOfTwoThatMust,
        Way::PageCertificateExpired,
        Way::PageWithoutTls,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Way::Killed => "killed",
            Way::Stopped => "hangs (SIGSTOP)",
            Way::StoppedWhileSlow => "hangs after a tarpit at MAIL",
            Way::Swallowed => "behind a firewall",
            Way::Unplugged => "cable pulled",
            Way::Draining => "421 at MAIL",
            Way::BackPressure => "452 at MAIL",
            Way::BusyBanner => "421 banner",
            Way::ClosedBanner => "554 banner",
            Way::SlowMail => "tarpit at MAIL",
            Way::WrongCanary => "wrong canary",
            Way::LoginWanted => "530 at MAIL",
            Way::OtherCertificate => "certificate of another CA",
            Way::NoTls => "STARTTLS broken, required",
            Way::NoTlsNeeded => "STARTTLS broken, not required",
            Way::PageUnavailable => "health page 503",
            Way::PageRedirects => "health page redirects",
            Way::PageHangs => "health page hangs",
            Way::PageSaysOther => "health page says something else",
            Way::PageSlow => "health page slow",
            Way::OnePageOfTwo => "one of two health pages 503",
            Way::OnePageOfTwoThatMust => "one of two that must pass 503",
            Way::PageCertificateExpired => "health page certificate expired",
            Way::PageWithoutTls => "health page TLS broken",
        }
    }

    pub fn ends(self) -> Ends {
        match self {
            Way::Killed => Ends::Event { classes: &["down"] },
            Way::Stopped | Way::StoppedWhileSlow | Way::Swallowed | Way::PageHangs => Ends::Event { classes: &["hanging"] },
            // The neighbour's address is not found, sooner or later than the timeout.
            Way::Unplugged => Ends::Event { classes: &["down", "hanging"] },
            Way::Draining => Ends::Event { classes: &["draining"] },
            Way::BackPressure | Way::BusyBanner | Way::ClosedBanner => Ends::Event { classes: &["refusing"] },
            Way::PageUnavailable | Way::PageRedirects | Way::PageSaysOther => Ends::Event { classes: &["unhealthy-page"] },
            Way::OnePageOfTwoThatMust => Ends::Event { classes: &["unhealthy-page"] },
            Way::SlowMail => Ends::Alarm { classes: &["slow"], alarm: None },
            Way::WrongCanary | Way::NoTls | Way::PageWithoutTls => setting("misconfigured", &["misconfigured"]),
            Way::LoginWanted => setting("login", &["login"]),
            Way::OtherCertificate => setting("certificate", &["certificate"]),
            Way::NoTlsNeeded => Ends::Alarm { classes: &["healthy"], alarm: None },
            Way::PageSlow => Ends::Alarm { classes: &["healthy", "slow"], alarm: None },
            Way::OnePageOfTwo => Ends::Alarm { classes: &["healthy"], alarm: Some("health-page") },
            Way::PageCertificateExpired => Ends::Alarm { classes: &["healthy"], alarm: Some("health-page") },
        }
    }

    /// The probe that sees it.
    pub fn probe(self) -> &'static str {
        if self.pages() > 0 { "health-pages" } else { "smtp" }
    }

    /// How many health pages are configured.
    pub fn pages(self) -> usize {
        match self {
            Way::OnePageOfTwo | Way::OnePageOfTwoThatMust => 2,
            Way::PageUnavailable | Way::PageRedirects | Way::PageHangs | Way::PageSaysOther | Way::PageSlow => 1,
            Way::PageCertificateExpired | Way::PageWithoutTls => 1,
            _ => 0,
        }
    }

    pub fn https(self) -> bool {
        matches!(self, Way::PageCertificateExpired | Way::PageWithoutTls)
    }

    /// Whether the primary's machine stands at the end of a cable of its own.
    pub fn needs_network(self) -> bool {
        matches!(self, Way::Swallowed | Way::Unplugged)
    }

    /// Whether the box insists on TLS, if it is of any matter.
    pub fn tls(self) -> Option<&'static str> {
        match self {
            Way::OtherCertificate | Way::NoTls => Some("required"),
            Way::NoTlsNeeded => Some("opportunistic"),
            _ => None,
        }
    }

    /// What the probe says before it.
    pub fn before(self) -> &'static str {
        if self == Way::StoppedWhileSlow { "slow" } else { "healthy" }
    }

    pub fn die(self, stage: &mut Stage) {
        match self {
            Way::Killed => stage.postfix().pull_plug(),
            Way::Stopped | Way::StoppedWhileSlow => stage.postfix().freeze(),
            Way::Swallowed => stage.network().swallow("primary"),
            Way::Unplugged => stage.network().unplug("primary"),
            Way::Draining => stage.at_mail("check_sender_access static:{421 4.3.2 Service not available}"),
            Way::BackPressure => stage.at_mail("check_sender_access static:{452 4.3.1 Insufficient system resources}"),
            Way::LoginWanted => stage.at_mail("check_sender_access static:{530 5.7.0 Authentication required}"),
            Way::BusyBanner => stage.at_banner("check_client_access static:{421 4.3.2 Service not active}"),
            Way::ClosedBanner => stage.at_banner("check_client_access static:{554 5.3.2 No SMTP service here}"),
            Way::SlowMail => stage.slow_mail(),
            Way::WrongCanary => stage.postfix().change_mailboxes(&PEOPLE.map(str::to_owned), false),
            Way::OtherCertificate => stage.certify("other", "other"),
            Way::NoTls | Way::NoTlsNeeded => stage.certify("primary", "other"),
            Way::PageUnavailable | Way::OnePageOfTwo | Way::OnePageOfTwoThatMust => stage.page().show(Page::Unavailable),
            Way::PageRedirects => stage.page().show(Page::Redirect),
            Way::PageHangs => stage.page().show(Page::Hanging),
            Way::PageSaysOther => stage.page().show(Page::OtherWords),
            Way::PageSlow => stage.page().show(Page::Late(SLOW_PAGE)),
            Way::PageCertificateExpired => stage.page().certify(Certificate::Expired),
            Way::PageWithoutTls => stage.page().certify(Certificate::Broken),
        }
    }

    pub fn come_back(self, stage: &mut Stage) {
        match self {
            Way::Killed => stage.postfix().plug_in(),
            Way::Stopped => stage.postfix().thaw(),
            Way::StoppedWhileSlow => {
                stage.postfix().thaw();
                stage.at_mail("");
            }
            Way::Swallowed => stage.network().let_through("primary"),
            Way::Unplugged => stage.network().plug_in("primary"),
            Way::Draining | Way::BackPressure | Way::SlowMail | Way::LoginWanted => stage.at_mail(""),
            Way::BusyBanner | Way::ClosedBanner => stage.at_banner(""),
            Way::WrongCanary => stage.postfix().change_mailboxes(&PEOPLE.map(str::to_owned), true),
            Way::OtherCertificate | Way::NoTls | Way::NoTlsNeeded => stage.certify("primary", "primary"),
            Way::PageCertificateExpired | Way::PageWithoutTls => stage.page().certify(Certificate::Good),
            _ => stage.page().show(Page::Good),
        }
    }
}
