//! Bounds of what people and admins are told, and of the passwords of an event.

use std::time::Duration;

/// Lines that `notices list` shows.
pub const NOTICES_LISTED_MAX: usize = 5000;
/// An alarm is told to the admins by mail when it has been there for this time, and again after the second.
pub const NOTICE_ALARM_AFTER: Duration = Duration::from_secs(60);
pub const NOTICE_ALARM_AGAIN_AFTER: Duration = Duration::from_secs(24 * 3600);
/// Notices that go out in an hour: a box that flaps must not fill anybody's phone.
pub const NOTICES_HOUR_MAX: usize = 20;
/// A webhook must have answered within this time, and the admin's program ended within that one; of what that writes so much is kept, in octets.
pub const WEBHOOK_TIMEOUT: Duration = Duration::from_secs(15);
pub const COMMAND_TIMEOUT: Duration = Duration::from_secs(30);
pub const COMMAND_OUTPUT_KEPT_OCTETS: usize = 2 * 1024;
/// A text message, a post or a program that failed is tried again after the first time, then after twice that, up to the second, and given up
/// after the third.
pub const PUSH_AGAIN_FIRST: Duration = Duration::from_secs(2);
pub const PUSH_AGAIN_MAX: Duration = Duration::from_secs(5 * 60);
pub const PUSH_GIVE_UP_AFTER: Duration = Duration::from_secs(6 * 3600);
/// Text messages, posts and programs in an hour, each.
pub const PUSHES_HOUR_MAX: usize = 3000;
/// A way of telling that has not worked for this time is an alarm, and so is a heartbeat that cannot be sent.
pub const PUSH_ALARM_AFTER: Duration = Duration::from_secs(10 * 60);
pub const HEARTBEAT_ALARM_AFTER: Duration = Duration::from_secs(3600);
/// The end of an event is told to people after this time: if the next event begins before it, they are told neither.
pub const NOTICE_END_WAIT: Duration = Duration::from_secs(30);
/// People who are told at a time, with one write; the first batches are smaller, so that the first people know at once.
pub const NOTICE_BATCH_PEOPLE: usize = 16;
/// While an event is open, people who were not told are looked for this often: somebody may have said just now how they are reached.
pub const NOTICE_LOOK_AGAIN: Duration = Duration::from_secs(5 * 60);
/// People are told of at most so many beginnings in an hour.
pub const NOTICE_EVENTS_HOUR_MAX: usize = 6;
/// An event within this time after the last one goes on with its passwords: a flap kills none that people just got.
pub const EVENT_PASSWORD_KEPT: Duration = Duration::from_secs(24 * 3600);
/// Shortest time between reminders of an open event.
pub const REMINDER_SETTING_MIN: Duration = Duration::from_secs(3600);
/// Longest body of a webhook, before its values are put in, in octets.
pub const WEBHOOK_BODY_MAX_OCTETS: usize = 4 * 1024;
/// A certificate that expires within these times is an alarm, the shortest first; with their names for people.
pub const CERTIFICATE_ENDS_SOON: [(Duration, &str); 2] =
    [(Duration::from_secs(3 * 24 * 3600), "3 days"), (Duration::from_secs(14 * 24 * 3600), "14 days")];
/// Planned work is announced to people this long before it begins.
pub const MAINTENANCE_ANNOUNCED_BEFORE: Duration = Duration::from_secs(24 * 3600);
