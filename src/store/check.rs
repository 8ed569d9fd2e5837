//! What may become a record.

use super::record::Head;
use super::{Accepted, Origin};
use crate::limits::{EVENT_ID_MAX_OCTETS, FOLDER_NAME_MAX_OCTETS, MAILBOX_NAME_MAX_OCTETS};
use crate::mail::{Address, Mailbox};

/// Refuses what the index could not hold or what would not read back; says why.
pub fn check(head: &Head) -> Result<(), String> {
    let mailbox = |mailbox: &Mailbox| {
        let fits = mailbox.as_str().len() <= MAILBOX_NAME_MAX_OCTETS;
        fits.then_some(()).ok_or_else(|| format!("the name of mailbox {mailbox} is too long"))
    };
    // Lower-casing a domain can make it one that does not parse; a record with it could never be read.
    let address = |address: &Address| {
        let same = Address::parse(&address.to_string()).as_ref() == Ok(address);
        same.then_some(()).ok_or_else(|| format!("address {address} does not read back"))
    };
    let message = |accepted: &Accepted| {
        accepted.reverse_path.iter().try_for_each(address)?;
        accepted.recipients.iter().try_for_each(|recipient| address(&recipient.address))?;
        accepted.filings.iter().try_for_each(|filing| mailbox(&filing.mailbox))?;
        if let Origin::Digest { event, mailbox: name, .. } = &accepted.origin {
            mailbox(name)?;
            if event.len() > EVENT_ID_MAX_OCTETS || event.contains(char::is_control) {
                return Err(format!("event id {event:?} is too long or has control characters"));
            }
        }
        Ok(())
    };
    match head {
        Head::Message(accepted) => message(accepted),
        Head::Carried(carried) => message(&carried.accepted),
        Head::Delivery(_) => Ok(()),
        Head::Flags(head) => mailbox(&head.mailbox),
        Head::Move(head) => mailbox(&head.mailbox),
        Head::Remove(head) => mailbox(&head.mailbox),
        Head::FolderCreate(head) => mailbox(&head.mailbox).and_then(|()| folder_name(&head.name)),
        Head::FolderChange(head) => mailbox(&head.mailbox).and_then(|()| folder_name(&head.name)),
        Head::FolderDelete(head) => mailbox(&head.mailbox),
    }
}

fn folder_name(name: &str) -> Result<(), String> {
    if name.trim().is_empty() || name.len() > FOLDER_NAME_MAX_OCTETS || name.contains(char::is_control) {
        return Err(format!(
            "{name:?} cannot be the name of a folder: 1 to {FOLDER_NAME_MAX_OCTETS} octets without control characters can"
        ));
    }
    Ok(())
}
