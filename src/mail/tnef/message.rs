//! What was unpacked, written as an ordinary message.

use memchr::memmem;

use super::{Packed, Unpacked, rtf, unpack};
use crate::limits::{NESTED_DEPTH_MAX, SHOWN_TEXT_MAX_OCTETS};
use crate::mail::compose::parameter;
use crate::mail::parse::file_name;

/// The message that is packed in a stream: its text and HTML, and its files as they are (in `binary`, RFC 3030 section 3). It is for
/// reading on the spot, never for sending. None if it is no such stream.
pub fn as_message(stream: &[u8]) -> Option<Vec<u8>> {
    write(&unpack(stream)?, NESTED_DEPTH_MAX)
}

fn write(unpacked: &Unpacked<'_>, depth: usize) -> Option<Vec<u8>> {
    let mut parts: Vec<Vec<u8>> = Vec::new();
    let rtf_text = unpacked.rtf.as_deref().map(|rtf| rtf::text(rtf, SHOWN_TEXT_MAX_OCTETS));
    let text = unpacked.text.clone().filter(|text| !text.trim().is_empty()).or(rtf_text).unwrap_or_default();
    let html = unpacked.html.as_deref().unwrap_or_default();
    let mut views: Vec<Vec<u8>> = vec![part("text/plain; charset=utf-8", &[], text.as_bytes())];
    if !html.is_empty() {
        views.push(part("text/html; charset=utf-8", &[], html.as_bytes()));
    }
    parts.push(multipart("alternative", "", &views));
    if let Some(rtf) = unpacked.rtf.as_ref().filter(|_| html.is_empty()) {
        parts.push(part("application/rtf", &["Content-Disposition: attachment; filename=\"message.rtf\"".to_owned()], rtf));
    }
    parts.extend(unpacked.files.iter().enumerate().filter_map(|(at, file)| packed(file, at, depth)));
    let subject: String = unpacked.subject.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    Some(multipart("mixed", &format!("Subject: {subject}\r\n"), &parts))
}

fn packed(file: &Packed<'_>, at: usize, depth: usize) -> Option<Vec<u8>> {
    let fallback = format!("file-{}", at + 1);
    if file.is_message {
        let inner = unpack(file.content).filter(|_| depth > 0).and_then(|inner| write(&inner, depth - 1))?;
        let name = file_name(&format!("{}.eml", file.name), &format!("{fallback}.eml"));
        return Some(part("message/rfc822", &[disposition(&name)], &inner));
    }
    let mut fields = vec![disposition(&file_name(&file.name, &fallback))];
    let is_plain = |text: &str, more: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c));
    if is_plain(&file.content_id, "!#$%&'*+-/=?^_`{|}~.@") {
        fields.push(format!("Content-ID: <{}>", file.content_id));
    }
    let media_type = match file.media_type.split_once('/') {
        Some((kind, subtype)) if is_plain(kind, "-") && is_plain(subtype, "-.+") && kind != "multipart" && kind != "message" => {
            file.media_type.to_ascii_lowercase()
        }
        _ => by_name(&file.name).to_owned(),
    };
    Some(part(&media_type, &fields, file.content))
}

// Outlook rarely says what a file is; its name does.
fn by_name(name: &str) -> &'static str {
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    match extension.as_str() {
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "bmp" => "image/bmp",
        "txt" | "log" | "csv" => "text/plain",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "rtf" => "application/rtf",
        "zip" => "application/zip",
        "ics" => "text/calendar",
        _ => "application/octet-stream",
    }
}

fn disposition(name: &str) -> String {
    format!("Content-Disposition: attachment;\r\n {}", parameter("filename", name).join(";\r\n "))
}

fn part(media_type: &str, fields: &[String], content: &[u8]) -> Vec<u8> {
    let mut out = format!("Content-Type: {media_type}\r\nContent-Transfer-Encoding: binary\r\n").into_bytes();
    for field in fields {
        out.extend_from_slice(field.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(content);
    out
}

fn multipart(subtype: &str, fields: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut number = 0u32;
    let mut boundary = format!("=_unpacked_{subtype}");
    // Whoever packed it could know what we write: the boundary is one that occurs nowhere.
    while parts.iter().any(|part| memmem::find(part, boundary.as_bytes()).is_some()) {
        number += 1;
        boundary = format!("=_unpacked_{subtype}_{number}");
    }
    let size: usize = parts.iter().map(|part| part.len() + boundary.len() + 8).sum();
    let mut out = Vec::with_capacity(size + 256);
    out.extend_from_slice(
        format!("{fields}MIME-Version: 1.0\r\nContent-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n").as_bytes(),
    );
    for part in parts {
        out.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        out.extend_from_slice(part);
        out.extend_from_slice(b"\r\n");
    }
    out.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    out
}
