//! What people who look after the box may do: three roles, and the sets of them that tables name.

use serde::{Deserialize, Serialize};

/// What an account of the admin's place, or an API token, stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Everything.
    Admin,
    /// People, their credentials and whether they can be reached; the queue without subjects.
    Helpdesk,
    /// Reads everything but messages; changes nothing.
    Auditor,
}

/// Who may do one thing.
pub type Roles = &'static [Role];

pub const EVERY_ROLE: Roles = &[Role::Admin, Role::Helpdesk, Role::Auditor];
pub const ONLY_ADMIN: Roles = &[Role::Admin];
/// What is read for proof.
pub const PROOF: Roles = &[Role::Admin, Role::Auditor];
/// What is done for people.
pub const FOR_PEOPLE: Roles = &[Role::Admin, Role::Helpdesk];

impl Role {
    pub const ALL: [Role; 3] = [Role::Admin, Role::Helpdesk, Role::Auditor];

    /// As it is written in commands and tables.
    pub fn name(self) -> &'static str {
        match self {
            Role::Admin => "admin",
            Role::Helpdesk => "helpdesk",
            Role::Auditor => "auditor",
        }
    }

    /// The role of that name.
    pub fn parse(text: &str) -> Option<Role> {
        Role::ALL.into_iter().find(|role| role.name() == text)
    }

    /// Whether subjects of mail are shown. Messages themselves are shown to nobody but their owners.
    pub fn sees_subjects(self) -> bool {
        self != Role::Helpdesk
    }
}

impl std::fmt::Display for Role {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back_and_are_those_of_the_records() {
        for role in Role::ALL {
            assert_eq!(Role::parse(role.name()), Some(role));
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
        assert_eq!(Role::parse("Admin"), None);
        assert_eq!(Role::parse("root"), None);
    }
}
