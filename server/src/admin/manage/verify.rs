//! Checks the audit log as `fsck` does, and says where it ends: who has noted that once sees later whether entries were
//! cut off, which the log itself cannot show.

use std::io::Write;

use super::ManageError;
use crate::Config;
use crate::admin::{Verdict, say};
use crate::store::Inspection;

pub(super) fn run(config: &Config, out: &mut dyn Write) -> Result<Verdict, ManageError> {
    let inspection = Inspection::open(&config.data_dir)?;
    let mut findings = Vec::new();
    inspection.hold()?;
    let end = inspection.check_audit(&mut |finding| findings.push(finding))?;
    inspection.release()?;
    for finding in &findings {
        say(out, finding);
    }
    match end {
        Some((sequence, hash)) => say(out, &format!("entry {sequence} is the last: {hash}")),
        None => say(out, "the audit log is empty"),
    }
    Ok(if findings.is_empty() {
        Verdict::Clean
    } else {
        Verdict::Findings
    })
}
