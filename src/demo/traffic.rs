//! A steady stream of mail from outside: a message every 100 ms, whatever happens to the primary.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::outside::{Outside, Parcel, Taken};
use super::people::{DOMAIN, OFFICE};
use crate::clock::{Clock, Mono};
use crate::mail::{Address, date};
use crate::net::rt::{self, Semaphore, Task};

const PAUSE: Duration = Duration::from_millis(100);
/// Senders at a time; the box takes 100 connections from one address.
const SENDERS_MAX: usize = 50;

/// Traffic that runs until it is stopped.
pub struct Traffic {
    shared: Arc<Shared>,
    task: Task<()>,
}

#[derive(Default)]
struct Shared {
    stop: AtomicBool,
    results: Mutex<Vec<Result<Taken, String>>>,
}

impl Traffic {
    pub fn start(outside: Outside, clock: Arc<dyn Clock>) -> Traffic {
        let shared = Arc::new(Shared::default());
        let task = rt::spawn(stream(outside, clock, shared.clone()));
        Traffic { shared, task }
    }

    /// Id of the newest message that was accepted after `at` for the given recipient (the first may have left the first page).
    pub fn accepted_after(&self, at: Mono, recipient: &str) -> Option<String> {
        let results = self.shared.results.lock().unwrap_or_else(PoisonError::into_inner);
        let fits = |taken: &&Taken| taken.at > at && taken.pairs.iter().any(|pair| pair.recipient == recipient);
        let newest = results.iter().flatten().filter(fits).max_by_key(|taken| taken.at)?;
        newest.pairs.first().map(|pair| pair.id.clone())
    }

    /// Stops; gives everything that got 250, once the last sender is done.
    ///
    /// # Errors
    /// A sender that was refused or gave up.
    pub async fn stop(self) -> Result<Vec<Taken>, String> {
        self.shared.stop.store(true, Ordering::Relaxed);
        self.task.await;
        let results = std::mem::take(&mut *self.shared.results.lock().unwrap_or_else(PoisonError::into_inner));
        results.into_iter().collect()
    }
}

async fn stream(outside: Outside, clock: Arc<dyn Clock>, shared: Arc<Shared>) {
    let slots = Arc::new(Semaphore::new(SENDERS_MAX));
    let mut senders = Vec::new();
    let mut number = 0;
    while !shared.stop.load(Ordering::Relaxed) {
        let slot = slots.acquire_arc().await;
        match parcel(number, clock.as_ref()) {
            Ok(parcel) => {
                let (outside, shared) = (outside.clone(), shared.clone());
                senders.push(rt::spawn(async move {
                    let result = outside.send(&parcel).await;
                    shared.results.lock().unwrap_or_else(PoisonError::into_inner).push(result);
                    drop(slot);
                }));
            }
            Err(error) => shared.results.lock().unwrap_or_else(PoisonError::into_inner).push(Err(error)),
        }
        senders.retain(|sender| !sender.is_finished());
        number += 1;
        rt::sleep(PAUSE).await;
    }
    for sender in senders {
        sender.await;
    }
}

/// Message `number` of the stream; several shapes in turn.
fn parcel(number: usize, clock: &dyn Clock) -> Result<Parcel, String> {
    let id = format!("order-{number:05}");
    let wall = clock.now().wall;
    let ann_first = &OFFICE[number % OFFICE.len()];
    let mut to = vec![ann_first.address()];
    if number % 7 == 3 {
        to.push(OFFICE[(number + 1) % OFFICE.len()].address());
    }
    let mut text = format!(
        "From: Order Desk <orders@shop{shop}.example>\r\nTo: {to}\r\nSubject: Order {id}\r\nDate: {date}\r\n\
         Message-ID: <{id}.{stamp}@shop{shop}.example>\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n",
        shop = number % 5,
        to = to.join(", "),
        date = date::rfc5322(wall),
        stamp = wall.0,
        encoding = if number % 4 == 1 { "8bit" } else { "7bit" },
    );
    text.push_str(&body(number, &id));
    let from = format!("orders@shop{}.example", number % 5);
    let wrong = |error: crate::mail::AddressError| error.to_string();
    let to = to.iter().map(|address| Address::parse(address)).collect::<Result<Vec<_>, _>>().map_err(wrong)?;
    Ok(Parcel { id, from: Address::parse(&from).map_err(wrong)?, to, bytes: text.into_bytes().into() })
}

fn body(number: usize, id: &str) -> String {
    match number % 4 {
        // Lines that SMTP has to stuff (RFC 5321 section 4.5.2).
        0 => format!(".\r\n..\r\n.{id}\r\n\r\nregards\r\n"),
        1 => format!("Grüße, {id} ist für {DOMAIN}: größer, schöner, älter\r\n"),
        2 => format!("{id}\r\n{}", "forty kilobytes of an order list, line by line\r\n".repeat(850)),
        _ => format!("{id}: 12 boxes, please.\r\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Now;

    struct Fixed;

    impl Clock for Fixed {
        fn now(&self) -> Now {
            Now::default()
        }
    }

    #[test]
    fn messages_differ_and_are_fit_for_smtp() {
        let mut seen = std::collections::HashSet::new();
        for number in 0..30 {
            let parcel = parcel(number, &Fixed).unwrap();
            let text = String::from_utf8(parcel.bytes.to_vec()).unwrap();
            assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains(['\r', '\n']), "{number}");
            assert_eq!(text.contains("8bit"), !text.is_ascii(), "{number}");
            assert!(seen.insert(text), "{number}");
        }
    }
}
