#![allow(clippy::unwrap_used)]

use tempfile::TempDir;

use super::*;

const OWNER: UploadsOwner = UploadsOwner::from_bytes([5; 16]);

fn content(byte: u8) -> ContentHash {
    ContentHash::from_bytes([byte; 32])
}

#[test]
fn a_kept_part_is_one_content_that_outlives_the_part() {
    let folder = TempDir::new().unwrap();
    let blobs = Blobs::open(folder.path(), OWNER).unwrap();
    let (first, second) = (UploadId::from_bytes([1; 16]), UploadId::from_bytes([2; 16]));
    for upload in [first, second] {
        let pieces = [b"".as_slice(), b"sa", b"", b"me"].map(Bytes::from_static);
        write_at(&blobs.open_part(upload).unwrap(), &pieces, 0).unwrap();
        assert!(blobs.keep(upload, content(8), 5).is_err(), "another size");
        blobs.keep(upload, content(9), 4).unwrap();
        assert!(blobs.parts().unwrap().contains(&upload));
        blobs.remove_part(upload).unwrap();
        blobs.remove_part(upload).unwrap();
    }
    assert_eq!(blobs.parts().unwrap(), []);
    assert_eq!(
        blobs.contents_older_than(Duration::ZERO).unwrap(),
        [content(9)]
    );
    assert_eq!(
        blobs
            .contents_older_than(Duration::from_secs(3600))
            .unwrap(),
        []
    );
    let file = blobs.open_blob(content(9)).unwrap();
    assert_eq!(read_at(&file, 1, 3).unwrap(), "ame");
    assert_eq!(
        read_at(&file, 1, 4).unwrap_err().kind(),
        io::ErrorKind::UnexpectedEof
    );
    blobs.remove_blob(content(9)).unwrap();
    assert!(blobs.open_blob(content(9)).is_err());
}

#[test]
fn what_cannot_fit_is_refused_before_it_is_written() {
    let folder = TempDir::new().unwrap();
    let blobs = Blobs::open(folder.path(), OWNER).unwrap();
    blobs.require_space(1).unwrap();
    assert_eq!(
        blobs.require_space(u64::MAX / 2).unwrap_err().kind(),
        io::ErrorKind::StorageFull
    );
}

#[test]
fn a_folder_that_cannot_be_made_says_which() {
    let folder = TempDir::new().unwrap();
    let file = folder.path().join("file");
    File::create(&file).unwrap();
    let refused = Blobs::open(&file, OWNER).err().unwrap().to_string();
    assert!(refused.contains("--uploads-dir"), "{refused}");
}

#[test]
fn the_files_of_another_database_are_left_alone() {
    let folder = TempDir::new().unwrap();
    let other = UploadsOwner::from_bytes([6; 16]);
    Blobs::open(folder.path(), other).unwrap();
    Blobs::open(folder.path(), other).unwrap();
    let refused = Blobs::open(folder.path(), OWNER).err();
    assert!(matches!(refused, Some(OpenUploadsError::Foreign(_))));
    fs::remove_file(folder.path().join(OWNER_FILE)).unwrap();
    Blobs::open(folder.path(), OWNER).unwrap();
}

#[test]
fn a_thumbnail_goes_with_its_content() {
    use shared::http::ThumbnailBox::{Large, Small};
    let folder = TempDir::new().unwrap();
    let blobs = Blobs::open(folder.path(), OWNER).unwrap();
    let missing = blobs.keep_thumbnail(content(9), Small, b"drawn");
    assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
    for number in [8, 9] {
        let upload = UploadId::from_bytes([number; 16]);
        blobs.open_part(upload).unwrap();
        blobs.keep(upload, content(number), 0).unwrap();
        for fits in [Small, Large] {
            blobs
                .keep_thumbnail(content(number), fits, b"drawn")
                .unwrap();
        }
    }
    // What was cut off while it was written.
    let name = content(9).to_string();
    let unfinished = format!("thumbnails/{}/{name}-480.new", &name[..2]);
    File::create(folder.path().join(&unfinished)).unwrap();
    let contents = blobs.contents_older_than(Duration::ZERO).unwrap();
    assert_eq!(contents.len(), 2, "thumbnails are none");
    assert!(blobs.list().unwrap().unknown.is_empty());
    blobs.remove_blob(content(9)).unwrap();
    assert!(!folder.path().join(unfinished).exists());
    for fits in [Small, Large] {
        assert!(blobs.open_thumbnail(content(9), fits).is_err());
        assert!(blobs.open_thumbnail(content(8), fits).is_ok());
    }
}
