//! `lifeboat run`: the box itself.

use std::path::Path;
use std::sync::Arc;

use lifeboat::app::Running;
use lifeboat::clock::SystemClock;
use lifeboat::net::listen::Inherited;
use lifeboat::net::{rt, service};

use super::{DONE, FAILED, complain, load, logging};

pub fn run(path: &Path) -> u8 {
    let loaded = match load::load_or_complain(path) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    logging::start();
    // A service manager that changes its mind while the box starts gets an orderly stop, too.
    let stop = service::StopSignals::listen();
    for warning in &loaded.warnings {
        log::warn!("config {warning}");
    }
    log::info!("box starting version={} build={:?} config={}", env!("CARGO_PKG_VERSION"), env!("LIFEBOAT_FACTS"), path.display());
    let running = match Running::start_on(Inherited::take(), loaded.config, Arc::new(SystemClock::new())) {
        Ok(running) => running,
        Err(error) => {
            complain(&format!("lifeboat: cannot start: {}", error.0));
            return FAILED;
        }
    };
    // Listening, and what waits in sockets of the service manager is being taken. An index that is still being made is no reason to wait: mail is.
    service::ready(&format!("Mode: {:?}", running.status().mode));
    rt::block_on(stop.wait());
    log::info!("box stopping");
    service::stopping();
    running.stop();
    log::info!("box stopped");
    DONE
}
