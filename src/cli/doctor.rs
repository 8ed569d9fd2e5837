//! `lifeboat doctor`: looks at everything around the box, also when the box does not run.

use std::sync::Arc;

use lifeboat::app::doctor;
use lifeboat::clock::SystemClock;
use lifeboat::control::readiness::State;
use lifeboat::control::{Status, Verb};
use lifeboat::net::control_socket;

use super::args::Doctor;
use super::{DONE, FAILED, load, say};

/// Exit codes: 0 nothing is bad, 1 something is, 78 bad configuration.
pub fn run(command: &Doctor) -> u8 {
    let loaded = match load::load_or_complain(&command.config) {
        Ok(loaded) => loaded,
        Err(exit) => return exit,
    };
    let config = &loaded.config;
    let answer = control_socket::ask(&config.server.control_socket, &Verb::Status);
    let status: Option<Status> = answer.ok().and_then(|answer| serde_json::from_value(answer.json).ok());
    let found = doctor::examine(config, Arc::new(SystemClock::new()), status.as_ref());
    if command.json {
        say(&format!("{:#}", serde_json::json!({ "findings": found })));
    } else {
        say(&doctor::to_text(&found));
    }
    if found.iter().any(|finding| finding.state == State::Bad) { FAILED } else { DONE }
}
