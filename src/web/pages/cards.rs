//! Emergency cards for printing: as a file that needs nothing else, and within the admin's page.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use qrcode::{Color, EcLevel, QrCode};

use crate::control::Card;
use crate::web::assets;

/// Modules of white around the code (ISO/IEC 18004 section 5.3.8).
const QUIET_MODULES: usize = 4;

/// A whole document. Everything that it needs is in it, so that it opens offline, from a folder or a stick.
pub fn document(cards: &[Card]) -> Markup {
    let title = match cards {
        [one] => format!("Emergency card of {}", one.name),
        _ => "Emergency cards".to_owned(),
    };
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) }
                style { (PreEscaped(assets::CARDS)) }
            }
            body { (sheet(cards)) }
        }
    }
}

/// The cards, for cutting.
pub fn sheet(cards: &[Card]) -> Markup {
    html! { div.cards { @for card in cards { (self::card(card)) } } }
}

fn card(card: &Card) -> Markup {
    let scanned = card.ip_link.as_ref().unwrap_or(&card.link);
    html! {
        section.ecard {
            h2 { "When our mail is down" }
            p.whose { bdi { (card.name) } span { bdi { (card.address) } } }
            p { "Read and answer your mail in a browser, inside the office:" }
            div.way {
                @if let Some(svg) = qr(scanned) { (svg) }
                p.links {
                    span { (card.link) }
                    @if let Some(ip_link) = &card.ip_link { "or " span { (ip_link) } }
                }
            }
            ol {
                li { "Scan the picture, or type one of the addresses. If the browser warns about the certificate, go on: it is this office's own box." }
                li { "Type your e-mail address, and one of these codes as the password." }
            }
            ul.codes { @for code in &card.codes { li { (code) } } }
            p { "Each code works once: tick it off. Capitals and hyphens do not matter." }
            p.small { "For you alone: keep it like a key, not beside the computer. Lost it? Tell your administrator: a new card ends this one. Made " (card.made) "." }
        }
    }
}

/// The link as a picture; nothing if it is too long for one. Level M: a fold or a coffee stain does no harm.
pub fn qr(link: &str) -> Option<Markup> {
    let code = QrCode::with_error_correction_level(link, EcLevel::M).ok()?;
    let (width, modules) = (code.width(), code.to_colors());
    let mut path = String::new();
    for (at, _) in modules.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
        path.push_str(&format!("M{} {}h1v1h-1z", at % width + QUIET_MODULES, at / width + QUIET_MODULES));
    }
    let size = width + 2 * QUIET_MODULES;
    Some(html! {
        svg.qr role="img" aria-label=(format!("QR code of {link}")) viewBox=(format!("0 0 {size} {size}")) xmlns="http://www.w3.org/2000/svg" shape-rendering="crispEdges" {
            rect width=(size) height=(size) fill="#fff" {}
            path d=(path) fill="#000" {}
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn ann() -> Card {
        Card {
            address: "ann@example.com".to_owned(),
            name: "Ann <Smith>".to_owned(),
            link: "https://lifeboat.example.com/".to_owned(),
            ip_link: Some("https://192.0.2.5/".to_owned()),
            codes: (0..8).map(|n| format!("7KQ2M-XW9PA-4H3T{n}")).collect(),
            made: "2026-03-03".to_owned(),
        }
    }

    #[test]
    fn a_file_needs_nothing_else() {
        let text = document(&[ann(), ann()]).into_string();
        for part in
            ["Ann &lt;Smith&gt;", "7KQ2M-XW9PA-4H3T7", "https://lifeboat.example.com/", "QR code of https://192.0.2.5/", "@media print"]
        {
            assert!(text.contains(part), "{part}");
        }
        for part in ["href=", "src=", "url(", "<script", "@import"] {
            assert!(!text.contains(part), "{part}");
        }
        assert_eq!(text.matches("<section").count(), 2);
    }

    #[test]
    fn the_picture_falls_back_to_the_name() {
        let text = document(&[Card { ip_link: None, ..ann() }]).into_string();
        assert!(text.contains("QR code of https://lifeboat.example.com/"), "{text}");
        assert!(qr(&"x".repeat(5000)).is_none());
    }

    #[test]
    fn codes_do_not_show_in_logs() {
        assert_eq!(format!("{:?}", ann()), "Card(ann@example.com)");
    }
}
