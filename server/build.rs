//! Puts the built page into the server: every file of `frontend/dist` (or of `CHINWAG_PAGE_DIR`) as it is, as
//! brotli and as gzip, and a table of them that `src/page.rs` includes. Without a built page the table holds one
//! small page that says so.

#[path = "src/page/embed.rs"]
mod embed;

use std::{
    env, fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};

const INDEX: &str = "index.html";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=src/page/embed.rs");
    println!("cargo::rerun-if-changed=src/page/unbuilt.html");
    println!("cargo::rerun-if-env-changed=CHINWAG_PAGE_DIR");

    let directory = page_directory();
    println!("cargo::rerun-if-changed={}", directory.display());
    let mut files = Vec::new();
    collect(&directory, "", &mut files)?;
    let built = files.iter().any(|(path, _)| path == INDEX);
    if !built {
        files = vec![(INDEX.to_owned(), PathBuf::from("src/page/unbuilt.html"))];
    }
    files.sort();

    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let mut table = format!(
        "pub(super) const BUILT: bool = {built};\n\npub(super) static ASSETS: &[Asset] = &[\n"
    );
    let mut script_hashes = String::new();
    for (number, (path, file)) in files.iter().enumerate() {
        let bytes = fs::read(file)?;
        if path == INDEX {
            for script in embed::inline_scripts(&String::from_utf8_lossy(&bytes)) {
                script_hashes += &format!(
                    " 'sha256-{}'",
                    BASE64_STANDARD.encode(Sha256::digest(script))
                );
            }
        }
        table += &write_asset(&out, number, path, &bytes)?;
    }
    table += &format!("];\n\npub(super) const INLINE_SCRIPTS: &str = {script_hashes:?};\n");
    fs::write(out.join("page_assets.rs"), table)
}

/// Where the built page lies. The default place is created when it is missing: cargo cannot watch what is not
/// there, and would run this script, and compile the server again, on every build.
fn page_directory() -> PathBuf {
    if let Some(directory) = env::var_os("CHINWAG_PAGE_DIR") {
        let directory = PathBuf::from(directory);
        assert!(
            directory.join(INDEX).is_file(),
            "CHINWAG_PAGE_DIR is {}, which has no {INDEX}",
            directory.display()
        );
        return directory;
    }
    let directory = PathBuf::from("../frontend/dist");
    // Where the checkout may not be written, the price is only that repeated run.
    let _ = fs::create_dir_all(&directory);
    directory
}

/// Finds all files below `directory` as (path in the page, place on disk). Hidden ones belong to the tools.
fn collect(directory: &Path, prefix: &str, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry
            .file_name()
            .into_string()
            .expect("trunk writes names in UTF-8");
        if name.starts_with('.') {
            continue;
        }
        let path = format!("{prefix}{name}");
        if entry.file_type()?.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else {
            files.push((path, entry.path()));
        }
    }
    Ok(())
}

/// Writes the variants of one file into `out` and returns its line of the table.
fn write_asset(out: &Path, number: usize, path: &str, bytes: &[u8]) -> io::Result<String> {
    let (content_type, compressible) = embed::media_type(path);
    let plain = write_variant(out, format!("{number}.plain"), bytes)?;
    let mut variants = [String::from("None"), String::from("None")];
    if compressible {
        for (variant, (kind, packed)) in variants
            .iter_mut()
            .zip([("br", brotli(bytes)?), ("gz", gzip(bytes)?)])
        {
            if packed.len() < bytes.len() {
                *variant = format!(
                    "Some({})",
                    write_variant(out, format!("{number}.{kind}"), &packed)?
                );
            }
        }
    }
    let [brotli, gzip] = variants;
    let tag: String = Sha256::digest(bytes)
        .iter()
        .take(12)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let immutable = embed::is_hashed(path);
    Ok(format!(
        "    Asset {{ path: {path:?}, content_type: {content_type:?}, immutable: {immutable}, tag: {tag:?}, \
         plain: {plain}, brotli: {brotli}, gzip: {gzip} }},\n"
    ))
}

fn write_variant(out: &Path, name: String, bytes: &[u8]) -> io::Result<String> {
    fs::write(out.join(&name), bytes)?;
    Ok(format!(
        "include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{name}\"))"
    ))
}

fn brotli(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 22,
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut packed, &parameters)?;
    Ok(packed)
}

fn gzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}
