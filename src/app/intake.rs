//! Mail coming in: who may send what to whom, and what becomes of an accepted message (DESIGN section 4).

use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::conduct::{Conduct, helo_oddity};
use super::core::{Core, lock};
use super::hand_over::HandOver;
use super::loops::Loops;
use super::outgoing::{Outgoing, Source};
use super::seen::Sight;
use super::writing::{Addressed, NewMessage, queued_now};
use crate::clock::{Mono, Wall};
use crate::config::SmtpTls;
use crate::continuity::{Input, Mode};
use crate::limits;
use crate::mail::{Address, Mailbox, parse, trace};
use crate::net::deadline;
use crate::net::rt::{self, channel};
use crate::net::smtp_server::{Host, SessionInfo};
use crate::relay::handover::{self, Attempt};
use crate::relay::{DeliveryState, Queue, Route};
use crate::smtp::client::{Cause, Transaction};
use crate::smtp::reply::{self, Reply};
use crate::smtp::server::{Envelope, Options};
use crate::store::{Accepted, Change, Folder, Origin, Seq, Staged, StoreError};

/// Notices of foreign clients go to the continuity machine at most this often.
const FOREIGN_NOTICE_INTERVAL: Duration = Duration::from_secs(5);

/// The primary hands us what it should keep: a send connector points the wrong way.
pub const ALARM_LOOP: &str = "mail-loop";

/// A trusted host sends too much.
const ALARM_RATE: &str = "trusted-rate";

/// The receiving side of the box.
pub struct Intake {
    pub(super) core: Arc<Core>,
    outgoing: Arc<Outgoing>,
    conduct: Conduct,
    loops: Loops,
    foreign_noticed: Mutex<Option<Mono>>,
}

/// Who a client is to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Stranger,
    /// May relay outward.
    Trusted,
    /// The primary itself: mail for our own people must never go back to it.
    Primary,
}

impl Intake {
    pub fn new(core: Arc<Core>, outgoing: Arc<Outgoing>) -> Intake {
        let conduct = Conduct::new(core.config.smtp.stranger_rate);
        let loops = Loops::open(&core.config.server.data_dir);
        Intake { core, outgoing, conduct, loops, foreign_noticed: Mutex::default() }
    }

    fn standing(&self, client: IpAddr) -> Standing {
        if self.core.is_primary(client) {
            Standing::Primary
        } else if self.core.is_trusted(client) {
            Standing::Trusted
        } else {
            Standing::Stranger
        }
    }

    /// A foreign client shows that our own network works; it speaks against isolation.
    fn notice_foreign(&self, client: IpAddr) {
        if client.is_loopback() || self.standing(client) != Standing::Stranger {
            return;
        }
        let now = self.core.now().mono;
        let mut noticed = lock(&self.foreign_noticed);
        if noticed.is_some_and(|at| now.since(at) < FOREIGN_NOTICE_INTERVAL) {
            return;
        }
        *noticed = Some(now);
        lock(&self.core.seen).note(Sight::Stranger, self.core.now().wall);
        let core = self.core.clone();
        rt::spawn(rt::unblock(move || core.feed(Input::ForeignClient))).detach();
    }

    /// A recipient of ours; strangers have an allowance, and get answers about who does not exist slower and slower.
    async fn check_local(&self, session: &SessionInfo, reverse_path: Option<&Address>, recipient: &Address) -> Reply {
        let (client, now) = (session.client, self.core.now().mono);
        if self.standing(client) != Standing::Stranger {
            return self.exists(true, reverse_path, recipient).await;
        }
        let reply = self.exists(self.conduct.may_ask(client, now), reverse_path, recipient).await;
        if reply.is_positive() {
            return if self.conduct.may_send(client, now) { reply } else { reply::rate_exceeded() };
        }
        if !reply.is_permanent() {
            return reply;
        }
        let refusal = self.conduct.refuse(client, self.core.now().mono);
        rt::sleep(refusal.wait).await;
        if refusal.is_told { reply } else { reply::too_many_unknown() }
    }

    /// Whether somebody has that address; if nobody here knows, the primary is asked, provided that `may_ask`.
    async fn exists(&self, may_ask: bool, reverse_path: Option<&Address>, recipient: &Address) -> Reply {
        if recipient.local().eq_ignore_ascii_case("postmaster") || self.core.mailbox_of(recipient).is_some() {
            return reply::recipient_ok();
        }
        let smtp = &self.core.config.smtp;
        if recipient.is_in(&smtp.accept_all) {
            return reply::recipient_ok();
        }
        if recipient.is_in(&smtp.directory_only) {
            return if self.core.catch_all(recipient).is_some() { reply::recipient_ok() } else { reply::mailbox_unknown() };
        }
        let askable = matches!(self.core.mode().mode, Mode::Normal | Mode::Suspect);
        let mailbox = recipient.mailbox();
        let remembered = lock(&self.core.verdicts).get(&mailbox, askable, self.core.now().wall);
        match remembered {
            Some(true) => reply::recipient_ok(),
            Some(false) => reply::mailbox_unknown(),
            // A stale list must not bounce new staff: without the primary's word there is no 550.
            None if !askable && self.core.catch_all(recipient).is_some() => reply::recipient_ok(),
            None if !askable => reply::verdict_unavailable(),
            None if !may_ask => reply::mailbox_unknown(),
            None => self.ask_primary(reverse_path, recipient, mailbox).await,
        }
    }

    async fn ask_primary(&self, reverse_path: Option<&Address>, recipient: &Address, mailbox: Mailbox) -> Reply {
        let asked = deadline::within(limits::HANDOVER_DEADLINE, self.outgoing.ask(reverse_path.cloned(), recipient.clone())).await;
        match asked {
            Ok(Ok(verdict)) if verdict.is_positive() || verdict.is_permanent() => {
                let exists = verdict.is_positive();
                lock(&self.core.verdicts).note(mailbox, exists, self.core.now().wall);
                if exists { reply::recipient_ok() } else { reply::mailbox_unknown() }
            }
            Ok(Ok(_)) => reply::verdict_unavailable(),
            Ok(Err(failure)) => {
                // What the primary answered may be about the sender of this one message; that it does not answer is evidence. The
                // machine asks for a probe as often as is good: strangers' guesses must not hurry it to its threshold.
                if !matches!(failure.cause, Cause::Reply(_)) {
                    let by = self.outgoing.name(Route::Primary);
                    self.core.observe_relay(handover::evidence(&Attempt::Failed(failure), &by, self.core.now().wall)).await;
                }
                reply::verdict_unavailable()
            }
            Err(deadline::Elapsed) => reply::verdict_unavailable(),
        }
    }

    /// Where each recipient goes, and in whose mailboxes the message is shown.
    fn address(&self, standing: Standing, envelope: &Envelope, mode: Mode, now: Wall) -> Addressed {
        let mut addressed = Addressed::default();
        for recipient in &envelope.recipients {
            if !self.core.is_local(recipient) {
                addressed.add(recipient.clone(), Route::Outbound, queued_now(now), None);
                continue;
            }
            let mailbox = self.core.mailbox_for(recipient);
            let state = match (standing, mode) {
                (Standing::Primary, _) => held_loop(now),
                // Behind what waits already, also while that is handed over: order holds.
                (_, Mode::Normal) if self.core.outage_of(&mailbox).is_some() => queued_now(now),
                (_, Mode::Normal) => DeliveryState::InSession,
                _ => queued_now(now),
            };
            addressed.add(recipient.clone(), Route::Primary, state, Some(mailbox));
        }
        let outward = addressed.recipients.iter().any(|recipient| recipient.route == Route::Outbound);
        if let (true, Some(writer)) = (outward, envelope.reverse_path.as_ref().and_then(|path| self.core.mailbox_of(path))) {
            addressed.file(writer, Folder::Sent);
        }
        addressed
    }

    /// Takes one recipient outside of a trusted host's allowance.
    fn may_send_more(&self, client: IpAddr) -> bool {
        let per_hour = self.core.config.smtp.trusted_rate;
        let fits = lock(&self.core.rates).take(client, per_hour, self.core.now().mono);
        if !fits {
            let text = format!("{client} sends more than {per_hour} messages an hour to the outside (smtp.trusted_rate). Is it sound?");
            self.core.raise_alarm(ALARM_RATE, text);
        }
        fits
    }

    /// The largest ordinary message from there: no more than the primary was last seen to take.
    fn largest(&self, client: IpAddr) -> u64 {
        let configured = self.core.config.smtp.max_message_size;
        let offered = lock(&self.core.offered).as_ref().and_then(|offered| offered.size).filter(|size| *size > 0);
        // What the primary sends does not go to the primary.
        offered.filter(|_| self.standing(client) != Standing::Primary).map_or(configured, |size| size.min(configured))
    }

    fn received_field(&self, session: &SessionInfo, envelope: &Envelope, now: Wall) -> Vec<u8> {
        let facts = &session.facts;
        let with = match (envelope.smtputf8, facts.extended, facts.tls) {
            (true, _, true) => "UTF8SMTPS",
            (true, _, false) => "UTF8SMTP",
            (false, true, true) => "ESMTPS",
            (false, true, false) => "ESMTP",
            (false, false, _) => "SMTP",
        };
        trace::received(&trace::Received {
            helo: &facts.helo,
            client: Some(session.client),
            by: &self.core.config.server.hostname,
            with,
            id: &session.id,
            for_recipient: match envelope.recipients.as_slice() {
                [only] => Some(only),
                _ => None,
            },
            at: now,
        })
    }

    /// `<postmaster>` without a domain (RFC 5321 section 4.5.1) arrives as postmaster of this box.
    fn is_own_postmaster(&self, recipient: &Address) -> bool {
        let config = &self.core.config;
        recipient.local().eq_ignore_ascii_case("postmaster") && recipient.domain().eq_ignore_ascii_case(&config.server.hostname)
    }

    /// The box has no postmaster of its own: the one of the first domain is meant.
    fn resolve_postmaster(&self, envelope: &mut Envelope) {
        let Some(domain) = self.core.config.smtp.domains.first() else { return };
        for recipient in &mut envelope.recipients {
            if self.is_own_postmaster(recipient)
                && let Ok(postmaster) = Address::parse(&format!("postmaster@{domain}"))
            {
                *recipient = postmaster;
            }
        }
    }

    async fn take(&self, session: &SessionInfo, mut envelope: Envelope, mut body: Staged) -> Reply {
        self.resolve_postmaster(&mut envelope);
        let (mode, now) = (self.core.mode().mode, self.core.now().wall);
        let standing = self.standing(session.client);
        let addressed = self.address(standing, &envelope, mode, now);
        let outward = addressed.recipients.iter().any(|to| to.route == Route::Outbound);
        let trusted = standing != Standing::Stranger && outward;
        let field = match body
            .head(limits::HEADER_BLOCK_MAX_OCTETS)
            .map(|head| self.loops.pass(&addressed.recipients, trace::split_header(&head).0))
        {
            Ok(Ok(field)) => field,
            Ok(Err(())) => return self.in_a_circle(session, &envelope),
            Err(error) => return self.not_stored(session, &StoreError::Io(error.to_string())),
        };
        body.prepend(&field);
        let filed_for_local = addressed.recipients.iter().any(|to| to.route == Route::Primary);
        body.prepend(&self.received_field(session, &envelope, now));
        let size = body.len();
        let in_session: Vec<u32> = numbers(&addressed, |state| *state == DeliveryState::InSession);
        let new = NewMessage {
            origin: if trusted { Origin::Trusted } else { Origin::Inbound },
            session: session.id.clone(),
            client: Some(session.client),
            reverse_path: envelope.reverse_path.clone(),
            recipients: addressed.recipients,
            filings: addressed.filings,
            eight_bit: envelope.eight_bit,
            smtputf8: envelope.smtputf8,
            dsn: envelope.dsn.clone(),
        };
        let body = Arc::new(body);
        let accepted = match accepted(new, &body, now).await {
            Ok(accepted) => accepted,
            Err(error) => return self.not_stored(session, &StoreError::Io(error.to_string())),
        };
        let transaction = transaction(&envelope, &in_session, size);
        let message = match self.core.write(vec![Change::Message(Box::new(accepted), body.clone())]).await {
            Ok(numbers) => numbers.first().copied().unwrap_or_default(),
            Err(error) if in_session.len() == envelope.recipients.len() => {
                return self.stream_through(session, &transaction, body, &error).await;
            }
            Err(error) => return self.not_stored(session, &error),
        };
        drop(body);
        if standing == Standing::Primary && filed_for_local {
            let text = "The primary sent mail for its own people to this box. It is held; `lifeboat queue list` shows it.";
            self.core.raise_alarm(ALARM_LOOP, text.to_owned());
        }
        log::info!(
            "session={} smtp accepted message={message} from=<{}> rcpts={} size={size} mode={mode:?}",
            session.id,
            envelope.reverse_path.as_ref().map(Address::to_string).unwrap_or_default(),
            envelope.recipients.len(),
        );
        // A runner that is kicked reads its queue, and the index hurries for that: not without need.
        if outward {
            self.core.kick(Queue::Outbound);
        }
        if filed_for_local && in_session.is_empty() && self.core.mode().mode != Mode::Continuity {
            self.core.kick(Queue::Primary);
        }
        let is_whole = in_session.len() == envelope.recipients.len();
        if in_session.is_empty() {
            reply::stored(message)
        } else {
            self.hand_over(session, message, transaction, in_session, is_whole).await
        }
    }

    /// Cut-through. The transaction goes on in the background when it takes longer than the sender waits; then the
    /// message is ours, and a late refusal is held instead of told. So it is where others of its recipients wait in a queue (`is_whole` is
    /// false): a sender who hears a refusal takes nobody to have it, and sends it once more.
    async fn hand_over(
        &self,
        session: &SessionInfo,
        message: Seq,
        transaction: Transaction,
        recipients: Vec<u32>,
        is_whole: bool,
    ) -> Reply {
        let (asked, answer) = channel::bounded(1);
        let hand_over = HandOver {
            _claim: self.core.claims.take(Queue::Primary, message),
            core: self.core.clone(),
            outgoing: self.outgoing.clone(),
            session: session.id.clone(),
            message,
            transaction,
            recipients,
            patience: limits::HANDOVER_DEADLINE,
        };
        rt::spawn(hand_over.run(asked)).detach();
        let ours = reply::stored(message);
        let Ok((verdict, told)) = answer.recv().await else { return ours };
        let _still_there = told.send(is_whole).await;
        verdict.reply.filter(|_| is_whole).unwrap_or(ours)
    }

    /// Our disk is full or failed: the primary's own reply is the answer, so that a sick box does not stop a healthy
    /// Exchange (promise 1's exception).
    async fn stream_through(&self, session: &SessionInfo, transaction: &Transaction, body: Arc<Staged>, error: &StoreError) -> Reply {
        self.alarm_store(error);
        let (attempt, _) = self.outgoing.send(Route::Primary, transaction, &Source::Staged(body)).await;
        let reply = handover::uncached(&attempt, transaction.recipients.len());
        log::warn!("session={} smtp streamed-through reply={} reason={error}", session.id, reply.code);
        reply
    }

    /// A canary message that the primary brings back: it was taken note of, and is nobody's mail. Whatever else comes to the address for them
    /// is nobody's either.
    fn is_canary(&self, envelope: &Envelope, body: &Staged) -> bool {
        let head = body.head(limits::HEADER_BLOCK_MAX_OCTETS).unwrap_or_default();
        let is_one = parse::summarise(&head).message_id.is_some_and(|id| self.core.note_canary(&id));
        is_one || envelope.recipients.iter().all(|recipient| self.core.is_canary_return(recipient))
    }

    fn in_a_circle(&self, session: &SessionInfo, envelope: &Envelope) -> Reply {
        let whom = envelope.recipients.first().map(Address::to_string).unwrap_or_default();
        let text = format!("Mail for {whom} runs in a circle through this box; it is refused. Look where the other servers send it.");
        log::warn!("session={} smtp loop rcpt=<{whom}>", session.id);
        self.core.raise_alarm(ALARM_LOOP, text);
        reply::looping()
    }

    fn not_stored(&self, session: &SessionInfo, error: &StoreError) -> Reply {
        self.alarm_store(error);
        log::error!("session={} smtp not-stored reason={error}", session.id);
        match error {
            StoreError::Full => reply::insufficient_storage(),
            _ => reply::try_later(),
        }
    }

    fn alarm_store(&self, error: &StoreError) {
        self.core.alarm_store("New mail cannot be stored", error);
    }
}

impl Host for Intake {
    fn greet(&self, client: IpAddr) -> Result<Options, Reply> {
        self.notice_foreign(client);
        let smtp = &self.core.config.smtp;
        let is_filter = smtp.xclient.contains(client);
        if self.standing(client) == Standing::Stranger && !is_filter && !self.conduct.may_connect(client, self.core.now().mono) {
            return Err(reply::not_welcome());
        }
        let offered = lock(&self.core.offered).clone();
        let reports = self.core.config.primary.journal.is_some() && self.standing(client) == Standing::Primary;
        let largest = self.largest(client);
        Ok(Options {
            hostname: self.core.config.server.hostname.clone(),
            max_message_size: if reports { largest.max(limits::JOURNAL_REPORT_MAX_OCTETS) } else { largest },
            starttls: smtp.tls != SmtpTls::Off,
            tls_required: smtp.tls == SmtpTls::Required,
            // Every server of this century takes 8-bit text, until the primary is seen not to.
            eight_bit_mime: offered.as_ref().is_none_or(|offered| offered.eight_bit_mime),
            xclient: is_filter,
            header_firewall: self.standing(client) == Standing::Stranger,
            reports_to: self.core.config.primary.journal.as_ref().filter(|_| reports).map(Address::mailbox),
            // What the primary was never seen to take is not promised to strangers. What others ask of reports is for the way
            // outward, where we report ourselves.
            dsn: self.standing(client) != Standing::Stranger || offered.as_ref().is_some_and(|offered| offered.dsn),
            smtputf8: offered.is_some_and(|offered| offered.smtputf8),
        })
    }

    fn is_exempt(&self, client: IpAddr) -> bool {
        self.standing(client) != Standing::Stranger || self.core.config.smtp.xclient.contains(client)
    }

    fn is_proxy(&self, client: IpAddr) -> bool {
        self.core.config.smtp.proxy.contains(client)
    }

    fn session_failed(&self, client: IpAddr) {
        if self.standing(client) == Standing::Stranger {
            self.conduct.session_failed(client, self.core.now().mono);
        }
    }

    async fn check_sender(&self, session: &SessionInfo, _reverse_path: Option<&Address>) -> Reply {
        let config = &self.core.config;
        let is_ours = |name: &str| config.smtp.domains.iter().any(|domain| domain == name);
        let helo = &session.facts.helo;
        if self.standing(session.client) == Standing::Stranger
            && let Some(oddity) = helo_oddity(helo, session.client, &config.server.hostname, is_ours)
        {
            log::info!("session={} smtp odd helo={helo:?} oddity={oddity}", session.id);
        }
        reply::sender_ok()
    }

    async fn check_recipient(&self, session: &SessionInfo, reverse_path: Option<&Address>, recipient: &Address) -> Reply {
        if self.core.is_canary_return(recipient) && self.standing(session.client) == Standing::Primary {
            reply::recipient_ok()
        } else if self.is_journal(recipient) {
            Intake::check_journal(self.standing(session.client))
        } else if self.is_own_postmaster(recipient) {
            reply::recipient_ok()
        } else if self.core.is_local(recipient) {
            self.check_local(session, reverse_path, recipient).await
        } else if self.standing(session.client) == Standing::Stranger {
            reply::relaying_denied()
        } else if reverse_path.is_some_and(|path| !self.core.is_local(path)) {
            // A compromised trusted host must not send the world's mail in strangers' names.
            reply::sender_refused()
        } else if !self.may_send_more(session.client) {
            reply::rate_exceeded()
        } else {
            reply::recipient_ok()
        }
    }

    async fn commit(&self, session: &SessionInfo, envelope: Envelope, body: Staged) -> Reply {
        if envelope.recipients.iter().any(|recipient| self.is_journal(recipient)) {
            return self.take_report(session, body).await;
        }
        // Only reports may be as large as the session allowed.
        if body.len() > self.largest(session.client) {
            return reply::too_big();
        }
        if self.standing(session.client) == Standing::Primary && self.core.has_canary_message() && self.is_canary(&envelope, &body) {
            return reply::ok();
        }
        self.take(session, envelope, body).await
    }
}

/// Reads the beginning of the body and takes it apart: at once if that is in memory and short, else where it may take its time.
async fn accepted(new: NewMessage, body: &Arc<Staged>, now: Wall) -> std::io::Result<Accepted> {
    if body.is_in_memory() && body.len() <= limits::SUMMARISE_AT_ONCE_OCTETS {
        return new.accepted(body, now);
    }
    let body = body.clone();
    rt::unblock(move || new.accepted(&body, now)).await
}

fn held_loop(now: Wall) -> DeliveryState {
    DeliveryState::Held {
        at: now,
        reason: "the primary sent mail for its own people to this box; it was not handed back to it".to_owned(),
        by_gate: false,
        attempts: 0,
    }
}

fn numbers(addressed: &Addressed, wanted: impl Fn(&DeliveryState) -> bool) -> Vec<u32> {
    (0u32..).zip(&addressed.recipients).filter(|(_, recipient)| wanted(&recipient.state)).map(|(number, _)| number).collect()
}

fn transaction(envelope: &Envelope, recipients: &[u32], size: u64) -> Transaction {
    Transaction {
        reverse_path: envelope.reverse_path.clone(),
        recipients: recipients.iter().filter_map(|number| envelope.recipients.get(*number as usize).cloned()).collect(),
        eight_bit: envelope.eight_bit,
        smtputf8: envelope.smtputf8,
        size,
        dsn: envelope.dsn.only(recipients),
    }
}
