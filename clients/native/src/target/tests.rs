use shared::content::merge_chunks;
use shared::{ChunkLayout, FileId, FileInfo, RequestId};

use super::*;

const MIB: usize = 1 << 20;

fn described(name: &str, bytes: &[u8]) -> FileDescription {
    let layout = ChunkLayout::for_size(bytes.len() as u64).expect("small");
    let chunk_hashes: Vec<_> = (0..layout.count())
        .map(|index| {
            let range = layout.range(index).expect("within");
            let bytes = &bytes[range.start as usize..range.end as usize];
            hash_chunk(layout, index, bytes).expect("whole")
        })
        .collect();
    let content_hash = merge_chunks(layout, &chunk_hashes).expect("all");
    FileDescription {
        request_id: RequestId(0),
        file: FileInfo {
            file_id: FileId::from_bytes([1; 16]),
            name: FileName::repaired(name),
            size_bytes: layout.size_bytes,
            media_type: "application/octet-stream".into(),
            content_hash,
            link: String::new(),
            image: None,
        },
        layout,
        chunk_hashes,
    }
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let name = |entry: io::Result<fs::DirEntry>| {
        let name = entry.expect("an entry").file_name();
        name.into_string().expect("Unicode")
    };
    let mut names: Vec<String> = entries.map(name).collect();
    names.sort();
    names
}

#[test]
fn what_is_there_is_kept_where_it_is_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let bytes: Vec<u8> = (0..3 * MIB + 5).map(|i| (i >> 9) as u8).collect();
    let what = described("big.bin", &bytes);
    let (target, present) = Target::open(folder.path(), &what).expect("new");
    assert_eq!(present.count(), 0);
    target.write(&bytes[..MIB], 0).expect("written");
    target
        .write(&bytes[2 * MIB..], 2 * MIB as u64)
        .expect("written");
    drop(target);

    let (target, present) = Target::open(folder.path(), &what).expect("again");
    assert_eq!(
        present.missing(4).collect::<Vec<_>>(),
        [1],
        "the hole is noticed"
    );
    target.write(b"damage", 7).expect("written");
    drop(target);
    let (target, present) = Target::open(folder.path(), &what).expect("again");
    assert_eq!(present.missing(4).collect::<Vec<_>>(), [0, 1]);
    assert!(matches!(
        Target::open(folder.path(), &what),
        Err(TargetError::Busy(_))
    ));
    target.write(&bytes[..2 * MIB], 0).expect("written");
    target
        .write(b"past the end", bytes.len() as u64)
        .expect("written");
    let path = target.finish().expect("finished");
    assert_eq!(fs::read(path).expect("there"), bytes);
    assert_eq!(names(folder.path()), ["big.bin"]);
}

#[test]
fn an_existing_file_is_never_overwritten() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("deep/er/");
    for content in ["one", "two", "three", ""] {
        let (target, _) =
            Target::open(&place, &described("a.tar", content.as_bytes())).expect("new");
        target.write(content.as_bytes(), 0).expect("written");
        target.finish().expect("a free name");
    }
    assert_eq!(
        names(&place),
        ["a (1).tar", "a (2).tar", "a (3).tar", "a.tar"]
    );
    assert_eq!(fs::read(place.join("a (2).tar")).expect("there"), b"three");
    assert_eq!(fs::read(place.join("a (3).tar")).expect("there"), b"");
}

#[test]
fn no_name_leads_out_of_the_folder_or_is_too_long() {
    let folder = tempfile::tempdir().expect("a folder");
    let long = "x".repeat(400) + ".txt";
    for name in [
        "../../escaped",
        "/etc/passwd",
        "..",
        "",
        long.as_str(),
        long.as_str(),
    ] {
        let (target, _) = Target::open(folder.path(), &described(name, b"x")).expect("new");
        target.write(b"x", 0).expect("written");
        let path = target.finish().expect("a name");
        assert_eq!(path.parent(), Some(folder.path()), "{name}");
    }
    assert_eq!(names(folder.path()).len(), 6);
}
