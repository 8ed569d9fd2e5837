//! What this is and what to do, in plain words.

use maud::{Markup, html};

use super::layout::{self, Shell};
use crate::web::access::Access;

pub fn page(shell: &Shell, access: Access) -> Markup {
    layout::page(
        shell,
        &html! {
            div.prose {
                h1 { "Help" }
                h2 { "What is Lifeboat?" }
                p {
                    "Lifeboat is a small box in your office that keeps your mail going when the normal mail server is down. "
                    "It takes the mail that arrives for you and lets you read and answer it here, in any browser. "
                    "When the mail server is back, everything is handed over to your normal mailbox."
                }
                h2 { "What should I do now?" }
                p { strong { (now(access)) } }
                h2 { "What is in here?" }
                ul {
                    li { "Your mail of the last weeks, as far as it went through Lifeboat, and everything that arrives now." }
                    li { "What you write here. Open a message in " em { "Sent" } " to see who got it." }
                }
                h2 { "What happens afterwards?" }
                ul {
                    li { "Mail that came in goes to your normal mailbox by itself. You do not have to do anything." }
                    li { "What you sent or kept as a draft here comes to your normal mailbox as well, in a message of its own." }
                    li { "You are signed out here, and Outlook works as before." }
                }
                h2 { "I have no password" }
                ul {
                    li { "When the mail server fails, a password comes to the other address, or the phone, that you gave. Look there first." }
                    li { "On an emergency card, type the next code that is not crossed out in place of the password, and cross it out." }
                    li { "Otherwise ask your administrator for one; it takes a minute." }
                }
                p { "It is a password for Lifeboat only; the one for Outlook does not work here." }
                h2 { "On a phone" }
                p {
                    "Connect it to the office's Wi-Fi: this page is not open from outside. Then open the link that you were sent, or point the camera at "
                    "the square on your emergency card. If the browser warns about the certificate, ask your administrator before you go on."
                }
                h2 { "Is this safe?" }
                p {
                    "The page works only inside your office's network. Pictures that a message would load from the internet are not loaded, "
                    "and attachments are only saved, never opened here. As always: do not open files that you did not expect."
                }
            }
        },
    )
}

fn now(access: Access) -> &'static str {
    match access {
        Access::Open => "The mail server is down. Sign in, and read and answer your mail here until it is back.",
        Access::HandingOver => "The mail server is back, and your mail is being handed over. Please use Outlook again.",
        Access::Practice => "This is a drill: mail works normally. Sign in, and try to read your mail here.",
        Access::ReadOnly => "Mail works normally. Please use Outlook. You can look things up here, but not write.",
        Access::Closed => "Mail works normally. Please use Outlook as usual; there is nothing to do here.",
    }
}
