//! The records of a ZIP archive whose entries are stored as they are, in one go (PKWARE's APPNOTE.TXT 6.3, whose sections
//! are named). Sizes are known before, checksums only behind each entry. What does not fit the fields of old is in those
//! of Zip64.

use bytes::Bytes;
use shared::TimestampMs;

/// The checksum comes behind the entry, and its name is UTF-8 (4.4.4, bits 3 and 11).
const FLAGS: u16 = (1 << 3) | (1 << 11);
/// What an extractor must know (4.4.3).
const PLAIN: u16 = 20;
const ZIP64: u16 = 45;
/// The upper byte of who made it (4.4.2): attributes are those of Unix.
const UNIX: u16 = 3 << 8;
/// A file that its owner may write (4.4.15).
const ATTRIBUTES: u32 = 0o100_644 << 16;
/// The extra field with what does not fit (4.5.3).
const EXTRA_ID: u16 = 1;
/// These stand where a number is elsewhere (4.4.1.4).
const ELSEWHERE_16: u16 = u16::MAX;
const ELSEWHERE_32: u32 = u32::MAX;

/// A file of the archive.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    /// One component of a path, 65,535 bytes at most.
    pub(super) name: String,
    pub(super) size_bytes: u64,
}

impl Entry {
    fn is_large(&self) -> bool {
        self.size_bytes >= u64::from(ELSEWHERE_32)
    }
}

/// Makes the records in their order: for each entry one before and one behind its bytes, then the directory.
pub(super) struct Writer {
    /// Bytes so far, those of entries as well.
    offset: u64,
    /// Where the present entry begins.
    began_at: u64,
    entries: u64,
    directory: Record,
    /// Of every entry.
    modified: (u16, u16),
}

impl Writer {
    pub(super) fn new(modified_at: TimestampMs) -> Self {
        Self {
            offset: 0,
            began_at: 0,
            entries: 0,
            directory: Record::default(),
            modified: dos_time(modified_at),
        }
    }

    /// How long an archive of these will be.
    pub(super) fn measure(entries: &[Entry]) -> u64 {
        let mut writer = Self::new(TimestampMs(0));
        for entry in entries {
            writer.begin(entry);
            writer.end(entry, 0);
        }
        let offset = writer.offset;
        offset + writer.finish().len() as u64
    }

    /// What stands before the entry's bytes (4.3.7).
    pub(super) fn begin(&mut self, entry: &Entry) -> Bytes {
        self.began_at = self.offset;
        let is_large = entry.is_large();
        let (time, date) = self.modified;
        let mut record = Record::default();
        record
            .u32(0x0403_4b50)
            .u16(if is_large { ZIP64 } else { PLAIN });
        record.u16(FLAGS).u16(0).u16(time).u16(date);
        // Checksum and sizes come behind the entry.
        let size = if is_large { ELSEWHERE_32 } else { 0 };
        record.u32(0).u32(size).u32(size);
        record.u16(entry.name.len() as u16);
        record.u16(if is_large { 20 } else { 0 });
        record.bytes(entry.name.as_bytes());
        if is_large {
            record.u16(EXTRA_ID).u16(16).u64(0).u64(0);
        }
        self.offset += record.len() + entry.size_bytes;
        record.into()
    }

    /// What stands behind its bytes (4.3.9).
    pub(super) fn end(&mut self, entry: &Entry, checksum: u32) -> Bytes {
        let mut record = Record::default();
        record.u32(0x0807_4b50).u32(checksum);
        if entry.is_large() {
            record.u64(entry.size_bytes).u64(entry.size_bytes);
        } else {
            let size = entry.size_bytes as u32;
            record.u32(size).u32(size);
        }
        self.offset += record.len();
        self.list(entry, checksum);
        record.into()
    }

    /// Puts the entry into the directory (4.3.12).
    fn list(&mut self, entry: &Entry, checksum: u32) {
        let (size, size_elsewhere) = narrow(entry.size_bytes);
        let (offset, offset_elsewhere) = narrow(self.began_at);
        let mut extra = Record::default();
        if let Some(size) = size_elsewhere {
            extra.u64(size).u64(size);
        }
        if let Some(offset) = offset_elsewhere {
            extra.u64(offset);
        }
        let needs = if extra.len() > 0 { ZIP64 } else { PLAIN };
        let extra_header = if extra.len() > 0 { 4 } else { 0 };
        let (time, date) = self.modified;
        let record = &mut self.directory;
        record.u32(0x0201_4b50).u16(UNIX | needs).u16(needs);
        record.u16(FLAGS).u16(0).u16(time).u16(date);
        record.u32(checksum).u32(size).u32(size);
        record.u16(entry.name.len() as u16);
        record.u16(extra.len() as u16 + extra_header);
        // No comment, on the first disk, binary.
        record.u16(0).u16(0).u16(0);
        record.u32(ATTRIBUTES).u32(offset);
        record.bytes(entry.name.as_bytes());
        if extra.len() > 0 {
            record.u16(EXTRA_ID).u16(extra.len() as u16);
            record.bytes(&extra.0);
        }
        self.entries += 1;
    }

    /// The directory and the archive's end.
    pub(super) fn finish(self) -> Bytes {
        let mut record = self.directory;
        let (begins, bytes) = (self.offset, record.len());
        let count = u16::try_from(self.entries).unwrap_or(ELSEWHERE_16);
        let (short_bytes, bytes_elsewhere) = narrow(bytes);
        let (short_begins, begins_elsewhere) = narrow(begins);
        let is_large = count == ELSEWHERE_16 || bytes_elsewhere.or(begins_elsewhere).is_some();
        if is_large {
            // 4.3.14: its size behind this field, twice the version, no other disks.
            record.u32(0x0606_4b50).u64(44).u16(UNIX | ZIP64).u16(ZIP64);
            record.u32(0).u32(0);
            record.u64(self.entries).u64(self.entries);
            record.u64(bytes).u64(begins);
            // 4.3.15: where that is, on the first disk of one.
            record.u32(0x0706_4b50).u32(0).u64(begins + bytes).u32(1);
        }
        // 4.3.16.
        record.u32(0x0605_4b50).u16(0).u16(0);
        record.u16(count).u16(count);
        record.u32(short_bytes).u32(short_begins).u16(0);
        record.into()
    }
}

/// The number in a field of old, and the number again where it does not fit.
fn narrow(number: u64) -> (u32, Option<u64>) {
    match u32::try_from(number) {
        Ok(narrow) if narrow != ELSEWHERE_32 => (narrow, None),
        Ok(_) | Err(_) => (ELSEWHERE_32, Some(number)),
    }
}

/// The time and the date of MS-DOS (4.4.6), from 1980 to 2107 and in UTC: whose zone it would be nobody says.
fn dos_time(at: TimestampMs) -> (u16, u16) {
    let seconds = at.0 / 1000;
    let (year, month, day) = date_of(seconds / 86_400);
    let Some(years @ 0..=127) = year.checked_sub(1980) else {
        // The first day that it knows.
        return (0, (1 << 5) | 1);
    };
    let of_day = seconds % 86_400;
    let time = ((of_day / 3600) << 11) | ((of_day / 60 % 60) << 5) | (of_day % 60 / 2);
    let date = (years << 9) | (month << 5) | day;
    (time as u16, date as u16)
}

/// Year, month and day, so many days after 1970-01-01: by years that begin in March, whose leap day is their last.
fn date_of(days: u64) -> (u64, u64, u64) {
    const DAYS_OF_ERA: u64 = 146_097;
    // From 0000-03-01.
    let days = days + 719_468;
    let (era, day) = (days / DAYS_OF_ERA, days % DAYS_OF_ERA);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

/// Numbers with the lowest byte first (4.4.1.1).
#[derive(Default)]
struct Record(Vec<u8>);

impl Record {
    fn len(&self) -> u64 {
        self.0.len() as u64
    }

    fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.0.extend_from_slice(bytes);
        self
    }

    fn u16(&mut self, number: u16) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }

    fn u32(&mut self, number: u32) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }

    fn u64(&mut self, number: u64) -> &mut Self {
        self.bytes(&number.to_le_bytes())
    }
}

impl From<Record> for Bytes {
    fn from(record: Record) -> Self {
        record.0.into()
    }
}

#[cfg(test)]
mod tests;
