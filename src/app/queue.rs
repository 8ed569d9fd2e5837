//! Works the queues off: what was accepted and could not be handed over within its session.
//!
//! One runner for the primary, one for the outside. Oldest first; two messages for one person are never under way at the same
//! time towards the primary, so that order holds.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::core::{Core, ModeNow};
use super::outgoing::{Outgoing, Source};
use super::recovery::Recovery;
use super::writing::{Addressed, NewMessage, queued_now};
use crate::clock::Wall;
use crate::continuity::Mode;
use crate::limits;
use crate::mail::trace::split_header;
use crate::mail::{Address, compose};
use crate::net::rt::{self, channel};
use crate::relay::bounce::{self, Original, Unreached};
use crate::relay::handover::{self, Attempt, Next, Tried};
use crate::relay::plan;
use crate::relay::{DeliveryState, Queue, Route};
use crate::smtp::client::Transaction;
use crate::store::{Change, Delivery, MessageRow, Origin, Seq, Staged, StoreError};

/// Transactions that are found and wait to be started.
const READY_MAX: usize = 4 * limits::QUEUE_PAGE_ENTRIES;
/// A runner looks again after this time without a kick.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Tries of the outside world at a time.
const OUTBOUND_PARALLEL_MAX: usize = 4;
/// Answered transactions that may wait to be recorded.
const UNRECORDED_MAX: usize = 64;
/// Octets of a message that a bounce quotes its header from.
const BOUNCE_HEAD_OCTETS: usize = 64 * 1024;

/// Works one queue.
pub struct Runner {
    core: Arc<Core>,
    outgoing: Arc<Outgoing>,
    queue: Queue,
    /// Found and not yet started, oldest first.
    ready: VecDeque<Ready>,
    /// How far the queue has been read for them.
    scanned: Option<Place>,
    /// Transactions under way, by message.
    under_way: HashMap<u64, UnderWay>,
    news: (channel::Sender<News>, channel::Receiver<News>),
    recovery: Option<Recovery>,
}

/// A place in the queue: message and recipient.
type Place = (Seq, u32);

/// A transaction that was found due.
struct Ready {
    transaction: plan::Transaction,
    /// Whom it is for: the next message for one of them waits until this one is answered.
    addresses: BTreeSet<Address>,
}

/// A transaction under way.
struct UnderWay {
    addresses: BTreeSet<Address>,
    /// The other server has answered; what remains is to record it.
    answered: bool,
}

/// From a [`Job`] to its runner, in this order.
enum News {
    Answered { message: u64 },
    Done(Done),
}

/// A transaction came to its end and is recorded.
struct Done {
    message: u64,
    /// How the message fared, for the recovery gate.
    fared: Vec<Next>,
    /// There was no working connection at all.
    no_connection: bool,
}

impl Runner {
    pub fn new(core: Arc<Core>, outgoing: Arc<Outgoing>, queue: Queue) -> Runner {
        Runner {
            core,
            outgoing,
            queue,
            ready: VecDeque::new(),
            scanned: None,
            under_way: HashMap::new(),
            news: channel::unbounded(),
            recovery: None,
        }
    }

    /// For ever.
    pub async fn run(mut self) {
        loop {
            let mode = self.core.mode();
            self.follow(&mode);
            if self.may_run(mode.mode)
                && let Err(error) = self.start_what_is_due().await
            {
                log::error!("queue={:?} not readable: {error}", self.queue);
            }
            if self.under_way.is_empty()
                && self.ready.is_empty()
                && let Some(recovery) = &mut self.recovery
                && recovery.finish(&self.core).await
            {
                continue;
            }
            self.wait().await;
        }
    }

    /// Opens and forgets the recovery gate with the mode.
    fn follow(&mut self, mode: &ModeNow) {
        if self.queue != Queue::Primary {
            return;
        }
        match (&self.recovery, mode.mode) {
            (None, Mode::Recovering) => self.recovery = Some(Recovery::new(mode.event.clone())),
            (Some(_), Mode::Recovering) => {}
            (_, _) => self.recovery = None,
        }
        if !self.may_run(mode.mode) {
            self.ready.clear();
        }
    }

    fn may_run(&self, mode: Mode) -> bool {
        match self.queue {
            // In continuity the primary is probed only, not hammered.
            Queue::Primary => mode != Mode::Continuity,
            Queue::Outbound => self.outgoing.has(Route::Outbound),
        }
    }

    fn room(&self) -> usize {
        if self.under_way.len() >= UNRECORDED_MAX {
            return 0;
        }
        let unanswered = self.under_way.values().filter(|job| !job.answered).count();
        match (&self.recovery, self.queue) {
            // The gate judges what is recorded, not what is only answered.
            (Some(recovery), _) if recovery.is_judging() => recovery.room(self.under_way.len()),
            (Some(recovery), _) => recovery.room(unanswered),
            (None, Queue::Primary) => limits::DRAIN_PARALLEL_MAX.saturating_sub(unanswered),
            (None, Queue::Outbound) => OUTBOUND_PARALLEL_MAX.saturating_sub(unanswered),
        }
    }

    async fn start_what_is_due(&mut self) -> Result<(), StoreError> {
        while self.room() > 0 {
            let Some(ready) = self.next_free().and_then(|at| self.ready.remove(at)) else {
                // Nothing, or only mail for people who wait for an earlier message: others must not wait behind them.
                if self.scan().await? {
                    continue;
                }
                return Ok(());
            };
            let core = self.core.clone();
            let message = Seq(ready.transaction.message);
            let (row, deliveries) = rt::unblock(move || {
                let view = core.store.view();
                Ok::<_, StoreError>((view.message(message)?, view.deliveries(message)?))
            })
            .await?;
            // What was decided since the scan (an operator held it, say) counts.
            let chosen = |to: &Delivery| ready.transaction.recipients.contains(&to.recipient) && to.state.is_queued();
            let wanted: Vec<Delivery> = deliveries.into_iter().filter(chosen).collect();
            let Some(row) = row.filter(|_| !wanted.is_empty()) else { continue };
            self.under_way.insert(message.0, UnderWay { addresses: ready.addresses, answered: false });
            self.start(ready.transaction, row, wanted);
        }
        Ok(())
    }

    /// The first that may start: not a message that is under way, and towards the primary nobody who still waits for an
    /// earlier message.
    fn next_free(&self) -> Option<usize> {
        let unanswered = self.under_way.values().filter(|job| !job.answered);
        let mut blocked: BTreeSet<&Address> = unanswered.flat_map(|job| &job.addresses).collect();
        self.ready.iter().position(|ready| {
            let overtakes = self.queue == Queue::Primary && ready.addresses.iter().any(|address| blocked.contains(address));
            let busy = self.under_way.contains_key(&ready.transaction.message);
            blocked.extend(&ready.addresses);
            !busy && !overtakes
        })
    }

    /// Reads on in the queue until something is found that is due, from its beginning if nothing is left. False at the end.
    async fn scan(&mut self) -> Result<bool, StoreError> {
        if self.ready.len() >= READY_MAX {
            return Ok(false);
        }
        let after = if self.ready.is_empty() { None } else { self.scanned };
        let (core, queue) = (self.core.clone(), self.queue);
        let under_way: BTreeSet<u64> = self.under_way.keys().copied().collect();
        let (found, scanned) = rt::unblock(move || scan(&core, queue, after, &under_way)).await?;
        self.scanned = scanned;
        let more = !found.is_empty();
        self.ready.extend(found);
        Ok(more)
    }

    fn start(&self, transaction: plan::Transaction, row: MessageRow, wanted: Vec<Delivery>) {
        let job = Job {
            core: self.core.clone(),
            outgoing: self.outgoing.clone(),
            queue: self.queue,
            by_gate: self.recovery.is_some(),
            message: Seq(transaction.message),
            route: transaction.route,
            row,
            wanted,
        };
        let news = self.news.0.clone();
        rt::spawn(async move {
            let done = job.run(&news).await;
            let _runner_gone = news.send(News::Done(done)).await;
        })
        .detach();
    }

    async fn wait(&mut self) {
        let next = async { self.news.1.recv().await.ok() };
        let kicked = async {
            self.core.kicked(self.queue).await;
            None
        };
        let late = async {
            rt::sleep(LOOK_AGAIN).await;
            None
        };
        if let Some(news) = rt::race(next, rt::race(kicked, late)).await {
            self.note(news).await;
            while let Ok(news) = self.news.1.try_recv() {
                self.note(news).await;
            }
        }
    }

    async fn note(&mut self, news: News) {
        match news {
            News::Answered { message } => {
                if let Some(job) = self.under_way.get_mut(&message) {
                    job.answered = true;
                }
            }
            News::Done(done) => {
                self.under_way.remove(&done.message);
                if let Some(recovery) = &mut self.recovery {
                    recovery.note(&self.core, &done.fared, done.no_connection).await;
                }
            }
        }
    }
}

/// Reads the queue after a place until something is due; also how far it got.
fn scan(core: &Core, queue: Queue, mut after: Option<Place>, under_way: &BTreeSet<u64>) -> Result<(Vec<Ready>, Option<Place>), StoreError> {
    let (view, now) = (core.store.view(), core.now().wall);
    loop {
        let page = view.queue(queue, after, limits::QUEUE_PAGE_ENTRIES)?;
        let Some(last) = page.last() else { return Ok((Vec::new(), after)) };
        after = Some((Seq(last.message), last.recipient));
        let mut found = Vec::new();
        for transaction in plan::due(&page, now, &|message| under_way.contains(&message), limits::QUEUE_PAGE_ENTRIES) {
            let deliveries = view.deliveries(Seq(transaction.message))?;
            let addressed = deliveries.into_iter().filter(|to| transaction.recipients.contains(&to.recipient));
            let addresses = addressed.map(|to| to.address).collect();
            found.push(Ready { transaction, addresses });
        }
        if !found.is_empty() {
            return Ok((found, after));
        }
    }
}

/// One transaction from the queue, from the store to the recorded outcome.
struct Job {
    core: Arc<Core>,
    outgoing: Arc<Outgoing>,
    queue: Queue,
    by_gate: bool,
    message: Seq,
    route: Route,
    row: MessageRow,
    wanted: Vec<Delivery>,
}

impl Job {
    async fn run(self, news: &channel::Sender<News>) -> Done {
        let transaction = Transaction {
            reverse_path: self.row.reverse_path.clone(),
            recipients: self.wanted.iter().map(|to| to.address.clone()).collect(),
            eight_bit: self.row.eight_bit,
            smtputf8: self.row.smtputf8,
            size: self.row.size,
        };
        let source = Source::Stored { store: self.core.store.clone(), message: self.message };
        let attempt = self.outgoing.send(self.route, &transaction, &source).await;
        let _runner_gone = news.send(News::Answered { message: self.message.0 }).await;
        let (by, now) = (self.outgoing.name(self.route), self.core.now().wall);
        if self.queue == Queue::Primary {
            self.core.observe_relay(handover::evidence(&attempt, &by, now)).await;
        }
        let tried: Vec<Tried> = self.wanted.iter().map(|to| tried(&to.state, self.row.at)).collect();
        // What the gate held stays the gate's when it is tried again.
        let by_gate = self.by_gate || tried.iter().any(|tried| tried.held > 0);
        let nexts = handover::from_queue(&attempt, self.queue, by_gate, &tried, &by, random(), now);
        self.record(&nexts).await;
        Done { message: self.message.0, no_connection: matches!(attempt, Attempt::Failed(_)), fared: nexts }
    }

    async fn record(&self, nexts: &[Next]) {
        let now = self.core.now().wall;
        let (mut states, mut unreached) = (Vec::new(), Vec::new());
        for (to, next) in self.wanted.iter().zip(nexts) {
            match next {
                Next::State(state) => states.push((to.recipient, state.clone())),
                Next::Bounce { reply } => unreached.push((to, reply.clone())),
            }
        }
        if !unreached.is_empty() {
            match self.core.bounce(self.message, &self.row, &unreached).await {
                Ok(dsn) => states.extend(unreached.iter().map(|(to, reply)| {
                    (to.recipient, DeliveryState::Bounced { at: now, reply: reply.clone(), dsn: dsn.map(|seq| seq.0) })
                })),
                // Without the bounce on disk the recipient stays queued, and is tried again.
                Err(error) => log::error!("queue={:?} message={} bounce not written: {error}", self.queue, self.message),
            }
        }
        for (number, state) in &states {
            log::info!("queue={:?} message={} rcpt={number} state={}", self.queue, self.message, serde_json::json!(state));
        }
        self.core.write_states(self.message, states).await;
    }
}

impl Core {
    /// Writes the DSN to the sender. None if there is nobody to tell: a null reverse-path, or a stranger (who gets no
    /// backscatter from us).
    pub async fn bounce(
        self: &Arc<Self>,
        message: Seq,
        row: &MessageRow,
        unreached: &[(&Delivery, String)],
    ) -> Result<Option<Seq>, StoreError> {
        let Some(sender) = row.reverse_path.as_ref().filter(|path| self.is_local(path)) else { return Ok(None) };
        let core = self.clone();
        let beginning = rt::unblock(move || core.store.body_piece(message, 0, BOUNCE_HEAD_OCTETS)).await?;
        let (header, _) = split_header(&beginning);
        let now = self.now().wall;
        let recipients: Vec<Unreached> =
            unreached.iter().map(|(to, reply)| Unreached { address: to.address.clone(), reply: reply.clone() }).collect();
        let original = Original { reverse_path: sender, subject: &row.summary.subject, accepted_at: row.at, header };
        let dsn = bounce::dsn(&self.config.server.hostname, self.message_id(), &original, &recipients, now);
        let body = Staged::from_bytes(compose::write_dsn(&dsn));
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

/// Random bits from the kernel; zero if it has none (then there is only no jitter).
pub fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

fn tried(state: &DeliveryState, accepted_at: Wall) -> Tried {
    match state {
        DeliveryState::Queued { attempts, in_doubt, held, .. } => {
            Tried { attempts: *attempts, accepted_at, in_doubt: *in_doubt, held: *held }
        }
        _ => Tried { accepted_at, ..Tried::default() },
    }
}
