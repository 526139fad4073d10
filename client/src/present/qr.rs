//! QR codes (ISO/IEC 18004) of any bytes: byte mode, error correction level L, versions 1 to 40. For screens that draw
//! the modules themselves, and for which a library with Kanji and all levels would be a large part of what they load.

/// Codewords of error correction per block, and blocks, by version (table 9, level L).
const BLOCKS: [(u8, u8); 40] = [
    (7, 1),
    (10, 1),
    (15, 1),
    (20, 1),
    (26, 1),
    (18, 2),
    (20, 2),
    (24, 2),
    (30, 2),
    (18, 4),
    (20, 4),
    (24, 4),
    (26, 4),
    (30, 4),
    (22, 6),
    (24, 6),
    (28, 6),
    (30, 6),
    (28, 7),
    (28, 8),
    (28, 8),
    (28, 9),
    (30, 9),
    (30, 10),
    (26, 12),
    (28, 12),
    (30, 12),
    (30, 13),
    (30, 14),
    (30, 15),
    (30, 16),
    (30, 17),
    (30, 18),
    (30, 19),
    (30, 19),
    (30, 20),
    (30, 21),
    (30, 22),
    (30, 24),
    (30, 25),
];

/// A code: a square of modules.
#[derive(Debug, Clone)]
pub struct QrCode {
    version: usize,
    /// Modules on a side, without the quiet zone around them.
    pub width: usize,
    dark: Vec<bool>,
    /// Those that carry no data.
    fixed: Vec<bool>,
}

impl QrCode {
    /// The smallest code of these bytes; `None` where they are more than 2,953.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let blank = Self::unmasked(bytes)?;
        let masked = (0..8).map(|mask| blank.masked(mask));
        masked.min_by_key(Self::evenness)
    }

    /// Whether the module in this column and row is dark.
    pub fn is_dark(&self, x: usize, y: usize) -> bool {
        self.dark[y * self.width + x]
    }

    fn unmasked(bytes: &[u8]) -> Option<Self> {
        let version = (1..=40).find(|version| {
            let bits = 4 + length_bits(*version) + 8 * bytes.len();
            bits <= 8 * data_codewords(*version)
        })?;
        let width = 4 * version + 17;
        let mut code = Self {
            version,
            width,
            dark: vec![false; width * width],
            fixed: vec![false; width * width],
        };
        code.draw_patterns();
        code.draw_data(&interleaved(version, &data(version, bytes)));
        Some(code)
    }

    /// With every data module turned over where the mask says so.
    fn masked(&self, mask: usize) -> Self {
        let mut code = self.clone();
        for y in 0..self.width {
            for x in 0..self.width {
                let turned = match mask {
                    0 => (x + y) % 2,
                    1 => y % 2,
                    2 => x % 3,
                    3 => (x + y) % 3,
                    4 => (x / 3 + y / 2) % 2,
                    5 => x * y % 2 + x * y % 3,
                    6 => (x * y % 2 + x * y % 3) % 2,
                    _ => ((x + y) % 2 + x * y % 3) % 2,
                } == 0;
                let at = y * self.width + x;
                code.dark[at] ^= turned && !self.fixed[at];
            }
        }
        code.draw_format(mask);
        code
    }

    /// How many modules are like their neighbour: the fewer, the easier to read.
    fn evenness(&self) -> usize {
        let width = self.width;
        let is_like = |at: &usize| self.dark[*at] == self.dark[at - 1];
        let is_like_above = |at: &usize| self.dark[*at] == self.dark[at - width];
        (1..width * width).filter(is_like).count()
            + (width..width * width).filter(is_like_above).count()
    }

    fn fix(&mut self, x: usize, y: usize, dark: bool) {
        let at = y * self.width + x;
        (self.dark[at], self.fixed[at]) = (dark, true);
    }

    /// Rings around a module, as far as they lie within the code; `light` says which are.
    fn draw_rings(&mut self, (x, y): (usize, usize), rings: usize, light: &[usize]) {
        for row in y.saturating_sub(rings)..=(y + rings).min(self.width - 1) {
            for column in x.saturating_sub(rings)..=(x + rings).min(self.width - 1) {
                let ring = x.abs_diff(column).max(y.abs_diff(row));
                self.fix(column, row, !light.contains(&ring));
            }
        }
    }

    fn draw_patterns(&mut self) {
        let (width, version) = (self.width, self.version);
        for at in 0..width {
            self.fix(6, at, at % 2 == 0);
            self.fix(at, 6, at % 2 == 0);
        }
        for corner in [(3, 3), (width - 4, 3), (3, width - 4)] {
            self.draw_rings(corner, 4, &[2, 4]);
        }
        let places = alignments(version);
        for x in &places {
            for y in &places {
                let is_corner = |a: usize, b: usize| a == 6 && (b == 6 || b == width - 7);
                if !is_corner(*x, *y) && !is_corner(*y, *x) {
                    self.draw_rings((*x, *y), 2, &[1]);
                }
            }
        }
        self.draw_format(0);
        if version >= 7 {
            let bits = with_check(version, 12, 0x1F25);
            for index in 0..18 {
                let (a, b) = (width - 11 + index % 3, index / 3);
                let dark = bits >> index & 1 == 1;
                self.fix(a, b, dark);
                self.fix(b, a, dark);
            }
        }
    }

    /// Twice what level and mask are, and the module that is always dark.
    fn draw_format(&mut self, mask: usize) {
        let width = self.width;
        let bits = with_check(1 << 3 | mask, 10, 0x537) ^ 0x5412;
        for index in 0..15 {
            let dark = bits >> index & 1 == 1;
            let (x, y) = match index {
                0..6 => (8, index),
                6 => (8, 7),
                7 => (8, 8),
                8 => (7, 8),
                _ => (14 - index, 8),
            };
            self.fix(x, y, dark);
            match index {
                0..8 => self.fix(width - 1 - index, 8, dark),
                _ => self.fix(8, width - 15 + index, dark),
            }
        }
        self.fix(8, width - 8, true);
    }

    /// Up and down in strips of two columns, from the right.
    fn draw_data(&mut self, codewords: &[u8]) {
        let width = self.width;
        let mut bits = codewords
            .iter()
            .flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1));
        // The column of the timing pattern belongs to no strip.
        let strips = (7..width).rev().step_by(2).chain([5, 3, 1]);
        for (strip, right) in strips.enumerate() {
            for step in 0..width {
                let y = if strip % 2 == 0 {
                    width - 1 - step
                } else {
                    step
                };
                for x in [right, right - 1] {
                    let at = y * width + x;
                    if !self.fixed[at] {
                        self.dark[at] = bits.next().unwrap_or(false);
                    }
                }
            }
        }
    }
}

/// The number, followed by `bits` bits of a check with this generator.
fn with_check(number: usize, bits: usize, generator: usize) -> usize {
    let mut rest = number;
    for _ in 0..bits {
        rest = (rest << 1) ^ ((rest >> (bits - 1)) * generator);
    }
    number << bits | rest
}

/// Where the centres of alignment patterns are, in both directions.
fn alignments(version: usize) -> Vec<usize> {
    if version == 1 {
        return Vec::new();
    }
    let count = version / 7 + 2;
    let step = (version * 8 + count * 3 + 5) / (count * 4 - 4) * 2;
    let last = 4 * version + 10;
    let mut places: Vec<usize> = (0..count - 1).map(|index| last - index * step).collect();
    places.push(6);
    places
}

/// Codewords of a version, of data and error correction.
fn codewords(version: usize) -> usize {
    let mut modules = (16 * version + 128) * version + 64;
    if version >= 2 {
        let count = version / 7 + 2;
        modules -= (25 * count - 10) * count - 55;
    }
    if version >= 7 {
        modules -= 36;
    }
    modules / 8
}

fn blocks(version: usize) -> (usize, usize) {
    let (check, count) = BLOCKS[version - 1];
    (check.into(), count.into())
}

fn data_codewords(version: usize) -> usize {
    let (check, count) = blocks(version);
    codewords(version) - check * count
}

fn length_bits(version: usize) -> usize {
    if version < 10 { 8 } else { 16 }
}

/// Mode, length and bytes, filled up. The mode's four bits move everything by half a byte.
fn data(version: usize, bytes: &[u8]) -> Vec<u8> {
    let length = bytes.len().to_be_bytes();
    let length = &length[length.len() - length_bits(version) / 8..];
    let (mut data, mut before) = (Vec::new(), 0b0100);
    for byte in length.iter().chain(bytes) {
        data.push(before << 4 | byte >> 4);
        before = byte & 0xF;
    }
    data.push(before << 4);
    let filling = [0xEC, 0x11].into_iter().cycle();
    let missing = data_codewords(version) - data.len();
    data.extend(filling.take(missing));
    data
}

/// Data and its error correction, with the blocks' codewords by turns. The last blocks may be longer by one.
fn interleaved(version: usize, data: &[u8]) -> Vec<u8> {
    let (check, count) = blocks(version);
    let (short, longer) = (data.len() / count, data.len() % count);
    let generator = generator(check);
    let mut rest = data;
    let mut split = Vec::new();
    for index in 0..count {
        let (block, after) = rest.split_at(short + usize::from(index >= count - longer));
        rest = after;
        split.push((block, remainder(block, &generator)));
    }
    let data = (0..=short).flat_map(|at| split.iter().filter_map(move |block| block.0.get(at)));
    let checks = (0..check).flat_map(|at| split.iter().map(move |block| &block.1[at]));
    data.chain(checks).copied().collect()
}

/// In the field of 256 elements that the standard uses.
fn product(a: u8, b: u8) -> u8 {
    (0..8).rev().fold(0u8, |sum, bit| {
        let doubled = (sum << 1) ^ ((sum >> 7) * 0x1D);
        doubled ^ ((b >> bit & 1) * a)
    })
}

/// The polynomial with the powers of 2 as its roots, without its leading 1.
fn generator(degree: usize) -> Vec<u8> {
    let mut generator = vec![0; degree];
    generator[degree - 1] = 1;
    let mut root = 1;
    for _ in 0..degree {
        for at in 0..degree {
            let next = generator.get(at + 1).copied().unwrap_or(0);
            generator[at] = product(generator[at], root) ^ next;
        }
        root = product(root, 2);
    }
    generator
}

/// What is left of the block, divided by the generator.
fn remainder(block: &[u8], generator: &[u8]) -> Vec<u8> {
    let mut rest = vec![0; generator.len()];
    for byte in block {
        let factor = byte ^ rest.remove(0);
        rest.push(0);
        for (rest, generator) in rest.iter_mut().zip(generator) {
            *rest ^= product(*generator, factor);
        }
    }
    rest
}

#[cfg(test)]
mod tests {
    use qrcode::bits::Bits;
    use qrcode::types::Color;
    use qrcode::{EcLevel, Version};

    use super::*;

    /// What the library makes of the bytes in byte mode, and its mask.
    fn reference(version: usize, bytes: &[u8]) -> (Vec<bool>, usize) {
        let mut bits = Bits::new(Version::Normal(version as i16));
        bits.push_byte_data(bytes).expect("they fit");
        bits.push_terminator(EcLevel::L).expect("it fits");
        let code = qrcode::QrCode::with_bits(bits, EcLevel::L).expect("a code");
        let (colors, width) = (code.to_colors(), code.width());
        let dark: Vec<bool> = colors.iter().map(|color| *color == Color::Dark).collect();
        // The mask's three bits, beside the lower left finder pattern and turned over by 0b101.
        let bit = |index: usize| usize::from(dark[8 * width + 14 - index]);
        let mask = (bit(12) << 2 | bit(11) << 1 | bit(10)) ^ 0b101;
        (dark, mask)
    }

    #[test]
    fn codes_are_as_a_library_draws_them() {
        // Large ones take long to draw; these have blocks of one length and of two, and every count of patterns.
        for version in (1..=11).chain([14, 15, 21, 28, 35, 40]) {
            let most = data_codewords(version) - 1 - length_bits(version) / 8;
            let bytes: Vec<u8> = (0..most).map(|at| (at * 31 % 251) as u8).collect();
            let code = QrCode::unmasked(&bytes).expect("it fits");
            assert_eq!(code.version, version, "{most} bytes");
            let (dark, mask) = reference(version, &bytes);
            assert!(code.masked(mask).dark == dark, "version {version}");
        }
    }

    #[test]
    fn the_mask_is_one_of_the_eight_and_what_does_not_fit_is_none() {
        let bytes = b"otpauth://totp/Chinwag:ann?secret=JBSWY3DPEHPK3PXP";
        let code = QrCode::new(bytes).expect("it fits");
        let blank = QrCode::unmasked(bytes).expect("it fits");
        let mut masks = (0..8).map(|mask| blank.masked(mask));
        assert!(masks.any(|masked| masked.dark == code.dark));
        assert!(code.is_dark(0, 0) && !code.is_dark(7, 7));
        assert!(QrCode::new(&[0; 2953]).is_some_and(|code| code.width == 177));
        assert!(QrCode::new(&[0; 2954]).is_none());
        assert!(QrCode::new(b"").is_some_and(|code| code.width == 21));
    }
}
