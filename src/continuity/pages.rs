//! What several health pages say together: which of them must pass, and what of the rest is only an alarm.

use super::Class;

/// Which pages must pass.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pass {
    /// One is enough; red only if all fail.
    Any,
    All,
    /// These, by their place in the list; the others are looked at and cause alarms only.
    These(Vec<usize>),
}

/// What they say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// The page whose finding stands for all. None if there is no page that counts.
    pub speaks: Option<usize>,
    /// Pages that failed in the same way of counting as the one that speaks.
    pub failed: usize,
    /// Pages that need a look, though they decide nothing.
    pub odd: Vec<usize>,
}

/// The verdict about pages that looked like this.
pub fn judge(pages: &[Class], pass: &Pass) -> Verdict {
    let counts = |at: &usize| match pass {
        Pass::Any | Pass::All => true,
        Pass::These(these) => these.contains(at),
    };
    let of = |wanted: fn(Class) -> bool| (0..pages.len()).filter(counts).filter(|at| wanted(pages[*at])).collect::<Vec<usize>>();
    let (reds, greens) = (of(Class::is_red), of(Class::is_green));
    let red_decides = !reds.is_empty() && (*pass != Pass::Any || greens.is_empty());
    let speaks = match () {
        () if red_decides => worst(pages, &reds),
        () if !greens.is_empty() => greens.first().copied(),
        // What cannot be judged speaks for nothing, unless there is nothing else.
        () => (0..pages.len()).find(counts),
    };
    let decides = |at: &usize| red_decides && reds.contains(at);
    let odd = (0..pages.len()).filter(|at| !pages[*at].is_green() && !decides(at)).collect();
    Verdict { speaks, failed: if red_decides { reds.len() } else { 0 }, odd }
}

/// One that answers says most about the primary; one that hangs more than one that is gone.
fn worst(pages: &[Class], reds: &[usize]) -> Option<usize> {
    let first_of = |class| reds.iter().find(|at| pages[**at] == class);
    first_of(Class::UnhealthyPage).or_else(|| first_of(Class::Hanging)).or(reds.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pages as letters: `h`ealthy, `d`own, `s`ilent, `u`nhealthy, `c`ertificate.
    fn check(pages: &str, pass: &Pass, speaks: Option<usize>, failed: usize, odd: &[usize]) {
        let class = |letter| match letter {
            'h' => Class::Healthy,
            'd' => Class::Down,
            's' => Class::Hanging,
            'u' => Class::UnhealthyPage,
            _ => Class::Certificate,
        };
        let found = judge(&pages.chars().map(class).collect::<Vec<_>>(), pass);
        assert_eq!(found, Verdict { speaks, failed, odd: odd.to_vec() }, "{pages} {pass:?}");
    }

    #[test]
    fn one_healthy_page_is_enough() {
        check("h", &Pass::Any, Some(0), 0, &[]);
        check("dhu", &Pass::Any, Some(1), 0, &[0, 2]);
        check("dsu", &Pass::Any, Some(2), 3, &[]);
        check("ds", &Pass::Any, Some(1), 2, &[]);
        check("cd", &Pass::Any, Some(1), 1, &[0]);
        check("cc", &Pass::Any, Some(0), 0, &[0, 1]);
    }

    #[test]
    fn all_must_pass() {
        check("hh", &Pass::All, Some(0), 0, &[]);
        check("hd", &Pass::All, Some(1), 1, &[]);
        check("hdu", &Pass::All, Some(2), 2, &[]);
        check("hc", &Pass::All, Some(0), 0, &[1]);
        check("cd", &Pass::All, Some(1), 1, &[0]);
    }

    #[test]
    fn pages_outside_the_policy_are_alarms_only() {
        let first = Pass::These(vec![0]);
        check("hd", &first, Some(0), 0, &[1]);
        check("dh", &first, Some(0), 1, &[]);
        check("du", &first, Some(0), 1, &[1]);
        check("cu", &first, Some(0), 0, &[0, 1]);
        let two = Pass::These(vec![0, 2]);
        check("hhd", &two, Some(2), 1, &[]);
        check("hdh", &two, Some(0), 0, &[1]);
    }

    #[test]
    fn without_pages_there_is_nothing_to_say() {
        check("", &Pass::Any, None, 0, &[]);
        check("", &Pass::All, None, 0, &[]);
    }
}
