//! "Did you mean": the nearest of the names that exist.

/// The candidate that a person most likely meant, if one is close enough: at most one mistake for each
/// three letters, and never more than three.
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (typed.chars().count() / 3).clamp(1, 3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&typed.to_lowercase().replace('-', "_"), candidate), candidate))
        .filter(|(mistakes, _)| *mistakes <= allowed)
        .min_by_key(|(mistakes, _)| *mistakes)
        .map(|(_, candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbour (optimal string alignment).
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    // A name far longer than any key is no typing mistake; this also bounds the work.
    if a.len().abs_diff(b.len()) > 3 {
        return usize::MAX;
    }
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for i in 1..=a.len() {
        let mut row = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            row[j] = replaced.min(rows[i - 1][j] + 1).min(row[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                row[j] = row[j].min(rows[i - 2][j - 2] + 1);
            }
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, expected: Option<&str>) {
        let keys = ["retention_days", "listen", "tls", "smarthost", "fall", "rise", "key", "user"];
        assert_eq!(nearest(typed, keys), expected, "{typed:?}");
    }

    #[test]
    fn finds_typing_mistakes() {
        check("retention_day", Some("retention_days"));
        check("retention-days", Some("retention_days"));
        check("retentoin_days", Some("retention_days"));
        check("Listen", Some("listen"));
        check("smart_host", Some("smarthost"));
        check("tsl", Some("tls"));
    }

    #[test]
    fn does_not_guess_wildly() {
        check("port", None);
        check("", None);
        check(&"x".repeat(100_000), None);
    }
}
