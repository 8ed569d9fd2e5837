//! Points and grades.
//!
//! Each person can earn 100 points: being reached counts as much as signing in, because whoever was not told does not come; the answer
//! is the smaller part, because who has signed in will find the button. The drill's percentage is the mean over all people who were
//! to take part, those included who cannot be reached at all.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The notice arrived (or the person came without one).
const REACHED: u32 = 40;
/// Signed in within [`PROMPT`] of the start, or later.
const SIGNED_IN_PROMPTLY: u32 = 40;
const SIGNED_IN_LATE: u32 = 30;
const REPLIED: u32 = 20;
/// Who takes longer to sign in than this would miss the first calls of an outage.
pub const PROMPT: Duration = Duration::from_secs(15 * 60);

/// From best to worst. There is no E, as in most schools that give letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Grade {
    /// 90 % and more.
    A,
    /// 75 % and more.
    B,
    /// 60 % and more.
    C,
    /// 40 % and more.
    D,
    F,
}

impl Grade {
    pub fn of(percent: u32) -> Grade {
        match percent {
            90.. => Grade::A,
            75.. => Grade::B,
            60.. => Grade::C,
            40.. => Grade::D,
            _ => Grade::F,
        }
    }
}

impl std::fmt::Display for Grade {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

/// Of one person: whether they were reached, how long until they had signed in, whether they answered.
pub(super) fn points(reached: bool, signed_in_after: Option<Duration>, replied: bool) -> u32 {
    let signed_in = match signed_in_after {
        Some(time) if time <= PROMPT => SIGNED_IN_PROMPTLY,
        Some(_) => SIGNED_IN_LATE,
        None => 0,
    };
    let earned = |is: bool, points: u32| if is { points } else { 0 };
    earned(reached, REACHED) + signed_in + earned(replied, REPLIED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thresholds() {
        let grades: Vec<Grade> = [100, 90, 89, 75, 74, 60, 59, 40, 39, 0].into_iter().map(Grade::of).collect();
        use Grade::{A, B, C, D, F};
        assert_eq!(grades, [A, A, B, B, C, C, D, D, F, F]);
        assert!(A < F);
    }

    #[test]
    fn a_person_earns_a_hundred_at_most() {
        assert_eq!(points(true, Some(PROMPT), true), 100);
        assert_eq!(points(true, Some(PROMPT + Duration::from_millis(1)), true), 90);
        assert_eq!(points(true, None, false), 40);
        assert_eq!(points(false, None, false), 0);
    }
}
