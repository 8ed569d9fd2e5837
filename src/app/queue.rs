//! Works the queues off: what was accepted and could not be handed over within its session.
//!
//! One runner for the primary, one for the outside. Oldest first, as far as [`super::lanes`] are free.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::claims::Claim;
use super::core::{Core, ModeNow};
use super::lanes::{Lane, Lanes};
use super::outgoing::{Outgoing, Source};
use super::recovery::Recovery;
use crate::clock::{Mono, Wall};
use crate::continuity::Mode;
use crate::limits;
use crate::net::rt::{self, channel};
use crate::relay::bounce::Report;
use crate::relay::handover::{self, Attempt, Next, Tried};
use crate::relay::plan;
use crate::relay::{DeliveryState, Queue, Route, backoff};
use crate::smtp::client::Transaction;
use crate::store::{Delivery, MessageRow, Seq, StoreError};

/// Transactions that a scan finds at a time.
const SCAN_ROOM: usize = 2048;
/// A runner looks again after this time without a kick.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// Tries at a time by the smart host, and of all domains together.
const OUTBOUND_PARALLEL_MAX: usize = 4;
const DIRECT_PARALLEL_MAX: usize = 20;

/// Works one queue.
pub struct Runner {
    core: Arc<Core>,
    outgoing: Arc<Outgoing>,
    queue: Queue,
    /// Found and not yet started, oldest first.
    ready: VecDeque<Ready>,
    under_way: Lanes,
    done: (channel::Sender<Done>, channel::Receiver<Done>),
    recovery: Option<Recovery>,
    /// The primary could not be reached: nothing is tried before this, and what was tried is due again by then. Going on would
    /// march the whole queue through a dead connection, and let what was not tried yet overtake what was.
    paused_until: Option<Mono>,
}

/// A transaction to start.
struct Ready {
    transaction: plan::Transaction,
    /// Once they were looked up: what waits for its turn is not read from the store each time.
    lanes: Option<BTreeSet<Lane>>,
}

/// A transaction came to its end.
struct Done {
    message: u64,
    /// None if the try fell over.
    fared: Option<Fate>,
}

/// How a message fared, for the recovery gate.
pub struct Fate {
    pub nexts: Vec<Next>,
    /// There was no working connection at all.
    pub no_connection: bool,
    /// What it met speaks against the primary, not about the message.
    pub is_red: bool,
}

/// Says how a try ended, also if it fell over: its message must not be under way for ever.
struct Ending {
    message: u64,
    fared: Option<Fate>,
    done: channel::Sender<Done>,
}

impl Ending {
    fn end(mut self, fate: Fate) {
        self.fared = Some(fate);
    }
}

impl Drop for Ending {
    fn drop(&mut self) {
        let _runner_gone = self.done.try_send(Done { message: self.message, fared: self.fared.take() });
    }
}

impl Runner {
    pub fn new(core: Arc<Core>, outgoing: Arc<Outgoing>, queue: Queue) -> Runner {
        Runner {
            core,
            outgoing,
            queue,
            ready: VecDeque::new(),
            under_way: Lanes::default(),
            done: channel::unbounded(),
            recovery: None,
            paused_until: None,
        }
    }

    /// For ever.
    pub async fn run(mut self) {
        loop {
            let mode = self.core.mode();
            self.follow(&mode);
            let drained = match self.may_run(mode.mode) && !self.is_paused() {
                true => self.start_what_is_due().await.unwrap_or_else(|error| {
                    let level = if matches!(error, StoreError::NotReady { .. }) { log::Level::Debug } else { log::Level::Error };
                    log::log!(level, "queue={:?} not readable: {error}", self.queue);
                    // Read again from its beginning: what was passed over comes first.
                    self.ready.clear();
                    false
                }),
                false => false,
            };
            if drained
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
        let recovering = (mode.mode == Mode::Recovering).then_some(mode.since);
        if self.recovery.as_ref().map(Recovery::since) != recovering {
            self.recovery = recovering.map(|since| Recovery::new(since, mode.event.clone()));
            self.paused_until = None;
        }
        if !self.may_run(mode.mode) {
            self.ready.clear();
        }
    }

    fn is_paused(&mut self) -> bool {
        self.paused_until = self.paused_until.filter(|until| self.core.now().mono < *until);
        self.paused_until.is_some()
    }

    fn may_run(&self, mode: Mode) -> bool {
        match self.queue {
            // In continuity the primary is probed only, not hammered.
            Queue::Primary => mode != Mode::Continuity,
            Queue::Outbound => self.outgoing.has(Route::Outbound),
        }
    }

    fn room(&self) -> usize {
        match (&self.recovery, self.queue) {
            (Some(recovery), _) => recovery.room(self.under_way.count()),
            (None, Queue::Primary) => limits::DRAIN_PARALLEL_MAX.saturating_sub(self.under_way.count()),
            (None, Queue::Outbound) if self.is_direct() => DIRECT_PARALLEL_MAX.saturating_sub(self.under_way.count()),
            (None, Queue::Outbound) => OUTBOUND_PARALLEL_MAX.saturating_sub(self.under_way.count()),
        }
    }

    /// Starts what there is room for. True if the whole queue was looked at, nothing of it is due, and nothing is under way.
    async fn start_what_is_due(&mut self) -> Result<bool, StoreError> {
        if self.room() == 0 {
            return Ok(false);
        }
        if self.ready.is_empty() {
            self.scan().await?;
            if self.ready.is_empty() {
                return Ok(self.under_way.count() == 0 && self.core.claims.is_idle(self.queue));
            }
        }
        self.start_ready().await?;
        // What is left waits for its lane. What came meanwhile may find one free: a server that hangs keeps nobody else's mail back.
        if self.room() > 0 && !self.ready.is_empty() {
            self.scan().await?;
            self.start_ready().await?;
        }
        Ok(false)
    }

    async fn start_ready(&mut self) -> Result<(), StoreError> {
        let mut passed_over = VecDeque::new();
        let mut fill = self.under_way.fill();
        while self.room() > 0
            && let Some(ready) = self.ready.pop_front()
        {
            let message = ready.transaction.message;
            if let Some(lanes) = &ready.lanes
                && (self.under_way.has(message) || !fill.is_free(lanes))
            {
                fill.add(lanes);
                passed_over.push_back(ready);
                continue;
            }
            // What somebody else holds is found again by the next scan.
            let Some(claim) = self.core.claims.take(self.queue, Seq(message)) else { continue };
            let Some((row, wanted)) = self.read(&ready.transaction).await? else { continue };
            let (wanted, rest) = self.apart(wanted);
            let lanes = self.lanes(&wanted);
            let is_free = fill.is_free(&lanes);
            fill.add(&lanes);
            if !is_free {
                passed_over.push_back(Ready { lanes: Some(lanes), ..ready });
                continue;
            }
            self.under_way.start(message, lanes);
            self.start(&ready.transaction, row, wanted, claim);
            if !rest.is_empty() {
                let transaction = plan::Transaction { recipients: rest, ..ready.transaction };
                passed_over.push_back(Ready { transaction, lanes: Some(BTreeSet::new()) });
            }
        }
        passed_over.append(&mut self.ready);
        self.ready = passed_over;
        Ok(())
    }

    fn is_direct(&self) -> bool {
        self.queue == Queue::Outbound && self.outgoing.is_direct(Route::Outbound)
    }

    /// The recipients of one transaction, and those of the next: mail that goes directly has one domain at a time.
    fn apart(&self, wanted: Vec<Delivery>) -> (Vec<Delivery>, Vec<u32>) {
        let Some(domain) = wanted.first().map(|to| to.address.ascii_domain().into_owned()).filter(|_| self.is_direct()) else {
            return (wanted, Vec::new());
        };
        let (these, others): (Vec<Delivery>, Vec<Delivery>) = wanted.into_iter().partition(|to| to.address.ascii_domain() == domain);
        (these, others.iter().map(|to| to.recipient).collect())
    }

    fn lanes(&self, wanted: &[Delivery]) -> BTreeSet<Lane> {
        match self.queue {
            // Order holds for each person, whatever alias their mail is addressed to.
            Queue::Primary => {
                let mailbox = |to: &Delivery| self.core.mailbox_of(&to.address).unwrap_or_else(|| to.address.mailbox());
                wanted.iter().map(|to| Lane::Mailbox(mailbox(to))).collect()
            }
            Queue::Outbound if self.is_direct() => wanted.iter().map(|to| Lane::Domain(to.address.ascii_domain().into_owned())).collect(),
            Queue::Outbound => BTreeSet::new(),
        }
    }

    /// The recipients that still wait: what was decided since the scan (an operator held it, say) counts. None if nobody does.
    async fn read(&self, transaction: &plan::Transaction) -> Result<Option<(MessageRow, Vec<Delivery>)>, StoreError> {
        let (core, message) = (self.core.clone(), Seq(transaction.message));
        let (row, mut wanted) =
            rt::unblock(move || Ok::<_, StoreError>((core.store.view().message(message)?, core.store.view().deliveries(message)?))).await?;
        wanted.retain(|to| transaction.recipients.contains(&to.recipient) && to.state.is_queued());
        Ok(row.filter(|_| !wanted.is_empty()).map(|row| (row, wanted)))
    }

    /// Reads the queue from its beginning until enough is found that is due and not found yet.
    async fn scan(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        let known: HashSet<u64> = self.ready.iter().map(|ready| ready.transaction.message).collect();
        while self.ready.len() < SCAN_ROOM {
            let (core, queue) = (self.core.clone(), self.queue);
            let page = rt::unblock(move || core.store.view().queue(queue, after, limits::QUEUE_PAGE_ENTRIES)).await?;
            let Some(last) = page.last() else { break };
            after = Some((Seq(last.message), last.recipient));
            let busy = |message| known.contains(&message) || self.core.claims.is_taken(self.queue, Seq(message));
            let due = plan::due(&page, self.core.now().wall, &busy, SCAN_ROOM - self.ready.len());
            self.ready.extend(due.into_iter().map(|transaction| Ready { transaction, lanes: None }));
        }
        Ok(())
    }

    fn start(&self, transaction: &plan::Transaction, row: MessageRow, wanted: Vec<Delivery>, claim: Claim) {
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
        let ending = Ending { message: transaction.message, fared: None, done: self.done.0.clone() };
        rt::spawn(async move {
            let fate = job.run().await;
            // Before the report: the runner looks at once for what is next.
            drop(claim);
            ending.end(fate);
        })
        .detach();
    }

    async fn wait(&mut self) {
        let next = async { self.done.1.recv().await.ok() };
        let kicked = async {
            self.core.kicked(self.queue).await;
            None
        };
        let late = async {
            rt::sleep(LOOK_AGAIN).await;
            None
        };
        if let Some(done) = rt::race(next, rt::race(kicked, late)).await {
            self.note(done).await;
            while let Ok(done) = self.done.1.try_recv() {
                self.note(done).await;
            }
        }
    }

    async fn note(&mut self, done: Done) {
        self.under_way.end(done.message);
        let unreachable = self.queue == Queue::Primary && done.fared.as_ref().is_some_and(|fate| fate.no_connection);
        // A try that fell over left its message due at once.
        if unreachable || done.fared.is_none() {
            self.paused_until = Some(self.core.now().mono.plus(limits::BACKOFF_FIRST));
            self.ready.clear();
        }
        if let (Some(recovery), Some(fate)) = (&mut self.recovery, &done.fared) {
            recovery.note(&self.core, done.message, fate).await;
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
    async fn run(self) -> Fate {
        match self.damage().await {
            Some(damage) => self.hold(&damage).await,
            None => self.hand_over().await,
        }
    }

    /// What is wrong with the message on our own disk: it must not go out as if it were whole.
    async fn damage(&self) -> Option<String> {
        let (store, message) = (self.core.store.clone(), self.message);
        match rt::unblock(move || store.verify(message)).await {
            Err(StoreError::Damaged(text)) => Some(text),
            // A disk that does not answer just now is met again, and told apart, while the body is read.
            _ => None,
        }
    }

    async fn hold(&self, damage: &str) -> Fate {
        let reason = format!("damaged on the disk of this box, not handed over: {damage}");
        self.core.raise_alarm("spool-damaged", format!("Message {} is {reason}.", self.message));
        let (at, attempts) = (self.core.now().wall, 0);
        let held = DeliveryState::Held { at, reason, by_gate: false, attempts };
        let nexts = vec![Next::State(held); self.wanted.len()];
        self.record(&nexts).await;
        Fate { nexts, no_connection: false, is_red: false }
    }

    async fn hand_over(self) -> Fate {
        let numbers: Vec<u32> = self.wanted.iter().map(|to| to.recipient).collect();
        let (source, size) = self.source().await;
        let transaction = Transaction {
            reverse_path: self.row.reverse_path.clone(),
            recipients: self.wanted.iter().map(|to| to.address.clone()).collect(),
            eight_bit: self.row.eight_bit,
            smtputf8: self.row.smtputf8,
            size,
            dsn: self.row.dsn.only(&numbers),
        };
        let (attempt, by) = self.outgoing.send(self.route, &transaction, &source).await;
        let now = self.core.now().wall;
        let evidence = handover::evidence(&attempt, &by, now);
        let is_red = evidence.class.is_red();
        if self.queue == Queue::Primary {
            self.core.observe_relay(evidence).await;
        }
        let tried: Vec<Tried> = self.wanted.iter().map(|to| tried(&to.state, self.row.at)).collect();
        // What the gate held stays the gate's when it is tried again.
        let by_gate = self.by_gate || tried.iter().any(|tried| tried.held > 0);
        let nexts = handover::from_queue(&attempt, self.queue, by_gate, &tried, &by, random(), now);
        self.report_relayed(&attempt, &nexts).await;
        self.record(&nexts).await;
        Fate { nexts, no_connection: matches!(attempt, Attempt::Failed(_)), is_red }
    }

    /// The message as it is on disk, and signed if it leaves the office; and its size then.
    async fn source(&self) -> (Source, u64) {
        let (store, message) = (self.core.store.clone(), self.message);
        if self.route == Route::Outbound && !self.outgoing.signatures().is_empty() {
            let (outgoing, of, now) = (self.outgoing.clone(), store.clone(), self.core.now().wall);
            match rt::unblock(move || outgoing.signatures().sign(&of, message, now)).await {
                Ok(fields) if fields.is_empty() => {}
                Ok(fields) => {
                    let size = self.row.size + fields.len() as u64;
                    return (Source::Signed { fields: fields.into(), store, message }, size);
                }
                Err(why) => log::error!("queue={:?} message={message} not signed: {why}", self.queue),
            }
        }
        (Source::Stored { store, message }, self.row.size)
    }

    async fn record(&self, nexts: &[Next]) {
        let now = self.core.now().wall;
        let (mut states, mut unreached, mut late) = (Vec::new(), Vec::new(), Vec::new());
        for (to, next) in self.wanted.iter().zip(nexts) {
            match next {
                Next::State(state) if self.is_late(to, state, now) => late.push((to, state.clone())),
                Next::State(state) => states.push((to.recipient, state.clone())),
                Next::Bounce { reply } => unreached.push((to, reply.clone())),
            }
        }
        if !unreached.is_empty() {
            match self.core.report(Report::Failure, self.message, &self.row, &unreached).await {
                Ok(dsn) => states.extend(unreached.iter().map(|(to, reply)| {
                    (to.recipient, DeliveryState::Bounced { at: now, reply: reply.clone(), dsn: dsn.map(|seq| seq.0) })
                })),
                // Without the bounce on disk the recipient stays queued and is tried again, but not at once.
                Err(error) => {
                    log::error!("queue={:?} message={} bounce not written: {error}", self.queue, self.message);
                    states.extend(unreached.iter().map(|(to, reply)| (to.recipient, again(to, reply, now))));
                }
            }
        }
        if !late.is_empty() {
            states.extend(self.report_delay(late).await);
        }
        for (number, state) in &states {
            log::info!("queue={:?} message={} rcpt={number} state={}", self.queue, self.message, serde_json::json!(state));
        }
        self.core.write_states(self.message, states).await;
    }

    /// Who asked for a report of success gets it from us if the next server does not send any.
    async fn report_relayed(&self, attempt: &Attempt, nexts: &[Next]) {
        if self.queue != Queue::Outbound || !matches!(attempt, Attempt::Sent(sent) if !sent.dsn_passed) {
            return;
        }
        let relayed = self.wanted.iter().zip(nexts).filter_map(|(to, next)| match next {
            Next::State(DeliveryState::Delivered { reply, .. }) => Some((to, reply.clone())),
            _ => None,
        });
        let relayed: Vec<(&Delivery, String)> = relayed.collect();
        if !relayed.is_empty()
            && let Err(error) = self.core.report(Report::Relayed, self.message, &self.row, &relayed).await
        {
            log::error!("queue={:?} message={} success not reported: {error}", self.queue, self.message);
        }
    }

    /// Whether it is time to tell the sender that this recipient waits.
    fn is_late(&self, to: &Delivery, state: &DeliveryState, now: Wall) -> bool {
        let waits = matches!(state, DeliveryState::Queued { reported: false, .. });
        let dsn = self.row.dsn.recipient(to.recipient as usize);
        self.queue == Queue::Outbound && waits && now.since(self.row.at) >= limits::DELAY_REPORT_AFTER && Report::Delay.is_wanted(&dsn)
    }

    /// The states of those whose delay is reported; if it cannot be written now, the next try does it.
    async fn report_delay(&self, late: Vec<(&Delivery, DeliveryState)>) -> Vec<(u32, DeliveryState)> {
        let words = |state: &DeliveryState| match state {
            DeliveryState::Queued { last: Some(last), .. } => last.clone(),
            _ => "no answer".to_owned(),
        };
        let waiting: Vec<(&Delivery, String)> = late.iter().map(|(to, state)| (*to, words(state))).collect();
        let is_told = self.core.report(Report::Delay, self.message, &self.row, &waiting).await.unwrap_or_else(|error| {
            log::error!("queue={:?} message={} delay not reported: {error}", self.queue, self.message);
            None
        });
        let told = |(to, mut state): (&Delivery, DeliveryState)| {
            if let (Some(_), DeliveryState::Queued { reported, .. }) = (is_told, &mut state) {
                *reported = true;
            }
            (to.recipient, state)
        };
        late.into_iter().map(told).collect()
    }
}

/// Random bits from the kernel; zero if it has none (then there is only no jitter).
pub fn random() -> u64 {
    getrandom::u64().unwrap_or_default()
}

fn again(to: &Delivery, reply: &str, now: Wall) -> DeliveryState {
    let Tried { attempts, in_doubt, held, reported, .. } = tried(&to.state, now);
    let attempts = attempts.saturating_add(1);
    let next_at = now.plus(backoff::wait(attempts, random()));
    DeliveryState::Queued { attempts, next_at, last: Some(reply.to_owned()), in_doubt, held, reported }
}

fn tried(state: &DeliveryState, accepted_at: Wall) -> Tried {
    match state {
        DeliveryState::Queued { attempts, in_doubt, held, reported, .. } => {
            Tried { attempts: *attempts, accepted_at, in_doubt: *in_doubt, held: *held, reported: *reported }
        }
        _ => Tried { accepted_at, ..Tried::default() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    fn runner(world: &World) -> Runner {
        Runner::new(world.core.clone(), world.outgoing(), Queue::Primary)
    }

    fn is_drained(runner: &mut Runner) -> bool {
        rt::block_on(runner.start_what_is_due()).unwrap()
    }

    #[test]
    fn a_queue_is_drained_when_only_deferred_recipients_remain() {
        let world = World::new();
        assert!(is_drained(&mut runner(&world)), "empty");
        let next_at = world.core.now().wall.plus(Duration::from_secs(600));
        world.stored("ann", DeliveryState::Queued { attempts: 1, next_at, last: None, in_doubt: false, held: 0, reported: false });
        assert!(is_drained(&mut runner(&world)), "deferred");
    }

    #[test]
    fn a_queue_is_not_drained_while_somebody_has_a_message() {
        let world = World::new();
        let message = world.queued_for("ann");
        let claim = world.core.claims.take(Queue::Primary, message);
        let mut runner = runner(&world);
        assert!(!is_drained(&mut runner), "a hand-over in a session is still under way");
        assert!(runner.under_way.count() == 0, "and the queue leaves it alone");
        drop(claim);
        assert!(!is_drained(&mut runner));
        assert!(runner.under_way.has(message.0));
    }

    #[test]
    fn a_list_of_stale_entries_says_nothing_about_the_queue() {
        let world = World::new();
        let stale = world.stored("ann", DeliveryState::InSession);
        world.queued_for("bo");
        let mut runner = runner(&world);
        let transaction = plan::Transaction { message: stale.0, route: Route::Primary, recipients: vec![0] };
        runner.ready.push_back(Ready { transaction, lanes: None });
        assert!(!is_drained(&mut runner), "bo's message was not looked at yet");
    }

    #[test]
    fn one_persons_mail_that_hangs_keeps_nobody_elses_back() {
        let world = World::new();
        let mut runner = runner(&world);
        let hangs = world.queued_for("ann");
        let _claim = world.core.claims.take(Queue::Primary, hangs);
        runner.under_way.start(hangs.0, BTreeSet::from([Lane::Mailbox(world.address("ann").mailbox())]));
        let waits = world.queued_for("ann");
        assert!(!is_drained(&mut runner));
        assert_eq!(runner.ready.len(), 1);
        let other = world.queued_for("bo");
        assert!(!is_drained(&mut runner));
        assert!(runner.under_way.has(other.0) && !runner.under_way.has(waits.0));
        assert_eq!(runner.ready.len(), 1, "and nothing is found twice");
    }

    /// What is recorded after a try at that age, and whether a report was written with it.
    fn record_late(world: &World, message: Seq, age: Duration) -> bool {
        let view = world.core.store.view();
        let row = view.message(message).unwrap().unwrap();
        let wanted = view.deliveries(message).unwrap();
        let job = Job {
            core: world.core.clone(),
            outgoing: world.outgoing(),
            queue: Queue::Outbound,
            by_gate: false,
            message,
            route: Route::Outbound,
            row: MessageRow { at: Wall(world.core.now().wall.0 - age.as_millis() as u64), ..row },
            wanted: wanted.clone(),
        };
        let nexts: Vec<Next> = wanted.iter().map(|to| Next::State(again(to, "451 4.3.0 busy", world.core.now().wall))).collect();
        let before = view.newest();
        rt::block_on(job.record(&nexts));
        // One record a recipient, and one of the report.
        world.core.store.view().newest().0 - before.0 > wanted.len() as u64
    }

    #[test]
    fn a_sender_hears_of_a_delay_once() {
        let world = World::new();
        let message = world.outward(Some(world.address("ann")), &["bo@example.net"], Default::default(), world.core.now().wall);
        let late = limits::DELAY_REPORT_AFTER;
        assert!(!record_late(&world, message, late - Duration::from_secs(60)));
        assert!(record_late(&world, message, late));
        assert!(matches!(world.state(message), DeliveryState::Queued { reported: true, attempts: 2, .. }));
        assert!(!record_late(&world, message, late * 2), "a second time");
        let strangers = world.outward(None, &["bo@example.net"], Default::default(), world.core.now().wall);
        assert!(!record_late(&world, strangers, late * 2));
    }
}
