//! Times and sizes with their units, as people write them.

use std::time::Duration;

/// `500ms`, `5s`, `2m`, `1h`, `3d`. None if it is not one of these.
pub fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = split(text)?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        "h" => number.checked_mul(3600).map(Duration::from_secs),
        "d" => number.checked_mul(86_400).map(Duration::from_secs),
        _ => None,
    }
}

/// `50MiB`, `36MB`, `1000` in octets. None if it is not a size.
pub(super) fn size(text: &str) -> Option<u64> {
    let (number, unit) = split(text)?;
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kib" => 1 << 10,
        "mib" => 1 << 20,
        "gib" => 1 << 30,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return None,
    };
    number.checked_mul(factor)
}

/// Digits, then at most one space, then letters.
fn split(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.strip_prefix(' ').unwrap_or(unit);
    Some((number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_duration(text: &str, expected_ms: Option<u64>) {
        assert_eq!(duration(text), expected_ms.map(Duration::from_millis), "{text:?}");
    }

    fn check_size(text: &str, expected: Option<u64>) {
        assert_eq!(size(text), expected, "{text:?}");
    }

    #[test]
    fn durations_need_a_unit() {
        check_duration("500ms", Some(500));
        check_duration("5s", Some(5_000));
        check_duration("5 s", Some(5_000));
        check_duration("2m", Some(120_000));
        check_duration("1h", Some(3_600_000));
        check_duration("3d", Some(259_200_000));
        check_duration("5", None);
        check_duration("s", None);
        check_duration("-5s", None);
        check_duration("5 sec", None);
        check_duration("1.5s", None);
        check_duration("99999999999999999999s", None);
        check_duration("18446744073709551615h", None);
        check_duration("", None);
    }

    #[test]
    fn sizes_know_both_kinds_of_mega() {
        check_size("1000", Some(1000));
        check_size("50MiB", Some(50 * 1024 * 1024));
        check_size("50 MiB", Some(50 * 1024 * 1024));
        check_size("36MB", Some(36_000_000));
        check_size("36mb", Some(36_000_000));
        check_size("1GiB", Some(1 << 30));
        check_size("64kB", Some(64_000));
        check_size("10B", Some(10));
        check_size("50M", None);
        check_size("MiB", None);
        check_size("99999999999GiB", None);
        check_size("5é", None);
    }
}
