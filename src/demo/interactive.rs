//! The demonstration with hands on: prints where everything is, then follows keys, the demo page and signals.

use std::io::BufRead;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use super::page::{self, Command, Shared, Snapshot};
use super::sample;
use super::stage::{GLANCE, Stage, mode_name};
use super::timeline::print;
use crate::control::{Status, Verb};
use crate::net::rt::{self, channel};
use crate::net::service;

/// Presses that may wait.
const COMMANDS_MAX: usize = 16;
/// Lines of the timeline, and messages at the primary, that the page shows.
const SHOWN: usize = 15;

/// Runs until `q`, SIGINT or SIGTERM.
///
/// # Errors
/// Something could not be started; in words.
pub async fn run(stage: &mut Stage) -> Result<(), String> {
    let (sender, commands) = channel::bounded(COMMANDS_MAX);
    let status = stage.glance();
    let shared: Shared = Arc::new(Mutex::new(snapshot(stage, &status)?));
    let server = page::serve(shared.clone(), sender.clone(), token()?).map_err(|error| format!("the demo page: {error}"))?;
    let address = server.addresses().first().copied().ok_or("the demo page has no address")?;
    welcome(stage, address)?;
    read_keys(sender.clone());
    rt::spawn(async move {
        service::StopSignals::listen().wait().await;
        let _ = sender.send(Command::Quit).await;
    })
    .detach();
    let samples = rt::spawn(send_samples(stage.outside.clone(), stage.clock.clone(), stage.timeline.clone()));
    let outcome = follow(stage, &shared, &commands).await;
    drop(samples);
    server.stop(std::time::Duration::ZERO).await;
    outcome
}

async fn follow(stage: &mut Stage, shared: &Shared, commands: &channel::Receiver<Command>) -> Result<(), String> {
    loop {
        let command = rt::race(async { commands.recv().await.ok() }, async {
            rt::sleep(GLANCE).await;
            None
        })
        .await;
        match command {
            Some(Command::PullPlug) => stage.pull_plug().await,
            Some(Command::PlugIn) => {
                if let Err(error) = stage.plug_in().await {
                    stage.timeline.tell(error);
                }
            }
            Some(Command::Status) => tell_status(stage),
            Some(Command::Quit) => return Ok(()),
            None => {}
        }
        let status = stage.glance();
        *shared.lock().unwrap_or_else(PoisonError::into_inner) = snapshot(stage, &status)?;
    }
}

fn snapshot(stage: &Stage, status: &Status) -> Result<Snapshot, String> {
    Ok(Snapshot {
        webmail: stage.web()?,
        smtp: stage.smtp()?,
        logins: stage.logins.clone(),
        plugged: stage.primary.is_plugged(),
        plug_moved: stage.plug_moved().map(|moved| stage.now().since(moved)),
        mode: status.mode,
        outlook: status.outlook.clone(),
        queue_primary: status.queue.primary,
        queue_outbound: status.queue.outbound,
        timeline: stage.timeline.newest(SHOWN),
        arrived: stage.primary.kept_last(SHOWN),
        arrived_count: stage.primary.kept_len(),
    })
}

fn welcome(stage: &Stage, page: SocketAddr) -> Result<(), String> {
    let (web, smtp) = (stage.web()?, stage.smtp()?);
    let mut text = format!(
        "\nLifeboat demonstration: the real box with a stand-in primary, on this machine only.\n\n\
         \x20 demo page   http://{page}/   (the plug, what happens, what arrived)\n\
         \x20 webmail     https://{web}/   (open while the primary is dead; the certificate is self-made)\n\
         \x20 admin       {}   (make an account, see the dashboard)\n\
         \x20 SMTP        {smtp}\n\n  people\n",
        set_up_link(stage, web)
    );
    for login in &stage.logins {
        text.push_str(&format!("    {:<14} {:<20} {}\n", login.name, login.address, login.password));
    }
    text.push_str(&format!(
        "\n  try\n\
         \x20   1. type d and Enter (or press the button on the demo page): the primary's plug is pulled\n\
         \x20   2. within 20 s the box takes over; sign in to the webmail, read, answer something\n\
         \x20   3. send more: swaks --server {smtp} --from you@outside.example --to ann@example.com\n\
         \x20      or: curl smtp://{smtp} --mail-from you@outside.example --mail-rcpt ann@example.com -T message.eml\n\
         \x20   4. type u and Enter: the plug is back; watch everything arrive at the primary\n\n\
         \x20 keys (each with Enter): d pull the plug, u plug in again, s status, q quit\n"
    ));
    print(&text);
    Ok(())
}

/// Where the first account of the admin's pages is made. The box gives the link by its name, which leads nowhere here.
fn set_up_link(stage: &Stage, web: SocketAddr) -> String {
    let answer = stage.running.execute(Verb::AdminSetup { by: "demo".to_owned() });
    let link = answer.json["links"][0].as_str().unwrap_or_default();
    let path = link.find("/admin/").map_or("/admin", |at| &link[at..]);
    format!("https://{web}{path}")
}

fn tell_status(stage: &Stage) {
    let status = stage.running.status();
    let plug = if stage.primary.is_plugged() { "plugged in" } else { "unplugged" };
    stage.timeline.tell(format!(
        "mode {}, primary {plug}, {} waiting for it, {} for the internet, {} arrived there; {}",
        mode_name(status.mode),
        status.queue.primary,
        status.queue.outbound,
        stage.primary.kept_len(),
        status.outlook
    ));
}

/// Follows the keyboard. With stdin closed there are no keys, and the demonstration runs until a signal.
fn read_keys(commands: channel::Sender<Command>) {
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            let command = match line.trim().chars().next().map(|c| c.to_ascii_lowercase()) {
                Some('d') => Command::PullPlug,
                Some('u') => Command::PlugIn,
                Some('s') => Command::Status,
                Some('q') => Command::Quit,
                _ => {
                    print("keys: d pull the plug, u plug in again, s status, q quit");
                    continue;
                }
            };
            if commands.send_blocking(command).is_err() {
                return;
            }
        }
    });
}

async fn send_samples(
    outside: super::outside::Outside,
    clock: Arc<dyn crate::clock::Clock>,
    timeline: super::timeline::Timeline,
) -> Result<(), String> {
    let parcels = sample::parcels(clock.now().wall)?;
    let count = parcels.len();
    for parcel in parcels {
        if let Err(error) = outside.send(&parcel).await {
            timeline.tell(format!("sample mail stopped: {error}"));
            return Err(error);
        }
    }
    timeline.tell(format!("{count} sample messages of the last 30 days have gone through the box to the primary"));
    Ok(())
}

/// 128 random bits in hex.
fn token() -> Result<String, String> {
    let mut random = [0_u8; 16];
    getrandom::fill(&mut random).map_err(|error| format!("no random numbers: {error}"))?;
    Ok(random.iter().map(|octet| format!("{octet:02x}")).collect())
}
