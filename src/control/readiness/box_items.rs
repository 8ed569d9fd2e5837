//! What concerns the box: whether it sees an outage, has the mail, and can send.

use super::{Certificate, Facts, Item, ago, days, item, share, unknown};
use crate::limits::DISK_RESERVE_OCTETS;

/// Each kind of evidence makes the decision better. Witnesses weigh as much as the canary: without them a pulled cable of our own
/// looks like an outage of everything.
const PROBE_CANARY: u32 = 3;
const PROBE_PAGES: u32 = 2;
const PROBE_WITNESSES: u32 = 3;
/// With a person who has to press the button, an outage at night lasts until morning.
const AUTOMATIC: u32 = 8;
/// People look for last week's mail: the cache is half of what the webmail is good for.
const CACHE: u32 = 10;
/// A warning in the browser frightens people away, but does not lock them out.
const CERTIFICATE: u32 = 5;
/// A full disk ends the cache and, in an outage, the taking of mail.
const DISK: u32 = 6;
/// A wrong clock confuses people and certificates; mail itself does not depend on it.
const CLOCK: u32 = 3;
/// Nobody from outside comes in: then the box takes no mail in an outage, or is not in the mail path at all.
const PORT_25: u32 = 4;
/// Without a way out people can read, but not answer the outside.
const OUTBOUND: u32 = 5;
/// Without reports, mail between colleagues is missing from the cache.
const JOURNAL: u32 = 4;
/// They mend themselves or need a person; either way it is seen as an alarm, too.
const INDEX: u32 = 2;
const LEDGER: u32 = 2;

/// Within this time a box in the mail path of an office has seen a stranger, sent something and got a report (a long weekend).
const SEEN_FRESH_DAYS: u32 = 4;
/// Room for less than this is a warning; for less than the second, bad.
const DISK_ROOM_DAYS: u32 = 30;
const DISK_ROOM_BAD_DAYS: u32 = 7;

pub(super) fn items(facts: &Facts) -> Vec<Item> {
    vec![
        probes(facts),
        automatic(facts),
        cache(facts),
        journal(facts),
        port_25(facts),
        outbound(facts),
        certificate(facts),
        disk(facts),
        clock(facts),
        index(facts),
        ledger(facts),
    ]
}

fn probes(facts: &Facts) -> Item {
    let wanted = [
        (facts.canary, PROBE_CANARY, "a canary mailbox (`primary.canary`)"),
        (facts.health_pages, PROBE_PAGES, "health pages (`primary.health_urls`)"),
        (facts.witnesses, PROBE_WITNESSES, "witnesses (`monitor.witnesses`)"),
    ];
    let of = wanted.iter().map(|(_, points, _)| points).sum();
    let points = wanted.iter().filter(|(there, ..)| *there).map(|(_, points, _)| points).sum();
    let missing: Vec<&str> = wanted.iter().filter(|(there, ..)| !there).map(|(.., what)| *what).collect();
    let text = if missing.is_empty() {
        "Exchange is watched by SMTP with a canary, by its health pages, and with witnesses.".to_owned()
    } else {
        format!("Exchange would be watched better with {}.", missing.join(", "))
    };
    item("probes", of, points, text)
}

fn automatic(facts: &Facts) -> Item {
    if facts.automatic {
        item("automatic", AUTOMATIC, AUTOMATIC, "The box takes over by itself.")
    } else {
        item("automatic", AUTOMATIC, 0, "The box does not take over by itself: `lifeboat automatic on` lets it.")
    }
}

fn cache(facts: &Facts) -> Item {
    let (have, all) = (facts.cached_days, facts.retention_days);
    // The first day is not whole.
    let points = share(CACHE, u64::from(have), u64::from(all.saturating_sub(1)));
    if have.saturating_add(1) >= all {
        return item("cache", CACHE, CACHE, format!("The last {} of mail are here.", days(all)));
    }
    let text = format!("{} of {all} days of mail are here. It fills by itself while mail passes through the box.", have);
    item("cache", CACHE, points, text)
}

fn journal(facts: &Facts) -> Item {
    let setup = "Let Exchange journal to the box (see \"Install\" in the README).";
    if !facts.takes_journal {
        let text = format!("Mail between colleagues is not copied: `primary.journal` is empty. {setup}");
        return item("journal", JOURNAL, 0, text);
    }
    match facts.journal_days {
        None => item("journal", JOURNAL, 0, format!("No journal report has come, so mail between colleagues is missing here. {setup}")),
        Some(age) if age > SEEN_FRESH_DAYS => {
            item("journal", JOURNAL, JOURNAL / 2, format!("The last journal report came {}. Is journaling still on in Exchange?", ago(age)))
        }
        Some(_) => item("journal", JOURNAL, JOURNAL, "Journal reports come, so mail between colleagues is here, too."),
    }
}

fn port_25(facts: &Facts) -> Item {
    match facts.stranger_days {
        None => {
            let text =
                "No server from outside has connected yet. Do the MX record and the router's port forward lead to this box (port 25)?";
            unknown("port-25", PORT_25, text)
        }
        Some(age) if age > SEEN_FRESH_DAYS => {
            let text = format!("The last server from outside connected {}. Do MX record and port forward still lead here?", ago(age));
            item("port-25", PORT_25, PORT_25 / 2, text)
        }
        Some(_) => item("port-25", PORT_25, PORT_25, "Servers from outside reach port 25 of this box."),
    }
}

fn outbound(facts: &Facts) -> Item {
    if !facts.has_route {
        let text = "There is no way to the outside: set `outbound.smarthost`, or people can read but not answer.";
        return item("outbound", OUTBOUND, 0, text);
    }
    match facts.delivered_days {
        None => {
            let text =
                "Nothing has been sent to the outside by this box yet, so nobody knows whether that works. A notice to an admin tries it.";
            unknown("outbound", OUTBOUND, text)
        }
        Some(age) if age > SEEN_FRESH_DAYS * 8 => {
            let text = format!("Mail was last delivered to the outside {}. A drill tries the way out.", ago(age));
            item("outbound", OUTBOUND, OUTBOUND / 2, text)
        }
        Some(_) => item("outbound", OUTBOUND, OUTBOUND, "Mail to the outside was delivered lately."),
    }
}

fn certificate(facts: &Facts) -> Item {
    let name = "certificate";
    match facts.certificate {
        Certificate::None => item(name, CERTIFICATE, 0, "The web pages have no TLS (`web.tls`)."),
        Certificate::SelfMade => {
            let text = "The box made its certificate itself, so browsers warn people. Install its authority on the office's machines \
                        (`lifeboat guide`), or give it one that they trust (`web.certificate`).";
            item(name, CERTIFICATE, CERTIFICATE / 2, text)
        }
        Certificate::Given => item(name, CERTIFICATE, CERTIFICATE, "The certificate is valid."),
        Certificate::Ends { days: left } => {
            item(name, CERTIFICATE, CERTIFICATE / 2, format!("The certificate ends within {}: renew it.", days(left)))
        }
        Certificate::Unusable => {
            item(name, CERTIFICATE, 0, "The certificate is out of its dates or cannot be read (`web.certificate`): browsers warn people.")
        }
    }
}

fn disk(facts: &Facts) -> Item {
    let name = "disk";
    let free = facts.free_octets >> 20;
    if facts.free_octets < DISK_RESERVE_OCTETS * 2 {
        return item(name, DISK, 0, format!("The disk is nearly full: {free} MiB are free. Give the box a larger one."));
    }
    match facts.disk_days_left {
        Some(left) if left < DISK_ROOM_BAD_DAYS => {
            item(name, DISK, 1, format!("At the present rate the disk is full in {}. Give the box a larger one.", days(left)))
        }
        // What retention will still take in has to fit; after that the cache grows no more.
        Some(left)
            if left < DISK_ROOM_DAYS && left < facts.retention_days.saturating_sub(facts.cached_days).max(DISK_ROOM_BAD_DAYS * 2) =>
        {
            let text =
                format!("At the present rate the disk has room for {} more. Give the box a larger one, or keep fewer days.", days(left));
            item(name, DISK, DISK / 2, text)
        }
        _ => item(name, DISK, DISK, format!("There is room on the disk ({free} MiB free).")),
    }
}

fn clock(facts: &Facts) -> Item {
    match facts.clock_trusted {
        Some(true) => item("clock", CLOCK, CLOCK, "The clock runs steadily."),
        Some(false) => item("clock", CLOCK, 0, "The clock of this box jumped or is behind: is its time server reachable?"),
        None => unknown("clock", CLOCK, "The box has just started: whether its clock is right shows within the hour."),
    }
}

fn index(facts: &Facts) -> Item {
    if facts.index_ready {
        item("index", INDEX, INDEX, "The list of the mail is complete.")
    } else {
        item("index", INDEX, 0, "The list of the mail is being made again; pages wait until it is there.")
    }
}

fn ledger(facts: &Facts) -> Item {
    if facts.ledger_whole {
        item("ledger", LEDGER, LEDGER, "The record of events and of who did what is whole.")
    } else {
        item("ledger", LEDGER, 0, "The record of events was changed from outside: `lifeboat audit verify` says where.")
    }
}
