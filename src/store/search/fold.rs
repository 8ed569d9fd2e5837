//! Texts as they are compared: without case and marks, as the tables' tokenizer compares words. Pure.

use icu_normalizer::DecomposingNormalizerBorrowed;

use crate::limits::{SORT_KEY_MAX_OCTETS, THREAD_SUBJECT_MAX_OCTETS};

/// Small letters without their marks: `Grüße, ÅSE` is `gruße, ase`. Letters that are no letter with a mark (ß, ø) stay.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let apart = DecomposingNormalizerBorrowed::new_nfd().normalize(text);
    apart.chars().filter(|c| !is_mark(*c)).flat_map(char::to_lowercase).filter(|c| !is_mark(*c)).collect()
}

/// Marks that stand on the letter before them (the blocks named Combining of Unicode).
pub fn is_mark(c: char) -> bool {
    matches!(u32::from(c), 0x0300..=0x036F | 0x1AB0..=0x1AFF | 0x1DC0..=0x1DFF | 0x20D0..=0x20FF | 0xFE20..=0xFE2F)
}

/// By what a text is sorted: folded, without the signs that it begins with, cut to [`SORT_KEY_MAX_OCTETS`].
pub fn sort_key(text: &str) -> String {
    // Far fewer characters count in the end: a long text is not folded whole.
    let start: String = text.chars().skip_while(|c| !c.is_alphanumeric()).take(SORT_KEY_MAX_OCTETS).collect();
    let mut key = fold(&start);
    key.retain(|c| !c.is_control());
    key.truncate(key.floor_char_boundary(SORT_KEY_MAX_OCTETS));
    key.truncate(key.trim_end().len());
    key
}

/// Short words before a subject that say that it answers or forwards (RFC 5322 section 3.6.5 knows `Re:` alone; programs translate it).
const REPLY_WORDS: [&str; 27] = [
    "re", "aw", "antw", "antwort", "sv", "vs", "odp", "ref", "res", "rif", "r", "fw", "fwd", "wg", "tr", "rv", "i", "enc", "vl", "vb",
    "doorst", "yt", "ynt", "ilt", "atb", "回复", "转发",
];
/// Longest of these, in characters; so that nothing is folded for long.
const REPLY_WORD_MAX_CHARS: usize = 8;

/// A subject without what programs put before it, and whether there was anything: `Re: AW[2]: [list] Plan` is (`[list] Plan`, true).
pub fn bare_subject(subject: &str) -> (&str, bool) {
    let mut rest = subject.trim();
    let mut answers = false;
    while let Some((word, behind)) = rest.split_once([':', '：']) {
        let word = word.trim();
        // `Re[2]` and `Re(2)` count how often.
        let word =
            word.trim_end_matches([']', ')']).trim_end_matches(|c: char| c.is_ascii_digit()).trim_end_matches(['[', '(', '^']).trim();
        let known = word.chars().nth(REPLY_WORD_MAX_CHARS).is_none() && REPLY_WORDS.contains(&fold(word).as_str());
        if !known {
            break;
        }
        (rest, answers) = (behind.trim_start(), true);
    }
    (rest, answers)
}

/// What two subjects of one conversation have in common: bare, folded, with single spaces, cut.
pub fn subject_key(bare: &str) -> String {
    let folded = fold(&bare[..bare.floor_char_boundary(THREAD_SUBJECT_MAX_OCTETS)]);
    folded.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(subject: &str, expected: &str, answers: bool) {
        assert_eq!(bare_subject(subject), (expected, answers), "{subject:?}");
    }

    #[test]
    fn letters_lose_case_and_marks() {
        assert_eq!(fold("Grüße, ÅSE ŽIŽKA Ελλάς"), "gruße, ase zizka ελλας");
        assert_eq!(fold("Größe"), fold("Gro\u{308}ße"));
        assert_eq!(fold("ABC-123"), "abc-123");
        assert_eq!(fold("会議 İ"), "会議 i");
    }

    #[test]
    fn what_programs_put_before_a_subject_goes() {
        check("Re: Plan", "Plan", true);
        check("RE: AW: WG: Fwd: Plan", "Plan", true);
        check("Re[2]: Re(3): re^4: Plan", "Plan", true);
        check("AW : Plan: B", "Plan: B", true);
        check("Plan", "Plan", false);
        check("Note: Plan", "Note: Plan", false);
        check("Re:", "", true);
        check("", "", false);
        check("回复：计划", "计划", true);
        check("Rechnung: 12", "Rechnung: 12", false);
        check(":::", ":::", false);
        assert!(bare_subject(&"Re: ".repeat(10_000)).1);
    }

    #[test]
    fn keys_are_short_and_whole_characters() {
        assert_eq!(sort_key("  \"Ärger\" "), "arger\"");
        assert_eq!(sort_key("(no) way"), "no) way");
        assert_eq!(sort_key("!!!"), "");
        for text in ["ü".repeat(1000), "会".repeat(1000), "\u{1d15e}".repeat(1000), "a\u{300}".repeat(1000)] {
            assert!(sort_key(&text).len() <= SORT_KEY_MAX_OCTETS, "{text}");
        }
        assert_eq!(subject_key("  The   Plan\t B "), "the plan b");
        assert_eq!(subject_key(&"ü".repeat(1000)).len(), THREAD_SUBJECT_MAX_OCTETS / 2);
    }
}
