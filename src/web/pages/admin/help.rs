//! Help for who looks after the box: modes, an outage step by step, what to tell people, drills, the hand-over. Made to be printed, too.

use maud::{Markup, html};

use super::layout::{self, AdminShell};
use super::table::table;

pub fn page(shell: &AdminShell, hostname: &str) -> Markup {
    layout::page(
        shell,
        &html! {
            div.prose {
                h1 { "Help for admins" }
                p { "Print this page and put it where you find it when nothing works." }
                (modes())
                h2 { "The mail server is down: what do I do?" }
                ol {
                    li { "Nothing, for the mail: the box takes over by itself in about 20 seconds and keeps everything that arrives." }
                    li { "Tell people (see below). Those who gave an alternate address get their password by themselves." }
                    li { "Repair the mail server in peace. Look at the dashboard now and then: it says what happens next." }
                    li { "When the mail server answers steadily, the hand-over begins by itself. Leave it running." }
                    li { "When the dashboard says Normal, everything is handed over. Keep the event's report." }
                }
                p { "If you must reboot the mail server in the middle of it, hold automatic first, and switch it on again afterwards." }
                (plan(hostname))
                h2 { "Somebody cannot sign in" }
                ul {
                    li { "The password is that of Lifeboat, not the one for Outlook. Make a new one: People, or " code { "lifeboat credential issue ADDRESS" } "." }
                    li { "An emergency card works with the next code that is not crossed out." }
                    li { "The name does not work? Use the address of the box, with " code { "https://" } " before it: names may be down, too." }
                    li {
                        "A warning about the certificate is to be expected if the box made its own. Install its authority on the office's machines (the "
                        a href="/admin/guide" { "set-up guide" } " says how), or give it a certificate that people's browsers trust."
                    }
                    li { "After too many tries one has to wait 15 minutes." }
                }
                h2 { "The hand-over holds mail" }
                p {
                    "A mail server that is half restored says “no such mailbox” to everybody. So the box does not believe it: what it refuses now is "
                    strong { "held" } ", not sent back. It is tried again after half an hour and after two hours."
                }
                ul {
                    li { "Look at it in the queue: what does the mail server say?" }
                    li { "The mailbox should be there: repair it, then release the mail." }
                    li { "The mailbox is gone for good: bounce the mail; its sender is told." }
                    li { "If more than a tenth of the first messages is refused, the box goes back to Continuity by itself and tries later." }
                }
                h2 { "Drills" }
                p {
                    "A drill shows whether people get in, without touching mail. Do one each quarter with a few people from every team: "
                    "they are told, sign in, and answer into a sandbox. The report says who was reached and how long it took."
                }
                h2 { "Setting it up" }
                p { "The " a href="/admin/guide" { "set-up guide" } " has each step with the names of this office, and how to undo it." }
                h2 { "Before the next outage" }
                ul {
                    li { "Invite people to give an alternate address and a phone number; print cards for who has neither." }
                    li { "Give a second person an account here, and set up a second factor." }
                    li { "Let something outside look whether this box is alive (heartbeat, or the example alert rules)." }
                    li { "Write down where this box stands, and keep its address beside this page." }
                }
                h2 { "Locked out of these pages" }
                p { "On the box itself: " code { "lifeboat admin password NAME" } ", and " code { "lifeboat admin totp off NAME" } " for a lost phone." }
            }
        },
    )
}

fn modes() -> Markup {
    let rows = [
        ("Normal", "The mail server works. Mail passes through the box, and a copy is kept.", "Nothing."),
        ("Suspect", "Something failed. The box looks closer and keeps mail safe meanwhile.", "Nothing: it decides within seconds."),
        ("Continuity", "The mail server is down. The box takes the mail; people work in the webmail.", "Repair the mail server."),
        ("Recovering", "The mail server is back. The box hands over what it took, in order.", "Leave the mail server running."),
    ];
    let row = |(mode, what, to_do)| vec![html! { strong { (mode) } }, html! { (what) }, html! { (to_do) }];
    html! {
        h2 { "What the modes mean" }
        (table("What the modes mean", &["Mode", "What is", "What to do"], &rows.map(row)))
        p { strong { "Isolated" } " means that the box itself has lost its network. No event begins; check its cable and switch." }
    }
}

fn plan(hostname: &str) -> Markup {
    html! {
        h2 { "Communication plan" }
        p { "Decide these beforehand, and write the names on the printed page:" }
        ul {
            li { "Who tells the office, and how: a note at the door, a phone tree, a chat that does not need this mail." }
            li { "Who decides to start or end an event by hand, and who stands in for them." }
            li { "Who tells customers, if anybody must." }
        }
        p { "A text that fits:" }
        blockquote {
            p {
                "Our mail server is down. Nothing is lost. Please open https://" (hostname) "/ on a computer or phone in the office and sign in with "
                "the password that was sent to your other address or stands on your emergency card. You can read and answer your mail there. We tell you when Outlook works again."
            }
        }
    }
}
