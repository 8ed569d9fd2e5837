//! Works the queues off: what was accepted and could not be handed over within its session.
//!
//! One runner for the primary, one for the outside. Oldest first, as far as [`super::lanes`] are free.

use std::collections::{BTreeSet, HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use super::claims::Claim;
use super::core::{Core, ModeNow};
use super::job::{Fate, Job};
use super::kept_back::KeptBack;
use super::lanes::{Lane, Lanes};
use super::outgoing::Outgoing;
use super::recovery::Recovery;
use super::scope_end::ScopeEnd;
use crate::clock::Mono;
use crate::continuity::Mode;
use crate::limits;
use crate::net::rt::{self, channel};
use crate::relay::plan;
use crate::relay::{Queue, Route};
use crate::store::{Delivery, MessageRow, Seq, StoreError};

/// Transactions that a scan finds at a time.
const SCAN_ROOM: usize = 256;
/// The same where one domain's servers may be slow and others behind them in the queue are not.
const SCAN_ROOM_DIRECT: usize = 2048;
/// While all that was found waits for its lane, the queue behind it is read this often at most: it may be long, and all for one person.
const LOOK_BEHIND_EVERY: Duration = Duration::from_secs(1);
const ALARM_SUBMIT: &str = "primary-submit";
const SUBMIT_ALARM_AFTER: Duration = Duration::from_secs(120);
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
    submit: Submit,
    /// When the queue behind what waits was read.
    looked_behind: Option<Mono>,
    kept_back: KeptBack,
    /// The whole queue was looked at just now, and nothing of it that may be tried is due.
    nothing_due: bool,
    scope_end: ScopeEnd,
}

/// `primary.smtp_submit`, where it is another server than `primary.smtp`: one that cannot be reached keeps nobody else's mail back, and
/// says nothing about the primary, which the probes ask.
#[derive(Default)]
struct Submit {
    paused_until: Option<Mono>,
    /// No try has reached it since.
    failing_since: Option<Mono>,
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
    route: Route,
    /// None if the try fell over.
    fared: Option<Fate>,
}

/// Says how a try ended, also if it fell over: its message must not be under way for ever.
struct Ending {
    message: u64,
    route: Route,
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
        let _runner_gone = self.done.try_send(Done { message: self.message, route: self.route, fared: self.fared.take() });
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
            submit: Submit::default(),
            looked_behind: None,
            kept_back: KeptBack::default(),
            nothing_due: false,
            scope_end: ScopeEnd::default(),
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
                false => {
                    self.nothing_due = false;
                    false
                }
            };
            if drained
                && let Some(recovery) = &mut self.recovery
                && recovery.finish(&self.core).await
            {
                continue;
            }
            if self.nothing_due && self.finish_scopes().await {
                continue;
            }
            self.wait().await;
        }
    }

    async fn finish_scopes(&mut self) -> bool {
        let under_way = self.under_way.mailboxes();
        self.queue == Queue::Primary && self.scope_end.finish(&self.core, &under_way).await
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
            self.submit.paused_until = None;
        }
        if !self.may_run(mode.mode) {
            self.ready.clear();
        }
    }

    fn is_paused(&mut self) -> bool {
        let now = self.core.now().mono;
        self.submit.paused_until = self.submit.paused_until.filter(|until| now < *until);
        self.paused_until = self.paused_until.filter(|until| now < *until);
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
        self.nothing_due = false;
        if self.room() == 0 {
            return Ok(false);
        }
        if self.ready.is_empty() {
            self.scan().await?;
            if self.ready.is_empty() {
                self.nothing_due = true;
                return Ok(self.under_way.count() == 0 && self.core.claims.is_idle(self.queue));
            }
        }
        self.start_ready().await?;
        // What is left waits for its lane. What came meanwhile may find one free: a server that hangs keeps nobody else's mail back.
        let now = self.core.now().mono;
        let is_time = self.looked_behind.is_none_or(|at| now.since(at) >= LOOK_BEHIND_EVERY);
        if self.room() > 0 && !self.ready.is_empty() && is_time {
            self.looked_behind = Some(now);
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
        if self.queue == Queue::Primary {
            wanted.retain(|to| !self.core.is_kept_back(&to.address));
        }
        Ok(row.filter(|_| !wanted.is_empty()).map(|row| (row, wanted)))
    }

    /// Reads the queue from its beginning until enough is found that is due and not found yet.
    async fn scan(&mut self) -> Result<(), StoreError> {
        let mut after = None;
        let known: HashSet<u64> = self.ready.iter().map(|ready| ready.transaction.message).collect();
        let room = if self.is_direct() { SCAN_ROOM_DIRECT } else { SCAN_ROOM };
        while self.ready.len() < room {
            let (core, queue) = (self.core.clone(), self.queue);
            let mut kept_back = std::mem::take(&mut self.kept_back);
            let (mut page, last, kept_back) = rt::unblock(move || {
                let mut page = core.store.view().queue(queue, after, limits::QUEUE_PAGE_ENTRIES)?;
                let last = page.last().map(|last| (Seq(last.message), last.recipient));
                if queue == Queue::Primary {
                    kept_back.sift(&core, &mut page)?;
                }
                Ok::<_, StoreError>((page, last, kept_back))
            })
            .await?;
            self.kept_back = kept_back;
            if last.is_none() {
                break;
            }
            after = last;
            if self.submit.paused_until.is_some() {
                page.retain(|entry| entry.route != Route::Submit);
            }
            let busy = |message| known.contains(&message) || self.core.claims.is_taken(self.queue, Seq(message));
            let due = plan::due(&page, self.core.now().wall, &busy, room - self.ready.len());
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
        let ending = Ending { message: transaction.message, route: transaction.route, fared: None, done: self.done.0.clone() };
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

    async fn note(&mut self, mut done: Done) {
        self.under_way.end(done.message);
        if self.outgoing.is_apart(done.route)
            && let Some(fate) = &mut done.fared
        {
            self.note_submit(fate.no_connection);
            (fate.no_connection, fate.is_red) = (false, false);
        }
        let unreachable = self.queue == Queue::Primary && done.fared.as_ref().is_some_and(|fate| fate.no_connection);
        // A try that fell over left its message due at once.
        if unreachable || done.fared.is_none() {
            self.paused_until = Some(self.core.now().mono.plus(limits::BACKOFF_FIRST));
            self.ready.clear();
        }
        if let (Queue::Primary, Some(fate)) = (self.queue, &done.fared) {
            self.scope_end.note(&self.core, done.message, fate);
        }
        if let (Some(recovery), Some(fate)) = (&mut self.recovery, &done.fared) {
            recovery.note(&self.core, done.message, fate).await;
        }
    }

    fn note_submit(&mut self, no_connection: bool) {
        if !no_connection {
            self.submit = Submit::default();
            return self.core.clear_alarm(ALARM_SUBMIT);
        }
        let now = self.core.now().mono;
        self.submit.paused_until = Some(now.plus(limits::BACKOFF_FIRST));
        self.ready.retain(|ready| ready.transaction.route != Route::Submit);
        // A primary that starts opens one port before the other.
        if now.since(*self.submit.failing_since.get_or_insert(now)) >= SUBMIT_ALARM_AFTER {
            let to = self.outgoing.name(Route::Submit);
            let text = format!(
                "{to} (primary.smtp_submit) cannot be reached: what the webmail and the box itself write for your own people waits for it. \
                 Other mail goes on. `lifeboat doctor` says what to do."
            );
            self.core.raise_alarm(ALARM_SUBMIT, text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::core::lock;
    use crate::app::testing::World;
    use crate::relay::DeliveryState;

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
        world.stored("ann", DeliveryState::Queued { attempts: 7, next_at, last: None, in_doubt: false, held: 0, reported: false });
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

    /// A digest waits, and behind it ann's mail; the digest's try found no connection. Whether the rest goes on, and whether the admin hears of it.
    fn check_submit(is_apart: bool, long: bool, goes_on: bool, is_told: bool) {
        let mut world = World::new();
        if is_apart {
            Arc::get_mut(&mut world.core).unwrap().config.primary.smtp_submit.port += 1;
        }
        let digest = world.submitted("bo");
        let mail = world.queued_for("ann");
        let mut runner = runner(&world);
        if long {
            runner.submit.failing_since = Some(Mono(world.core.now().mono.0.saturating_sub(SUBMIT_ALARM_AFTER.as_millis() as u64)));
        }
        let failed = || Some(Fate { nexts: vec![], no_connection: true, is_red: true });
        rt::block_on(runner.note(Done { message: digest.0, route: Route::Submit, fared: failed() }));
        assert_eq!(runner.is_paused(), !goes_on, "{is_apart}");
        let is_alarmed = |world: &World| lock(&world.core.alarms).contains_key(ALARM_SUBMIT);
        assert_eq!(is_alarmed(&world), is_told, "{is_apart} {long}");
        if goes_on {
            assert!(!is_drained(&mut runner));
            assert!(runner.under_way.has(mail.0) && !runner.under_way.has(digest.0), "the digest waits, and nothing else");
            rt::block_on(runner.note(Done {
                message: digest.0,
                route: Route::Submit,
                fared: Some(Fate { no_connection: false, ..failed().unwrap() }),
            }));
            assert!(!is_alarmed(&world));
            assert!(!is_drained(&mut runner));
            assert!(runner.under_way.has(digest.0), "it is reached again");
        }
    }

    #[test]
    fn a_connector_of_its_own_that_is_away_keeps_no_other_mail_back() {
        check_submit(true, false, true, false);
        // `long`: counted from the clock's zero where the process is young.
        check_submit(false, true, false, false);
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
        runner.looked_behind = None;
        assert!(!is_drained(&mut runner));
        assert!(runner.under_way.has(other.0) && !runner.under_way.has(waits.0));
        assert_eq!(runner.ready.len(), 1, "and nothing is found twice");
    }
}
