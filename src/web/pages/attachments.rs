//! The files of a message.

use maud::{Markup, html};

use crate::web::files::FileKind;
use crate::web::texts::Texts;

#[derive(Clone, Debug)]
pub struct FileView {
    pub name: String,
    pub kind: FileKind,
    pub size: String,
    /// Where it is saved from, where it can be looked at, and where the message in it opens.
    pub save: String,
    pub view: Option<String>,
    pub open: Option<String>,
    /// What is in it stands on the same page.
    pub unpacked: bool,
}

/// `zip` is where all come in one.
pub fn list(t: Texts, files: &[FileView], zip: Option<&str>) -> Markup {
    html! {
        section.attachments {
            h2 { (t.count("attachments", files.len() as u64)) }
            ul {
                @for file in files {
                    li {
                        a href=(file.save) download { bdi { (file.name) } }
                        " " span.hint { (kind(t, file.kind)) ", " (file.size) }
                        @if let Some(path) = &file.view { " " a.view href=(path) { (t.get("file-view")) span.unseen { " " bdi { (file.name) } } } }
                        @if let Some(path) = &file.open { " " a.view href=(path) { (t.get("file-open")) span.unseen { " " bdi { (file.name) } } } }
                        @if file.unpacked { " " span.hint { (t.get("file-unpacked")) } }
                        @if file.kind == FileKind::Program { p.warns { (t.get("file-program-warning")) } }
                    }
                }
            }
            @if let Some(zip) = zip { p { a.button href=(zip) download { (t.get("files-zip")) } } }
        }
    }
}

fn kind(t: Texts, kind: FileKind) -> &'static str {
    t.get(match kind {
        FileKind::Picture => "file-picture",
        FileKind::Pdf => "file-pdf",
        FileKind::Text => "file-text",
        FileKind::Document => "file-document",
        FileKind::Sheet => "file-sheet",
        FileKind::Slides => "file-slides",
        FileKind::Archive => "file-archive",
        FileKind::Audio => "file-audio",
        FileKind::Video => "file-video",
        FileKind::Message => "file-message",
        FileKind::Calendar => "file-calendar",
        FileKind::Contact => "file-contact",
        FileKind::WebPage => "file-web-page",
        FileKind::Signature => "file-signature",
        FileKind::Program => "file-program",
        FileKind::Other => "file-other",
    })
}
