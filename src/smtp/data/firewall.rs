//! Takes out of strangers' mail the header fields by which Exchange servers tell each other what to believe of a message. Exchange calls
//! this a header firewall: its own stands at connectors that it does not trust, and this box may well come in by one that it trusts.

/// Beginnings of the names, in lower case (Microsoft's "Header firewall in Exchange Server": organization X-headers and forest X-headers).
const NAMES: [&[u8]; 2] = [b"x-ms-exchange-organization-", b"x-ms-exchange-forest-"];

/// Fed with content (CRLF line ends) in pieces of any size.
#[derive(Debug)]
pub struct HeaderFirewall {
    place: Place,
    /// The beginning of a line that may become one of the names: in lower case, and as it was written.
    pending: Vec<u8>,
    written: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// At the start of a line, or within the pending beginning of one. `dropped`: the line before was taken out.
    Start {
        dropped: bool,
    },
    Kept,
    Dropped,
    /// A line that begins with CR: the empty line, if LF follows.
    Cr,
    /// Behind the header.
    Body,
}

impl HeaderFirewall {
    pub fn new() -> HeaderFirewall {
        HeaderFirewall { place: Place::Start { dropped: false }, pending: Vec::new(), written: Vec::new() }
    }

    /// Appends what may pass to `passed`.
    pub fn push(&mut self, mut content: &[u8], passed: &mut Vec<u8>) {
        while let Some(octet) = content.first() {
            let used = match self.place {
                Place::Body => {
                    passed.extend_from_slice(content);
                    content.len()
                }
                Place::Kept | Place::Dropped => {
                    let used = memchr::memchr(b'\n', content).map_or(content.len(), |at| at + 1);
                    let dropped = self.place == Place::Dropped;
                    if !dropped {
                        passed.extend_from_slice(&content[..used]);
                    }
                    if content[used - 1] == b'\n' {
                        self.place = Place::Start { dropped };
                    }
                    used
                }
                Place::Cr => {
                    passed.push(*octet);
                    self.place = if *octet == b'\n' { Place::Body } else { Place::Kept };
                    1
                }
                Place::Start { dropped } => self.start(*octet, dropped, passed),
            };
            content = &content[used..];
        }
    }

    /// One octet at or near the start of a line.
    fn start(&mut self, octet: u8, dropped: bool, passed: &mut Vec<u8>) -> usize {
        let at = self.pending.len();
        // RFC 5322 section 2.2.3: a line that begins with white space belongs to the field before it.
        if at == 0 && dropped && matches!(octet, b' ' | b'\t') {
            self.place = Place::Dropped;
            return 1;
        }
        self.pending.push(octet.to_ascii_lowercase());
        let fitting = NAMES.iter().find(|name| name.starts_with(&self.pending)).map(|name| name.len());
        match fitting {
            Some(length) if length == at + 1 => {
                self.pending.clear();
                self.written.clear();
                self.place = Place::Dropped;
            }
            Some(_) => self.written.push(octet),
            None => {
                self.pending.clear();
                passed.append(&mut self.written);
                passed.push(octet);
                self.place = match octet {
                    b'\r' if at == 0 => Place::Cr,
                    b'\n' => Place::Start { dropped: false },
                    _ => Place::Kept,
                };
            }
        }
        1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(content: &str, expected: &str) {
        for cut in [1, 2, 3, 7, content.len().max(1)] {
            let (mut firewall, mut passed) = (HeaderFirewall::new(), Vec::new());
            content.as_bytes().chunks(cut).for_each(|piece| firewall.push(piece, &mut passed));
            assert_eq!(String::from_utf8(passed).unwrap(), expected, "cut by {cut}: {content:?}");
        }
    }

    #[test]
    fn fields_that_servers_believe_go() {
        check("From: a\r\nX-MS-Exchange-Organization-SCL: -1\r\nTo: b\r\n\r\ntext\r\n", "From: a\r\nTo: b\r\n\r\ntext\r\n");
        check("x-ms-EXCHANGE-organization-AuthAs: Internal\r\n\r\n", "\r\n");
        check("X-MS-Exchange-Forest-Rules: x\r\n y\r\n\tz\r\nTo: b\r\n c\r\n\r\n", "To: b\r\n c\r\n\r\n");
        check("X-MS-Exchange-Organization-A : x\r\nX-MS-Exchange-Organization-B: y\r\n\r\n", "\r\n");
    }

    #[test]
    fn everything_else_stays() {
        for text in [
            "X-MS-Exchange-CrossTenant-Id: 1\r\nX-MS-Journal-Report:\r\n\r\n",
            "X-MS-Exchange-Org: 1\r\nX-MS\r\nX\r\n\r\n",
            "To: b\r\n X-MS-Exchange-Organization-SCL: folded\r\n\r\n",
            "\r\nX-MS-Exchange-Organization-SCL: in the body\r\n",
            "To: b\r\n\r\nX-MS-Exchange-Organization-SCL: in the body\r\n",
            "",
        ] {
            check(text, text);
        }
    }
}
