//! Text messages, posts to a chat and the admin's program: what waits, tries with growing waits, and how each ended.
//!
//! What is sent lies in the spool, as a message without recipients, and who gets it in the ledger (`notice`); how it ended is a line of
//! kind `notice-state`. So a restart goes on with what was not sent, and sends nothing twice that had an end.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::tell::{Channel, NoticeLine, Told};
use crate::app::core::{Core, lock};
use crate::clock::{Mono, Wall};
use crate::config::Hook;
use crate::limits::{
    COMMAND_TIMEOUT, CONFIG_FILE_MAX_OCTETS, PUSH_AGAIN_FIRST, PUSH_AGAIN_MAX, PUSH_ALARM_AFTER, PUSH_GIVE_UP_AFTER, PUSHES_HOUR_MAX,
};
use crate::mail::trace::split_header;
use crate::net::dns::Resolver;
use crate::net::rt::{self, channel};
use crate::net::{command, webhook};
use crate::notify;
use crate::store::{Seq, StoreError};

/// What a notice of this kind says, as it lies in the spool behind a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Words {
    pub to: String,
    pub subject: String,
    pub text: String,
    #[serde(default)]
    pub about: String,
    #[serde(default)]
    pub what: String,
}

/// A ledger line of kind `notice-state`: how one that is no mail ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateLine {
    pub message: Seq,
    pub channel: Channel,
    pub is_sent: bool,
    pub attempts: u32,
    /// Why not, or what the program said.
    #[serde(default)]
    pub detail: String,
}

/// One that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Item {
    message: Seq,
    since: Wall,
    attempts: u32,
    last: String,
}

/// What waits, by channel.
pub struct Outbox {
    waiting: Mutex<HashMap<Channel, VecDeque<Item>>>,
    wake: HashMap<Channel, (channel::Sender<()>, channel::Receiver<()>)>,
}

const CHANNELS: [Channel; 3] = [Channel::Sms, Channel::Chat, Channel::Command];

impl Default for Outbox {
    fn default() -> Outbox {
        Outbox { waiting: Mutex::default(), wake: CHANNELS.map(|channel| (channel, channel::bounded(1))).into() }
    }
}

impl Outbox {
    /// Takes what is no mail among these.
    pub fn take(&self, told: &[Told], now: Wall) {
        for told in told.iter().filter(|told| CHANNELS.contains(&told.channel)) {
            let item = Item { message: told.message, since: now, attempts: 0, last: String::new() };
            lock(&self.waiting).entry(told.channel).or_default().push_back(item);
            if let Some((sender, _)) = self.wake.get(&told.channel) {
                let _already_awake = sender.try_send(());
            }
        }
    }

    /// Tries so far and the last failure of one that waits.
    pub fn waiting(&self, message: Seq) -> Option<(u32, String)> {
        let waiting = lock(&self.waiting);
        let item = waiting.values().flatten().find(|item| item.message == message)?;
        Some((item.attempts, item.last.clone()))
    }

    fn first(&self, channel: Channel) -> Option<Item> {
        lock(&self.waiting).get(&channel)?.front().cloned()
    }

    /// The first one is done, or stands behind the others.
    fn done(&self, channel: Channel, again: Option<Item>) {
        let mut waiting = lock(&self.waiting);
        let queue = waiting.entry(channel).or_default();
        queue.pop_front();
        queue.extend(again);
    }

    async fn woken(&self, channel: Channel) {
        match self.wake.get(&channel) {
            Some((_, receiver)) => drop(receiver.recv().await),
            None => std::future::pending().await,
        }
    }
}

/// How notices that are no mail ended, by their messages.
pub type Outcomes = HashMap<Seq, StateLine>;

/// All of them.
///
/// # Errors
/// The ledger cannot be read.
pub fn outcomes(core: &Core) -> Result<Outcomes, StoreError> {
    let lines = core.ledger.read("notice-state")?.into_iter();
    let lines = lines.filter_map(|line| serde_json::from_value::<StateLine>(line.data).ok());
    Ok(lines.map(|line| (line.message, line)).collect())
}

/// What a crash or a stop left without an end.
fn left_over(core: &Core) -> Result<Vec<(Wall, Told)>, StoreError> {
    let done: HashSet<Seq> = outcomes(core)?.into_keys().collect();
    let now = core.now().wall;
    let mut left = Vec::new();
    for line in core.ledger.read("notice")?.into_iter().filter(|line| now.since(line.at) < PUSH_GIVE_UP_AFTER) {
        let Ok(notice) = serde_json::from_value::<NoticeLine>(line.data) else { continue };
        let open = notice.told.into_iter().filter(|told| CHANNELS.contains(&told.channel) && !done.contains(&told.message));
        left.extend(open.map(|told| (line.at, told)));
    }
    Ok(left)
}

/// Sends what waits, each channel on its own, for ever.
pub async fn run(core: Arc<Core>) {
    let there = core.clone();
    match rt::unblock(move || left_over(&there)).await {
        Ok(left) => left.into_iter().for_each(|(at, told)| core.outbox.take(&[told], at)),
        Err(error) => log::error!("notice: what was left over cannot be read: {error}"),
    }
    let tasks: Vec<rt::Task<()>> = CHANNELS.map(|channel| rt::spawn(Pusher::new(core.clone(), channel).run())).into();
    for task in tasks {
        task.await;
    }
}

/// How one try ended.
enum Ended {
    Sent(String),
    /// Again later.
    Failed(String),
    /// Never.
    Refused(String),
}

struct Pusher {
    core: Arc<Core>,
    channel: Channel,
    resolver: Resolver,
    failures: u32,
    failing_since: Option<Mono>,
    /// Tries within the last hour.
    tried: VecDeque<Mono>,
}

impl Pusher {
    fn new(core: Arc<Core>, channel: Channel) -> Pusher {
        Pusher { core, channel, resolver: Resolver::new(), failures: 0, failing_since: None, tried: VecDeque::new() }
    }

    async fn run(mut self) {
        loop {
            match self.core.outbox.first(self.channel) {
                None => self.core.outbox.woken(self.channel).await,
                Some(item) => self.push(item).await,
            }
        }
    }

    async fn push(&mut self, mut item: Item) {
        let now = self.core.now();
        while self.tried.front().is_some_and(|at| now.mono.since(*at) >= Duration::from_secs(3600)) {
            self.tried.pop_front();
        }
        let ended = match self.tried.len() < PUSHES_HOUR_MAX {
            true => self.send(item.message).await,
            false => Ended::Refused("too many in an hour".to_owned()),
        };
        self.tried.push_back(now.mono);
        item.attempts += 1;
        let channel = self.channel;
        match ended {
            Ended::Sent(detail) => {
                self.works();
                self.end(item, true, detail).await;
            }
            Ended::Refused(why) => self.end(item, false, why).await,
            Ended::Failed(why) if now.wall.since(item.since) >= PUSH_GIVE_UP_AFTER => self.end(item, false, why).await,
            Ended::Failed(why) => {
                log::warn!("notice message={} channel={channel:?} attempt={} failed: {why}", item.message, item.attempts);
                item.last = why.clone();
                self.core.outbox.done(channel, Some(item));
                self.fails(&why);
                let wait = PUSH_AGAIN_FIRST.saturating_mul(1 << self.failures.saturating_sub(1).min(16)).min(PUSH_AGAIN_MAX);
                rt::sleep(wait).await;
            }
        }
    }

    async fn end(&self, item: Item, is_sent: bool, detail: String) {
        log::info!("notice message={} channel={:?} sent={is_sent} attempts={} {detail}", item.message, self.channel, item.attempts);
        let line = StateLine { message: item.message, channel: self.channel, is_sent, attempts: item.attempts, detail };
        let core = self.core.clone();
        rt::unblock(move || core.record("notice-state", &line, core.now().wall)).await;
        self.core.outbox.done(self.channel, None);
    }

    fn works(&mut self) {
        (self.failures, self.failing_since) = (0, None);
        self.core.clear_alarm(self.alarm());
    }

    fn fails(&mut self, why: &str) {
        let now = self.core.now().mono;
        self.failures = self.failures.saturating_add(1);
        if now.since(*self.failing_since.get_or_insert(now)) >= PUSH_ALARM_AFTER {
            let whose = match self.channel {
                Channel::Sms => "Text messages ([sms])",
                Channel::Chat => "Posts to the chat ([chat])",
                _ => "The program notify.command",
            };
            self.core.raise_alarm(self.alarm(), format!("{whose} cannot be sent: {why}."));
        }
    }

    fn alarm(&self) -> &'static str {
        match self.channel {
            Channel::Sms => "notices-sms",
            Channel::Chat => "notices-chat",
            _ => "notices-command",
        }
    }

    async fn send(&self, message: Seq) -> Ended {
        let core = self.core.clone();
        let words = match rt::unblock(move || words_of(&core, message)).await {
            Ok(words) => words,
            Err(StoreError::NotReady { .. }) => return Ended::Failed("the index is not ready".to_owned()),
            Err(error) => return Ended::Refused(error.to_string()),
        };
        let config = &self.core.config;
        let hook = match self.channel {
            Channel::Sms => config.sms.as_ref(),
            Channel::Chat => config.chat.as_ref(),
            _ => return self.run_command(&words).await,
        };
        match hook {
            Some(hook) => post(hook, &words, &self.resolver).await,
            None => Ended::Refused("no longer configured".to_owned()),
        }
    }

    async fn run_command(&self, words: &Words) -> Ended {
        let Some(program) = &self.core.config.notify.command else { return Ended::Refused("no longer configured".to_owned()) };
        let facts = [
            ("LIFEBOAT_SUBJECT", words.subject.as_str()),
            ("LIFEBOAT_ABOUT", words.about.as_str()),
            ("LIFEBOAT_WHAT", words.what.as_str()),
            ("LIFEBOAT_HOSTNAME", self.core.config.server.hostname.as_str()),
        ];
        match command::run(program, &facts, &words.text, COMMAND_TIMEOUT).await {
            Ok(said) => Ended::Sent(said),
            Err(why) => Ended::Failed(why),
        }
    }
}

fn words_of(core: &Core, message: Seq) -> Result<Words, StoreError> {
    let body = core.store.body(message)?;
    let (_, words) = split_header(&body);
    serde_json::from_slice(words).map_err(|error| StoreError::Damaged(format!("message {message} is no notice: {error}")))
}

async fn post(hook: &Hook, words: &Words, resolver: &Resolver) -> Ended {
    let post = notify::post(hook, &words.to, &words.subject, &words.text);
    let header = match &hook.header_file {
        None => None,
        Some(file) => {
            let there = file.clone();
            match rt::unblock(move || read_header(&there)).await {
                Ok(header) => Some(header),
                Err(error) => return Ended::Failed(format!("{}: {error}", file.display())),
            }
        }
    };
    let call = webhook::Call {
        url: &hook.url,
        path: &post.path,
        header: header.as_deref(),
        body: Some((post.content_type, post.body.as_bytes())),
        ca_file: hook.ca_file.as_deref(),
    };
    match webhook::call(&call, resolver).await {
        Ok(status @ 200..=299) => Ended::Sent(format!("answered {status}")),
        // RFC 6585 section 4, RFC 9110 section 15.5.9: those may work later, as everything that is the server's fault.
        Ok(status @ (408 | 425 | 429 | 500..)) => Ended::Failed(format!("{} answered {status}", hook.url.server)),
        Ok(status) => Ended::Refused(format!("{} answered {status}", hook.url.server)),
        Err(why) => Ended::Failed(why),
    }
}

/// The first line, if it is a header field.
fn read_header(file: &std::path::Path) -> Result<String, String> {
    let length = std::fs::metadata(file).map_err(|error| error.to_string())?.len();
    if length > CONFIG_FILE_MAX_OCTETS {
        return Err("is too large".to_owned());
    }
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let line = text.lines().next().unwrap_or_default().trim();
    let is_field =
        line.split_once(':').is_some_and(|(name, _)| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'));
    if is_field && line.bytes().all(|b| (b' '..=b'~').contains(&b)) {
        Ok(line.to_owned())
    } else {
        Err("its first line is no header field (example: Authorization: Bearer 4f2a)".to_owned())
    }
}
