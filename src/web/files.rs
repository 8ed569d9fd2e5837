//! What a file is, for people and for the browser: by its media type, by its name, and by its first octets where a browser shows it.

/// What kind of file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Picture,
    Pdf,
    Text,
    Document,
    Sheet,
    Slides,
    Archive,
    Audio,
    Video,
    Message,
    Calendar,
    Contact,
    WebPage,
    Signature,
    /// Something that a computer runs.
    Program,
    Other,
}

/// How a page can show a file without leaving anything for it to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Preview {
    /// In a picture element.
    Picture,
    /// As escaped text.
    Text,
    /// By the browser's own viewer.
    Pdf,
}

/// Names that Windows, macOS or Linux run, or that bring macros along.
#[rustfmt::skip]
const PROGRAMS: [&str; 44] = [
    "ade", "adp", "apk", "app", "application", "bat", "cab", "chm", "cmd", "com", "cpl", "dll", "dmg", "docm", "exe", "gadget",
    "hta", "inf", "iso", "jar", "js", "jse", "lnk", "msc", "msi", "msp", "one", "pif", "ppam", "ppsm", "pptm", "ps1", "reg", "scr",
    "sct", "sh", "vb", "vbe", "vbs", "wsf", "wsh", "xlam", "xll", "xlsm",
];

/// By name first where the name says that it is run, then by type; the name again where the type says nothing.
pub fn kind(media_type: &str, name: &str) -> FileKind {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.trim().to_ascii_lowercase()).unwrap_or_default();
    if PROGRAMS.contains(&extension.as_str()) {
        return FileKind::Program;
    }
    match media_type {
        "image/svg+xml" => return FileKind::WebPage,
        "application/pdf" => return FileKind::Pdf,
        "text/calendar" | "application/ics" => return FileKind::Calendar,
        "text/vcard" | "text/x-vcard" | "text/directory" => return FileKind::Contact,
        "text/html" | "application/xhtml+xml" => return FileKind::WebPage,
        "message/rfc822" | "message/global" => return FileKind::Message,
        "application/pkcs7-signature" | "application/x-pkcs7-signature" | "application/pgp-signature" | "application/pgp-keys" => {
            return FileKind::Signature;
        }
        "application/zip"
        | "application/gzip"
        | "application/x-zip-compressed"
        | "application/x-7z-compressed"
        | "application/vnd.rar"
        | "application/x-tar" => return FileKind::Archive,
        "application/msword"
        | "application/rtf"
        | "text/rtf"
        | "application/vnd.oasis.opendocument.text"
        | "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => return FileKind::Document,
        "application/vnd.ms-excel"
        | "text/csv"
        | "application/vnd.oasis.opendocument.spreadsheet"
        | "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => return FileKind::Sheet,
        "application/vnd.ms-powerpoint"
        | "application/vnd.oasis.opendocument.presentation"
        | "application/vnd.openxmlformats-officedocument.presentationml.presentation" => return FileKind::Slides,
        _ => {}
    }
    match media_type.split('/').next().unwrap_or_default() {
        "image" => FileKind::Picture,
        "audio" => FileKind::Audio,
        "video" => FileKind::Video,
        "text" | "message" => FileKind::Text,
        _ => by_name(&extension),
    }
}

fn by_name(extension: &str) -> FileKind {
    match extension {
        "png" | "jpg" | "jpeg" | "gif" | "webp" | "bmp" | "tif" | "tiff" | "heic" => FileKind::Picture,
        "pdf" => FileKind::Pdf,
        "txt" | "log" | "md" | "ini" | "json" => FileKind::Text,
        "doc" | "docx" | "odt" | "rtf" => FileKind::Document,
        "xls" | "xlsx" | "ods" | "csv" => FileKind::Sheet,
        "ppt" | "pptx" | "odp" => FileKind::Slides,
        "zip" | "7z" | "rar" | "gz" | "tgz" | "tar" | "bz2" | "xz" => FileKind::Archive,
        "mp3" | "wav" | "ogg" | "m4a" => FileKind::Audio,
        "mp4" | "mov" | "avi" | "mkv" | "webm" => FileKind::Video,
        "eml" | "msg" => FileKind::Message,
        "ics" => FileKind::Calendar,
        "vcf" => FileKind::Contact,
        "html" | "htm" | "xhtml" | "svg" | "mht" | "shtml" => FileKind::WebPage,
        "p7s" | "asc" | "sig" => FileKind::Signature,
        _ => FileKind::Other,
    }
}

/// Whether there is a preview. That of a picture or a PDF may still be refused, by [`shown_type`].
pub fn preview(media_type: &str, name: &str) -> Option<Preview> {
    match kind(media_type, name) {
        FileKind::Picture => {
            let drawn = ["png", "jpg", "jpeg", "gif", "webp", "bmp"];
            let named = name.rsplit_once('.').is_some_and(|(_, extension)| drawn.contains(&extension.to_ascii_lowercase().as_str()));
            let typed = media_type.strip_prefix("image/").is_some_and(|subtype| drawn.contains(&subtype));
            (named || typed).then_some(Preview::Picture)
        }
        FileKind::Pdf => Some(Preview::Pdf),
        FileKind::Text | FileKind::Calendar | FileKind::Contact => Some(Preview::Text),
        FileKind::Sheet if media_type == "text/csv" => Some(Preview::Text),
        _ => None,
    }
}

/// The media type under which a browser may show this content in its own place: what the first octets say, never what the sender
/// says. None for everything else.
pub fn shown_type(content: &[u8]) -> Option<&'static str> {
    match content {
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Some("image/png"),
        [0xFF, 0xD8, 0xFF, ..] => Some("image/jpeg"),
        [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Some("image/gif"),
        [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Some("image/webp"),
        // The sizes of the second head of a bitmap: two letters alone are too little.
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, 0, 0, 12 | 40 | 52 | 56 | 64 | 108 | 124, 0, 0, 0, ..] => Some("image/bmp"),
        [b'%', b'P', b'D', b'F', b'-', ..] => Some("application/pdf"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(media_type: &str, name: &str, expected: FileKind, expected_preview: Option<Preview>) {
        assert_eq!((kind(media_type, name), preview(media_type, name)), (expected, expected_preview), "{media_type} {name}");
    }

    #[test]
    fn files_are_what_they_are() {
        check("image/png", "a.png", FileKind::Picture, Some(Preview::Picture));
        check("image/tiff", "fax.tif", FileKind::Picture, None);
        check("application/octet-stream", "scan.PDF", FileKind::Pdf, Some(Preview::Pdf));
        check("text/plain", "notes.txt", FileKind::Text, Some(Preview::Text));
        check("text/html", "page.html", FileKind::WebPage, None);
        check("image/svg+xml", "logo.svg", FileKind::WebPage, None);
        check("application/octet-stream", "x", FileKind::Other, None);
        check("application/x-strange", "a.docx", FileKind::Document, None);
    }

    #[test]
    fn what_runs_is_a_program_whatever_it_says() {
        check("image/png", "holiday.png.exe", FileKind::Program, None);
        check("application/pdf", "invoice.js", FileKind::Program, None);
        check("text/plain", "read.vbs", FileKind::Program, None);
    }

    #[test]
    fn only_what_it_is_is_shown() {
        assert_eq!(shown_type(b"\x89PNG\r\n\x1a\nrest"), Some("image/png"));
        assert_eq!(shown_type(b"\xff\xd8\xff\xe0"), Some("image/jpeg"));
        assert_eq!(shown_type(b"GIF89a"), Some("image/gif"));
        assert_eq!(shown_type(b"RIFF\0\0\0\0WEBPVP8 "), Some("image/webp"));
        assert_eq!(shown_type(b"%PDF-1.7"), Some("application/pdf"));
        for content in [&b"<html>"[..], b"", b"BM<script>alert(1)</script>", b"<svg xmlns", b"GIF8", b"\n%PDF-", b"RIFF\0\0\0\0WAVE"] {
            assert_eq!(shown_type(content), None, "{content:?}");
        }
    }
}
