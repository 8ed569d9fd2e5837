//! The set-up in the browser.

use super::Sample;
use crate::control::readiness::State;
use crate::web::pages::wizard::{self, Found, Progress};
use crate::web::wizard::{Answers, Secrets, judge};

const CODE: &str = "7KQ2M-XW9PA-4H3TD";

pub fn pages() -> Vec<Sample> {
    let fresh = Answers { name: "admin".to_owned(), ..Answers::default() };
    let hostile = Answers {
        hostname: "\"><script>alert(1)</script>".to_owned(),
        people: "</textarea><script>alert(1)</script>".to_owned(),
        user: "' onfocus=alert(1) '".to_owned(),
        smarthost: "smtp.provider.example".to_owned(),
        fixed: true,
        ..fresh.clone()
    };
    let mistakes = judge(&hostile, &Secrets::default()).err().unwrap_or_default();
    let found = |state, text: &str| Found { state, text: text.to_owned() };
    let look = [
        found(State::Ok, "the clock is kept by a time server"),
        found(
            State::Warn,
            "the MX of example.com names mail.example.com, not lifeboat.example.com: mail passes this box only if your router or filter sends port 25 here",
        ),
        found(
            State::Bad,
            "192.0.2.10:25 refused the connection: look whether Exchange and its transport service run, and whether a firewall is between",
        ),
        found(State::Unknown, "no name server answered: look whether the name servers in /etc/resolv.conf answer"),
    ];
    vec![
        ("wizard", wizard::questions(CODE, &fresh, &[])),
        ("wizard-mistakes", wizard::questions(CODE, &hostile, &mistakes)),
        ("wizard-looking", wizard::found(CODE, None)),
        ("wizard-found", wizard::found(CODE, Some(&look))),
        ("wizard-good", wizard::found(CODE, Some(&look[..1]))),
        ("wizard-going", wizard::progress(CODE, &Progress::Going { to: "https://192.168.1.20".to_owned() })),
        ("wizard-refused", wizard::progress(CODE, &Progress::Refused { why: "lifeboat.toml from the wizard:\n  3: <b>x</b>".to_owned() })),
        ("wizard-elsewhere", wizard::elsewhere()),
        ("wizard-not-understood", wizard::not_understood()),
    ]
}
