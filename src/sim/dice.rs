//! Chance out of a seed. Each throw depends on the seed, on what it is for and on the time, so that leaving out looks that change
//! nothing changes no other throw.

use fastrand::Rng;

/// What a throw is for.
#[derive(Clone, Copy, Debug)]
pub enum For {
    Scenario,
    Traffic,
    Probe(u8),
    Attempt(u64),
    Backoff(u64),
}

/// A seed.
#[derive(Clone, Copy, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The generator of one purpose at one time.
    pub fn at(self, purpose: For, at: u64) -> Rng {
        let number = match purpose {
            For::Scenario => 1,
            For::Traffic => 2,
            For::Probe(which) => 16 + u64::from(which),
            For::Attempt(number) => 1000 + 2 * number,
            For::Backoff(number) => 1001 + 2 * number,
        };
        Rng::with_seed(mixed(mixed(self.0 ^ 0x9e37_79b9_7f4a_7c15).wrapping_add(mixed(number)) ^ mixed(at)))
    }
}

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): neighbours become strangers.
fn mixed(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A time between two, with each order of magnitude as likely as the next: outages last seconds as often as days.
pub fn between(rng: &mut Rng, shortest: u64, longest: u64) -> u64 {
    let (low, high) = ((shortest.max(1) as f64).ln(), (longest.max(1) as f64).ln());
    (low + rng.f64() * (high - low)).exp() as u64
}

/// A waiting time with this mean (exponential: what happens by chance has no memory).
pub fn waiting(rng: &mut Rng, mean: u64) -> u64 {
    let chance = rng.f64().max(1e-9);
    (-chance.ln() * mean as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn throws_are_repeated_by_seed_purpose_and_time_only() {
        let throw = |seed, purpose, at| Dice(seed).at(purpose, at).u64(..);
        assert_eq!(throw(7, For::Probe(0), 5), throw(7, For::Probe(0), 5));
        let others = [throw(8, For::Probe(0), 5), throw(7, For::Probe(1), 5), throw(7, For::Probe(0), 6), throw(7, For::Traffic, 5)];
        assert!(others.iter().all(|other| *other != throw(7, For::Probe(0), 5)));
    }

    #[test]
    fn times_stay_within_bounds() {
        let mut rng = Dice(1).at(For::Scenario, 0);
        for _ in 0..1000 {
            let time = between(&mut rng, 100, 1_000_000);
            assert!((99..=1_000_000).contains(&time), "{time}");
        }
        let mean = (0..10_000).map(|_| waiting(&mut rng, 1000)).sum::<u64>() / 10_000;
        assert!((900..1100).contains(&mean), "{mean}");
    }
}
