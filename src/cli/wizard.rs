//! `lifeboat wizard`: the set-up in the browser, of an appliance that nobody has configured yet.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use argh::FromArgs;
use lifeboat::app::wizard::{Options, Wizard};
use lifeboat::clock::SystemClock;
use lifeboat::net::{rt, service};

use super::{DONE, FAILED, complain, logging, say};

/// ask for the settings in a browser, and write them into a folder (the appliance starts it while it is not configured)
#[derive(FromArgs)]
#[argh(subcommand, name = "wizard")]
pub struct WizardCommand {
    /// folder for the files: lifeboat.toml, directory.csv and what else was answered; `ready` is written last
    #[argh(option)]
    pub to: PathBuf,
    /// address and port (default 0.0.0.0:443); only private networks are answered
    #[argh(option, default = "SocketAddr::from(([0, 0, 0, 0], 443))")]
    pub listen: SocketAddr,
    /// file in which stands why the files were not taken over
    #[argh(option)]
    pub problems: Option<PathBuf>,
}

/// Until it is stopped.
pub fn run(command: WizardCommand) -> u8 {
    logging::start();
    let options = Options { listen: command.listen, folder: command.to, problems: command.problems };
    let wizard = match Wizard::start(options, Arc::new(SystemClock::new())) {
        Ok(wizard) => wizard,
        Err(error) => {
            complain(&format!("lifeboat: cannot start: {}", error.0));
            return FAILED;
        }
    };
    for address in wizard.addresses() {
        say(&format!("https://{address}/setup/{}", wizard.code()));
    }
    service::ready("set-up in the browser");
    rt::block_on(service::StopSignals::listen().wait());
    DONE
}
