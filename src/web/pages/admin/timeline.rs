//! The timeline of probes: a drawing (inline SVG, coloured by the style sheet), and the same as a table for who cannot see it.

use maud::{Markup, html};

use crate::clock::Wall;
use crate::continuity::{Class, Probe};
use crate::control::{class_words, probe_words};
use crate::mail::date;

/// Width of the drawing in its own units, and where its lanes begin.
const WIDTH: u64 = 960;
const LEFT: u64 = 120;
const LANE: u64 = 26;
const LATENCY: u64 = 90;
const TOP: u64 = 22;
/// Columns over the whole width: neighbours of one kind are drawn as one.
const COLUMNS: u64 = 280;
/// Rows of the table.
const ROWS_MAX: usize = 60;

#[derive(Clone, Debug, Default)]
pub struct Timeline {
    /// "the last 24 hours".
    pub title: String,
    pub from: Wall,
    pub to: Wall,
    pub lanes: Vec<Lane>,
    pub events: Vec<Band>,
    /// In the office's words: `09:00`, `3 Mar`.
    pub marks: Vec<(Wall, String)>,
}

#[derive(Clone, Debug)]
pub struct Lane {
    pub probe: Probe,
    /// Oldest first.
    pub seen: Vec<Point>,
}

/// A minute or an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub at: Wall,
    pub worst: Class,
    pub count: u32,
    pub red: u32,
    /// Smallest, middle, largest, in milliseconds.
    pub latency_ms: Option<(u32, u32, u32)>,
}

/// An event.
#[derive(Clone, Debug)]
pub struct Band {
    pub id: String,
    pub from: Wall,
    pub to: Wall,
    pub is_drill: bool,
}

/// How bad a class looks. Colour is never alone: the height differs, too.
fn look(class: Class) -> &'static str {
    match class {
        Class::Healthy => "good",
        Class::Slow => "slow",
        class if class.is_red() => "red",
        _ => "odd",
    }
}

impl Timeline {
    fn length(&self) -> u64 {
        self.to.0.saturating_sub(self.from.0).max(1)
    }

    fn x(&self, at: Wall) -> u64 {
        LEFT + at.0.saturating_sub(self.from.0).min(self.length()) * (WIDTH - LEFT) / self.length()
    }

    /// What is drawn of a lane: the worst of each column, neighbours that look alike together, as (from x, to x, look).
    fn runs(&self, lane: &Lane) -> Vec<(u64, u64, &'static str)> {
        let column = |at: Wall| at.0.saturating_sub(self.from.0) * COLUMNS / self.length();
        let width = |column: u64| LEFT + column * (WIDTH - LEFT) / COLUMNS;
        let rank = |look: &str| ["good", "slow", "odd", "red"].iter().position(|known| *known == look);
        let mut runs: Vec<(u64, u64, &'static str)> = Vec::new();
        for (at, look) in lane.seen.iter().map(|point| (column(point.at).min(COLUMNS - 1), look(point.worst))) {
            match runs.last_mut() {
                Some((_, to, last)) if *to > at && rank(last) >= rank(look) => {}
                Some((from, to, last)) if *to > at => {
                    let begins = *from;
                    // The column turns out to be worse: it leaves its run.
                    (*to, *last) = if begins == at { (at + 1, look) } else { (at, *last) };
                    if begins != at {
                        runs.push((at, at + 1, look));
                    }
                }
                Some((_, to, last)) if *to == at && *last == look => *to = at + 1,
                _ => runs.push((at, at + 1, look)),
            }
        }
        runs.into_iter().map(|(from, to, look)| (width(from), width(to), look)).collect()
    }

    /// Middle latencies of the first lane as points of a line, on a logarithmic scale from 1 ms to 100 s; pieces where nothing was measured apart.
    fn line(&self) -> Vec<String> {
        let Some(lane) = self.lanes.first() else { return Vec::new() };
        let gap = self.length() / COLUMNS * 3;
        let mut pieces: Vec<(Wall, String, u64)> = Vec::new();
        for (at, ms) in lane.seen.iter().filter_map(|point| Some((point.at, point.latency_ms?.1))) {
            let (x, y) = (self.x(at), self.latency_y(ms));
            match pieces.last_mut() {
                Some((last, text, drawn)) if at.0 - last.0 <= gap.max(120_000) => {
                    *last = at;
                    // Two points on one pixel are one.
                    if *drawn != x {
                        text.push_str(&format!(" {x},{y}"));
                        *drawn = x;
                    }
                }
                _ => pieces.push((at, format!("{x},{y}"), x)),
            }
        }
        pieces.into_iter().map(|(_, text, _)| text).filter(|text| text.contains(' ')).collect()
    }

    fn latency_top(&self) -> u64 {
        TOP + LANE * self.lanes.len() as u64 + 14
    }

    fn latency_y(&self, ms: u32) -> u64 {
        let decades = f64::from(ms.max(1)).log10().min(5.0) / 5.0;
        self.latency_top() + LATENCY - (decades * LATENCY as f64) as u64
    }
}

pub fn draw(timeline: &Timeline, now: Wall) -> Markup {
    let height = timeline.latency_top() + LATENCY + 22;
    let bottom = timeline.latency_top() + LATENCY;
    html! {
        figure.timeline {
            div.plot {
                svg viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-labelledby={ "timeline-title timeline-desc" } {
                    title #timeline-title { "Probes of the mail server, " (timeline.title) }
                    desc #timeline-desc { (in_words(timeline)) }
                    @for band in &timeline.events {
                        @let (from, to) = (timeline.x(band.from), timeline.x(band.to));
                        rect class=(if band.is_drill { "band drill" } else { "band" }) x=(from) y=(TOP - 4) width=(to.saturating_sub(from).max(2)) height=(bottom - TOP + 4) {
                            title { @if band.is_drill { "Drill " } @else { "Event " } (band.id) }
                        }
                    }
                    @for (at, label) in &timeline.marks {
                        @let x = timeline.x(*at);
                        line.grid x1=(x) x2=(x) y1=(TOP - 4) y2=(bottom) {}
                        text.mark x=(x) y=(bottom + 16) text-anchor="middle" { (label) }
                    }
                    @for (number, lane) in timeline.lanes.iter().enumerate() {
                        @let y = TOP + LANE * number as u64;
                        text.lane x="0" y=(y + 13) { (probe_words(lane.probe)) }
                        @for (from, to, look) in timeline.runs(lane) {
                            // What is red is taller: it is seen without colours, too.
                            @let (top, tall) = match look { "good" => (y + 5, 8), "slow" => (y + 3, 12), "odd" => (y + 2, 14), _ => (y, 18) };
                            rect class={ "seen " (look) } x=(from) y=(top) width=((to - from).max(2)) height=(tall) {}
                        }
                    }
                    text.lane x="0" y=(timeline.latency_top() + 4) { "SMTP answers in" }
                    @for (ms, label) in [(1, "1 ms"), (100, "100 ms"), (10_000, "10 s")] {
                        @let y = timeline.latency_y(ms);
                        line.grid x1=(LEFT) x2=(WIDTH) y1=(y) y2=(y) {}
                        text.lane x="0" y=(y + 4) { (label) }
                    }
                    @for points in timeline.line() { polyline.latency points=(points) {} }
                }
            }
            figcaption {
                span.key.good { "works" } " " span.key.slow { "slow" } " " span.key.odd { "needs a look" } " " span.key.red { "failed" } " "
                @if !timeline.events.is_empty() { span.key.band { "event" } }
                details {
                    summary { "The same as a table" }
                    (table(timeline, now))
                }
            }
        }
    }
}

/// For who hears it.
fn in_words(timeline: &Timeline) -> String {
    let mut words: Vec<String> = Vec::new();
    for lane in &timeline.lanes {
        let (count, red) =
            lane.seen.iter().fold((0u64, 0u64), |(count, red), point| (count + u64::from(point.count), red + u64::from(point.red)));
        words.push(match count {
            0 => format!("{}: nothing seen.", probe_words(lane.probe)),
            _ => format!("{}: {count} probes, {red} failed.", probe_words(lane.probe)),
        });
    }
    words.push(match timeline.events.len() {
        0 => "No event.".to_owned(),
        1 => "1 event.".to_owned(),
        many => format!("{many} events."),
    });
    words.join(" ")
}

fn table(timeline: &Timeline, now: Wall) -> Markup {
    let mut rows: Vec<(Probe, &[Point])> = Vec::new();
    for lane in &timeline.lanes {
        rows.extend(lane.seen.chunk_by(|one, other| one.worst == other.worst).map(|run| (lane.probe, run)));
    }
    rows.sort_by_key(|(_, run)| std::cmp::Reverse(run[0].at));
    let sum = |run: &[Point], of: fn(&Point) -> u32| run.iter().map(|point| u64::from(of(point))).sum::<u64>();
    let row = |(probe, run): &(Probe, &[Point])| {
        vec![
            html! { (date::moment(run[0].at, now)) },
            html! { (probe_words(*probe)) },
            html! { (class_words(run[0].worst)) },
            html! { (sum(run, |point| point.count)) },
            html! { (sum(run, |point| point.red)) },
        ]
    };
    let heads = ["From", "Probe", "Looked", "Probes", "Failed"];
    html! {
        (super::table::table("What the probes saw, newest first", &heads, &rows.iter().take(ROWS_MAX).map(row).collect::<Vec<_>>()))
        @if rows.len() > ROWS_MAX { p.hint { "Only the newest " (ROWS_MAX) " changes are listed." } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: u64 = 3_600_000;

    fn timeline(classes: &[(u64, Class)]) -> Timeline {
        let point = |(minute, class): &(u64, Class)| Point {
            at: Wall(minute * 60_000),
            worst: *class,
            count: 12,
            red: if class.is_red() { 12 } else { 0 },
            latency_ms: Some((1, 10, 100)),
        };
        Timeline {
            to: Wall(24 * HOUR),
            lanes: vec![Lane { probe: Probe::Smtp, seen: classes.iter().map(point).collect() }],
            ..Timeline::default()
        }
    }

    fn runs(classes: &[(u64, Class)]) -> Vec<(u64, u64, &'static str)> {
        let timeline = timeline(classes);
        timeline.runs(&timeline.lanes[0])
    }

    #[test]
    fn neighbours_are_one_and_one_bad_minute_is_seen() {
        let day: Vec<(u64, Class)> = (0..1440).map(|minute| (minute, Class::Healthy)).collect();
        assert_eq!(runs(&day), [(LEFT, WIDTH, "good")]);
        let mut one = day.clone();
        one[700].1 = Class::Down;
        let seen = runs(&one);
        assert_eq!(seen.iter().map(|(_, _, look)| *look).collect::<Vec<_>>(), ["good", "red", "good"]);
        assert!(seen.windows(2).all(|pair| pair[0].1 == pair[1].0), "without gaps: {seen:?}");
        assert!(seen[1].1 - seen[1].0 >= 3, "wide enough to be seen");
        // The first and the last minute of all.
        assert_eq!(runs(&[(0, Class::Slow)])[0].0, LEFT);
        assert_eq!(runs(&[(1439, Class::Certificate)])[0].1, WIDTH);
    }

    #[test]
    fn where_nothing_was_seen_there_is_nothing() {
        assert_eq!(runs(&[]), []);
        let apart = runs(&[(0, Class::Healthy), (720, Class::Healthy)]);
        assert_eq!(apart.len(), 2);
        assert!(timeline(&[(0, Class::Healthy), (720, Class::Healthy)]).line().is_empty(), "no line across what nobody measured");
        assert_eq!(timeline(&[(0, Class::Healthy), (1, Class::Healthy), (9, Class::Healthy)]).line().len(), 1);
    }

    #[test]
    fn it_is_told_to_who_cannot_see_it() {
        let mut timeline = timeline(&[(0, Class::Healthy), (5, Class::Down)]);
        timeline.events.push(Band { id: "e1".to_owned(), from: Wall(0), to: Wall(HOUR), is_drill: false });
        let page = draw(&timeline, Wall(HOUR)).into_string();
        assert!(page.contains("24 probes, 12 failed. 1 event.") && page.contains("role=\"img\""), "{page}");
        assert!(page.contains("does not answer") && page.contains("<title>Event e1</title>"));
    }

    #[test]
    fn clocks_that_jump_draw_nothing_wild() {
        let mut timeline = timeline(&[(0, Class::Healthy), (5, Class::Down)]);
        (timeline.from, timeline.to) = (Wall(HOUR), Wall(0));
        timeline.events.push(Band { id: "e1".to_owned(), from: Wall(9), to: Wall(5), is_drill: true });
        draw(&timeline, Wall(0));
    }
}
