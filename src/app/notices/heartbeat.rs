//! Calls an address of the admin's choice while the box is well, so that somebody outside notices when it is not, or is gone.

use std::sync::Arc;

use crate::app::core::Core;
use crate::app::housekeeping::{Parts, is_well};
use crate::clock::Mono;
use crate::limits::HEARTBEAT_ALARM_AFTER;
use crate::net::dns::Resolver;
use crate::net::{rt, webhook};

const ALARM: &str = "heartbeat";

/// For ever; at once over if nobody is to be called.
pub async fn run(core: Arc<Core>, parts: Arc<Parts>) {
    let Some(url) = core.config.notify.heartbeat_url.clone() else { return };
    let resolver = Resolver::new();
    let mut failing_since: Option<Mono> = None;
    loop {
        let started = core.now().mono;
        if is_well(&core, &parts).await {
            let call = webhook::Call { url: &url, path: &url.path, header: None, body: None, ca_file: None };
            let called = match webhook::call(&call, &resolver).await {
                Ok(200..=299) => Ok(()),
                Ok(status) => Err(format!("{} answered {status}", url.server)),
                Err(why) => Err(why),
            };
            match called {
                Ok(()) => {
                    failing_since = None;
                    core.clear_alarm(ALARM);
                }
                Err(why) => {
                    log::warn!("heartbeat not sent: {why}");
                    let now = core.now().mono;
                    if now.since(*failing_since.get_or_insert(now)) >= HEARTBEAT_ALARM_AFTER {
                        core.raise_alarm(ALARM, format!("The heartbeat cannot be sent: {why}."));
                    }
                }
            }
        } else {
            log::error!("self-probe failed: no heartbeat is sent");
        }
        rt::sleep(core.config.notify.heartbeat_interval.saturating_sub(core.now().mono.since(started))).await;
    }
}
