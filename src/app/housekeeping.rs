//! Small regular work: retention, disk room, connections nobody needs, what a gate held, the watchdog.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::clock_watch::{ClockWatch, Refusal};
use super::core::{Core, lock};
use super::intake::ALARM_LOOP;
use super::kept_back::KeptBack;
use super::outgoing::Outgoing;
use super::targets;
use super::writing::ALARM_FULL;
use super::{events, pins, recovery, upkeep};
use crate::clock::{Mono, Wall};
use crate::config::HostPort;
use crate::continuity::Mode;
use crate::limits;
use crate::mail::date;
use crate::net::dns::Resolver;
use crate::net::rt::{self, Task};
use crate::net::tls::{self, CertificateTrouble, Identity};
use crate::net::{deadline, https_client, service, smtp_client};
use crate::relay::Queue;
use crate::smtp::client::Cause;
use crate::store::{Seq, StoreError};

const ROUND: Duration = Duration::from_secs(15);
const PURGE_EVERY_ROUNDS: u32 = 240;
/// What `/readyz` says with its 503.
const NOT_READY: &str = "not ready\n";
const ALARM_CLOCK: &str = "clock";
const SELF_PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// The parts of the box that work for ever. One that fell over is missed by nobody else: mail would only wait.
#[derive(Default)]
pub struct Parts {
    /// Each running part holds a clone.
    alive: Arc<()>,
    started: AtomicUsize,
}

impl Parts {
    pub fn spawn(&self, part: impl Future<Output = ()> + Send + 'static) -> Task<()> {
        let alive = self.alive.clone();
        self.started.fetch_add(1, Ordering::SeqCst);
        rt::spawn(async move {
            part.await;
            drop(alive);
        })
    }

    fn all_run(&self) -> bool {
        Arc::strong_count(&self.alive) > self.started.load(Ordering::SeqCst)
    }
}

/// The files of a new certificate cannot be used, or the self-made one cannot be made anew.
const ALARM_CERTIFICATE: &str = "certificate-new";
/// The office has to install another authority.
const ALARM_AUTHORITY: &str = "certificate-authority";
/// The certificate in use is out of its dates.
const ALARM_CERTIFICATE_DATES: &str = "certificate-dates";

/// It will be soon; by the names of [`limits::CERTIFICATE_ENDS_SOON`].
const ALARMS_CERTIFICATE_ENDS: [(&str, &str); 2] = [("certificate-ends-3-days", "3 days"), ("certificate-ends-14-days", "14 days")];

/// For ever, a round each [`ROUND`].
pub async fn run(core: Arc<Core>, outgoing: Arc<Outgoing>) {
    let mut round: u32 = 0;
    let mut event = None;
    let mut clocks = Clocks::new(&core).await;
    loop {
        outgoing.close_idle().await;
        look_at_disk(&core).await;
        look_at_spool(&core);
        look_at_queues(&core).await;
        upkeep::look_at_held(&core).await;
        upkeep::look_at_machine(&core).await;
        let there = core.clone();
        rt::unblock(move || {
            there.save_verdicts();
            there.save_seen();
        })
        .await;
        if core.store.view().queue_counts().is_ok_and(|counts| counts.held == 0) {
            core.clear_alarm(ALARM_LOOP);
        }
        if let Err(error) = recovery::release_held(&core).await
            && !matches!(error, StoreError::NotReady { .. })
        {
            log::error!("held recipients not readable: {error}");
        }
        // What a new event pins must be known at once: a full disk makes room at any time.
        let now = core.mode().event;
        if now != event && purge(&core, None).await {
            event = now;
        }
        // The first purge is as soon as the clock is trusted.
        if clocks.look(&core).await.is_err() {
            round = 0;
        } else {
            if round.is_multiple_of(PURGE_EVERY_ROUNDS) {
                purge(&core, Some(core.now().wall)).await;
            }
            round = round.wrapping_add(1);
        }
        rt::sleep(ROUND).await;
    }
}

/// Takes a new certificate as soon as its files are there, and tells when the one in use is out of its dates; for ever.
pub async fn watch_certificate(core: Arc<Core>, identity: Arc<Identity>) {
    loop {
        look_at_dates(&core).await;
        if identity.authority_was_replaced() {
            let text = "The box has a new certificate authority: install it where the one before is (`lifeboat guide`). Said until the box starts again.";
            core.raise_alarm(ALARM_AUTHORITY, text.to_owned());
        }
        rt::sleep(ROUND).await;
        let (there, now) = (identity.clone(), core.now().wall);
        match rt::unblock(move || there.refresh(now)).await {
            Ok(true) => {
                log::info!("tls certificate replaced");
                core.clear_alarm(ALARM_CERTIFICATE);
            }
            Ok(false) => core.clear_alarm(ALARM_CERTIFICATE),
            Err(error) => {
                core.raise_alarm(ALARM_CERTIFICATE, format!("A new certificate cannot be used or made, the old one stays: {}.", error.0));
            }
        }
    }
}

async fn look_at_dates(core: &Arc<Core>) {
    let Some(file) = core.config.web.certificate.clone() else { return };
    let (there, now) = (file.clone(), core.now().wall);
    let (trouble, ends) = rt::unblock(move || {
        let expired = |within: &&(Duration, &str)| tls::trouble(&there, now.plus(within.0)) == Some(CertificateTrouble::Expired);
        (tls::trouble(&there, now), limits::CERTIFICATE_ENDS_SOON.iter().find(expired).map(|(_, name)| *name))
    })
    .await;
    let words = match trouble {
        Some(CertificateTrouble::Expired) => "has expired: browsers warn people",
        Some(CertificateTrouble::NotYetValid) => "is not valid yet: is the clock of this box right?",
        None => {
            core.clear_alarm(ALARM_CERTIFICATE_DATES);
            // Two names, so that the admins are told twice.
            for (alarm, name) in ALARMS_CERTIFICATE_ENDS {
                match ends == Some(name) {
                    true => {
                        core.raise_alarm(alarm, format!("The certificate {} expires in less than {name}: get a new one.", file.display()))
                    }
                    false => core.clear_alarm(alarm),
                }
            }
            return;
        }
    };
    ALARMS_CERTIFICATE_ENDS.iter().for_each(|(alarm, _)| core.clear_alarm(alarm));
    core.raise_alarm(ALARM_CERTIFICATE_DATES, format!("The certificate {} {words}. A new one is taken without a restart.", file.display()));
}

/// A ledger line of kind `clock`: the wall clock is doubted, or trusted again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct ClockLine {
    doubted: bool,
}

/// Watches the clocks for retention, and tells.
struct Clocks {
    watch: ClockWatch,
    recorded: ClockLine,
    /// Since when something has been wrong.
    doubt_since: Option<Mono>,
}

impl Clocks {
    async fn new(core: &Arc<Core>) -> Clocks {
        let there = core.clone();
        let lines = rt::unblock(move || there.ledger.read("clock")).await;
        let last = lines.map(|lines| lines.into_iter().next_back().and_then(|line| serde_json::from_value(line.data).ok()));
        let recorded = match last {
            Ok(last) => last.unwrap_or(ClockLine { doubted: false }),
            Err(error) => {
                log::error!("clock: what was thought of it before is not readable: {error}");
                ClockLine { doubted: true }
            }
        };
        Clocks { watch: ClockWatch::new(core.now(), recorded.doubted), recorded, doubt_since: None }
    }

    /// Whether anything may be dropped for its age.
    async fn look(&mut self, core: &Arc<Core>) -> Result<(), Refusal> {
        let there = core.clone();
        let newest = if self.watch.wants_newest() { rt::unblock(move || there.store.view().newest_at()).await } else { Ok(None) };
        let now = core.now();
        // Not readable yet: then it is not known yet.
        let verdict = self.watch.look(now, newest.unwrap_or_default());
        let line = ClockLine { doubted: self.watch.is_doubted() };
        if line != self.recorded {
            self.recorded = line;
            let there = core.clone();
            rt::unblock(move || there.record("clock", &line, now.wall)).await;
        }
        self.tell(core, verdict.err(), now.mono);
        verdict
    }

    fn tell(&mut self, core: &Core, refusal: Option<Refusal>, now: Mono) {
        let before = std::mem::replace(&mut *lock(&core.retention_waits), refusal);
        let doubt = refusal.filter(|refusal| refusal.is_doubt());
        let kind = |refusal: Option<Refusal>| refusal.filter(|refusal| refusal.is_doubt()).map(|refusal| std::mem::discriminant(&refusal));
        if kind(before) != kind(doubt) {
            match doubt {
                Some(doubt) => log::warn!("retention waits: {doubt}"),
                None => log::info!("retention goes on: the clock is trusted"),
            }
        }
        match doubt {
            Some(doubt) => {
                let since = *self.doubt_since.get_or_insert(now);
                if now.since(since) >= limits::CLOCK_ALARM_AFTER {
                    core.raise_alarm(ALARM_CLOCK, format!("Old mail is not removed: {doubt}."));
                }
            }
            None => {
                self.doubt_since = None;
                core.clear_alarm(ALARM_CLOCK);
            }
        }
    }
}

/// What reading the spool has found since the start.
fn look_at_spool(core: &Arc<Core>) {
    let damaged = core.store.findings().damaged;
    if !damaged.is_empty() {
        core.raise_alarm("spool-damaged", format!("Parts of the mail cache are damaged: {}.", damaged.join("; ")));
    }
}

async fn look_at_disk(core: &Arc<Core>) {
    let there = core.clone();
    match rt::unblock(move || there.store.usage()).await {
        Ok(usage) if usage.free_octets < limits::DISK_RESERVE_OCTETS * 2 => {
            core.raise_alarm("disk-low", format!("The disk of this box is nearly full: {} MiB are free.", usage.free_octets >> 20));
        }
        Ok(_) => {
            core.clear_alarm("disk-low");
            core.clear_alarm(ALARM_FULL);
        }
        Err(error) => core.alarm_store("The mail cache cannot be read", &error),
    }
}

/// Mail that waits long although the primary looks well: probes alone would never show it.
pub(super) async fn look_at_queues(core: &Arc<Core>) {
    for (queue, alarm, whom) in
        [(Queue::Primary, "queue-primary-old", "the primary"), (Queue::Outbound, "queue-outbound-old", "the outside")]
    {
        let there = core.clone();
        let oldest = rt::unblock(move || there.oldest_waiting(queue)).await;
        let now = core.now().wall;
        // In an outage mail waits for the primary as it should.
        let expected = queue == Queue::Primary && core.mode().mode != Mode::Normal;
        match oldest {
            Ok(Some(at)) if !expected && now.since(at) > limits::QUEUE_OLD => {
                let since = date::minute(at);
                core.raise_alarm(alarm, format!("Mail has been waiting for {whom} since {since}; `lifeboat queue list` says why."));
            }
            Ok(_) => core.clear_alarm(alarm),
            Err(StoreError::NotReady { .. }) => {}
            Err(error) => log::error!("queue={queue:?} not readable: {error}"),
        }
    }
}

impl Core {
    /// When the oldest message that waits in this queue was accepted.
    fn oldest_waiting(&self, queue: Queue) -> Result<Option<Wall>, StoreError> {
        let view = self.store.view();
        // What is kept back for the end of an outage of some waits as it should.
        let (mut kept_back, mut after) = (KeptBack::default(), None);
        let count = if self.scopes().is_empty() { 1 } else { limits::QUEUE_PAGE_ENTRIES };
        loop {
            let mut page = view.queue(queue, after, count)?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some((Seq(last.message), last.recipient));
            if queue == Queue::Primary {
                kept_back.sift(self, &mut page)?;
            }
            if let Some(first) = page.first() {
                return Ok(view.message(Seq(first.message))?.map(|row| row.at));
            }
        }
    }
}

/// Without a time nothing is too old: then the store only hears what is pinned. False if it could not be done.
async fn purge(core: &Arc<Core>, at: Option<Wall>) -> bool {
    let there = core.clone();
    let purged = rt::unblock(move || {
        let age_ms = u64::from(there.config.cache.retention_days) * 24 * 3600 * 1000;
        let older_than = Wall(at.map_or(0, |at| at.0.saturating_sub(age_ms)));
        // Before any of its mail may go.
        events::record_reports(&there)?;
        let pins = pins::look(&there)?;
        there.store.purge(older_than, pins, there.now().wall)
    })
    .await;
    match &purged {
        Ok(0) => {}
        Ok(segments) => log::info!("retention segments-dropped={segments}"),
        // Retention is not in a hurry; the next round comes.
        Err(StoreError::NotReady { .. }) => {}
        Err(error) => log::error!("retention failed: {error}"),
    }
    purged.is_ok()
}

/// Whether all parts run, the SMTP port greets and the web port answers a request.
pub async fn is_well(core: &Arc<Core>, parts: &Parts) -> bool {
    if !parts.all_run() {
        log::error!("a part of the box has fallen over");
        return false;
    }
    let Some(listen) = core.listen.get() else { return false };
    deadline::within(SELF_PROBE_TIMEOUT, answers(core, &listen.smtp, &listen.web)).await.unwrap_or(false)
}

/// Feeds systemd's watchdog, but only while the box is well.
pub async fn feed_watchdog(core: Arc<Core>, parts: Arc<Parts>) {
    let Some(interval) = service::watchdog_interval() else { return };
    loop {
        let started = core.now().mono;
        if is_well(&core, &parts).await {
            service::feed_watchdog();
        } else {
            log::error!("self-probe failed: the watchdog is not fed");
        }
        let mode = core.mode().mode;
        service::status(&format!("Mode: {mode:?}"));
        // Start to start: a slow probe must not eat the time of the next one.
        rt::sleep(interval.saturating_sub(core.now().mono.since(started))).await;
    }
}

async fn answers(core: &Arc<Core>, smtp: &[SocketAddr], web: &[SocketAddr]) -> bool {
    let (Some(smtp), Some(web)) = (smtp.first(), web.first()) else { return false };
    greets(core, *smtp).await && serves(reachable(*web), core.config.web.tls).await
}

async fn greets(core: &Arc<Core>, smtp: SocketAddr) -> bool {
    let smtp = reachable(smtp);
    let target = targets::plain(&core.config, &HostPort { host: smtp.ip().to_string(), port: smtp.port() });
    match smtp_client::Connection::open(&target, &Resolver::new(), core.clock.clone()).await {
        Ok(_) => true,
        // The machine rightly notices that it speaks to itself. A 421 is an answer too: a box that is full is not dead, and
        // killing it would help whoever fills it.
        Err(failure) => matches!(failure.cause, Cause::Ourselves | Cause::Reply(_)),
    }
}

/// Asks the web port for a page, through its front as a browser would. An answer that the front alone gives (403: loopback is not
/// among `web.networks`) is one; that nobody behind it answers (5xx) is none. The page's own "not ready" is an answer too: a restart
/// mends no disk, and meanwhile mail still streams through.
pub(super) async fn serves(web: SocketAddr, tls: bool) -> bool {
    let mut client = if tls { https_client::Client::https(web) } else { https_client::Client::http(web) };
    match client.get("/readyz").await {
        Ok(answer) => answer.status < 500 || answer.text() == NOT_READY,
        Err(error) => {
            log::warn!("self-probe web={web} failed: {error}");
            false
        }
    }
}

/// An address to reach our own listener by; one that listens everywhere is reached by loopback.
pub(super) fn reachable(listener: SocketAddr) -> SocketAddr {
    let address = match listener.ip() {
        IpAddr::V4(v4) if v4.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(v6) if v6.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        other => other,
    };
    SocketAddr::new(address, listener.port())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::World;

    #[test]
    fn a_web_port_that_refuses_or_is_silent_does_not_serve() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let web = listener.local_addr().unwrap();
        let probe = || rt::block_on(deadline::within(Duration::from_millis(300), serves(web, false))).unwrap_or(false);
        assert!(!probe(), "takes connections and says nothing");
        drop(listener);
        assert!(!probe(), "refuses");
    }

    #[test]
    fn a_doubted_clock_is_shown_and_still_doubted_after_a_restart() {
        let world = World::new();
        let at_once = |clocks: &mut Clocks| rt::block_on(clocks.look(&world.core));
        let mut clocks = rt::block_on(Clocks::new(&world.core));
        assert_eq!(at_once(&mut clocks), Err(Refusal::JustStarted));
        assert!(!clocks.watch.is_doubted());
        world.queued_since("ann", Wall(world.core.now().wall.0 - 8 * 24 * 3600 * 1000));
        assert!(matches!(at_once(&mut clocks), Err(Refusal::Unsteady { .. })));
        let shown = crate::app::status::status(&world.core).store.retention_waits;
        assert!(shown.is_some_and(|shown| shown.contains("must be steady for 168 h more")));
        // A newer record does not make the clock right.
        world.queued_since("ann", world.core.now().wall);
        let mut clocks = rt::block_on(Clocks::new(&world.core));
        assert!(matches!(at_once(&mut clocks), Err(Refusal::Unsteady { .. })));
        assert_eq!(world.core.ledger.read("clock").unwrap().len(), 1);
        clocks.tell(&world.core, Some(Refusal::Behind), Mono(0));
        assert!(!lock(&world.core.alarms).contains_key(ALARM_CLOCK));
        clocks.doubt_since = Some(Mono(0));
        clocks.tell(&world.core, Some(Refusal::Behind), Mono(0).plus(limits::CLOCK_ALARM_AFTER));
        assert!(lock(&world.core.alarms).contains_key(ALARM_CLOCK));
        clocks.tell(&world.core, None, Mono(0));
        assert!(!lock(&world.core.alarms).contains_key(ALARM_CLOCK));
    }

    #[test]
    fn another_authority_is_an_alarm() {
        let (world, folder) = (World::new(), tempfile::tempdir().unwrap());
        let open = |hostname: &str| Arc::new(Identity::open(None, None, folder.path(), hostname, world.core.now().wall).unwrap());
        let alarmed = || lock(&world.core.alarms).contains_key(ALARM_AUTHORITY);
        assert!(!open("box.example").authority_was_replaced() && !open("box.example").authority_was_replaced());
        let _watch = rt::spawn(watch_certificate(world.core.clone(), open("other.example")));
        crate::app::testing::wait_for("the admin is told", alarmed);
    }

    #[test]
    fn a_part_that_falls_over_is_missed() {
        let parts = Parts::default();
        let (fall, falls) = rt::channel::bounded::<()>(1);
        let forever = parts.spawn(std::future::pending());
        let _falling = parts.spawn(async move {
            let _ = falls.recv().await;
            panic!("a part fell over");
        });
        assert!(parts.all_run());
        drop(fall);
        crate::app::testing::wait_for("it is missed", || !parts.all_run());
        drop(forever);
    }

    #[test]
    fn a_listener_everywhere_is_reached_by_loopback() {
        let check = |listener: &str, expected: &str| assert_eq!(reachable(listener.parse().unwrap()).to_string(), expected);
        check("0.0.0.0:25", "127.0.0.1:25");
        check("[::]:443", "[::1]:443");
        check("192.0.2.1:443", "192.0.2.1:443");
    }
}
