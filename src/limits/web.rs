//! Bounds of the web pages: connections, forms, sessions, what is shown.

use std::time::Duration;

/// Connections at a time, all clients together, and from one address (a whole office may have one). Above it one that waits for its next request makes
/// room; if there is none, the new one is closed.
pub const WEB_CONNECTIONS_MAX: usize = 256;
pub const WEB_CONNECTIONS_PER_CLIENT_MAX: usize = 64;
/// Threads that answer requests.
pub const WEB_WORKERS: usize = 4;
/// Silence on a web connection.
pub const WEB_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// A box that stops gives whoever has just connected this long for a request.
pub const WEB_STOP_PATIENCE: Duration = Duration::from_secs(1);
/// A web connection of this age ends with the answer to its next request.
pub const WEB_CONNECTION_TIMEOUT: Duration = Duration::from_secs(900);
/// Longest a request may take, from its first octet to the last of its answer: more than the largest body needs at the slowest rate.
pub const WEB_REQUEST_TIMEOUT: Duration = Duration::from_secs(1800);
/// Longest request head (request line and header fields), in octets; above it 431.
pub const WEB_HEAD_MAX_OCTETS: usize = 64 * 1024;
/// Header fields of one request; above it 431.
pub const WEB_HEAD_FIELDS_MAX: usize = 100;
/// A new connection must begin its first request, and each request head that has begun must be complete, within this time; then
/// closed, or 408.
pub const WEB_HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// A body must arrive at this rate at least, in octets a second, after a grace of [`WEB_HEAD_TIMEOUT`]; then 408.
pub const WEB_BODY_RATE_MIN_OCTETS: usize = 64 * 1024;
/// Bodies up to this size, in octets, are taken into memory; larger ones go to a file while they arrive.
pub const WEB_BODY_SMALL_MAX_OCTETS: usize = 64 * 1024;
/// Larger bodies at a time, all clients together, and from one address; above it 503. Their files are gone when they are answered.
pub const WEB_UPLOADS_MAX: usize = 16;
pub const WEB_UPLOADS_PER_CLIENT_MAX: usize = 12;
/// On `web.redirect_listen`: connections at a time, all clients together, and from one address; and how long one may take.
pub const WEB_REDIRECTS_MAX: usize = 32;
pub const WEB_REDIRECTS_PER_CLIENT_MAX: usize = 8;
pub const WEB_REDIRECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A worker must begin its response within this time; then 503.
pub const WEB_RESPONSE_TIMEOUT: Duration = Duration::from_secs(60);
/// Responses up to this size, in octets, are taken from the worker at once, however slowly the client reads.
pub const WEB_RESPONSE_SMALL_MAX_OCTETS: usize = 256 * 1024;
/// Larger responses held at a time until their clients have taken them, all together, in octets; above it 503.
pub const WEB_RESPONSES_HELD_MAX_OCTETS: usize = 4 * WEB_BODY_MAX_OCTETS;
/// After an error answer the rest of the request is read and thrown away for this long, because closing at once would reset the
/// connection and take the answer with it.
pub const WEB_LINGER: Duration = Duration::from_secs(5);
/// Longest request body (a message with its attachments), in octets; above it 413.
pub const WEB_BODY_MAX_OCTETS: usize = 50 * 1024 * 1024;
/// Longest form without attachments, in octets.
pub const WEB_FORM_MAX_OCTETS: usize = 1024 * 1024;
/// Fields and files of one form: a message that is forwarded has a field for each of its files.
pub const FORM_FIELDS_MAX: usize = MIME_PARTS_MAX + 200;
/// Octets of all fields of one form together, without its files; above it 413.
pub const FORM_FIELDS_MAX_OCTETS: usize = 4 * 1024 * 1024;
/// Entries of one page of a folder.
pub const PAGE_ENTRIES: usize = 50;
/// Longest signature, in characters.
pub const SIGNATURE_MAX_CHARS: usize = 2_000;
/// Changes of the own settings that one person is granted within an hour: each is a line of a record that is kept for years.
pub const PREFERENCES_CHANGES_HOUR_MAX: u32 = 30;
/// Own folders that the navigation shows.
pub const NAVIGATION_FOLDERS_MAX: usize = 100;
/// Languages that a browser asks for which are looked at.
pub const ACCEPT_LANGUAGE_MAX: usize = 20;
/// Sessions at a time, all people together.
pub const WEB_SESSIONS_MAX: usize = 5000;
/// Of them of one person: whoever signs in more often than that loses the one that was silent longest, and nobody else does.
pub const WEB_SESSIONS_PER_PERSON_MAX: usize = 20;
/// A session ends after this much silence, and after this much time in any case.
pub const SESSION_IDLE: Duration = Duration::from_secs(2 * 3600);
pub const SESSION_AGE_MAX: Duration = Duration::from_secs(12 * 3600);
/// Sessions of the admin's place at a time. Such a session ends after this much silence, and after this much time in any case.
pub const ADMIN_SESSIONS_MAX: usize = 200;
pub const ADMIN_SESSION_IDLE: Duration = Duration::from_secs(60 * 60);
pub const ADMIN_SESSION_AGE_MAX: Duration = Duration::from_secs(12 * 3600);
/// Longest name of an account of the admin's place, and shortest password that may be chosen for one, in characters.
pub const ADMIN_NAME_MAX_CHARS: usize = 64;
pub const ADMIN_PASSWORD_MIN_CHARS: usize = 12;
/// Failed sign-ins to the admin's place that are put on record within an hour, from whatever addresses; all are in the log.
pub const ADMIN_FAILURES_RECORDED_HOUR_MAX: usize = 200;
/// Mistakes that the set-up in the browser shows at a time.
pub const WIZARD_MISTAKES_MAX: usize = 20;
/// How long a set-up link works, if nobody uses it.
pub const ADMIN_SETUP_AGE_MAX: Duration = Duration::from_secs(24 * 3600);
/// What probes have seen is kept by the minute and by the hour, for so many of them; of each, the middle of so many latencies is
/// known. That is 1.2 MB on disk and in memory.
pub const HISTORY_MINUTES: usize = 48 * 60;
pub const HISTORY_HOURS: usize = 31 * 24;
pub const HISTORY_LATENCIES: usize = 12;
/// It is written to disk this often.
pub const HISTORY_SAVE_EVERY: Duration = Duration::from_secs(60);
/// What was seen when an event began, on the dashboard.
pub const EVIDENCE_SHOWN: usize = 4;
/// Entries of a queue that are looked at for the oldest, for metrics.
pub const METRICS_QUEUE_PAGE: usize = 50;
/// Tokens for scripts.
pub const API_TOKENS_MAX: usize = 200;
/// What a form says on the next page is cut here, in octets.
pub const ADMIN_FLASH_MAX_OCTETS: usize = 4096;
/// Failed logins as one person from one client, and as anybody from one client, within [`LOGIN_WINDOW`]; above it 429.
pub const LOGIN_FAILURES_PER_PERSON_MAX: u32 = 10;
pub const LOGIN_FAILURES_PER_CLIENT_MAX: u32 = 30;
/// Failed logins as one person from all clients together. Several times the limit of one client, so that no single
/// stranger can shut a person out.
pub const LOGIN_FAILURES_PER_PERSON_ALL_CLIENTS_MAX: u32 = 40;
pub const LOGIN_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Entries of each table of the login throttle.
pub const LOGIN_THROTTLE_ENTRIES_MAX: usize = 10_000;
/// Longest password that is looked at, in octets; a longer one is wrong.
pub const PASSWORD_MAX_OCTETS: usize = 256;
/// Cost of a password check (argon2id, RFC 9106): memory in KiB, passes and lanes.
pub const PASSWORD_MEMORY_KIB: u32 = 19_456;
pub const PASSWORD_PASSES: u32 = 2;
pub const PASSWORD_LANES: u32 = 1;
/// Password checks at a time: each takes 19 MiB while it runs.
pub const PASSWORD_CHECKS_MAX: usize = 2;
/// Recipients of one message written in the webmail.
pub const COMPOSE_RECIPIENTS_MAX: usize = 200;
/// Largest text or HTML part that is shown in the page; the rest is offered as a download, in octets.
pub const SHOWN_TEXT_MAX_OCTETS: usize = 1024 * 1024;
/// MIME parts of one message that are looked at.
pub const MIME_PARTS_MAX: usize = 2000;
/// Header field of a message that is read, in octets; what is beyond is not looked at.
pub const FIELD_MAX_OCTETS: usize = 64 * 1024;
/// Part of a message that is looked at for its line in a folder page, in octets.
pub const SUMMARY_SCAN_MAX_OCTETS: usize = 256 * 1024;
/// Nodes and depth of message HTML that is shown as HTML; beyond it is shown as text. Chromium nests 512 deep.
pub const HTML_NODES_MAX: usize = 100_000;
pub const HTML_DEPTH_MAX: usize = 512;
/// A Date field later than the time of receipt by more than this is not believed.
pub const DATE_AHEAD_MAX: Duration = Duration::from_secs(24 * 3600);
/// Characters of a name or subject in a row of a folder page.
pub const ROW_TEXT_MAX_CHARS: usize = 160;
/// Pictures embedded in the document of a message's HTML: one, all together in octets, and how many different ones.
pub const INLINE_PICTURE_MAX_OCTETS: usize = 2 * 1024 * 1024;
pub const INLINE_PICTURES_MAX_OCTETS: usize = 8 * 1024 * 1024;
pub const INLINE_PICTURES_MAX: usize = 50;
/// Longest message written in the webmail, encoded, in octets; above it the person is asked for smaller files.
pub const COMPOSE_MESSAGE_MAX_OCTETS: usize = 50 * 1024 * 1024;
/// Longest To, Cc or Bcc line typed in the webmail, in octets. A draft keeps it in one header field, encoded: that must stay below
/// [`FIELD_MAX_OCTETS`].
pub const COMPOSE_FIELD_MAX_OCTETS: usize = 32 * 1024;
/// People and groups that are offered while an address is typed; those that are in the page itself; characters that are looked at.
pub const COMPLETION_FOUND_MAX: usize = 12;
pub const COMPLETION_LISTED_MAX: usize = 100;
pub const COMPLETION_PREFIX_MAX_CHARS: usize = 100;
/// Longest subject written in the webmail, in characters.
pub const COMPOSE_SUBJECT_MAX_CHARS: usize = 500;
/// Original text that is quoted in an answer, in octets.
pub const COMPOSE_QUOTE_MAX_OCTETS: usize = 128 * 1024;
/// Message-IDs in References of an answer: the first and the newest stay (RFC 5322 section 3.6.4 names no bound).
pub const COMPOSE_REFERENCES_MAX: usize = 50;
/// After Send a message can be taken back for so long: nobody gets it before.
pub const SEND_UNDO: Duration = Duration::from_secs(10);
/// A page waits this long at most for the reader's own read marks to be on disk.
pub const MARKS_PATIENCE: Duration = Duration::from_secs(5);
