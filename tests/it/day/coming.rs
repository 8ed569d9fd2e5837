//! What comes while Ann sits there: new mail, an invitation, and the mail server.

use std::path::Path;
use std::process::Command;

use super::{Desk, PATIENCE, deliver};
use crate::harness::lifeboat::Setup;
use crate::harness::sink::Sink;
use crate::harness::{mail, run, wait_for};

/// The day after tomorrow, at ten.
fn invitation() -> Vec<u8> {
    let day = run(Command::new("date").args(["-u", "-d", "2 days", "+%Y%m%d"]));
    let day = day.trim();
    format!(
        "From: Marta Keller <marta@northwind.example>\r\nTo: ann@example.com\r\nSubject: Trying chairs\r\n\
         Message-ID: <trying@northwind.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=c\r\n\r\n\
         --c\r\nContent-Type: text/plain\r\n\r\nPlease come and sit.\r\n\
         --c\r\nContent-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n\
         UID:trying@northwind.example\r\nDTSTAMP:20260303T091500Z\r\nDTSTART:{day}T100000Z\r\nDTEND:{day}T110000Z\r\n\
         SUMMARY:Trying chairs\r\nLOCATION:Hall 2\r\nORGANIZER:mailto:marta@northwind.example\r\nATTENDEE:mailto:ann@example.com\r\n\
         END:VEVENT\r\nEND:VCALENDAR\r\n--c--\r\n"
    )
    .into_bytes()
}

impl Desk<'_> {
    /// It stands on top of the list without a new page.
    pub fn gets_news(&self) {
        self.open("/mail/inbox");
        self.browser.script("window.stays = true");
        deliver(self.lifeboat, &mail::message("ann@example.com", "Keys are found", "At the gate."));
        self.sees("Keys are found");
        self.sees("1 new message");
        assert_eq!(self.browser.script("return window.stays === true"), true, "the page was loaded again");
        assert!(self.browser.script("return document.querySelector('li.mail').innerText").as_str().unwrap().contains("Keys are found"));
        self.picture("news");
    }

    /// She comes; the organizer is told so, and the agenda knows it.
    pub fn is_invited(&self, outside: &Sink) {
        deliver(self.lifeboat, &invitation());
        self.open("/mail/inbox");
        self.follow("Trying chairs");
        self.sees("Will you come?");
        self.picture("invitation");
        self.press("button[value=accept]");
        self.sees("Your answer is on its way to the organizer.");
        self.picture("accepted");
        let answer = wait_for("the answer outside", PATIENCE, || {
            let to_marta = |dump: &crate::harness::sink::Dump| dump.recipients == ["marta@northwind.example"];
            outside.dumps().into_iter().find(to_marta)
        });
        let text = String::from_utf8_lossy(&answer.message).into_owned();
        // RFC 5546 section 3.2.3.
        for part in ["METHOD:REPLY", "PARTSTAT=ACCEPTED", "UID:trying@northwind.example", "ann@example.com"] {
            assert!(text.replace("\n ", "").contains(part), "{part}: {text}");
        }
        self.open("/mail/agenda");
        self.sees("Trying chairs");
        self.sees("(accepted)");
        self.picture("agenda");
    }

    /// The mail server is back while she writes: her message is kept as a draft, and she is told. Then nobody may read here any more, and
    /// what she wrote is in her normal mailbox.
    pub fn goes_home(&self, primary: &Path, setup: &Setup, outside: &Sink) -> Sink {
        self.open("/mail/new");
        self.browser.type_into("#to", "luis@prado.example");
        self.browser.type_into("#subject", "Almost sent");
        self.browser.type_into("#text", "The gate stays open.");
        // It takes its time for each message: so the hand-over can be seen.
        let back = Sink::start_with(primary, setup.primary, &["-w", "1"]);
        self.lifeboat.wait_mode("recovering", PATIENCE);
        self.press("#send");
        self.sees("Your message was not sent, but kept.");
        self.sees("Almost sent");
        self.picture("kept");
        self.lifeboat.wait_mode("normal", PATIENCE * 2);
        self.open("/mail/inbox");
        wait_for("the end is said", PATIENCE, || {
            let text = self.browser.text();
            (text.contains("Outlook") && !text.contains("Truck on Monday")).then_some(())
        });
        self.shows("over");
        // The page is closed now: 403, and that is all.
        let said = self.complaints();
        assert!(said.iter().all(|line| line.contains("status of 403")), "{said:?}");
        wait_for("everything is handed over", PATIENCE, || (self.lifeboat.queued() == 0).then_some(()));
        wait_for("the drafts in the normal mailbox", PATIENCE, || {
            let drafts = ["Subject: Almost sent", "The gate stays open.", "Subject: Too early"];
            let has = |message: &[u8]| drafts.iter().all(|part| String::from_utf8_lossy(message).contains(part));
            back.dumps().iter().any(|dump| dump.recipients == ["ann@example.com"] && has(&dump.message)).then_some(())
        });
        self.never_left("Almost sent", outside);
        self.never_left("Too early", outside);
        back
    }
}
