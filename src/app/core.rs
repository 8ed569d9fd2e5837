//! What all parts of the running box share.
//!
//! [`Core::feed`] is the only way to the continuity machine: one input at a time, each change recorded in the ledger before
//! anybody acts on it.

use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, RwLock};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::acting::Deeds;
use super::admin_totp::Secrets;
use super::admins::{FailedSignIns, Setup};
use super::canary::Returned;
use super::claims::Claims;
use super::clock_watch::Refusal;
use super::drills::Drills;
use super::history::Probes;
use super::journal::Journal;
use super::maintenance::Maintenance;
use super::notices::Outbox;
use super::preferences::Changes;
use super::progress::Progress;
use super::rates::{Rates, WhenFull};
use super::scopes::{self, ScopeNow};
use super::seen::{self, Seen};
use super::submitting::Turns;
use super::unsent::Unsent;
use super::verdicts::{self, Verdicts};
use crate::auth::{AdminSessions, Admins, Credentials, Enrolment, Sessions, Throttle, Tokens};
use crate::clock::{Clock, Mono, Now, Wall};
use crate::config::Config;
use crate::continuity::{Action, EventId, Input, Machine, Members, Mode, Saved, ScopeChange, Transition};
use crate::control::ListenStatus;
use crate::control::readiness::Readiness;
use crate::directory::{AllPreferences, Contacts, Directory};
use crate::mail::{Address, Mailbox};
use crate::net::rt::channel;
use crate::net::tls::Identity;
use crate::notify::{self, Templates};
use crate::relay::Queue;
use crate::smtp::client::Capabilities;
use crate::store::{Ledger, Seq, Store, StoreError, Tally, replace_file};

/// Changes between normal and suspect that the ledger takes within a window.
const SUSPICIONS_RECORDED_MAX: usize = 60;
const SUSPICIONS_WINDOW: Duration = Duration::from_secs(24 * 3600);

/// Shared state of the box.
pub struct Core {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub started: Now,
    /// Where the webmail listens, as soon as it does.
    pub web_bound: OnceLock<Vec<SocketAddr>>,
    /// The box's own certificate, as soon as it is there.
    pub identity: OnceLock<Arc<Identity>>,
    pub store: Store,
    pub ledger: Ledger,
    pub directory: RwLock<Arc<Directory>>,
    pub credentials: RwLock<Arc<Credentials>>,
    /// What people said about how they are reached: see [`Core::contact_of`].
    pub contacts: Mutex<Contacts>,
    pub preferences: Mutex<AllPreferences>,
    pub preference_changes: Mutex<Changes>,
    pub enrolment: Mutex<Enrolment>,
    /// Counts links of invitations that do not work.
    pub enrol_throttle: Mutex<Throttle>,
    pub sessions: Mutex<Sessions>,
    pub throttle: Mutex<Throttle>,
    pub admins: RwLock<Arc<Admins>>,
    pub tokens: RwLock<Arc<Tokens>>,
    pub totp: Secrets,
    /// What probes have seen over the last days.
    pub probes: Probes,
    pub admin_sessions: Mutex<AdminSessions>,
    pub admin_throttle: Mutex<Throttle<String>>,
    /// Of tokens and set-up links: nobody types these.
    pub token_throttle: Mutex<Throttle<String>>,
    /// The link that makes the first account.
    pub setup: Mutex<Option<Setup>>,
    /// The bound addresses, as soon as they are.
    pub listen: OnceLock<ListenStatus>,
    pub verdicts: Mutex<Verdicts>,
    /// What trusted hosts sent outward.
    pub rates: Mutex<Rates>,
    /// Messages whose recipients are being tried or decided about.
    pub claims: Claims,
    /// What people sent a moment ago and may take back.
    pub unsent: Unsent,
    /// Who sends something at this moment.
    pub turns: Turns,
    pub progress: Progress,
    pub journal: Journal,
    /// What shows that the box is in the mail path.
    pub seen: Mutex<Seen>,
    /// The drill that is open.
    pub drills: Mutex<Drills>,
    /// What people did with their mail a moment ago, to undo it.
    pub deeds: Mutex<Deeds>,
    /// The newest score.
    pub readiness: Mutex<Option<Readiness>>,
    /// What the primary was last seen to offer.
    pub offered: Mutex<Option<Capabilities>>,
    pub alarms: Mutex<HashMap<&'static str, String>>,
    /// Notices that are no mail, on their way.
    pub outbox: Outbox,
    /// An admin's own words for notices.
    pub templates: OnceLock<Templates>,
    /// The newest relay to the primary that the machine heard of did not go as it should.
    pub relay_was_odd: AtomicBool,
    /// Why nothing is dropped for its age now, if so.
    pub retention_waits: Mutex<Option<Refusal>>,
    machine: Mutex<Machine>,
    pub(super) maintenance: Mutex<Maintenance>,
    /// Canary messages that came back.
    pub(super) returned: Returned,
    mode: RwLock<ModeNow>,
    pub(super) scopes: RwLock<Arc<Vec<ScopeNow>>>,
    suspicions: Mutex<Suspicions>,
    pub failed_sign_ins: Mutex<FailedSignIns>,
    /// Wakes the queue runners; one slot each, so that a kick is never lost and never piles up.
    kicks: HashMap<Queue, (channel::Sender<()>, channel::Receiver<()>)>,
    /// Wakes the monitor: probe at once.
    probe_now: (channel::Sender<()>, channel::Receiver<()>),
}

/// The mode as everybody reads it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModeNow {
    pub mode: Mode,
    pub since: Wall,
    /// See [`Saved::green_since`].
    pub green_since: Option<Wall>,
    pub event: Option<EventNow>,
}

/// The open event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventNow {
    pub id: EventId,
    pub since: Wall,
    /// Messages from this one on belong to the event and stay while it is open, and after it until it is released: see [`super::pins`].
    pub first: Seq,
}

/// A ledger line of kind `mode`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ModeLine {
    /// None if something else that has to survive a restart changed (automatic, who owns the event).
    #[serde(default)]
    pub transition: Option<Transition>,
    pub saved: Saved,
    #[serde(default)]
    pub event: Option<EventNow>,
    /// A change of an event for some people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeChange>,
    /// The open events for some people: their first messages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<EventNow>,
    /// Changes between normal and suspect before this one that are only in the log.
    #[serde(default)]
    pub unrecorded: u64,
    /// What the configuration said about automatic: a change there counts, also after an operator's word.
    #[serde(default)]
    pub configured_automatic: Option<bool>,
}

impl ModeLine {
    /// Only what has to survive a restart.
    pub fn of(saved: Saved, event: Option<EventNow>) -> ModeLine {
        ModeLine { transition: None, saved, event, scope: None, scopes: vec![], unrecorded: 0, configured_automatic: None }
    }
}

/// Keeps changes between normal and suspect from filling the ledger: anybody whose mail the primary answers with 4xx can
/// cause one every few seconds, and the ledger is kept for years and read at each start.
#[derive(Debug, Default)]
struct Suspicions {
    recorded: VecDeque<Mono>,
    unrecorded: u64,
}

impl Suspicions {
    /// Whether one more is recorded; if not, it is counted.
    fn admit(&mut self, now: Mono) -> bool {
        while self.recorded.front().is_some_and(|at| now.since(*at) >= SUSPICIONS_WINDOW) {
            self.recorded.pop_front();
        }
        let is_admitted = self.recorded.len() < SUSPICIONS_RECORDED_MAX;
        if is_admitted {
            self.recorded.push_back(now);
        } else {
            self.unrecorded += 1;
        }
        is_admitted
    }
}

/// A ledger line of kind `event`: how an event went.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct EventLine {
    pub id: EventId,
    pub from: Wall,
    pub to: Wall,
    pub tally: Tally,
    pub summary: String,
    /// Its first message, and the first one after it; None in lines of versions that did not say. See [`super::pins`].
    #[serde(default)]
    pub messages: Option<(Seq, Seq)>,
    /// Of an event for some people: whom it was for. Its numbers are theirs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<ScopeLine>,
}

/// For whom an event was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopeLine {
    pub members: Members,
    /// Everybody who was meant, when it ended.
    pub mailboxes: Vec<Mailbox>,
}

/// A ledger line of kind `audit`: who did what.
#[derive(Debug, Serialize)]
pub struct AuditLine<'a> {
    pub by: &'a str,
    pub action: &'a str,
    pub detail: String,
}

/// What a [`Core`] is made of.
pub struct Parts {
    pub config: Config,
    pub clock: Arc<dyn Clock>,
    pub store: Store,
    pub ledger: Ledger,
    pub directory: Directory,
    pub credentials: Credentials,
    pub admins: Admins,
    pub tokens: Tokens,
    pub machine: Machine,
    pub event: Option<EventNow>,
    /// First messages of the open events for some people.
    pub scopes: Vec<EventNow>,
}

impl Core {
    pub fn new(parts: Parts) -> Core {
        let saved = parts.machine.saved().clone();
        let newest = parts.store.view().newest();
        let probes = Probes::load(&parts.config.server.data_dir);
        let totp = Secrets::load(&parts.config.server.data_dir);
        let known = Verdicts::load(&verdicts::file(&parts.config.server.data_dir), parts.clock.now().wall);
        let seen = Seen::load(&seen::file(&parts.config.server.data_dir));
        Core {
            started: parts.clock.now(),
            web_bound: OnceLock::new(),
            identity: OnceLock::new(),
            config: parts.config,
            clock: parts.clock,
            store: parts.store,
            ledger: parts.ledger,
            directory: RwLock::new(Arc::new(parts.directory)),
            credentials: RwLock::new(Arc::new(parts.credentials)),
            contacts: Mutex::default(),
            preferences: Mutex::default(),
            preference_changes: Mutex::default(),
            enrolment: Mutex::default(),
            enrol_throttle: Mutex::default(),
            sessions: Mutex::default(),
            throttle: Mutex::default(),
            admins: RwLock::new(Arc::new(parts.admins)),
            tokens: RwLock::new(Arc::new(parts.tokens)),
            totp,
            probes,
            admin_sessions: Mutex::default(),
            admin_throttle: Mutex::default(),
            token_throttle: Mutex::default(),
            setup: Mutex::default(),
            listen: OnceLock::new(),
            verdicts: Mutex::new(known),
            claims: Claims::default(),
            unsent: Unsent::default(),
            turns: Turns::default(),
            progress: Progress::default(),
            rates: Mutex::new(Rates::new(crate::limits::TRUSTED_HOSTS_COUNTED_MAX, WhenFull::Refuse)),
            journal: Journal::default(),
            seen: Mutex::new(seen),
            drills: Mutex::default(),
            deeds: Mutex::default(),
            readiness: Mutex::default(),
            offered: Mutex::default(),
            alarms: Mutex::default(),
            outbox: Outbox::default(),
            templates: OnceLock::new(),
            relay_was_odd: AtomicBool::new(false),
            retention_waits: Mutex::default(),
            maintenance: Mutex::default(),
            returned: Returned::default(),
            mode: RwLock::new(ModeNow {
                mode: parts.machine.mode(),
                since: saved.since,
                green_since: saved.green_since,
                event: parts.event,
            }),
            scopes: RwLock::new(Arc::new(scopes::with_firsts(&saved.scopes, &parts.scopes, Seq(newest.0 + 1)))),
            machine: Mutex::new(parts.machine),
            suspicions: Mutex::default(),
            failed_sign_ins: Mutex::default(),
            kicks: [Queue::Primary, Queue::Outbound].map(|queue| (queue, channel::bounded(1))).into(),
            probe_now: channel::bounded(1),
        }
    }

    pub fn now(&self) -> Now {
        self.clock.now()
    }

    pub fn mode(&self) -> ModeNow {
        self.mode.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn machine(&self) -> MutexGuard<'_, Machine> {
        lock(&self.machine)
    }

    pub fn directory(&self) -> Arc<Directory> {
        self.directory.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub fn credentials(&self) -> Arc<Credentials> {
        self.credentials.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Writes down what the primary said about recipients, if there is anything new. Waits for the disk: not from async code.
    pub fn save_verdicts(&self) {
        let Some(octets) = lock(&self.verdicts).take_unsaved() else { return };
        let file = verdicts::file(&self.config.server.data_dir);
        if let Err(error) = replace_file(&file, &octets) {
            log::warn!("verdicts not saved file={} error={error:?}", file.display());
        }
    }

    /// Writes down what was seen last, if it is worth it. Waits for the disk: not from async code.
    pub fn save_seen(&self) {
        let Some(octets) = lock(&self.seen).take_unsaved() else { return };
        let file = seen::file(&self.config.server.data_dir);
        if let Err(error) = replace_file(&file, &octets) {
            log::warn!("seen not saved file={} error={error:?}", file.display());
        }
    }

    /// Whether mail for this address is ours to take.
    pub fn is_local(&self, address: &Address) -> bool {
        address.is_in(&self.config.smtp.domains)
    }

    pub fn is_primary(&self, client: IpAddr) -> bool {
        self.config.primary.source.contains(client)
    }

    pub fn is_trusted(&self, client: IpAddr) -> bool {
        self.config.smtp.trusted.contains(client)
    }

    /// The mailbox that this address belongs to, if it is one of the directory's people.
    pub fn mailbox_of(&self, address: &Address) -> Option<Mailbox> {
        self.directory().resolve(address).map(|person| person.mailbox.clone())
    }

    /// The mailbox in which mail for this address of ours is shown: its owner's, or that of who gets what nobody has.
    pub fn mailbox_for(&self, address: &Address) -> Mailbox {
        let owner = self.mailbox_of(address);
        owner.or_else(|| self.catch_all(address)).unwrap_or_else(|| address.mailbox())
    }

    /// Who gets mail for addresses of this one's domain that nobody has.
    pub fn catch_all(&self, address: &Address) -> Option<Mailbox> {
        let catcher = self.config.smtp.catch_all.iter().find(|catcher| address.is_in(&[catcher.domain().to_owned()]))?;
        Some(self.mailbox_of(catcher).unwrap_or_else(|| catcher.mailbox()))
    }

    /// Gives the continuity machine one input and carries out what it decides. Waits for the ledger: not from async code.
    pub fn feed(&self, input: Input) {
        let now = self.now();
        if let Input::Observed(evidence) = &input {
            self.probes.note(evidence);
        }
        let mut machine = self.machine();
        let before = machine.saved().clone();
        let mut recorded = false;
        for action in machine.handle(input, now) {
            match action {
                Action::Changed(transition) => {
                    recorded = true;
                    self.change(&machine, transition);
                }
                Action::ScopeChanged(change) => {
                    recorded = true;
                    self.change_scope(&machine, &change);
                }
                Action::ProbeNow => self.probe_at_once(),
                Action::Alarm(alarm) => log::warn!("continuity alarm={alarm:?}"),
                Action::AlarmOver(alarm) => log::info!("continuity alarm-over={alarm:?}"),
            }
        }
        if !recorded && *machine.saved() != before {
            self.record_mode(ModeLine::of(machine.saved().clone(), self.mode().event), now.wall);
        }
    }

    /// Records a change of mode, then makes it true for everybody. A ledger that cannot be written does not keep the box
    /// from doing its work: the change happens all the same, with an alarm.
    fn change(&self, machine: &Machine, transition: Transition) {
        let before = self.mode();
        let saved = machine.saved().clone();
        let event = saved.event.clone().map(|id| match before.event {
            Some(ref event) if event.id == id => event.clone(),
            _ => EventNow { id, since: transition.at, first: Seq(self.store.view().newest().0 + 1) },
        });
        log::warn!("continuity mode={:?} was={:?} by={} reason={:?}", transition.to, transition.from, transition.by, transition.reason);
        // Before the change itself: a crash in between closes the event once more, and does not leave it without its report.
        if let (Some(closed), None) = (&before.event, &event) {
            self.close_event(closed, transition.at, self.tally(closed.first, None), None);
        }
        let calm = |mode| matches!(mode, Mode::Normal | Mode::Suspect);
        let is_suspicion = calm(transition.from) && calm(transition.to);
        if !is_suspicion || lock(&self.suspicions).admit(self.now().mono) {
            let line = ModeLine { transition: Some(transition.clone()), ..ModeLine::of(saved.clone(), event.clone()) };
            self.record_mode(line, transition.at);
        }
        let now = ModeNow { mode: transition.to, since: saved.since, green_since: saved.green_since, event };
        let over = now.mode == Mode::Normal && before.mode == Mode::Recovering;
        *self.mode.write().unwrap_or_else(PoisonError::into_inner) = now;
        // All of it is still to be handed over.
        let _none_yet = self.handed_over();
        if over {
            self.sign_out_whom_mail_works_for();
        }
        self.kick(Queue::Primary);
    }

    pub(super) fn record_mode(&self, line: ModeLine, at: Wall) {
        let unrecorded = std::mem::take(&mut lock(&self.suspicions).unrecorded);
        let configured_automatic = Some(self.config.monitor.automatic);
        let scopes = match line.scopes.is_empty() {
            true => self.scopes().iter().map(ScopeNow::as_event).collect(),
            false => line.scopes,
        };
        self.record("mode", &ModeLine { unrecorded, configured_automatic, scopes, ..line }, at);
    }

    /// Outcomes of the office's own mail from `from` on, before `to`: what the box told people and admins meanwhile is none of it.
    pub fn tally(&self, from: Seq, to: Option<Seq>) -> Result<Tally, StoreError> {
        self.store.view().tally(from, to, &super::notices::told_since(&self.ledger, from)?)
    }

    /// Writes down how an event went: `tally` counts what is its own, `scope` says whose it was if not everybody's.
    pub(super) fn close_event(&self, event: &EventNow, at: Wall, tally: Result<Tally, StoreError>, scope: Option<ScopeLine>) {
        let tally = match tally {
            Ok(tally) => tally,
            Err(error) => {
                log::error!("continuity event={} tally failed: {error}", event.id.0);
                return;
            }
        };
        let failed = tally.bounced + tally.refused;
        let summary = notify::event_summary(tally.recipients, tally.delivered, tally.held, failed, tally.queued);
        log::info!("continuity event={} over: {summary}", event.id.0);
        let messages = Some((event.first, Seq(self.store.view().newest().0 + 1)));
        let line = EventLine { id: event.id.clone(), from: event.since, to: at, tally, summary, messages, scope };
        self.record("event", &line, at);
    }

    /// Appends to the ledger; a failure is an alarm.
    pub fn record(&self, kind: &str, data: &impl Serialize, at: Wall) {
        match self.ledger.append(kind, data, at) {
            Ok(_) => self.clear_alarm("ledger"),
            Err(error) => self.raise_alarm("ledger", format!("The audit trail cannot be written: {error}.")),
        }
    }

    /// Who did what, for the audit trail.
    pub fn audit(&self, by: &str, action: &str, detail: String) {
        log::info!("audit by={by} action={action} {detail}");
        self.record("audit", &AuditLine { by, action, detail }, self.now().wall);
    }

    pub fn raise_alarm(&self, name: &'static str, text: String) {
        if lock(&self.alarms).insert(name, text.clone()).is_none() {
            log::error!("alarm name={name} {text}");
        }
    }

    pub fn clear_alarm(&self, name: &'static str) {
        if lock(&self.alarms).remove(name).is_some() {
            log::info!("alarm-over name={name}");
        }
    }

    /// Wakes a queue runner.
    pub fn kick(&self, queue: Queue) {
        if let Some((sender, _)) = self.kicks.get(&queue) {
            let _already_kicked = sender.try_send(());
        }
    }

    /// Waits for the next kick of this queue.
    pub async fn kicked(&self, queue: Queue) {
        if let Some((_, receiver)) = self.kicks.get(&queue) {
            let _open = receiver.recv().await;
        }
    }

    pub fn probe_at_once(&self) {
        let _already_asked = self.probe_now.0.try_send(());
    }

    pub async fn probe_asked(&self) {
        let _open = self.probe_now.1.recv().await;
    }
}

/// Locks, also when another thread panicked while it held the lock: the data are values without invariants across fields.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endless_suspicion_does_not_fill_the_ledger() {
        let mut suspicions = Suspicions::default();
        // One each second for a day.
        let admitted = (0..24 * 3600).filter(|second| suspicions.admit(Mono(second * 1000))).count();
        assert_eq!(admitted, SUSPICIONS_RECORDED_MAX);
        assert_eq!(suspicions.unrecorded as usize, 24 * 3600 - admitted);
        assert!(suspicions.recorded.len() <= SUSPICIONS_RECORDED_MAX);
    }
}
