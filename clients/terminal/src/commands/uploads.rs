//! `chinwag uploads`: what is on its way to the server.

use shared::{ClientFrame, RequestId, ServerFrame, UploadInfo};

use crate::arguments::requests::{Uploads, UploadsChange};
use crate::commands::requests::have_done;
use crate::failure::Failure;
use crate::output::Output;
use crate::session::{Session, unexpected};
use crate::text;

pub(crate) async fn run(
    session: &mut Session,
    uploads: Uploads,
    output: &mut Output,
) -> Result<(), Failure> {
    let request_id = RequestId(0);
    if let Some(UploadsChange::Cancel { ids }) = uploads.what {
        for upload_id in ids {
            let cancel = ClientFrame::CancelUpload {
                request_id,
                upload_id,
            };
            have_done(session, cancel, "Cancelled.", output).await?;
        }
        return Ok(());
    }
    let ask = ClientFrame::ListUploads { request_id };
    let ServerFrame::UploadsListed { uploads, .. } = session.ask(output, ask).await? else {
        return Err(unexpected());
    };
    for one in &uploads {
        output.object("upload", one)?;
        output.line(&row(one))?;
    }
    Ok(())
}

fn row(upload: &UploadInfo) -> String {
    let percent = upload.received_bytes * 100 / upload.size_bytes.max(1);
    let size = text::size(upload.size_bytes);
    let begun = text::when(upload.begun_at_ms);
    let name = text::line(upload.name.as_str());
    format!(
        "{}  {percent:>3} % of {size:<10} begun {begun}  {name}",
        upload.upload_id
    )
}
