//! Every bound of the program, by name. Units stand last in the names.
//!
//! Past a bound the peer gets a clear answer (452, 421, 413, 429) and memory stays flat.

use std::time::Duration;

mod acting;
mod finding;
mod proof;
mod reading;
mod rehearsal;
mod telling;
mod web;

pub use acting::*;
pub use finding::*;
pub use proof::*;
pub use reading::*;
pub use rehearsal::*;
pub use telling::*;
pub use web::*;

// ---- SMTP, receiving -------------------------------------------------------------------------

/// Longest command line with CRLF, in octets. RFC 5321 section 4.5.3.1.4 asks for 512; extensions
/// (RFC 3461 ORCPT, RFC 6531) and XCLIENT-like parameters need more room.
pub const SMTP_COMMAND_LINE_MAX_OCTETS: usize = 2048;
/// Largest journal report, in octets: Exchange exempts reports from its own limits. One at a time is held in memory, twice.
pub const JOURNAL_REPORT_MAX_OCTETS: u64 = 160 * 1024 * 1024;
/// Recipients that are read from one report.
pub const JOURNAL_RECIPIENTS_MAX: usize = 10_000;
/// Messages that are remembered to have been filed from a report: the index learns of a copy a moment after its report was answered.
pub const JOURNAL_RECENT_MAX: usize = 10_000;
/// Of these, places in mailboxes that are remembered.
pub const JOURNAL_RECENT_PLACES_MAX: usize = 100_000;
/// Longest ENVID and ORCPT, in octets (RFC 3461 sections 4.4 and 4.2).
pub const DSN_ENVID_MAX_OCTETS: usize = 100;
pub const DSN_ORCPT_MAX_OCTETS: usize = 500;
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
/// A message that has been coming for this time must have come at this rate on the average, in octets a second: a sender that trickles holds
/// a place for nothing. The time is that of one block (RFC 5321 section 4.5.3.2.5), so that nobody is cut off for a single stall.
pub const SMTP_RATE_GRACE: Duration = Duration::from_secs(180);
pub const SMTP_RATE_MIN_OCTETS_S: u64 = 64;
/// From this many connections on, those that are not in the middle of a message must come with their next command within
/// [`SMTP_CROWDED_TIMEOUT`]; trusted hosts and the primary are exempt.
pub const SMTP_CROWDED_CONNECTIONS: usize = 2200;
pub const SMTP_CROWDED_TIMEOUT: Duration = Duration::from_secs(10);
/// A session that waits looks this often whether there is a crowd.
pub const SMTP_CROWD_LOOK: Duration = Duration::from_secs(5);
/// A box that stops gives whoever is connected this long for the next command; whoever is in the middle of a message, or has sent none yet, may finish one.
pub const SMTP_STOP_PATIENCE: Duration = Duration::from_secs(1);
/// The PROXY header of a connection that a proxy passes on; it comes with the connection.
pub const PROXY_HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// Longest reply write that a peer may delay.
pub const SMTP_WRITE_TIMEOUT: Duration = Duration::from_secs(60);
/// SMTP connections at a time, all clients together. An idle one costs some 10 KiB; the service has 16,384 file descriptors.
pub const SMTP_CONNECTIONS_MAX: usize = 3000;
/// Of these, places that only trusted hosts and the primary get.
pub const SMTP_CONNECTIONS_RESERVED: usize = 50;
/// SMTP connections at a time from one address (IPv6: one /64); trusted hosts are exempt. In a crowd
/// ([`SMTP_CROWDED_CONNECTIONS`]) a client that has as many as the second number gets no more: the places that are left are for others.
pub const SMTP_CONNECTIONS_PER_CLIENT_MAX: usize = 100;
pub const SMTP_CONNECTIONS_PER_CLIENT_CROWDED_MAX: usize = 10;
/// A message body above this size is staged in a file, not in memory, in octets.
pub const STAGE_MEMORY_MAX_OCTETS: usize = 4 * 1024 * 1024;
/// Bodies in memory, all sessions together, in octets; when it is used up, bodies are staged in files whatever their size. With one piece
/// for each of a thousand sessions it is just used up.
pub const STAGE_MEMORY_TOTAL_OCTETS: usize = 64 * 1024 * 1024;
/// Beside them, bodies that are held in memory because the disk is full or failed, all sessions together, in octets; above it 452.
pub const STAGE_SPARE_MAX_OCTETS: usize = 128 * 1024 * 1024;
/// Gathered of a body before it goes to its file, in octets; counts in no budget, since it goes on at once.
pub const STAGE_WRITE_OCTETS: usize = 128 * 1024;
/// A message in memory up to this size is summarised by the task that has it, larger ones by the thread pool, in octets.
pub const SUMMARISE_AT_ONCE_OCTETS: u64 = 128 * 1024;
/// Content of a message passes from the session to the stage in pieces of this size, in octets.
pub const BODY_PIECE_OCTETS: usize = 64 * 1024;
/// Read from a socket at a time: between messages (an idle connection should cost little), and inside one, in octets.
pub const SMTP_COMMAND_READ_OCTETS: usize = 2 * 1024;
pub const SMTP_BODY_READ_OCTETS: usize = 64 * 1024;
/// Refused recipients of one session without an accepted message between, before 421.
pub const SMTP_REFUSED_RECIPIENTS_MAX: u32 = 100;
/// After our last reply, how long unread input is drained so that a reset does not overtake the reply.
pub const SMTP_LINGER: Duration = Duration::from_secs(2);
pub const SMTP_LINGER_MAX_OCTETS: usize = 16 * 1024 * 1024;
/// Connections that the kernel holds for a listener which is busy; more wait a second or longer for their next try.
pub const LISTEN_BACKLOG: i32 = 1024;
/// After a failed `accept` (out of file descriptors) an SMTP listener waits this long.
pub const SMTP_ACCEPT_RETRY_WAIT: Duration = Duration::from_millis(200);
/// Trusted hosts whose sending is counted at a time.
pub const TRUSTED_HOSTS_COUNTED_MAX: usize = 1000;
/// Highest setting of `smtp.trusted_rate` and `smtp.stranger_rate`, in recipients an hour.
pub const RATE_SETTING_MAX: u32 = 1_000_000;
/// Addresses of strangers whose conduct is counted at a time; those that did least are forgotten.
pub const STRANGERS_COUNTED_MAX: usize = 5000;
/// Connections that a stranger may make in an hour for each recipient that it may write to.
pub const STRANGER_CONNECTIONS_A_RECIPIENT: u32 = 4;
/// Unknown recipients of one address: so many are refused at once, each further one [`TARPIT_STEP`] later than the one before, up to
/// [`TARPIT_MAX`]; past those of an hour the answer is 450 for everybody who is not known.
pub const STRANGER_UNKNOWN_FREE: u32 = 10;
pub const STRANGER_UNKNOWN_HOUR: u32 = 100;
pub const TARPIT_STEP: Duration = Duration::from_secs(1);
pub const TARPIT_MAX: Duration = Duration::from_secs(10);
/// Sessions of one address in an hour that ended for their mistakes; past them no more are taken.
pub const STRANGER_FAILED_SESSIONS_HOUR: u32 = 30;
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
/// Waiting for the reply to QUIT, which changes nothing any more; and for last words of a server that takes no more.
pub const SMTP_QUIT_TIMEOUT: Duration = Duration::from_secs(2);
/// Keep-alive towards a server: silence before the first probe, between probes, and probes until it counts as gone.
pub const KEEPALIVE_IDLE: Duration = Duration::from_secs(15);
pub const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(5);
pub const KEEPALIVE_PROBES: u32 = 3;
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
/// A smart host that takes nothing is not the first to be tried again before this time, if there are others.
pub const SMARTHOST_AVOIDED: Duration = Duration::from_secs(60);
/// A domain whose servers could not be reached is not tried again before this time: other mail for it shares the outcome.
pub const DOMAIN_SUSPENDED: Duration = Duration::from_secs(60);
/// Messages for one domain under way at a time, when mail goes there directly.
pub const DIRECT_PER_DOMAIN_MAX: usize = 4;
/// Servers of one domain that are tried for one message (Postfix's `smtp_mx_address_limit` is the same).
pub const MAIL_HOSTS_MAX: usize = 5;
/// Addresses of one such server that are tried: each may take [`SMTP_CONNECT_TIMEOUT`].
pub const MAIL_HOST_ADDRESSES_MAX: usize = 4;
/// Servers that are remembered with their idle connections when mail goes out directly; those that nobody uses make room.
pub const DIRECT_SERVERS_KEPT_MAX: usize = 200;
/// A server whose TLS handshake failed, where TLS was only a wish, is spoken to without it for this time.
pub const TLS_WISH_RETRY_AFTER: Duration = Duration::from_secs(600);
/// Outward mail gives up after this time. RFC 5321 section 4.5.4.1 asks for 4 to 5 days.
pub const OUTBOUND_EXPIRY: Duration = Duration::from_secs(5 * 24 * 3600);
/// Outward mail that has waited this long is reported to its sender, once. RFC 5321 section 4.5.4.1 has such reports in mind; Postfix's
/// documentation suggests the same time.
pub const DELAY_REPORT_AFTER: Duration = Duration::from_secs(4 * 3600);
/// A message that its sender wants back whole comes back whole up to this size, in octets.
pub const DSN_FULL_MAX_OCTETS: usize = 1024 * 1024;
/// Outward mail gives up only after this many tries too: its age alone may be a wall clock that jumped.
/// (Five days of [`BACKOFF_MAX`] are 240 tries.)
pub const OUTBOUND_TRIES_MIN: u32 = 48;
/// Longest reply of another server that is kept with a recipient, in octets.
pub const REPLY_KEPT_MAX_OCTETS: usize = 500;
/// An event whose hand-back is not complete so long after its end is an alarm: its messages stay whatever their age.
pub const EVENT_PINNED_LONG: Duration = Duration::from_secs(7 * 24 * 3600);
/// Mail that waits longer than this while the primary looks well is an alarm.
pub const QUEUE_OLD: Duration = Duration::from_secs(15 * 60);
/// Queue entries read at a time.
pub const QUEUE_PAGE_ENTRIES: usize = 500;
/// Recipients that `queue list` shows.
pub const QUEUE_LIST_MAX: usize = 1000;

// ---- Continuity ------------------------------------------------------------------------------

/// Evidence kept with an event and shown.
pub const EVIDENCE_MAX: usize = 64;
/// Hold-down after a failover: continuity lasts at least this long; doubles with each flap.
pub const HOLD_DOWN_FIRST: Duration = Duration::from_secs(15);
pub const HOLD_DOWN_MAX: Duration = Duration::from_secs(15 * 60);
/// Failovers within this time count as flapping.
pub const FLAP_WINDOW: Duration = Duration::from_secs(60 * 60);
/// Evidence of one probe that is kept, so that many failing relays push nothing else out.
pub const EVIDENCE_PER_PROBE_MAX: usize = 16;
/// Evidence kept with a change between normal and suspect: those happen often, and the ledger keeps them for years.
pub const EVIDENCE_OF_SUSPICION_MAX: usize = 8;
/// Longest detail of one observation, in octets.
pub const EVIDENCE_DETAIL_MAX_OCTETS: usize = 300;
/// Longest name of an operator, and longest reason that one gives, in octets.
pub const OPERATOR_NAME_MAX_OCTETS: usize = 100;
pub const OPERATOR_REASON_MAX_OCTETS: usize = 300;
/// Events of some people that are open at a time.
pub const SCOPES_MAX: usize = 16;
/// Mailboxes and groups together that one of them names.
pub const SCOPE_MEMBERS_MAX: usize = 500;
/// Entries of the queue of which is remembered whether they wait for the end of one.
pub const KEPT_BACK_REMEMBERED_MAX: usize = 200_000;
/// Longest planned time of one.
pub const SCOPE_LENGTH_MAX: Duration = Duration::from_secs(60 * 24 * 3600);
/// A restart so long after a planned end is believed; a wall clock that says more is taken to be wrong.
pub const SCOPE_OVERDUE_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
/// Maintenance windows that are planned at a time, and the longest one.
pub const WINDOWS_MAX: usize = 50;
pub const WINDOW_LENGTH_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
pub const WINDOW_REASON_MAX_OCTETS: usize = 300;
/// Windows that are remembered to have begun.
pub const WINDOWS_BEGUN_MAX: usize = 200;
/// A wall clock that goes further from the monotonic one at once has stepped, and begins no window before it was steady for this time.
pub const WINDOW_CLOCK_STEP_MAX: Duration = Duration::from_secs(60);
pub const WINDOW_CLOCK_STEADY: Duration = Duration::from_secs(600);
/// Canary messages in a row that do not come back until the primary is down; one that is missing is followed by the next so soon.
pub const CANARY_FALL: u32 = 2;
pub const CANARY_AGAIN: Duration = Duration::from_secs(60);
/// Canary messages that are known when they come back, however late.
pub const CANARIES_REMEMBERED_MAX: usize = 1000;
/// Failed relays ask for a probe at most this often.
pub const PROBE_NOW_EVERY: Duration = Duration::from_secs(1);
/// Failovers that flap protection remembers.
pub const FAILOVERS_MAX: usize = 16;
/// A foreign client seen within this time speaks against our own isolation.
pub const FOREIGN_CLIENT_RECENT: Duration = Duration::from_secs(60);
/// Tries of what the gate held, after this much green.
pub const HELD_RETRY_AFTER: [Duration; 2] = [Duration::from_secs(30 * 60), Duration::from_secs(2 * 3600)];

/// Outages that one `lifeboat simulate` tries.
pub const SIMULATED_OUTAGES_MAX: u32 = 10_000;

// ---- Store -----------------------------------------------------------------------------------

/// A segment is closed at this size, in octets.
pub const SEGMENT_MAX_OCTETS: u64 = 256 * 1024 * 1024;
/// Longest head of a record, in octets.
pub const RECORD_HEAD_MAX_OCTETS: usize = 4 * 1024 * 1024;
/// Longest body of a record, in octets.
pub const RECORD_BODY_MAX_OCTETS: u64 = 4 * 1024 * 1024 * 1024;
/// Segments that are held open for reading.
pub const OPEN_SEGMENTS_MAX: usize = 256;
/// Octets that are gathered before they are written to a segment, and the piece in which bodies are read back from files.
pub const APPEND_BUFFER_OCTETS: usize = 256 * 1024;
/// A body up to this size is copied to stand beside others in one write; larger ones are written from where they are, in octets.
pub const APPEND_COPY_MAX_OCTETS: u64 = 16 * 1024;
/// A segment is made longer by zeros up to the next multiple of this, in octets: what overwrites them needs no new blocks and no new
/// length, and an fdatasync costs half as much (measured on ext4: 4,800 a second against 2,000 to 3,300 at 4 KiB).
pub const SEGMENT_FILL_OCTETS: u64 = 1024 * 1024;
/// Groups above this size, in octets, are appended without zeros behind them: writing all of it twice would cost more than it saves.
pub const SEGMENT_FILL_GROUP_MAX_OCTETS: u64 = 256 * 1024;
/// Changes of one write.
pub const UNIT_CHANGES_MAX: usize = 100_000;
/// Commands waiting for the writer thread.
pub const WRITER_QUEUE_MAX: usize = 4096;
/// Commands that share one fsync.
pub const GROUP_COMMIT_MAX: usize = 256;
/// Longest row of the index, in octets (larger values go to unsynced files inside sled).
pub const INDEX_ROW_MAX_OCTETS: usize = 4096;
/// Rows that are put into the index by one batch, unless one unit alone has more.
/// More make sled slower and hold several times the memory (measured while 100,000 messages were read: 620 MB with 4,096 rows, 90 MB with 1,024).
pub const INDEX_BATCH_ROWS: usize = 1024;
/// Records, and octets of their heads, that the index is handed before it has taken them; above it, it reads the spool instead.
pub const INDEX_FEED_RECORDS: usize = 16 * 1024;
pub const INDEX_FEED_HEAD_OCTETS: usize = 16 * 1024 * 1024;
/// While nobody asks, the index gathers changes for so long, or so many records: sled's cost is by the batch.
pub const INDEX_GATHER: Duration = Duration::from_millis(250);
pub const INDEX_GATHER_RECORDS: usize = 1024;
/// A question waits so long for an index that is being made.
pub const INDEX_PATIENCE: Duration = Duration::from_secs(1);
/// Wait before another try to make an index that cannot be made (a full disk): first, and longest.
pub const INDEX_RETRY_FIRST: Duration = Duration::from_millis(200);
pub const INDEX_RETRY_MAX: Duration = Duration::from_secs(60);
/// When the disk refuses to read some of the spool, the index is made again so often, with the waits from [`INDEX_RETRY_FIRST`] on, before
/// it does without what is there.
pub const INDEX_READ_TRIES: u32 = 5;
/// Records, and octets of their heads, that recovery holds before it puts them into the index.
pub const REPLAY_BATCH_RECORDS: usize = 1024;
pub const REPLAY_BATCH_HEAD_OCTETS: usize = 4 * 1024 * 1024;
/// Longest name of a mailbox, in octets. An address has at most 320 (RFC 5321 section 4.5.3.1); lower-casing may lengthen it.
pub const MAILBOX_NAME_MAX_OCTETS: usize = 640;
/// Longest name of a folder of a person's own, in octets.
pub const FOLDER_NAME_MAX_OCTETS: usize = 255;
/// Longest id of a continuity event, in octets.
pub const EVENT_ID_MAX_OCTETS: usize = 128;
/// Octets of the index whose checksum is taken at an orderly close and compared at the next start.
pub const INDEX_CHECKED_OCTETS: u64 = 256 * 1024 * 1024;
/// Up to so many recipients and filings are kept in a message's own row of the index, if the row has at most so many octets when the
/// message comes. Its states grow later, up to [`INDEX_ROW_MAX_OCTETS`].
pub const INDEX_FEW: usize = 4;
pub const INDEX_FEW_OCTETS: usize = 2048;
/// sled hands its buffers to the kernel at least this often, in milliseconds. After a death of the process what was not handed over is read
/// from the spool again, after a loss of power the whole index is made again: nothing is gained by hurry, and each time it waits for the disk.
pub const INDEX_FLUSH_MS: u64 = 5_000;
/// sled's threads may take so long to let go of the index's files after it was closed.
pub const INDEX_LOCK_PATIENCE: Duration = Duration::from_secs(10);
/// sled's cache, in octets.
pub const INDEX_CACHE_OCTETS: u64 = 4 * 1024 * 1024;
/// Lines of lists that are kept in memory from one page to the next, in octets: those of some thousand messages.
pub const LINES_KEPT_OCTETS: usize = 2 * 1024 * 1024;
/// Free space below which new mail is answered 452, in octets.
pub const DISK_RESERVE_OCTETS: u64 = 256 * 1024 * 1024;
/// Free space below which `lifeboat doctor` says how much an office needs, in octets.
pub const DISK_ROOMY_OCTETS: u64 = 5 * 1024 * 1024 * 1024;
/// Below the reserve, delivered copies go until this much more is free, in octets.
pub const DISK_ROOM_AGAIN_OCTETS: u64 = 256 * 1024 * 1024;
/// Nothing is dropped for its age so soon after a start: whoever starts a box with a wrong clock or configuration can still stop it.
pub const RETENTION_FIRST_AFTER: Duration = Duration::from_secs(3600);
/// Between two looks the wall clock may differ from the monotonic one by this: more is a jump (time servers correct small errors slowly).
pub const CLOCK_STEP_MAX: Duration = Duration::from_secs(120);
/// A start finds the clock this much ahead of the newest record at most; more is doubted.
pub const CLOCK_AHEAD_MAX: Duration = Duration::from_secs(7 * 24 * 3600);
/// After a jump or a doubt the clock has to be steady for this long before anything is dropped for its age.
pub const CLOCK_STEADY: Duration = Duration::from_secs(7 * 24 * 3600);
/// A clock that has been doubted for so long is an alarm.
pub const CLOCK_ALARM_AFTER: Duration = Duration::from_secs(24 * 3600);
/// On a full disk the spool looks for copies to drop at most this often.
pub const DISK_MAKE_ROOM_EVERY: Duration = Duration::from_secs(10);
/// Segments go if at most this share of their octets has to be carried over, in percent: each octet written again frees one.
pub const CARRY_MAX_PERCENT: u64 = 50;
/// What is carried over beyond that share at most, in octets, if a later segment makes up for it, or if it is only for its age that something
/// goes: a quarter of what a segment holds.
pub const CARRY_SMALL_MAX_OCTETS: u64 = 64 * 1024 * 1024;
/// Octets that are carried over together (with at least one message), and entries that retention reads at a time.
pub const CARRY_GROUP_OCTETS: usize = 4 * 1024 * 1024;
pub const RETENTION_PAGE: usize = 256;
/// Room that is given up when a start finds the disk full, and when the ledger does, in octets.
pub const DISK_BALLAST_START_OCTETS: u64 = 16 * 1024 * 1024;
pub const DISK_BALLAST_LEDGER_OCTETS: u64 = 4 * 1024 * 1024;
/// Octets written between two looks at the free space (there is one a second in any case).
pub const DISK_CHECK_OCTETS: u64 = 16 * 1024 * 1024;
/// Longest line of the ledger, in octets: an imported directory is one line.
pub const LEDGER_LINE_MAX_OCTETS: usize = 64 * 1024 * 1024;

/// Search: what is held of a message for its text and the names of its attachments, in octets, and of each run of lines in base64
/// within it: enough for [`SEARCH_TEXT_MAX_OCTETS`] of text.
pub const SEARCH_READ_MAX_OCTETS: usize = 2 * 1024 * 1024;
pub const SEARCH_ENCODED_MAX_OCTETS: usize = SEARCH_TEXT_MAX_OCTETS / 2 * 3;
/// The piece in which messages are read for it, in octets.
pub const SEARCH_PIECE_OCTETS: usize = 256 * 1024;
/// Text of one message that can be found, in octets of UTF-8; names and subjects come first.
pub const SEARCH_TEXT_MAX_OCTETS: usize = 256 * 1024;
/// Characters by which a word is known; what follows is not looked at. Encoded data in a text would fill the tables otherwise.
pub const SEARCH_WORD_MAX_CHARS: usize = 48;
/// What is looked at of a question, in characters, and how many words and phrases of it.
pub const SEARCH_QUERY_MAX_CHARS: usize = 400;
pub const SEARCH_QUERY_WORDS_MAX: usize = 16;
/// Shortest beginning of a word that `*` completes, in characters: shorter ones stand for too many words (200 ms for three of them
/// with 100,000 messages, 4 ms for four).
pub const SEARCH_PREFIX_MIN_CHARS: usize = 4;
/// Candidates that one question to the search may ask for.
pub const SEARCH_HITS_MAX: usize = 1000;
/// Messages, octets of their text, and octets of the messages themselves, that go into the search by one transaction.
pub const SEARCH_BATCH_MESSAGES: usize = 500;
pub const SEARCH_BATCH_OCTETS: usize = 2 * 1024 * 1024;
pub const SEARCH_BATCH_READ_OCTETS: u64 = 32 * 1024 * 1024;
/// Parts of one size that FTS5 lets stand before it makes one of them: fewer mean more work for each message, more for each question.
pub const SEARCH_MERGE_PARTS: i64 = 8;
/// Records without a message after which the place in the spool is noted all the same.
pub const SEARCH_NOTE_RECORDS: u64 = 10_000;
/// The search waits this long after a write, so that messages that come together go in together.
pub const SEARCH_GATHER: Duration = Duration::from_millis(250);
/// Pause between two transactions of the search.
pub const SEARCH_PAUSE: Duration = Duration::from_millis(10);
/// More records a second than these are load: mail goes first, and the search waits for a quiet moment. An office of 200 people
/// gets a message a second at its busiest, with two or three records each.
pub const SEARCH_BUSY_RECORDS_PER_S: u64 = 40;
/// The longest wait for such a moment. Then the search catches up beside the mail once, with the longer pauses.
pub const SEARCH_YIELD_MAX: Duration = Duration::from_secs(300);
pub const SEARCH_PAUSE_BUSY: Duration = Duration::from_millis(500);
/// How far the thread of the search steps back (`setpriority(2)`): beside a busy thread it gets a tenth of a core.
pub const SEARCH_NICE: i32 = 10;
/// Statements that each connection keeps prepared.
pub const SEARCH_STATEMENTS_KEPT: usize = 48;
/// Connections to the search's tables for questions: so many are answered at a time, and one that takes long does not hold up all others.
pub const SEARCH_QUESTIONERS: usize = 2;
/// SQLite's cache for each of the connections of the search, in KiB.
pub const SEARCH_CACHE_KIB: i64 = 2048;
/// After a failure, and when nothing happens, the search looks again after this time.
pub const SEARCH_RETRY_WAIT: Duration = Duration::from_secs(15);
/// Free space below which the search stops growing, in octets: above [`DISK_RESERVE_OCTETS`], so that it never takes mail's room.
pub const SEARCH_FREE_MIN_OCTETS: u64 = 2 * DISK_RESERVE_OCTETS;
/// Looks for candidates that one page of hits takes at most, when most of them are in no folder any more.
pub const SEARCH_PAGES_MAX: usize = 20;
/// Records that the search may be behind before people are told.
pub const SEARCH_BEHIND_SHOWN: u64 = 1000;

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
/// Life of the self-made certificate, with the day before now at which it begins. Apple refuses more than 825 (HT210176), and its last second
/// counts, too.
pub const CERTIFICATE_DAYS: u64 = 824;
/// The self-made certificate is made anew when fewer days are left.
pub const CERTIFICATE_RENEW_DAYS: u64 = 30;
/// Life of the authority that signs the self-made certificate, from when it was made: people install it by hand, so it is to last as long as
/// a box does. It is replaced when a new certificate would outlive it.
pub const AUTHORITY_DAYS: u64 = 3650;

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
/// Mistakes of a configuration or directory file that are shown; the rest is counted.
pub const FILE_PROBLEMS_MAX: usize = 100;
/// What an admin may set as the largest message, in octets: RFC 5321 section 4.5.3.1.7 asks for 64 KiB, and a body is
/// held in memory whole when it is handed over.
pub const MESSAGE_SIZE_SETTING_MIN_OCTETS: u64 = 64 * 1024;
pub const MESSAGE_SIZE_SETTING_MAX_OCTETS: u64 = 1024 * 1024 * 1024;
/// What an admin may set as the time between probes, and as the time that a probe may take.
pub const MONITOR_SETTING_MIN: Duration = Duration::from_millis(10);
pub const MONITOR_SETTING_MAX: Duration = Duration::from_secs(3600);
/// Probes in a row that an admin may ask for before the mode changes.
pub const MONITOR_COUNT_SETTING_MAX: u32 = 100;
/// Days that an admin may keep mail.
pub const RETENTION_SETTING_MAX_DAYS: u32 = 3650;
/// Shortest prefixes in lists of trusted networks: anything shorter is the whole world by mistake.
pub const TRUSTED_PREFIX_MIN_V4_BITS: u8 = 8;
pub const TRUSTED_PREFIX_MIN_V6_BITS: u8 = 32;
/// Longest path of a unix socket (`sun_path` of unix(7), without its final zero), in octets.
pub const SOCKET_PATH_MAX_OCTETS: usize = 107;
/// Longest name of a person, of a group, and longest phone number, in characters.
pub const PERSON_NAME_MAX_CHARS: usize = 200;
pub const PERSON_PHONE_MAX_CHARS: usize = 40;
/// A digest at the end of an event is split above this size, in octets.
pub const DIGEST_MAX_OCTETS: u64 = 8 * 1024 * 1024;

// ---- Demonstration ---------------------------------------------------------------------------

/// Longest answer that the demonstration's HTTP client reads, in octets, and how long it waits for it.
pub const HTTP_ANSWER_MAX_OCTETS: usize = 16 * 1024 * 1024;
pub const HTTP_ANSWER_TIMEOUT: Duration = Duration::from_secs(20);
/// Messages that a stand-in server keeps; above it 452.
pub const DEMO_MESSAGES_MAX: usize = 20_000;
/// Lines of the demonstration's timeline; the oldest go first.
pub const DEMO_TIMELINE_MAX: usize = 500;
/// Tries of one message by an outside sender of the demonstration before it gives up.
pub const DEMO_TRIES_MAX: u32 = 60;
/// Messages in one digest; Outlook and Exchange refuse mail with very many attachments.
pub const DIGEST_MESSAGES_MAX: usize = 100;
/// Longest subject inside a digest's list and in a file name, in characters.
pub const DIGEST_SUBJECT_MAX_CHARS: usize = 80;

// ---- Enrolment -------------------------------------------------------------------------------

/// The link in an invitation works so long.
pub const ENROL_LINK_AGE: Duration = Duration::from_secs(14 * 24 * 3600);
/// From the invitation to the first reminder, and from that to the second: 3 and 7 days after the invitation.
pub const ENROL_REMIND_AFTER: [Duration; 2] = [Duration::from_secs(3 * 24 * 3600), Duration::from_secs(4 * 24 * 3600)];
/// A code that confirms an alternate address can be typed so long. Servers that greylist take some minutes.
pub const ENROL_CODE_AGE: Duration = Duration::from_secs(30 * 60);
/// Wrong codes until a new one is needed.
pub const ENROL_CODE_TRIES_MAX: u32 = 5;
/// Codes that are sent for one person in an hour: nobody's mailbox is flooded from here.
pub const ENROL_CODES_HOUR_MAX: usize = 5;
/// People who are invited in one go, and reminders and invitations that the box sends by itself in one round.
pub const ENROL_INVITED_AT_ONCE_MAX: usize = 5000;
pub const ENROL_ROUND_MAX: usize = 100;
/// One-time codes on an emergency card, and cards that are made in one go.
pub const CARD_CODES: usize = 8;
pub const CARDS_AT_ONCE_MAX: usize = 500;
