//! Random numbers as functions of what they are for.
//!
//! Use a [`Stream`] where a path needs many numbers (price paths, activity paths) and a [`Draw`] where one agent needs
//! a few on one day. Both depend on the seed, the path and the purpose (a draw also on day and agent) and on nothing
//! else: not on threads, blocks, or on what was drawn before for anything else.
//!
//! Method: a purpose selects a subkey, `k' = Philox4x32-10(counter = (purpose, kind), key = seed)`; a draw is
//! `Philox4x32-10(counter = (path, day, agent), k')`; a stream is xoshiro256++ whose 256 bits of state are two Philox
//! blocks at counters `(path, 0)` and `(path, 1)`. The kind keeps draws and streams of one purpose apart. Normals of a
//! stream come from the ziggurat, those of a draw from Box and Muller (1958), which takes a fixed number of words.
//!
//! References: Salmon, Moraes, Dror and Shaw (2011), "Parallel random numbers: as easy as 1, 2, 3", SC11; Blackman and
//! Vigna (2021), "Scrambled linear pseudorandom number generators", ACM TOMS 47(4); Marsaglia and Tsang (2000).
//! Checked against the known answers of Random123 (its `kat_vectors`, lines `philox4x32 10`).
//!
//! ```
//! use monazite_stochastic::{Key, Purpose};
//! const EV_ACTIVITY: Purpose = Purpose::named("ev activity");
//! let key = Key::new(7);
//! let (mut once, mut again) = (key.stream(3, EV_ACTIVITY), key.stream(3, EV_ACTIVITY));
//! assert_eq!(once.normal(), again.normal());
//! assert_ne!(key.stream(4, EV_ACTIVITY).normal(), key.stream(3, EV_ACTIVITY).normal());
//! ```

use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, StandardNormal};
use rand_philox::philox4x32_10;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// What random numbers are used for; two purposes never share a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Purpose(u64);

impl Purpose {
    /// A purpose by number.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// A purpose by name: its 64-bit FNV-1a hash, so that crates need not agree on numbers.
    pub const fn named(name: &str) -> Self {
        let (bytes, mut hash, mut at) = (name.as_bytes(), 0xcbf2_9ce4_8422_2325_u64, 0);
        while at < bytes.len() {
            hash = (hash ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
            at += 1;
        }
        Self(hash)
    }

    /// The number.
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl From<u64> for Purpose {
    fn from(number: u64) -> Self {
        Self(number)
    }
}

/// Keeps the streams and the draws of one purpose apart.
#[derive(Clone, Copy)]
enum Kind {
    Stream = 1,
    Draw = 2,
}

/// The seed of a run; everything random follows from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The seed.
    pub seed: u64,
}

impl Key {
    /// The key of `seed`.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The numbers of one path for one purpose.
    pub fn stream(self, path: u64, purpose: impl Into<Purpose>) -> Stream {
        self.streams(purpose).at(path)
    }

    /// The streams for one purpose; cheaper than [`Key::stream`] in a loop.
    pub fn streams(self, purpose: impl Into<Purpose>) -> Streams {
        Streams { subkey: self.subkey(purpose.into(), Kind::Stream) }
    }

    /// The single draws for one purpose; cheaper than [`Key::draw`] in a loop.
    pub fn draws(self, purpose: impl Into<Purpose>) -> Draws {
        Draws { subkey: self.subkey(purpose.into(), Kind::Draw) }
    }

    /// The draw of one agent on one day of one path for one purpose.
    pub fn draw(self, path: u64, day: u32, agent: u32, purpose: impl Into<Purpose>) -> Draw {
        self.draws(purpose).at(path, day, agent)
    }

    fn subkey(self, purpose: Purpose, kind: Kind) -> [u32; 2] {
        let [low, high] = halves(purpose.0);
        let [first, second, _, _] = philox4x32_10([low, high, kind as u32, 0], halves(self.seed));
        [first, second]
    }
}

fn halves(word: u64) -> [u32; 2] {
    [word as u32, (word >> 32) as u32]
}

/// Streams for one purpose, addressed by path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streams {
    subkey: [u32; 2],
}

impl Streams {
    /// The stream of a path, from its beginning.
    pub fn at(self, path: u64) -> Stream {
        let [path_low, path_high] = halves(path);
        let mut state = [0; 32];
        for (block, bytes) in (0_u32..).zip(state.chunks_exact_mut(16)) {
            let words = philox4x32_10([path_low, path_high, block, 0], self.subkey);
            for (word, four) in words.iter().zip(bytes.chunks_exact_mut(4)) {
                four.copy_from_slice(&word.to_le_bytes());
            }
        }
        Stream { generator: Xoshiro256PlusPlus::from_seed(state) }
    }
}

/// Single draws for one purpose, addressed by path, day and agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draws {
    subkey: [u32; 2],
}

impl Draws {
    /// The draw at an address.
    pub fn at(self, path: u64, day: u32, agent: u32) -> Draw {
        let [path_low, path_high] = halves(path);
        Draw { words: philox4x32_10([path_low, path_high, day, agent], self.subkey) }
    }
}

/// 128 random bits; each reading of them is a function of the same bits, so take one reading per draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Draw {
    words: [u32; 4],
}

impl Draw {
    /// The bits.
    pub const fn words(self) -> [u32; 4] {
        self.words
    }

    /// Two independent uniform numbers on the open interval (0, 1).
    pub fn uniforms(self) -> [f64; 2] {
        let [a, b, c, d] = self.words.map(u64::from);
        [open_unit(a | b << 32), open_unit(c | d << 32)]
    }

    /// A uniform number on the open interval (0, 1).
    pub fn uniform(self) -> f64 {
        self.uniforms()[0]
    }

    /// Two independent standard normal numbers (Box and Muller 1958).
    pub fn normals(self) -> [f64; 2] {
        let [u, v] = self.uniforms();
        let radius = (-2.0 * u.ln()).sqrt();
        let (sine, cosine) = (std::f64::consts::TAU * v).sin_cos();
        [radius * cosine, radius * sine]
    }

    /// A standard normal number.
    pub fn normal(self) -> f64 {
        self.normals()[0]
    }

    /// A whole number from 0 to `n` − 1, each as likely up to n / 2⁶⁴; 0 if `n` is 0.
    pub fn below(self, n: u64) -> u64 {
        let [a, b, _, _] = self.words.map(u64::from);
        scale_to(a | b << 32, n)
    }
}

/// An endless sequence of numbers for one path and one purpose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    generator: Xoshiro256PlusPlus,
}

impl Stream {
    /// 64 random bits.
    #[inline]
    pub fn bits(&mut self) -> u64 {
        self.generator.next_u64()
    }

    /// A uniform number on the open interval (0, 1).
    #[inline]
    pub fn uniform(&mut self) -> f64 {
        open_unit(self.bits())
    }

    /// A standard normal number.
    #[inline]
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.generator)
    }

    /// An exponential number with mean 1.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// A whole number from 0 to `n` − 1, each as likely up to n / 2⁶⁴; 0 if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        scale_to(self.bits(), n)
    }

    /// Fills `values` with standard normal numbers, the same as repeated [`Stream::normal`].
    pub fn fill_normals(&mut self, values: &mut [f64]) {
        for value in values {
            *value = self.normal();
        }
    }

    /// Fills `values` with uniform numbers, the same as repeated [`Stream::uniform`].
    pub fn fill_uniforms(&mut self, values: &mut [f64]) {
        for value in values {
            *value = self.uniform();
        }
    }
}

/// (k + ½)·2⁻⁵² for the upper 52 bits k: exact, never 0 or 1, symmetric about ½.
#[inline]
fn open_unit(bits: u64) -> f64 {
    ((bits >> 12) as f64 + 0.5) * (1.0 / (1_u64 << 52) as f64)
}

fn scale_to(bits: u64, n: u64) -> u64 {
    ((u128::from(bits) * u128::from(n)) >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOISE: Purpose = Purpose::named("noise");

    /// The `kat_vectors` of Random123, lines `philox4x32 10`.
    #[test]
    fn philox_gives_the_known_answers() {
        assert_eq!(
            philox4x32_10([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox4x32_10([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox4x32_10(
                [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
                [0xa409_3822, 0x299f_31d0]
            ),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn a_stream_depends_on_seed_path_and_purpose_only() {
        let key = Key::new(1);
        let first = key.stream(5, NOISE).bits();
        let mut other = key.stream(6, NOISE);
        other.fill_normals(&mut [0.0; 100]);
        assert_eq!(key.stream(5, NOISE).bits(), first);
        assert_eq!(key.streams(NOISE).at(5).bits(), first);
        for different in [
            Key::new(2).stream(5, NOISE).bits(),
            key.stream(6, NOISE).bits(),
            key.stream(5 + (1 << 32), NOISE).bits(),
            key.stream(5, Purpose::named("other")).bits(),
        ] {
            assert_ne!(first, different);
        }
    }

    #[test]
    fn a_draw_depends_on_its_address_only() {
        let key = Key::new(1);
        let here = key.draw(1, 2, 3, NOISE);
        assert_eq!(here, key.draws(NOISE).at(1, 2, 3));
        for there in [
            key.draw(0, 2, 3, NOISE),
            key.draw(1, 0, 3, NOISE),
            key.draw(1, 2, 0, NOISE),
            key.draw(2, 1, 3, NOISE),
            key.draw(1, 2, 3, 9),
            Key::new(2).draw(1, 2, 3, NOISE),
        ] {
            assert_ne!(here, there);
        }
    }

    /// Pins the mapping from (seed, path, purpose) to numbers: changing it changes every published result. The figures
    /// are those of a second implementation of Philox4x32-10 and xoshiro256++, written in Python from the two papers.
    #[test]
    fn the_mapping_is_frozen() {
        let mut stream = Key::new(42).stream(7, 3);
        assert_eq!([stream.bits(), stream.bits()], [FROZEN.0, FROZEN.1]);
        assert_eq!(Key::new(42).draw(7, 1, 2, 3).words(), FROZEN.2);
        assert_eq!(Purpose::named("a").number(), 0xaf63_dc4c_8601_ec8c, "FNV-1a 64 of \"a\"");
    }
    const FROZEN: (u64, u64, [u32; 4]) =
        (8022323743582117097, 1278099026441187254, [110309625, 3778510384, 3038119367, 2820365438]);

    #[test]
    fn normals_have_the_moments_of_a_normal() {
        let n = 400_000_usize;
        let mut stream = Key::new(11).stream(0, NOISE);
        let from_stream: Vec<f64> = (0..n).map(|_| stream.normal()).collect();
        let draws = Key::new(11).draws(NOISE);
        let from_draws: Vec<f64> = (0..n as u32).map(|day| draws.at(0, day, 0).normal()).collect();
        for sample in [from_stream, from_draws] {
            let moment = |k: i32| sample.iter().map(|z| z.powi(k)).sum::<f64>() / n as f64;
            let tolerance = |variance: f64| 4.0 * (variance / n as f64).sqrt();
            assert!(moment(1).abs() < tolerance(1.0), "{}", moment(1));
            assert!((moment(2) - 1.0).abs() < tolerance(2.0), "{}", moment(2));
            assert!(moment(3).abs() < tolerance(15.0), "{}", moment(3));
            assert!((moment(4) - 3.0).abs() < tolerance(96.0), "{}", moment(4));
        }
    }

    #[test]
    fn uniforms_stay_inside_and_fill_the_interval() {
        assert!(open_unit(0) > 0.0 && open_unit(u64::MAX) < 1.0);
        let mut stream = Key::new(3).stream(0, NOISE);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[(stream.uniform() * 10.0) as usize] += 1;
        }
        let chi_square: f64 =
            counts.iter().map(|&c| (f64::from(c) - 10_000.0).powi(2) / 10_000.0).sum();
        assert!(chi_square < 27.9, "χ²(9) at .001 is 27.88, found {chi_square}");
        assert_eq!((stream.below(0), Key::new(0).draw(0, 0, 0, 0).below(1)), (0, 0));
    }
}
