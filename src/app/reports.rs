//! Reports (DSNs) to those who wrote outward: that a message failed, that it waits, or that nobody else reports its success.

use std::sync::Arc;

use super::core::Core;
use super::job::random;
use super::writing::{Addressed, NewMessage, queued_now};
use crate::limits;
use crate::mail::trace::split_header;
use crate::mail::{DsnRequest, compose};
use crate::net::rt;
use crate::relay::bounce::{self, Original, Report, Unreached};
use crate::relay::{Queue, Route};
use crate::store::{Change, Delivery, MessageRow, Origin, Seq, Staged, StoreError};

/// Octets of a message that a report quotes its header from.
const HEAD_OCTETS: usize = 64 * 1024;

impl Core {
    /// Writes the report to the sender. None if there is nobody to tell: a null reverse-path, a stranger (who gets no
    /// backscatter from us), or a sender who wants no such report about any of these (RFC 3461 section 4.1).
    pub async fn report(
        self: &Arc<Self>,
        report: Report,
        message: Seq,
        row: &MessageRow,
        unreached: &[(&Delivery, String)],
    ) -> Result<Option<Seq>, StoreError> {
        let Some(sender) = row.reverse_path.as_ref().filter(|path| self.is_local(path)) else { return Ok(None) };
        let each = unreached.iter().map(|(to, reply)| {
            let dsn = row.dsn.recipient(to.recipient as usize);
            Unreached { address: to.address.clone(), reply: reply.clone(), dsn }
        });
        let recipients: Vec<Unreached> = each.filter(|unreached| report.is_wanted(&unreached.dsn)).collect();
        if recipients.is_empty() {
            return Ok(None);
        }
        let fits = row.size <= limits::DSN_FULL_MAX_OCTETS as u64;
        let octets = if fits { limits::DSN_FULL_MAX_OCTETS } else { HEAD_OCTETS };
        let core = self.clone();
        let beginning = rt::unblock(move || core.store.body_piece(message, 0, octets)).await?;
        let (header, _) = split_header(&beginning);
        let now = self.now().wall;
        let original = Original {
            reverse_path: sender,
            subject: &row.summary.subject,
            accepted_at: row.at,
            header: &header[..header.len().min(HEAD_OCTETS)],
            whole: fits.then_some(&beginning),
            dsn: &row.dsn,
        };
        let dsn = bounce::dsn(&self.config.server.hostname, self.message_id(), report, &original, &recipients, now);
        let body = Staged::from_bytes(compose::write_dsn(&dsn)?);
        let mut addressed = Addressed::default();
        addressed.add(sender.clone(), Route::Submit, queued_now(now), self.mailbox_of(sender));
        let new = NewMessage {
            origin: Origin::Dsn { about: message },
            session: format!("dsn-{message}"),
            client: None,
            reverse_path: None,
            recipients: addressed.recipients,
            filings: addressed.filings,
            eight_bit: true,
            smtputf8: !sender.is_ascii(),
            dsn: DsnRequest::default(),
        };
        let accepted = new.accepted(&body, now).map_err(|error| StoreError::Io(error.to_string()))?;
        let written = self.write(vec![Change::Message(Box::new(accepted), Arc::new(body))]).await?;
        self.kick(Queue::Primary);
        Ok(written.first().copied())
    }

    /// A fresh Message-ID without angle brackets.
    pub fn message_id(&self) -> String {
        format!("{:016x}{:016x}@{}", random(), random(), self.config.server.hostname)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;
    use crate::mail::{Notify, OriginalRecipient, RecipientDsn, Ret, Xtext};
    use crate::relay::DeliveryState;

    fn asked(notify: &str) -> RecipientDsn {
        RecipientDsn { notify: Notify::parse(notify), orcpt: OriginalRecipient::parse("rfc822;Old+2Bone@example.net") }
    }

    /// The report as it is queued for the sender, if one is written.
    fn reported(world: &World, message: Seq, report: Report) -> Option<String> {
        let view = world.core.store.view();
        let row = view.message(message).unwrap().unwrap();
        let deliveries = view.deliveries(message).unwrap();
        let unreached: Vec<(&Delivery, String)> = deliveries.iter().map(|to| (to, "550 5.1.1 unknown".to_owned())).collect();
        let written = rt::block_on(world.core.report(report, message, &row, &unreached)).unwrap()?;
        assert_eq!(world.core.store.view().message(written).unwrap().unwrap().reverse_path, None, "a report is answered by none");
        assert!(matches!(world.state(written), DeliveryState::Queued { .. }));
        Some(String::from_utf8(world.core.store.body(written).unwrap()).unwrap())
    }

    fn wanted(world: &World, notify: [&str; 2], report: Report) -> Vec<String> {
        let mut dsn = DsnRequest::default();
        notify.iter().enumerate().for_each(|(number, notify)| dsn.set_recipient(number, asked(notify)));
        let message = world.outward(Some(world.address("ann")), &["bo@example.net", "cy@example.net"], dsn, world.core.now().wall);
        let text = reported(world, message, report).unwrap_or_default();
        text.lines().filter_map(|line| line.strip_prefix("Final-Recipient: rfc822; ")).map(str::to_owned).collect()
    }

    #[test]
    fn who_wants_no_report_gets_none() {
        let world = World::new();
        assert_eq!(wanted(&world, ["NEVER", "FAILURE"], Report::Failure), ["cy@example.net"]);
        assert_eq!(wanted(&world, ["DELAY", ""], Report::Failure), ["cy@example.net"]);
        assert_eq!(wanted(&world, ["DELAY", "FAILURE"], Report::Delay), ["bo@example.net"]);
        assert!(wanted(&world, ["NEVER", "SUCCESS"], Report::Failure).is_empty());
        assert!(wanted(&world, ["NEVER", "NEVER"], Report::Delay).is_empty());
    }

    #[test]
    fn nobody_outside_gets_a_report() {
        let world = World::new();
        let now = world.core.now().wall;
        for from in [None, Some("eve@elsewhere.example")] {
            let from = from.map(|text| crate::mail::Address::parse(text).unwrap());
            let message = world.outward(from, &["bo@example.net"], DsnRequest::default(), now);
            assert_eq!(reported(&world, message, Report::Failure), None);
        }
    }

    #[test]
    fn a_report_says_what_the_sender_said() {
        let world = World::new();
        let mut dsn = DsnRequest::new(Some(Ret::Full), Xtext::envid("a+2Bb"));
        dsn.set_recipient(0, asked("FAILURE"));
        let message = world.outward(Some(world.address("ann")), &["bo@example.net"], dsn, world.core.now().wall);
        let text = reported(&world, message, Report::Failure).unwrap();
        for part in [
            "Original-Envelope-Id: a+b\r\n",
            "Original-Recipient: rfc822; Old+one@example.net\r\n",
            "Action: failed\r\n",
            "Status: 5.1.1\r\n",
            "\r\n\r\ntext\r\n",
        ] {
            assert!(text.contains(part), "{part}: {text}");
        }
        let text = reported(&world, message, Report::Delay);
        assert_eq!(text, None, "only FAILURE was asked for");
    }
}
