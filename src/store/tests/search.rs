//! What can be found, by whom, and after which mishaps.

use super::*;

/// Waits until everything written can be found.
fn settle(store: &Store) {
    for _ in 0..12_000 {
        if store.search_state() == SearchState::Ready {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("the search does not get ready: {:?}", store.search_state());
}

fn write(store: &Store, names: &[&str], body: &str) -> Seq {
    store.write_wait(vec![message(names, &queued(), START, body.as_bytes())], START).unwrap()[0]
}

fn find(store: &Store, name: &str, query: &str) -> Vec<u64> {
    store.search(&mailbox(name), query, None, 100).unwrap().into_iter().map(|seq| seq.0).collect()
}

fn check(store: &Store, name: &str, query: &str, expected: &[Seq]) {
    let expected: Vec<u64> = expected.iter().map(|seq| seq.0).collect();
    assert_eq!(find(store, name, query), expected, "{name}: {query:?}");
}

fn plain(subject: &str, text: &str) -> String {
    format!("From: Carla Weiß <carla@shop.example>\r\nTo: Ann <ann@example.com>\r\nSubject: {subject}\r\n\r\n{text}\r\n")
}

const MIXED: &str = "From: =?utf-8?B?SsO8cmdlbg==?= <j@shop.example>\r\nSubject: =?iso-8859-1?Q?Gr=FC=DFe_aus?= Prag\r\n\
MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n\
--b\r\nContent-Type: text/html; charset=iso-8859-2\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n\
<p>P=F8=EDli=B9 <b>k=F9=F2</b><style>hidden{}</style> &eacute;tude</p>\r\n\
--b\r\nContent-Type: application/pdf\r\nContent-Disposition: attachment; filename*=utf-8''%C3%9Cbersicht-2026.pdf\r\n\
Content-Transfer-Encoding: base64\r\n\r\nc2VjcmV0d29yZA==\r\n--b--\r\n";

const BASE64: &str = "From: x@y.example\r\nSubject: =?gb2312?B?xOO6ww==?=\r\nContent-Type: text/plain; charset=utf-8\r\n\
Content-Transfer-Encoding: base64\r\n\r\n5LuK5pel44Gu5Lya6K2w6LOH5paZ44Gn44GZ44CCIGFwcGVuZGl4\r\n";

#[test]
fn a_new_message_is_found_by_all_that_people_remember_of_it() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let first = write(&store, &["ann"], &plain("Annual report", "The numbers for Q3 are attached. Call +45 12 34."));
    let second = write(&store, &["ann", "bo"], MIXED);
    let third = write(&store, &["ann"], BASE64);
    settle(&store);
    for query in ["annual", "REPORT numbers", "\"the numbers for\"", "weiß", "carla@shop.example", "attach*", "\"+45 12 34\"", "ann q3"] {
        check(&store, "ann", query, &[first]);
    }
    for query in ["Jürgen", "jurgen", "grüße prag", "příliš kůň", "prilis", "etude", "übersicht-2026.pdf", "ubersicht", "pdf 2026"]
    {
        check(&store, "ann", query, &[second]);
    }
    for query in ["appendix", "会議資料", "会議", "\"今日の\" appendix", "你好", "議資"] {
        check(&store, "ann", query, &[third]);
    }
    for query in ["hidden", "secretword", "議会", "\"numbers the\"", "attach", "ann annual nowhere"] {
        check(&store, "ann", query, &[]);
    }
    check(&store, "ann", "shop.example", &[second, first]);
}

#[test]
fn attachments_behind_large_ones_are_found_by_name() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let line = format!("{}\r\n", "QUJD".repeat(19));
    let part = |name: &str| {
        format!(
            "--b\r\nContent-Type: image/jpeg\r\nContent-Disposition: attachment; filename={name}\r\n\
             Content-Transfer-Encoding: base64\r\n\r\n{}",
            line.repeat(60_000)
        )
    };
    let head = "Subject: photos\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n";
    let seq = write(&store, &["ann"], &format!("{head}{}{}{}--b--\r\n", part("one.jpg"), part("two.jpg"), part("three.jpg")));
    settle(&store);
    for query in ["photos", "one.jpg", "two.jpg", "\"three jpg\""] {
        check(&store, "ann", query, &[seq]);
    }
    check(&store, "ann", "QUJD*", &[]);
}

#[test]
fn newest_first_in_pages_and_only_in_the_own_mailbox() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let owners = |number: usize| if number.is_multiple_of(3) { vec!["ann", "bo"] } else { vec!["bo"] };
    let seqs: Vec<Seq> = (0..30).map(|number| write(&store, &owners(number), &plain("same words", &format!("number{number}")))).collect();
    settle(&store);
    let anns: Vec<Seq> = seqs.iter().copied().step_by(3).rev().collect();
    check(&store, "ann", "same", &anns);
    assert_eq!(store.search(&mailbox("ann"), "same", None, 4).unwrap(), anns[..4]);
    assert_eq!(store.search(&mailbox("ann"), "same", Some(anns[3]), 100).unwrap(), anns[4..]);
    assert_eq!(find(&store, "bo", "same").len(), 30);
    check(&store, "bo", "number7", &[seqs[7]]);
    check(&store, "ann", "number7", &[]);
    check(&store, "eve", "same", &[]);
}

#[test]
fn any_text_is_a_query() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let seq = write(&store, &["ann"], &plain("x", "needle AND thread"));
    settle(&store);
    check(&store, "ann", "\"needle", &[seq]);
    check(&store, "ann", "needle\0thread", &[seq]);
    check(&store, "ann", "needle AND thread", &[seq]);
    check(&store, "ann", "needle) (thread", &[seq]);
    for query in
        ["", " ", "\"", "\"\"\"", "*", "**", "\0", "';--", "\u{202e}\u{300}", "box:x", "text : needle", "NEAR(needle thread)", "^needle"]
    {
        store.search(&mailbox("ann"), query, None, 10).unwrap();
    }
    let mut random = fastrand::Rng::with_seed(5);
    let signs: Vec<char> = "ab\"*()-+:^{},.\0\\'%;ü会\u{300}\u{1f600} \n".chars().collect();
    for _ in 0..300 {
        let junk: String = (0..random.usize(0..60)).map(|_| signs[random.usize(..signs.len())]).collect();
        store.search(&mailbox("ann"), &junk, None, 10).unwrap_or_else(|error| panic!("{junk:?}: {error}"));
    }
    let long: String = (0..10_000).map(|_| signs[random.usize(..signs.len())]).collect();
    store.search(&mailbox("ann"), &long, Some(Seq(u64::MAX)), usize::MAX).unwrap();
}

const QUERIES: [&str; 6] = ["same", "number1*", "carla same", "\"same words\"", "number3", "nothing"];

/// Thirty messages among records of other kinds; what QUERIES find.
fn sample(folders: &Folders) -> Vec<Vec<u64>> {
    let (store, _) = folders.open();
    for number in 0..30 {
        let seq = write(&store, &["ann"], &plain("same words", &format!("number{number}")));
        store.write_wait(vec![delivery(seq, 0, delivered())], START).unwrap();
    }
    settle(&store);
    hits(&store)
}

fn hits(store: &Store) -> Vec<Vec<u64>> {
    QUERIES.iter().map(|query| find(store, "ann", query)).collect()
}

fn check_hits(folders: &Folders, expected: &[Vec<u64>]) {
    let (store, _) = folders.open();
    settle(&store);
    assert_eq!(hits(&store), expected);
}

#[test]
fn made_again_it_is_the_same() {
    let folders = Folders::new();
    let live = sample(&folders);
    assert_eq!(live[0].len(), 30);
    check_hits(&folders, &live);
    std::fs::remove_dir_all(folders.path().join("search")).unwrap();
    check_hits(&folders, &live);
    fsck::throw_views_away(folders.path()).unwrap();
    assert!(!folders.path().join("search").exists());
    check_hits(&folders, &live);
    let crashed = folders.crashed();
    check_hits(&crashed, &live);
}

#[test]
fn it_goes_on_where_it_was() {
    let folders = Folders::new();
    sample(&folders);
    let search = folders.path().join("search/search.db");
    let before = std::fs::metadata(&search).unwrap().created().ok();
    let (store, _) = folders.open();
    let seq = write(&store, &["ann"], &plain("later", "word"));
    settle(&store);
    check(&store, "ann", "later", &[seq]);
    assert_eq!(find(&store, "ann", "same").len(), 30);
    assert_eq!(std::fs::metadata(&search).unwrap().created().ok(), before, "not made again");
    assert!(!folders.path().join("search.broken").exists());
}

#[test]
fn damaged_tables_are_set_aside_and_made_again() {
    let ruin = |happens: &dyn Fn(&Path)| {
        let folders = Folders::new();
        let live = sample(&folders);
        happens(&folders.path().join("search"));
        check_hits(&folders, &live);
        assert!(folders.path().join("search.broken").exists());
        check_hits(&folders, &live);
    };
    ruin(&|folder| std::fs::write(folder.join("search.db"), vec![b'x'; 20_000]).unwrap());
    ruin(&|folder| std::fs::OpenOptions::new().write(true).open(folder.join("search.db")).unwrap().set_len(5000).unwrap());
    ruin(&|folder| {
        std::fs::remove_dir_all(folder).unwrap();
        std::fs::write(folder, "a file").unwrap();
    });
    ruin(&|folder| {
        let path = folder.join("search.db");
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[100..].iter_mut().step_by(61).for_each(|octet| *octet ^= 0x40);
        std::fs::write(path, bytes).unwrap();
    });
}

#[test]
fn damage_met_by_a_question_heals() {
    let folders = Folders::new();
    let live = sample(&folders);
    let (store, _) = folders.open();
    settle(&store);
    // All pages but the first, under the eyes of the open connections.
    let path = folders.path().join("search/search.db");
    let length = std::fs::metadata(&path).unwrap().len();
    let file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&file, &vec![0xA5; length as usize - 4096], 4096).unwrap();
    // Writing wakes whatever is in a cache still.
    write(&store, &["ann"], &plain("another", "word"));
    for _ in 0..12_000 {
        let found = QUERIES.map(|query| store.search(&mailbox("ann"), query, None, 100).ok());
        let found: Option<Vec<Vec<u64>>> =
            found.into_iter().map(|hits| hits.map(|hits| hits.into_iter().map(|seq| seq.0).collect())).collect();
        if found.as_ref() == Some(&live) && folders.path().join("search.broken").exists() {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it did not heal: {:?}", store.search_state());
}

#[test]
fn tables_ahead_of_the_spool_are_made_again() {
    let folders = Folders::new();
    sample(&folders);
    let path = &folders.segments()[0];
    let length = std::fs::metadata(path).unwrap().len();
    std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(length / 2).unwrap();
    let (store, _) = folders.open();
    settle(&store);
    let kept = store.view().folder(&mailbox("ann"), Folder::Inbox, None, 100).unwrap().len();
    assert!(kept < 30 && find(&store, "ann", "same").len() == kept);
}

#[test]
fn what_retention_dropped_is_forgotten() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let old = store.write_wait(vec![message(&["ann"], &delivered(), START, plain("old", "word").as_bytes())], START).unwrap()[0];
    let later = Wall(START.0 + 40 * DAY_MS);
    let new = store.write_wait(vec![message(&["ann"], &delivered(), later, plain("new", "word").as_bytes())], later).unwrap()[0];
    settle(&store);
    check(&store, "ann", "word", &[new, old]);
    assert_eq!(store.purge(Wall(START.0 + 10 * DAY_MS), Pins::default(), later).unwrap(), 1);
    assert_eq!(store.view().entry(&mailbox("ann"), old).unwrap(), None);
    drop(store);
    // The next look comes with a start at the latest.
    let (store, _) = folders.open();
    for _ in 0..12_000 {
        if find_if_ready(&store, "word") == Some(vec![new.0]) {
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{:?}", find_if_ready(&store, "word"));
}

#[test]
fn what_is_carried_over_is_found_from_its_new_place() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let old = |state: DeliveryState, text: &str| {
        store.write_wait(vec![message(&["ann"], &state, START, plain("old", text).as_bytes())], START).unwrap()[0]
    };
    let waits = old(queued(), "word waits");
    // It weighs more than what waits: its segment is worth dropping.
    let done = old(delivered(), &format!("word done {}", "filler ".repeat(1000)));
    let later = Wall(START.0 + 40 * DAY_MS);
    store.write_wait(vec![message(&["bo"], &delivered(), later, plain("new", "word").as_bytes())], later).unwrap();
    settle(&store);
    check(&store, "ann", "word", &[done, waits]);
    assert_eq!(store.purge(Wall(START.0 + 10 * DAY_MS), Pins::default(), later).unwrap(), 1);
    // Rows of the dropped segment go at the next look, which more mail hastens.
    store.write_wait(vec![message(&["bo"], &delivered(), later, plain("new", "word").as_bytes())], later).unwrap();
    for _ in 0..12_000 {
        if find(&store, "ann", "word") == [waits.0] {
            assert!(store.view().entry(&mailbox("ann"), waits).unwrap().is_some());
            return check_hits_of(&folders, store, waits);
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("{:?}", find(&store, "ann", "word"));
}

// Made again, it is found as well.
fn check_hits_of(folders: &Folders, store: Store, message: Seq) {
    drop(store);
    std::fs::remove_dir_all(folders.path().join("search")).unwrap();
    let (store, _) = folders.open();
    settle(&store);
    check(&store, "ann", "word waits", &[message]);
}

#[test]
#[cfg(target_os = "linux")]
fn no_dropped_segment_is_held_open() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let write = |at: Wall| store.write_wait(vec![message(&["ann"], &delivered(), at, plain("x", "word").as_bytes())], at).unwrap()[0];
    let later = Wall(START.0 + 40 * DAY_MS);
    write(START);
    settle(&store);
    let newest = write(later);
    settle(&store);
    assert_eq!(store.purge(Wall(START.0 + 10 * DAY_MS), Pins::default(), later).unwrap(), 1);
    // A file that is gone but open takes its room until it is closed.
    let open = std::fs::read_dir("/proc/self/fd").unwrap().filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    let gone: Vec<PathBuf> = open.filter(|path| path.starts_with(folders.path()) && path.to_string_lossy().contains("(deleted)")).collect();
    assert_eq!(gone, Vec::<PathBuf>::new());
    check_newest(&store, newest);
}

fn check_newest(store: &Store, newest: Seq) {
    assert_eq!(find(store, "ann", "word").first(), Some(&newest.0));
}

#[test]
fn a_unit_of_more_messages_than_a_batch_is_found_whole() {
    let folders = Folders::new();
    let (store, _) = folders.open();
    let many = crate::limits::SEARCH_BATCH_MESSAGES * 2 + 7;
    let changes = (0..many).map(|number| message(&["ann"], &delivered(), START, plain("same", &format!("number{number}")).as_bytes()));
    let seqs = store.write_wait(changes.collect(), START).unwrap();
    let after = write(&store, &["ann"], &plain("same", "after"));
    settle(&store);
    for (number, seq) in seqs.iter().enumerate().step_by(101) {
        check(&store, "ann", &format!("same number{number}"), &[*seq]);
    }
    check(&store, "ann", "after", &[after]);
}

fn find_if_ready(store: &Store, query: &str) -> Option<Vec<u64>> {
    let found = store.search(&mailbox("ann"), query, None, 100).ok()?;
    Some(found.into_iter().map(|seq| seq.0).collect())
}

#[test]
fn without_its_folder_everything_else_works() {
    let folders = Folders::new();
    // Nothing can be set aside either: the name is taken by a folder that holds something and may not be changed.
    std::fs::write(folders.path().join("search"), "a file").unwrap();
    std::fs::create_dir_all(folders.path().join("search.broken/kept")).unwrap();
    let (store, _) = folders.open();
    let seq = write(&store, &["ann"], &plain("x", "word"));
    assert!(store.view().entry(&mailbox("ann"), seq).unwrap().is_some());
    settle(&store);
    check(&store, "ann", "word", &[seq]);
    store.close();
    assert_eq!(store.search_state(), SearchState::Unavailable);
    assert!(store.search(&mailbox("ann"), "word", None, 1).is_err());
}

/// `cargo test --release --lib store::tests::search::numbers -- --ignored --nocapture`; `LIFEBOAT_MESSAGES` says how many.
#[test]
#[ignore = "measures; takes minutes"]
fn numbers() {
    use std::time::Instant;
    let count: usize = std::env::var("LIFEBOAT_MESSAGES").ok().and_then(|count| count.parse().ok()).unwrap_or(100_000);
    let folders = Folders::new();
    let (store, _) = folders.open();
    let mut words = Words::new();
    let started = Instant::now();
    for _ in 0..count / 100 {
        let changes = (0..100).map(|_| {
            let name = format!("user{}", words.random.u32(..50));
            message(&[&name], &delivered(), START, plain(&words.text(8), &words.text(200)).as_bytes())
        });
        store.write_wait(changes.collect(), START).unwrap();
    }
    println!("written after {:.1} s; {}", started.elapsed().as_secs_f64(), memory());
    while store.search_state() != SearchState::Ready {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let octets: u64 = std::fs::read_dir(folders.path().join("search")).unwrap().map(|e| e.unwrap().metadata().unwrap().len()).sum();
    println!("found after {:.1} s; {} MB on disk; {}", started.elapsed().as_secs_f64(), octets / 1_000_000, memory());
    let list = &words.list;
    let (common, middle, rare) = (&list[3], &list[300], &list[30_000]);
    let phrase = format!("\"{} {}\"", list[0], list[1]);
    let queries = [common, middle, rare, &format!("{common} {middle}"), &phrase, &format!("{}*", &middle[..4])];
    for query in queries {
        let mut times: Vec<f64> = (0..50).map(|user| measure(&store, &format!("user{user}"), query)).collect();
        times.sort_by(f64::total_cmp);
        println!("{query:24} median {:.2} ms, slowest {:.2} ms", times[25], times[49]);
    }
    let asked = |text: &str, what: &dyn Fn(&Mailbox)| {
        let mut times: Vec<f64> = (0..50)
            .map(|user| {
                let mailbox = mailbox(&format!("user{user}"));
                let started = Instant::now();
                what(&mailbox);
                started.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        println!("{text:24} median {:.2} ms, slowest {:.2} ms", times[25], times[49]);
    };
    for (text, listing) in [
        ("date", Listing::default()),
        ("sender", Listing { sort: Sort::Person, ..Listing::default() }),
        ("subject", Listing { sort: Sort::Subject, direction: Direction::Ascending, ..Listing::default() }),
        ("size", Listing { sort: Sort::Size, ..Listing::default() }),
        ("unread", Listing { filter: Filter { unread: true, ..Filter::NONE }, ..Listing::default() }),
        ("flagged by size", Listing { sort: Sort::Size, filter: Filter { flagged: true, ..Filter::NONE }, ..Listing::default() }),
        ("conversations", Listing { conversations: true, ..Listing::default() }),
    ] {
        let listing = Listing { limit: 50, ..listing };
        asked(text, &|mailbox| drop(store.list(mailbox, Folder::Inbox, &listing).unwrap()));
    }
    for words in [common.as_str(), middle, rare] {
        asked(words, &|mailbox| drop(store.find(mailbox, &Query::words(words), None, 50).unwrap()));
    }
    println!("{}", memory());
    assert!(!find(&store, "user1", common).is_empty());
}

fn measure(store: &Store, name: &str, query: &str) -> f64 {
    let started = std::time::Instant::now();
    store.search(&mailbox(name), query, None, 50).unwrap();
    started.elapsed().as_secs_f64() * 1e3
}

fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().filter(|line| line.starts_with("VmRSS") || line.starts_with("VmHWM")).collect::<Vec<_>>().join(", ")
}

/// Words of syllables; the first are the most frequent.
struct Words {
    random: fastrand::Rng,
    list: Vec<String>,
}

impl Words {
    fn new() -> Words {
        const SYLLABLES: &str = "ba ke li mo nu ra se ti vo zu der ing on al est pra kon ver ge ab ein tion for mat";
        let syllables: Vec<&str> = SYLLABLES.split(' ').collect();
        let mut random = fastrand::Rng::with_seed(7);
        let list = (0..150_000).map(|_| (0..random.usize(2..5)).map(|_| syllables[random.usize(..24)]).collect()).collect();
        Words { random, list }
    }

    fn text(&mut self, count: usize) -> String {
        let pick = |random: &mut fastrand::Rng| (150_000f64.powf(random.f64()) - 1.0) as usize;
        let words: Vec<&str> = (0..count).map(|_| self.list[pick(&mut self.random).min(149_999)].as_str()).collect();
        words.join(" ")
    }
}
