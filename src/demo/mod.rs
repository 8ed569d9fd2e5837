//! The demonstration: the real appliance with a stand-in primary, on loopback, in a temporary folder.
//!
//! Owns the stand-ins, the sample mail, the demo page and the story of `--auto`. The box that it starts is the one of `lifeboat run`,
//! configured by the text of a configuration file, with default thresholds. Never sends anything off this machine.

mod auto;
mod compare;
mod drawing;
mod folder;
pub mod html;
mod interactive;
mod letter;
mod outside;
mod page;
mod people;
mod sample;
mod settings;
mod stage;
mod stand_in;
#[cfg(test)]
mod tests;
mod timeline;
mod traffic;
mod visitor;

use crate::net::{rt, service};
use stage::Stage;

/// How it is played.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// Without hands: the whole story, a proof and an end.
    pub auto: bool,
}

/// Runs the demonstration; the exit code. 0 only if everything worked and nothing was lost.
pub fn run(options: Options) -> u8 {
    let mut stage = match Stage::start() {
        Ok(stage) => stage,
        Err(error) => {
            timeline::print(&format!("demo failed: {error}"));
            return 1;
        }
    };
    rt::block_on(async {
        let outcome = if options.auto {
            rt::race(auto::run(&mut stage), async {
                service::StopSignals::listen().wait().await;
                Err("stopped by a signal".to_owned())
            })
            .await
        } else {
            interactive::run(&mut stage).await.map(|()| true)
        };
        stage.stop().await;
        match outcome {
            Ok(true) => 0,
            Ok(false) => 1,
            Err(error) => {
                timeline::print(&format!("demo failed: {error}"));
                1
            }
        }
    })
}
