//! Small regular work: retention, disk room, connections nobody needs, what a gate held, the watchdog.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use super::core::Core;
use super::outgoing::{Outgoing, primary_target};
use super::recovery;
use crate::config::HostPort;
use crate::limits;
use crate::net::dns::Resolver;
use crate::net::rt;
use crate::net::{deadline, probe, service, smtp_client};
use crate::smtp::client::Cause;

const ROUND: Duration = Duration::from_secs(15);
const PURGE_EVERY_ROUNDS: u32 = 240;
const SELF_PROBE_TIMEOUT: Duration = Duration::from_secs(10);

/// For ever, a round each [`ROUND`].
pub async fn run(core: Arc<Core>, outgoing: Arc<Outgoing>) {
    let mut round: u32 = 0;
    loop {
        outgoing.close_idle().await;
        look_at_disk(&core).await;
        if let Err(error) = recovery::release_held(&core).await {
            log::error!("held recipients not readable: {error}");
        }
        if round.is_multiple_of(PURGE_EVERY_ROUNDS) {
            purge(&core).await;
        }
        round = round.wrapping_add(1);
        rt::sleep(ROUND).await;
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
            core.clear_alarm("store");
        }
        Err(error) => core.raise_alarm("store", format!("The mail cache cannot be read: {error}.")),
    }
}

async fn purge(core: &Arc<Core>) {
    let there = core.clone();
    let purged = rt::unblock(move || {
        let now = there.now().wall;
        let age_ms = u64::from(there.config.cache.retention_days) * 24 * 3600 * 1000;
        let pinned = there.mode().event.map(|event| event.first);
        there.store.purge(crate::clock::Wall(now.0.saturating_sub(age_ms)), pinned, now)
    })
    .await;
    match purged {
        Ok(0) => {}
        Ok(segments) => log::info!("retention segments-dropped={segments}"),
        Err(error) => log::error!("retention failed: {error}"),
    }
}

/// Feeds systemd's watchdog, but only after the SMTP port greeted and the web port took a connection.
pub async fn feed_watchdog(core: Arc<Core>, smtp: Vec<SocketAddr>, web: Vec<SocketAddr>) {
    let Some(interval) = service::watchdog_interval() else { return };
    loop {
        if answers(&core, &smtp, &web).await {
            service::feed_watchdog();
        } else {
            log::error!("self-probe failed: the watchdog is not fed");
        }
        let mode = core.mode().mode;
        service::status(&format!("Mode: {mode:?}"));
        rt::sleep(interval).await;
    }
}

async fn answers(core: &Arc<Core>, smtp: &[SocketAddr], web: &[SocketAddr]) -> bool {
    let resolver = Resolver::new();
    let (Some(smtp), Some(web)) = (smtp.first(), web.first()) else { return false };
    let target = primary_target(core, &reachable(*smtp));
    let greeted = deadline::within(SELF_PROBE_TIMEOUT, smtp_client::Connection::open(&target, &resolver, core.clock.clone())).await;
    let smtp_works = match greeted {
        Ok(Ok(_)) => true,
        // The machine rightly notices that it speaks to itself: that is the answer we want here.
        Ok(Err(failure)) => failure.cause == Cause::Ourselves,
        Err(deadline::Elapsed) => false,
    };
    smtp_works && probe::witness(&reachable(*web), SELF_PROBE_TIMEOUT, &resolver).await
}

/// An address to reach our own listener by; one that listens everywhere is reached by loopback.
fn reachable(listener: SocketAddr) -> HostPort {
    let host = match listener {
        SocketAddr::V4(v4) if v4.ip().is_unspecified() => "127.0.0.1".to_owned(),
        SocketAddr::V6(v6) if v6.ip().is_unspecified() => "::1".to_owned(),
        other => other.ip().to_string(),
    };
    HostPort { host, port: listener.port() }
}
