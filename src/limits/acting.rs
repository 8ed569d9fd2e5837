//! Bounds of what people do with the mail in their folders.

/// Messages of one action; of a larger folder the rest is left, and the page says so.
pub const ACT_MESSAGES_MAX: usize = 10_000;
/// Messages that a form names one by one.
pub const ACT_NAMED_MAX: usize = 1000;
/// Changes of one unit of the spool when people act on many messages: what was asked for is written in so many units.
pub const ACT_UNIT_CHANGES: usize = 1000;
/// Actions that can still be undone, all people together, and the changes that undoing all of them would take. The oldest are
/// forgotten. Together they take at most 5 MB.
pub const DEEDS_KEPT_MAX: usize = 4000;
pub const DEEDS_KEPT_STEPS_MAX: usize = 100_000;
/// Folders of a person's own.
pub const OWN_FOLDERS_MAX: usize = 200;
/// Longest name of such a folder, in characters.
pub const FOLDER_NAME_MAX_CHARS: usize = 60;
/// How deep such folders may lie in each other; at the top is 1.
pub const FOLDER_DEPTH_MAX: usize = 5;
/// Messages of a conversation whose text is on its page; of those before, only the heads.
pub const CONVERSATION_TEXTS_MAX: usize = 20;
/// Octets of the messages whose texts these are: the newest one, and those before it as far as there is room.
pub const CONVERSATION_TEXTS_MAX_OCTETS: u64 = 32 * 1024 * 1024;
/// New messages that one look of the folder page's script brings.
pub const CHANGES_ROWS_MAX: usize = 50;
