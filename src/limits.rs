//! Every bound of the program, by name. Units stand last in the names.
//!
//! Past a bound the peer gets a clear answer (452, 421, 413, 429) and memory stays flat.

use std::time::Duration;

// ---- SMTP, receiving -------------------------------------------------------------------------

/// Longest command line with CRLF, in octets. RFC 5321 section 4.5.3.1.4 asks for 512; extensions
/// (RFC 3461 ORCPT, RFC 6531) and XCLIENT-like parameters need more room.
pub const SMTP_COMMAND_LINE_MAX_OCTETS: usize = 2048;
/// Recipients of one transaction. RFC 5321 section 4.5.3.1.8 asks for at least 100.
pub const SMTP_RECIPIENTS_MAX: usize = 1000;
/// Bad commands of one session before 421.
pub const SMTP_ERRORS_MAX: u32 = 20;
/// Commands of one session that move nothing forward (NOOP, RSET, VRFY, EHLO) before 421.
pub const SMTP_IDLE_COMMANDS_MAX: u32 = 200;
/// Transactions of one session before 421 (the sender connects again).
pub const SMTP_TRANSACTIONS_MAX: u32 = 10_000;
/// Unprocessed input that one session may hold, in octets.
pub const SMTP_INPUT_BUFFER_MAX_OCTETS: usize = 64 * 1024;
/// `Received:` fields at which a message counts as looping. RFC 5321 section 6.3; Exchange's limit is 30.
pub const RECEIVED_FIELDS_MAX: usize = 30;
/// Longest header block of a message, in octets. Exchange takes 256 KiB; real mail stays far below.
pub const HEADER_BLOCK_MAX_OCTETS: usize = 256 * 1024;
/// A command must arrive within this time. RFC 5321 section 4.5.3.2.7.
pub const SMTP_COMMAND_TIMEOUT: Duration = Duration::from_secs(300);
/// A stranger's first command must arrive within this time.
pub const SMTP_GREETING_TIMEOUT: Duration = Duration::from_secs(60);
/// Silence inside DATA. RFC 5321 section 4.5.3.2.5.
pub const SMTP_DATA_BLOCK_TIMEOUT: Duration = Duration::from_secs(180);
/// One whole message must arrive within this time, however slowly its bytes drip.
pub const SMTP_MESSAGE_TIMEOUT: Duration = Duration::from_secs(3600);
/// A TLS handshake must end within this time.
pub const TLS_HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest reply write that a peer may delay.
pub const SMTP_WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// SMTP connections at a time, all clients together.
pub const SMTP_CONNECTIONS_MAX: usize = 1000;
/// SMTP connections at a time from one address; trusted hosts are exempt.
pub const SMTP_CONNECTIONS_PER_CLIENT_MAX: usize = 100;
/// A message body above this size is staged in a file, not in memory, in octets.
pub const STAGE_MEMORY_MAX_OCTETS: usize = 256 * 1024;
/// A remembered recipient verdict of the primary.
pub const RECIPIENT_VERDICTS_MAX: usize = 10_000;

// ---- SMTP, sending ---------------------------------------------------------------------------

/// Longest reply line of a server. RFC 5321 section 4.5.3.1.5 says 512; be generous.
pub const SMTP_REPLY_LINE_MAX_OCTETS: usize = 4096;
/// Lines of one reply.
pub const SMTP_REPLY_LINES_MAX: usize = 128;
/// Connecting to a server.
pub const SMTP_CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// Waiting for 220, and for the replies to EHLO, MAIL, RCPT, DATA. RFC 5321 section 4.5.3.2.
pub const SMTP_REPLY_TIMEOUT: Duration = Duration::from_secs(300);
/// Waiting for the reply to the final dot. RFC 5321 section 4.5.3.2.6.
pub const SMTP_FINAL_REPLY_TIMEOUT: Duration = Duration::from_secs(600);
/// Recipients of one transaction towards a server; Exchange takes 200.
pub const SMTP_SEND_RECIPIENTS_MAX: usize = 200;
/// A slow MAIL or RCPT of a probe is slow, not down, up to this time (Exchange tarpits up to 55 s).
pub const PROBE_SLOW_MAX: Duration = Duration::from_secs(60);
/// A MAIL or RCPT of a probe that takes longer than this is shown as slow.
pub const PROBE_SLOW_AFTER: Duration = Duration::from_secs(5);
/// Longest response head of a health page, in octets.
pub const HEALTH_HEAD_MAX_OCTETS: usize = 16 * 1024;
/// Longest body of a health page that is looked at, in octets.
pub const HEALTH_PAGE_MAX_OCTETS: usize = 16 * 1024;
/// The hand-over to the primary inside a session must have begun its final dot within this time.
pub const HANDOVER_DEADLINE: Duration = Duration::from_secs(20);
/// Messages handed to the primary at a time while draining.
pub const DRAIN_PARALLEL_MAX: usize = 4;
/// Messages of the recovery gate's batch.
pub const GATE_BATCH_MESSAGES: usize = 10;
/// Share of 5xx in the gate's batch that is a relapse, in percent.
pub const GATE_REFUSED_MAX_PERCENT: usize = 10;
/// First and longest wait between tries of one recipient.
pub const BACKOFF_FIRST: Duration = Duration::from_secs(30);
pub const BACKOFF_MAX: Duration = Duration::from_secs(30 * 60);
/// Outward mail gives up after this time. RFC 5321 section 4.5.4.1 asks for 4 to 5 days.
pub const OUTBOUND_EXPIRY: Duration = Duration::from_secs(5 * 24 * 3600);
/// Queue entries read at a time.
pub const QUEUE_PAGE_ENTRIES: usize = 500;

// ---- Continuity ------------------------------------------------------------------------------

/// Evidence kept with an event and shown.
pub const EVIDENCE_MAX: usize = 64;
/// Hold-down after a failover: continuity lasts at least this long; doubles with each flap.
pub const HOLD_DOWN_FIRST: Duration = Duration::from_secs(15);
pub const HOLD_DOWN_MAX: Duration = Duration::from_secs(15 * 60);
/// Failovers within this time count as flapping.
pub const FLAP_WINDOW: Duration = Duration::from_secs(60 * 60);
/// A foreign client seen within this time speaks against our own isolation.
pub const FOREIGN_CLIENT_RECENT: Duration = Duration::from_secs(60);
/// Tries of what the gate held, after this much green.
pub const HELD_RETRY_AFTER: [Duration; 2] = [Duration::from_secs(30 * 60), Duration::from_secs(2 * 3600)];

// ---- Store -----------------------------------------------------------------------------------

/// A segment is closed at this size, in octets.
pub const SEGMENT_MAX_OCTETS: u64 = 256 * 1024 * 1024;
/// Longest head of a record, in octets.
pub const RECORD_HEAD_MAX_OCTETS: usize = 4 * 1024 * 1024;
/// Longest body of a record, in octets.
pub const RECORD_BODY_MAX_OCTETS: u64 = 4 * 1024 * 1024 * 1024;
/// Commands waiting for the writer thread.
pub const WRITER_QUEUE_MAX: usize = 4096;
/// Commands that share one fsync.
pub const GROUP_COMMIT_MAX: usize = 256;
/// Longest row of the index, in octets (larger values go to unsynced files inside sled).
pub const INDEX_ROW_MAX_OCTETS: usize = 4096;
/// sled's cache, in octets.
pub const INDEX_CACHE_OCTETS: u64 = 8 * 1024 * 1024;
/// Free space below which new mail is answered 452, in octets.
pub const DISK_RESERVE_OCTETS: u64 = 256 * 1024 * 1024;

// ---- Network ---------------------------------------------------------------------------------

/// Threads that run tasks. Two, so that a burst of TLS handshakes does not hold up the probes.
pub const RT_THREADS: usize = 2;
/// After a failed `accept` (out of file descriptors) the listener waits this long.
pub const ACCEPT_RETRY_WAIT: Duration = Duration::from_millis(200);
/// One look-up of a name, all name servers and tries together.
pub const DNS_TIMEOUT: Duration = Duration::from_secs(10);
/// A name that was looked up before is answered from memory if DNS takes longer. RFC 8767 section 5 recommends this time.
pub const DNS_STALE_AFTER: Duration = Duration::from_millis(1800);
/// Names whose last good answer is kept.
pub const DNS_NAMES_KEPT_MAX: usize = 1000;
/// Addresses of one name that are tried.
pub const DNS_ADDRESSES_MAX: usize = 16;
/// Life of the self-made certificate; Apple's and others' limit for certificates of a private CA.
pub const CERTIFICATE_DAYS: u64 = 825;
/// The self-made certificate is made anew when fewer days are left.
pub const CERTIFICATE_RENEW_DAYS: u64 = 30;

// ---- Web -------------------------------------------------------------------------------------

/// Connections at a time, all clients together, and from one address.
pub const WEB_CONNECTIONS_MAX: usize = 256;
pub const WEB_CONNECTIONS_PER_CLIENT_MAX: usize = 32;
/// Threads that answer requests.
pub const WEB_WORKERS: usize = 4;
/// Silence on a web connection.
pub const WEB_IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Longest life of a web connection.
pub const WEB_CONNECTION_TIMEOUT: Duration = Duration::from_secs(900);
/// Longest request head (request line and header fields), in octets; above it 431.
pub const WEB_HEAD_MAX_OCTETS: usize = 64 * 1024;
/// Header fields of one request; above it 431.
pub const WEB_HEAD_FIELDS_MAX: usize = 100;
/// A new connection must begin its first request, and each request head that has begun must be complete, within this time; then
/// closed, or 408.
pub const WEB_HEAD_TIMEOUT: Duration = Duration::from_secs(20);
/// A body must arrive at this rate at least, in octets a second, after a grace of [`WEB_HEAD_TIMEOUT`]; then 408.
pub const WEB_BODY_RATE_MIN_OCTETS: usize = 64 * 1024;
/// Bodies up to this size, in octets, are taken without a share of [`WEB_BODIES_HELD_MAX_OCTETS`].
pub const WEB_BODY_SMALL_MAX_OCTETS: usize = 64 * 1024;
/// Larger bodies held at a time, all clients together, in octets (the worker holds each a second time); above it 503.
pub const WEB_BODIES_HELD_MAX_OCTETS: usize = 2 * WEB_BODY_MAX_OCTETS;
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
/// Fields of one form.
pub const FORM_FIELDS_MAX: usize = 200;
/// Entries of one page of a folder.
pub const PAGE_ENTRIES: usize = 50;
/// Sessions at a time, all people together.
pub const WEB_SESSIONS_MAX: usize = 5000;
/// A session ends after this much silence, and after this much time in any case.
pub const SESSION_IDLE: Duration = Duration::from_secs(2 * 3600);
pub const SESSION_AGE_MAX: Duration = Duration::from_secs(12 * 3600);
/// Failed logins per person, and per client address, within [`LOGIN_WINDOW`]; above it 429.
pub const LOGIN_FAILURES_PER_PERSON_MAX: u32 = 10;
pub const LOGIN_FAILURES_PER_CLIENT_MAX: u32 = 30;
pub const LOGIN_WINDOW: Duration = Duration::from_secs(15 * 60);
/// Password checks at a time: each takes 19 MiB while it runs.
pub const PASSWORD_CHECKS_MAX: usize = 2;
/// Recipients of one message written in the webmail.
pub const COMPOSE_RECIPIENTS_MAX: usize = 200;
/// Largest text or HTML part that is shown in the page; the rest is offered as a download, in octets.
pub const SHOWN_TEXT_MAX_OCTETS: usize = 1024 * 1024;
/// MIME parts of one message that are looked at.
pub const MIME_PARTS_MAX: usize = 2000;

// ---- Control and files -----------------------------------------------------------------------

/// Longest request and answer on the control socket, in octets.
pub const CONTROL_LINE_MAX_OCTETS: usize = 16 * 1024 * 1024;
/// Connections to the control socket at a time.
pub const CONTROL_CONNECTIONS_MAX: usize = 16;
/// A control request must arrive, and its answer must be taken, within this time.
pub const CONTROL_IO_TIMEOUT: Duration = Duration::from_secs(30);
/// The command line waits this long for an answer.
pub const CONTROL_ANSWER_TIMEOUT: Duration = Duration::from_secs(300);
/// Longest configuration and directory file, in octets.
pub const CONFIG_FILE_MAX_OCTETS: u64 = 1024 * 1024;
pub const DIRECTORY_FILE_MAX_OCTETS: u64 = 16 * 1024 * 1024;
/// A digest at the end of an event is split above this size, in octets.
pub const DIGEST_MAX_OCTETS: u64 = 8 * 1024 * 1024;
