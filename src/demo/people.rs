//! The three people of the sample office.

/// Mail domain of the sample office (RFC 2606).
pub const DOMAIN: &str = "example.com";
/// Answered by the stand-in primary, so that the probe can ask for it.
pub const CANARY: &str = "lifeboat-canary@example.com";

/// Somebody with a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colleague {
    /// Local part of the address.
    pub user: &'static str,
    pub name: &'static str,
    pub aliases: &'static str,
}

pub const OFFICE: [Colleague; 3] = [
    Colleague { user: "ann", name: "Ann Becker", aliases: "info@example.com" },
    Colleague { user: "bo", name: "Bo Lindqvist", aliases: "" },
    Colleague { user: "carla", name: "Carla Núñez", aliases: "office@example.com;carla.nunez@example.com" },
];

impl Colleague {
    pub fn address(&self) -> String {
        format!("{}@{DOMAIN}", self.user)
    }
}

/// The directory file (DESIGN section 9).
pub fn directory_csv() -> String {
    let mut csv = String::from("address,name,aliases,alternate_email,phone,groups\n");
    for person in OFFICE {
        csv.push_str(&format!("{},{},{},,,office\n", person.address(), person.name, person.aliases));
    }
    csv
}

/// Every address that the stand-in primary knows, lower case.
pub fn known_addresses() -> Vec<String> {
    let mut known = vec![CANARY.to_owned()];
    for person in OFFICE {
        known.push(person.address());
        known.extend(person.aliases.split(';').filter(|alias| !alias.is_empty()).map(str::to_owned));
    }
    known
}

/// A person and the password that was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub name: &'static str,
    pub address: String,
    pub password: String,
}
