#![allow(clippy::unwrap_used)]

use std::os::unix::fs::FileExt as _;
use std::process::Command;

use super::*;

/// An archive of files of zeros, whose bytes take no place on the disk.
fn archive(entries: &[Entry]) -> tempfile::NamedTempFile {
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut at = 0;
    let mut put = |bytes: &[u8], behind: u64| {
        file.as_file().write_all_at(bytes, at).unwrap();
        at += bytes.len() as u64 + behind;
    };
    // 2026-11-26 13:45:58.
    let mut writer = Writer::new(TimestampMs(1_795_700_758_000));
    for entry in entries {
        put(&writer.begin(entry), entry.size_bytes);
        put(&writer.end(entry, checksum_of_zeros(entry.size_bytes)), 0);
    }
    put(&writer.finish(), 0);
    assert_eq!(at, Writer::measure(entries));
    file
}

fn checksum_of_zeros(bytes: u64) -> u32 {
    let zeros = vec![0; 1 << 20];
    let mut hasher = crc32fast::Hasher::new();
    let mut left = bytes;
    while left > 0 {
        let piece = left.min(zeros.len() as u64);
        hasher.update(&zeros[..piece as usize]);
        left -= piece;
    }
    hasher.finalize()
}

/// What Python's `zipfile` makes of it.
fn python(file: &tempfile::NamedTempFile, program: &str) -> String {
    let mut command = Command::new("python3");
    let program = format!("import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\n{program}");
    let output = command.args(["-c", &program]).arg(file.path()).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Whether `unzip` takes it for an archive without faults, as far as the directory goes.
fn is_listed(file: &tempfile::NamedTempFile, entries: usize) -> bool {
    let output = Command::new("unzip").arg("-l").arg(file.path()).output();
    let output = output.unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success() && output.stderr.is_empty() && text.contains(&format!("{entries} file"))
}

fn entry(name: impl ToString, size_bytes: u64) -> Entry {
    Entry {
        name: name.to_string(),
        size_bytes,
    }
}

#[test]
fn a_few_files_are_an_archive() {
    let file = archive(&[
        entry("Zoë 漢字.txt", 5),
        entry("empty", 0),
        entry("b", 1 << 21),
    ]);
    let told = python(
        &file,
        "for i in z.infolist(): print(ascii(i.filename), i.file_size, i.date_time, oct(i.external_attr >> 16))\n\
         print(z.testzip())",
    );
    let expected = "'Zo\\xeb \\u6f22\\u5b57.txt' 5 (2026, 11, 26, 13, 45, 58) 0o100644\n\
                    'empty' 0 (2026, 11, 26, 13, 45, 58) 0o100644\n\
                    'b' 2097152 (2026, 11, 26, 13, 45, 58) 0o100644\nNone\n";
    assert_eq!(told, expected);
    let tested = Command::new("unzip").arg("-tq").arg(file.path()).output();
    assert!(tested.unwrap().status.success());
    assert!(is_listed(&archive(&[]), 0) || python(&archive(&[]), "print(z.infolist())") == "[]\n");
}

#[test]
fn what_does_not_fit_in_32_bits_is_there() {
    const GIB: u64 = 1 << 30;
    // At the edge, beyond it, and one that begins beyond it.
    let sizes = [ELSEWHERE_32 as u64 - 1, ELSEWHERE_32 as u64, 5 * GIB, 7];
    let entries: Vec<Entry> = (0..)
        .zip(sizes)
        .map(|(name, size)| entry(name, size))
        .collect();
    // The checksums of so many zeros would take long in a debug build, and the directory does not need them.
    let file = tempfile::NamedTempFile::new().unwrap();
    let mut writer = Writer::new(TimestampMs(0));
    let mut at = 0;
    for entry in &entries {
        let begin = writer.begin(entry);
        file.as_file().write_all_at(&begin, at).unwrap();
        at += begin.len() as u64 + entry.size_bytes;
        let checksum = if entry.size_bytes == 7 {
            checksum_of_zeros(7)
        } else {
            0
        };
        let end = writer.end(entry, checksum);
        file.as_file().write_all_at(&end, at).unwrap();
        at += end.len() as u64;
    }
    let end = writer.finish();
    file.as_file().write_all_at(&end, at).unwrap();
    assert_eq!(at + end.len() as u64, Writer::measure(&entries));
    let told = python(
        &file,
        "print([i.file_size for i in z.infolist()], z.infolist()[0].date_time)\nprint(len(z.read('3')))\n\
         for i in z.infolist(): z.open(i).read(9)",
    );
    assert_eq!(told, format!("{sizes:?} (1980, 1, 1, 0, 0, 0)\n7\n"));
    assert!(is_listed(&file, 4));
    let last = Command::new("unzip")
        .args(["-tq"])
        .arg(file.path())
        .arg("3")
        .output();
    assert!(last.unwrap().status.success());
}

#[test]
fn more_entries_than_16_bits_count_are_there() {
    for count in [65_534, 65_536] {
        let entries: Vec<Entry> = (0..count).map(|name| entry(name, 0)).collect();
        let file = archive(&entries);
        let told = python(&file, "print(len(z.infolist()), z.infolist()[-1].filename)");
        assert_eq!(told, format!("{count} {}\n", count - 1));
        assert!(is_listed(&file, count));
    }
}

#[test]
fn days_have_their_dates() {
    for (days, date) in [
        (0, (1970, 1, 1)),
        (58, (1970, 2, 28)),
        (59, (1970, 3, 1)),
        (11_016, (2000, 2, 29)),
        (11_017, (2000, 3, 1)),
        (20_783, (2026, 11, 26)),
        (47_540, (2100, 2, 28)),
        (47_541, (2100, 3, 1)),
    ] {
        assert_eq!(date_of(days), date, "{days}");
    }
    assert_eq!(dos_time(TimestampMs(u64::MAX)).1, (1 << 5) | 1, "too late");
}
