//! Bounds of what proves how it went: reports of events, the audit trail, tracing.

/// Rows after which a page of the list of an event's mail ends.
pub const EVENT_LIST_PAGE_ROWS: usize = 5000;
/// Pages of that list that one file from the web has: some ten megabytes.
pub const EVENT_CSV_PART_PAGES: usize = 10;
/// Lines of the audit trail that one answer has, and that one page shows.
pub const AUDIT_PAGE_MAX: usize = 10_000;
pub const AUDIT_LINES_SHOWN: usize = 200;
/// Moments in the timeline of an event's report, and people that it names.
pub const EVENT_TIMELINE_MAX: usize = 500;
pub const EVENT_PEOPLE_MAX: usize = 5000;
/// Messages that `trace` looks at in one go, tells of, and recipients and places that it names of each.
pub const TRACE_LOOKED_MAX: usize = 200_000;
pub const TRACE_FOUND_MAX: usize = 100;
pub const TRACE_RECIPIENTS_MAX: usize = 50;
/// Messages that one page of a walk through the spool looks at, and recipients after which a page ends early.
pub const WALK_PAGE_MESSAGES: usize = 256;
pub const WALK_PAGE_RECIPIENTS: usize = 10_000;
