//! What was typed, as it was typed.

use crate::mail::form::Form;

/// Shown again when something is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    pub hostname: String,
    pub domains: String,
    pub time_zone: String,
    /// The box gets a fixed address; else it keeps what it has.
    pub fixed: bool,
    /// With the length of the network.
    pub address: String,
    pub gateway: String,
    pub dns: String,
    pub primary: String,
    pub canary: String,
    pub smarthost: String,
    pub user: String,
    pub admins: String,
    /// A line a person, or a whole CSV file.
    pub people: String,
    /// Of the first admin.
    pub name: String,
}

/// Never shown again. One that is typed anew counts, an empty one leaves what was typed before.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secrets {
    pub smarthost: String,
    pub admin: String,
    /// The admin's once more.
    pub again: String,
}

impl Answers {
    pub fn of(form: &Form) -> Answers {
        let get = |name: &str| form.get(name).unwrap_or_default().trim().to_owned();
        Answers {
            hostname: get("hostname").to_lowercase(),
            domains: get("domains").to_lowercase(),
            time_zone: get("time_zone"),
            fixed: get("network") == "fixed",
            address: get("address"),
            gateway: get("gateway"),
            dns: get("dns"),
            primary: get("primary"),
            canary: get("canary"),
            smarthost: get("smarthost").to_lowercase(),
            user: get("user"),
            admins: get("admins"),
            people: get("people"),
            name: get("name"),
        }
    }
}

impl Secrets {
    pub fn of(form: &Form, before: Secrets) -> Secrets {
        let get = |name: &str| form.get(name).unwrap_or_default().to_owned();
        let smarthost = Some(get("smarthost_password")).filter(|typed| !typed.is_empty()).unwrap_or(before.smarthost);
        let (admin, again) = (get("password"), get("again"));
        if admin.is_empty() && again.is_empty() {
            return Secrets { smarthost, ..before };
        }
        Secrets { smarthost, admin, again }
    }
}

/// The parts of a list that was typed with commas, semicolons, spaces or a line each.
pub(super) fn parts(typed: &str) -> Vec<String> {
    typed.split([',', ';', ' ', '\n', '\r', '\t']).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
