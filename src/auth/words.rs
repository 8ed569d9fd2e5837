//! Passwords that are easy to read out and to type on a phone.
//!
//! The words are short, common and unlike each other: no two differ in one letter only, none is the beginning of
//! another, none sounds like another. Many come from the English list of BIP-39 (MIT licence).

use std::sync::LazyLock;

const WORDS_IN_A_PASSWORD: usize = 4;

static WORDS: LazyLock<Vec<&'static str>> = LazyLock::new(|| include_str!("../../assets/words.txt").lines().collect());

/// Four words with hyphens, e.g. `lamp-river-seven-coat`, from `random` (at least 40 bits are used).
pub fn password(random: [u8; 16]) -> String {
    let words: Vec<&str> = random
        .chunks_exact(16 / WORDS_IN_A_PASSWORD)
        .map(|chunk| {
            let number = chunk.iter().fold(0u64, |number, octet| number << 8 | u64::from(*octet));
            // 32 bits for about 10: the remainder favours no word by more than one part in four million.
            WORDS[(number % WORDS.len() as u64) as usize]
        })
        .collect();
    words.join("-")
}

/// What was typed, in the form that [`password`] makes: lower case, and one hyphen for whatever stands between words.
pub(super) fn fold(typed: &str) -> String {
    let lower = typed.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    words.join("-")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_list_is_long_and_clean() {
        assert!(WORDS.len() >= 1024, "four words of it give at least 40 bits");
        assert_eq!(WORDS.iter().collect::<BTreeSet<_>>().len(), WORDS.len(), "a word is there twice");
        for word in WORDS.iter() {
            assert!((3..=6).contains(&word.len()) && word.bytes().all(|b| b.is_ascii_lowercase()), "{word:?}");
        }
        // Sorted, so a word that begins another stands right before it.
        assert!(WORDS.is_sorted());
        for pair in WORDS.windows(2) {
            assert!(!pair[1].starts_with(pair[0]), "{pair:?}");
        }
    }

    #[test]
    fn no_two_words_differ_in_one_letter() {
        // Two words that differ in one place are equal once that place is blanked.
        let mut blanked = BTreeSet::new();
        for word in WORDS.iter() {
            for place in 0..word.len() {
                assert!(blanked.insert(format!("{}?{}", &word[..place], &word[place + 1..])), "{word} is like another word");
            }
        }
    }

    #[test]
    fn passwords_are_four_words_of_the_list() {
        let mut seen = BTreeSet::new();
        for n in 0..=255u8 {
            let mut random = [0; 16];
            random[3] = n;
            random[15] = 255 - n;
            let made = password(random);
            let words: Vec<&str> = made.split('-').collect();
            assert!(words.len() == 4 && words.iter().all(|word| WORDS.contains(word)), "{made}");
            assert_eq!(fold(&made), made);
            seen.insert(made);
        }
        assert_eq!(seen.len(), 256, "each random number gives another password");
    }

    #[test]
    fn every_word_can_come() {
        let mut random = fastrand::Rng::with_seed(3);
        let mut seen = BTreeSet::new();
        for _ in 0..20_000 {
            let made = password(std::array::from_fn(|_| random.u8(..)));
            seen.extend(made.split('-').map(str::to_owned));
        }
        assert_eq!(seen.len(), WORDS.len(), "seed 3");
    }

    fn check(typed: &str, expected: &str) {
        assert_eq!(fold(typed), expected, "{typed:?}");
    }

    #[test]
    fn typing_is_forgiven() {
        check("lamp-river-seven-coat", "lamp-river-seven-coat");
        check(" Lamp River  SEVEN coat ", "lamp-river-seven-coat");
        check("lamp_river.seven,coat\r\n", "lamp-river-seven-coat");
        check("lamp\u{2013}river\u{a0}seven - coat", "lamp-river-seven-coat");
        check("lampriver", "lampriver");
        check("", "");
        check("---", "");
    }
}
