//! HTTP/1.1 responses (RFC 9112) from the asking side: just enough for a health page. Pure.

use crate::limits::{HEALTH_HEAD_MAX_OCTETS, HEALTH_PAGE_MAX_OCTETS};

/// A page, its body cut at [`HEALTH_PAGE_MAX_OCTETS`].
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Page {
    pub status: u16,
    pub body: Vec<u8>,
}

/// What has arrived so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    Whole(Page),
    /// More is needed.
    Part,
    /// No HTTP, with the reason.
    Bad(&'static str),
}

/// Reads what has arrived; `ended` once the server has closed. Bounded input: the caller stops at `Whole`, and no answer stays `Part` past
/// the two limits.
pub(super) fn read(input: &[u8], ended: bool) -> Progress {
    let mut fields = [httparse::EMPTY_HEADER; 64];
    let mut head = httparse::Response::new(&mut fields);
    let body_at = match head.parse(input) {
        Ok(httparse::Status::Complete(at)) => at,
        Ok(httparse::Status::Partial) if input.len() > HEALTH_HEAD_MAX_OCTETS => return Progress::Bad("its header is too long"),
        Ok(httparse::Status::Partial) if ended => return Progress::Bad("the answer breaks off"),
        Ok(httparse::Status::Partial) => return Progress::Part,
        Err(_) => return Progress::Bad("the answer is no HTTP"),
    };
    let status = head.code.unwrap_or_default();
    if (100..200).contains(&status) {
        // RFC 9110 section 15.2: an interim response; the true one follows.
        return read(&input[body_at..], ended);
    }
    let field = |name: &str| head.headers.iter().find(|field| field.name.eq_ignore_ascii_case(name)).map(|field| field.value);
    let coding = field("transfer-encoding").map(<[u8]>::to_ascii_lowercase);
    let length = field("content-length").and_then(|value| std::str::from_utf8(value).ok()?.trim().parse().ok());
    match body(&input[body_at..], ended, coding.as_deref(), length) {
        Ok(Some(body)) => Progress::Whole(Page { status, body }),
        Ok(None) => Progress::Part,
        Err(why) => Progress::Bad(why),
    }
}

/// The body once it is whole or long enough to be judged.
fn body(input: &[u8], ended: bool, coding: Option<&[u8]>, length: Option<usize>) -> Result<Option<Vec<u8>>, &'static str> {
    if coding.is_some_and(|coding| coding.ends_with(b"chunked")) {
        return chunks(input, ended);
    }
    let wanted = length.unwrap_or(usize::MAX).min(HEALTH_PAGE_MAX_OCTETS);
    if input.len() >= wanted {
        return Ok(Some(input[..wanted].to_vec()));
    }
    match (ended, length) {
        (false, _) => Ok(None),
        (true, None) => Ok(Some(input.to_vec())),
        (true, Some(_)) => Err("the answer breaks off"),
    }
}

/// RFC 9112 section 7.1.
fn chunks(mut input: &[u8], ended: bool) -> Result<Option<Vec<u8>>, &'static str> {
    let mut body = Vec::new();
    let missing = || if ended { Err("the answer breaks off") } else { Ok(None) };
    loop {
        let (at, size) = match httparse::parse_chunk_size(input) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) if input.len() > HEALTH_HEAD_MAX_OCTETS => return Err("a chunk's header is too long"),
            Ok(httparse::Status::Partial) => return missing(),
            Err(_) => return Err("a chunk is no chunk"),
        };
        input = &input[at..];
        let room = HEALTH_PAGE_MAX_OCTETS - body.len();
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size == 0 {
            return Ok(Some(body));
        }
        if size >= room && input.len() >= room {
            body.extend_from_slice(&input[..room]);
            return Ok(Some(body));
        }
        // The chunk and its CRLF.
        let Some(rest) = size.checked_add(2).and_then(|end| input.get(end..)) else { return missing() };
        body.extend_from_slice(&input[..size]);
        input = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same answer must come of every split: nothing but `Part` before the end.
    fn check(input: &str, ended: bool, expected: Progress) {
        assert_eq!(read(input.as_bytes(), ended), expected, "{input:?}");
        if let Progress::Whole(_) = expected {
            for cut in 0..input.len() {
                let early = read(&input.as_bytes()[..cut], false);
                assert!(early == Progress::Part || early == expected, "{input:?} cut at {cut}: {early:?}");
            }
        }
    }

    fn whole(status: u16, body: &str) -> Progress {
        Progress::Whole(Page { status, body: body.as_bytes().to_vec() })
    }

    #[test]
    fn bodies_of_every_framing_are_read() {
        check("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n200 OK", false, whole(200, "200 OK"));
        check("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n200 OKmore", false, whole(200, "200 OK"));
        check("HTTP/1.1 200 OK\r\n\r\n200 OK", true, whole(200, "200 OK"));
        check("HTTP/1.1 200 OK\r\n\r\n200 OK", false, Progress::Part);
        check("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\n200\r\n3\r\n OK\r\n0\r\n\r\n", false, whole(200, "200 OK"));
        check("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", false, whole(503, ""));
    }

    #[test]
    fn what_is_no_answer_is_bad() {
        for (input, ended) in [
            ("SSH-2.0-x\r\n", false),
            ("HTTP/1.1 200 OK\r\n", true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n200", true),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", false),
            ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\n200", true),
            ("", true),
        ] {
            assert!(matches!(read(input.as_bytes(), ended), Progress::Bad(_)), "{input:?}");
        }
    }

    #[test]
    fn long_answers_are_cut() {
        let long = "x".repeat(HEALTH_PAGE_MAX_OCTETS + 1);
        let cut = whole(200, &long[..HEALTH_PAGE_MAX_OCTETS]);
        assert_eq!(read(format!("HTTP/1.1 200 OK\r\n\r\n{long}").as_bytes(), false), cut);
        assert_eq!(read(format!("HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n{long}").as_bytes(), false), cut);
        let chunk = format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\n{long}");
        assert_eq!(read(chunk.as_bytes(), false), cut);
        let head = format!("HTTP/1.1 200 OK\r\nX: {}", "x".repeat(HEALTH_HEAD_MAX_OCTETS));
        assert!(matches!(read(head.as_bytes(), false), Progress::Bad(_)));
    }
}
