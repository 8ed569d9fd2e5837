use super::*;

/// `expected` is what tiny_http gets.
fn check(input: &str, expected: Result<&str, Refusal>) {
    let got = parse_request(input.as_bytes()).map(|head| String::from_utf8(head.forward).unwrap());
    // Every one is the last of its connection to tiny_http.
    let got = got.map(|head| head.replace("Connection: close\r\n", ""));
    assert_eq!(got.as_deref().map_err(|refusal| *refusal), expected, "{input:?}");
}

#[test]
fn heads_are_written_anew() {
    check("GET /a?b HTTP/1.1\r\nHost: x\r\nCookie: k=v\r\n\r\n", Ok("GET /a?b HTTP/1.1\r\nHost: x\r\nCookie: k=v\r\n\r\n"));
    check("GET / HTTP/1.0\r\n\r\n", Ok("GET / HTTP/1.1\r\n\r\n"));
    check("GET / HTTP/1.1\nHost: x\n\n", Ok("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
    check("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 007\r\n\r\n", Ok("POST / HTTP/1.1\r\nHost: x\r\n\r\n"));
    check("GET https://x/y?z HTTP/1.1\r\nHost: x\r\n\r\n", Ok("GET /y?z HTTP/1.1\r\nHost: x\r\n\r\n"));
    check("GET http://x HTTP/1.1\r\nHost: x\r\n\r\n", Ok("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));
}

#[test]
fn hop_by_hop_fields_stay_here() {
    check(
        "GET / HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\nTE: chunked\r\nExpect: 100-continue\r\nX: \u{e4}\r\n\r\n",
        Ok("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
    );
}

#[test]
fn unsound_heads_are_refused() {
    check("rubbish\r\n\r\n", Err(BAD_REQUEST));
    check("GET / HTTP/1.1\r\n\r\n", Err(BAD_REQUEST));
    check("GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", Err(BAD_REQUEST));
    check("GET * HTTP/1.1\r\nHost: x\r\n\r\n", Err(BAD_REQUEST));
    check("CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n", Err(BAD_REQUEST));
    check("GET / HTTP/2.0\r\nHost: x\r\n\r\n", Err(VERSION));
    check("GET / HTTP/1.1\r\nHost: x\r\nEvil : y\r\n\r\n", Err(BAD_REQUEST));
    check("GET / HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", Err(BAD_REQUEST));
    check("GET / HTTP/1.1\r\nHost: x\r\nExpect: magic\r\n\r\n", Err(EXPECTATION));
    let many: String = (0..=WEB_HEAD_FIELDS_MAX).map(|n| format!("X-{n}: y\r\n")).collect();
    check(&format!("GET / HTTP/1.1\r\n{many}\r\n"), Err(HEAD_TOO_LARGE));
}

fn check_body(fields: &str, expected: Result<usize, Refusal>) {
    let input = format!("POST / HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    assert_eq!(parse_request(input.as_bytes()).map(|head| head.body), expected, "{fields:?}");
}

#[test]
fn body_lengths_leave_no_doubt() {
    check_body("", Ok(0));
    check_body("Content-Length: 12\r\n", Ok(12));
    check_body("Content-Length: 12\r\nContent-Length: 12\r\n", Err(BAD_REQUEST));
    check_body("Content-Length: 12\r\nTransfer-Encoding: chunked\r\n", Err(BAD_REQUEST));
    check_body("Transfer-Encoding: chunked\r\n", Err(LENGTH_REQUIRED));
    check_body("Content-Length: +12\r\n", Err(BAD_REQUEST));
    check_body("Content-Length: 12, 12\r\n", Err(BAD_REQUEST));
    check_body("Content-Length:\r\n", Err(BAD_REQUEST));
    check_body(&format!("Content-Length: {WEB_BODY_MAX_OCTETS}\r\n"), Ok(WEB_BODY_MAX_OCTETS));
    check_body(&format!("Content-Length: {}\r\n", WEB_BODY_MAX_OCTETS + 1), Err(TOO_LARGE));
    check_body("Content-Length: 99999999999999999999999999\r\n", Err(TOO_LARGE));
}

#[test]
fn smuggled_requests_are_refused() {
    let check = |fields: &str, expected: Refusal| check_body(fields, Err(expected));
    check("Content-Length: 5\r\nContent-Length: 6\r\n", BAD_REQUEST);
    check("Content-Length: 5\r\ncontent-length: 5\r\n", BAD_REQUEST);
    check("Content-Length: 0x5\r\n", BAD_REQUEST);
    check("Content-Length: -5\r\n", BAD_REQUEST);
    check("Content-Length: 5 5\r\n", BAD_REQUEST);
    check("Content-Length: 5;\r\n", BAD_REQUEST);
    check("Content-Length: \u{b2}\r\n", BAD_REQUEST);
    check("Content-Length : 5\r\n", BAD_REQUEST);
    check("Content-Length: 5\r\n\tfolded\r\n", BAD_REQUEST);
    check("Content-Length:\r\n 5\r\n", BAD_REQUEST);
    check("X: y\rContent-Length: 5\r\n", BAD_REQUEST);
    check("X: \0y\r\n", BAD_REQUEST);
    check("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", BAD_REQUEST);
    check("Transfer-Encoding: identity\r\n", LENGTH_REQUIRED);
    check("Transfer-Encoding: \u{b}chunked\r\n", BAD_REQUEST);
    check("Transfer-Encoding: x\r\nTransfer-Encoding: chunked\r\n", LENGTH_REQUIRED);
    check("TRANSFER-ENCODING: xchunked\r\n", LENGTH_REQUIRED);
    check("Transfer-Encoding : chunked\r\n", BAD_REQUEST);
    check(" Transfer-Encoding: chunked\r\n", BAD_REQUEST);
}

/// Whatever comes in, what goes on is one request with one end and without a body.
#[test]
fn random_heads_go_on_as_one_request() {
    let seed = std::env::var("LIFEBOAT_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0x5eed);
    println!("LIFEBOAT_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let whole = b"POST /mail/send?a=b HTTP/1.1\r\nHost: x\r\nContent-Length: 12\r\nConnection: close\r\nCookie: a=b; c=d\r\nExpect: 100-continue\r\n\r\n";
    let mut passed = 0;
    for _ in 0..20_000 {
        let mut head = whole.to_vec();
        for _ in 0..random.usize(0..4) {
            let at = random.usize(0..head.len());
            match random.u8(0..3) {
                0 => head[at] = random.choice(*b"\r\n :;,\t/?%\0\x0b\x7f\xff5aGETContent-Length").unwrap_or(0),
                1 => drop(head.remove(at)),
                _ => head.insert(at, random.choice(*b"\r\n :\t\x00/0").unwrap_or(0)),
            }
        }
        let Ok(request) = parse_request(&head) else { continue };
        passed += 1;
        let shown = || String::from_utf8_lossy(&head).into_owned();
        assert_eq!(head_end(&request.forward, 0), Some(request.forward.len()), "{:?}", shown());
        let mut fields = [httparse::EMPTY_HEADER; WEB_HEAD_FIELDS_MAX];
        let mut again = httparse::Request::new(&mut fields);
        assert!(
            matches!(again.parse(&request.forward), Ok(httparse::Status::Complete(length)) if length == request.forward.len()),
            "{:?}",
            shown()
        );
        assert!(
            values(again.headers, "content-length").chain(values(again.headers, "transfer-encoding")).next().is_none(),
            "{:?}",
            shown()
        );
        assert!(request.body <= WEB_BODY_MAX_OCTETS);
    }
    assert!(passed > 1000, "{passed} were requests");
}

fn check_keep_alive(version: &str, field: &str, expected: bool) {
    let input = format!("GET / HTTP/{version}\r\nHost: x\r\n{field}\r\n");
    assert_eq!(parse_request(input.as_bytes()).unwrap().keep_alive, expected, "{version} {field:?}");
}

#[test]
fn connections_are_kept_as_asked() {
    check_keep_alive("1.1", "", true);
    check_keep_alive("1.1", "Connection: x, CLOSE\r\n", false);
    check_keep_alive("1.0", "", false);
    check_keep_alive("1.0", "Connection: Keep-Alive\r\n", true);
}

#[test]
fn the_end_of_a_head_is_found_across_reads() {
    let input = b"GET / HTTP/1.1\r\nHost: x\r\n\r\nbody\n\n";
    let end = input.len() - 6;
    assert_eq!(head_end(input, 0), Some(end));
    for cut in 0..end {
        assert_eq!(head_end(&input[..cut], 0), None, "{cut}");
        assert_eq!(head_end(input, cut), Some(end), "{cut}");
    }
}

fn check_response(head: &str, to_head: bool, expected: Option<usize>) {
    assert_eq!(parse_response(head.as_bytes(), to_head, true).map(|(_, body)| body), expected, "{head:?}");
}

#[test]
fn response_lengths_are_known() {
    check_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, Some(5));
    check_response("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, Some(0));
    check_response("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, Some(0));
    check_response("HTTP/1.1 200 OK\r\n\r\n", false, None);
    check_response("rubbish\r\n\r\n", false, None);
    let (head, _) = parse_response(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", false, false).unwrap();
    assert_eq!(head, b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\n");
}

#[test]
fn response_fields_cannot_split_the_response() {
    assert!(is_sound_field("Content-Type", "text/html; charset=utf-8"));
    for (name, value) in [("X", "a\r\nSet-Cookie: b"), ("X", "a\nb"), ("X: y", "a"), ("", "a"), ("X", "\u{e4}"), ("Connection", "upgrade")]
    {
        assert!(!is_sound_field(name, value), "{name:?}: {value:?}");
    }
}
