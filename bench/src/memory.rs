//! What the memory of a process is made of, from `/proc`.

use anyhow::{Context as _, Result};

/// Parts of the names of files that belong to OpenGL as Mesa draws it with the processor.
const SOFTWARE_GL: [&str; 6] = ["LLVM", "swrast", "gallium", "/libGL", "libEGL", "libglapi"];

/// Bytes of memory.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Memory {
    /// All that is in memory.
    pub(crate) resident: u64,
    /// Of what several processes share, its part alone.
    pub(crate) proportional: u64,
    /// Of `resident`, the program files of software OpenGL.
    pub(crate) software_gl: u64,
}

impl Memory {
    pub(crate) fn of(pid: u32) -> Result<Self> {
        let path = format!("/proc/{pid}/smaps");
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
        Ok(Self::read(&text))
    }

    /// Each mapping has a line with its file at the end, then lines like `Rss:  1234 kB` (proc(5)).
    fn read(smaps: &str) -> Self {
        let mut memory = Self::default();
        let mut is_gl = false;
        for line in smaps.lines() {
            let mut words = line.split_whitespace();
            let (Some(first), Some(second)) = (words.next(), words.next()) else {
                continue;
            };
            let bytes = second.parse::<u64>().unwrap_or_default() * 1024;
            match first {
                "Rss:" => {
                    memory.resident += bytes;
                    memory.software_gl += if is_gl { bytes } else { 0 };
                }
                "Pss:" => memory.proportional += bytes,
                _ if !first.ends_with(':') => {
                    is_gl = SOFTWARE_GL.iter().any(|part| line.contains(part));
                }
                _ => {}
            }
        }
        memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_are_added_up() {
        let smaps = "55d0-55d8 r--p 00000000 08:01 12 /usr/bin/window\nSize: 80 kB\nRss: 60 kB\nPss: 30 kB\n\
                     7f00-7f10 r-xp 00000000 08:01 13 /usr/lib/libLLVM-15.so.1\nRss: 20 kB\nPss: 20 kB\n\
                     7f20-7f30 rw-p 00000000 00:00 0\nRss: 5 kB\nPss: 5 kB\n";
        let expected = Memory {
            resident: 85 * 1024,
            proportional: 55 * 1024,
            software_gl: 20 * 1024,
        };
        assert_eq!(Memory::read(smaps), expected);
    }
}
