//! Checks database and files against each other and changes nothing.
//!
//! The database is read as of one moment. The server may go on meanwhile, so that whatever does not fit it is looked
//! up once more before it is a finding.

use std::io::{self, Write};
use std::path::PathBuf;

use super::progress::Progress;
use super::words::{count, size};
use super::{Verdict, say};
use crate::Config;
use crate::blobs::Blobs;
use crate::store::check::Checked;
use crate::store::{Content, InspectError, Inspection};

mod files;

use files::FileCheck;

/// Why nothing, or not everything, was checked.
#[derive(Debug, thiserror::Error)]
pub(super) enum FsckError {
    #[error(transparent)]
    Inspect(#[from] InspectError),
    #[error("cannot read {}: {source}", path.display())]
    Uploads { path: PathBuf, source: io::Error },
}

/// Writes findings as they come.
struct Findings<'a> {
    out: &'a mut dyn Write,
    count: u64,
}

impl Findings<'_> {
    fn add(&mut self, finding: &str) {
        self.count += 1;
        say(self.out, finding);
    }

    /// Damage is a finding, and other checks go on; anything else is the end.
    fn unless_damaged<T: Default>(
        &mut self,
        result: Result<T, InspectError>,
    ) -> Result<T, InspectError> {
        match result {
            Err(error @ InspectError::Damaged(_)) => {
                self.add(&error.to_string());
                Ok(T::default())
            }
            other => other,
        }
    }
}

pub(super) fn run(config: &Config, out: &mut dyn Write) -> Result<Verdict, FsckError> {
    let mut findings = Findings { out, count: 0 };
    let blobs = Blobs::at(&config.uploads_dir);
    let unreadable = |source| FsckError::Uploads {
        path: config.uploads_dir.clone(),
        source,
    };
    // Before the database: what is named now has its row by then, unless it gets it just now.
    let listing = blobs.list().map_err(unreadable)?;
    let opened = Inspection::open(&config.data_dir).map(Some);
    if let Some(inspection) = findings.unless_damaged(opened)? {
        inspection.hold()?;
        let checked = check_database(&inspection, &mut findings)?;
        let contents = findings.unless_damaged(inspection.contents())?;
        let uploads = findings.unless_damaged(inspection.unfinished_uploads())?;
        inspection.release()?;
        let owner = blobs.owner().map_err(unreadable)?;
        let is_ours = owner.is_none_or(|it| it == inspection.identity.uploads_owner.to_string());
        let mut check = FileCheck {
            inspection: &inspection,
            blobs: &blobs,
            findings: &mut findings,
        };
        check.contents(&contents)?;
        check.uploads(&uploads)?;
        if is_ours {
            check.orphans(listing, &contents, &uploads)?;
        } else {
            let path = config.uploads_dir.display();
            findings.add(&format!("{path} belongs to another database"));
        }
        sum_up(checked, &contents, findings.count);
    }
    Ok(if findings.count == 0 {
        Verdict::Clean
    } else {
        Verdict::Findings
    })
}

fn check_database(
    inspection: &Inspection,
    findings: &mut Findings<'_>,
) -> Result<Checked, InspectError> {
    let structure = inspection.check_structure(&mut |finding| findings.add(&finding));
    findings.unless_damaged(structure)?;
    let mut progress = Progress::new("checking logs", 0);
    let logs = inspection.check_logs(&mut |finding| findings.add(&finding), &mut |done, total| {
        progress.at(done, total);
    });
    let checked = findings.unless_damaged(logs)?;
    let contents = inspection.check_contents(&mut |finding| findings.add(&finding));
    findings.unless_damaged(contents)?;
    let audit = inspection.check_audit(&mut |finding| findings.add(&finding));
    findings.unless_damaged(audit)?;
    Ok(checked)
}

fn sum_up(checked: Checked, contents: &[Content], findings: u64) {
    let bytes = contents.iter().map(|content| content.size_bytes).sum();
    eprintln!(
        "{}, {} and {} ({}) checked: {}",
        count(checked.rooms, "room"),
        count(checked.events, "event"),
        count(contents.len() as u64, "content"),
        size(bytes),
        count(findings, "finding"),
    );
}
