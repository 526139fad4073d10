//! A file on its way: how far, how fast, how long, and what can be done about it.

use shared::UploadId;
use wasm_bindgen::JsCast as _;
use web_sys::HtmlInputElement;
use yew::{Callback, Event, Html, MouseEvent, Properties, classes, component, html, use_memo};

use crate::browser::files::{self, ObjectUrl};
use crate::components::hooks::{use_changes, use_driver, use_ui};
use crate::components::icon::{Icon, icon};
use client::present::{format, words};
use client::{Change, Upload, UploadPhase};

/// Characters of a name on a card.
const NAME_CHARS_MAX: usize = 28;

#[derive(PartialEq, Properties)]
pub(crate) struct UploadCardProps {
    pub(crate) upload_id: UploadId,
    /// What takes it away; without it, it belongs to a message and goes with that.
    #[prop_or_default]
    pub(crate) oncancel: Option<Callback<UploadId>>,
}

#[component]
pub(crate) fn UploadCard(props: &UploadCardProps) -> Html {
    let upload_id = props.upload_id;
    let driver = use_driver();
    let ui = use_ui();
    use_changes(
        upload_id,
        |upload_id, change| matches!(change, Change::Upload(id) if id == upload_id),
    );
    let preview = {
        let source = driver.upload_source(upload_id);
        let has_source = source.is_some();
        use_memo((upload_id, has_source), move |_| {
            source
                .filter(|file| file.type_().starts_with("image/"))
                .and_then(|file| ObjectUrl::new(&file))
        })
    };
    let Some(upload) = driver.view(|view| view.uploads.get(&upload_id).cloned()) else {
        return Html::default();
    };
    let resume = Callback::from(move |file: Option<web_sys::File>| {
        if let Err(error) = driver.resume_upload(upload_id, file) {
            ui.say.emit(words::refusal(&error));
        }
    });
    let trouble = matches!(
        upload.phase,
        UploadPhase::SourceMissing | UploadPhase::Failed { .. }
    );
    let cancel = props.oncancel.clone();
    let progress = upload.progress;
    html! {
        <div class={classes!("upload-card", trouble.then_some("failed"))}>
            <span class="file-icon">
                if let Some(url) = &*preview {
                    <img src={url.as_str().to_owned()} alt="" width="40" height="40" />
                } else {
                    { icon(Icon::of_file(upload.media_type.as_deref().unwrap_or_default())) }
                }
            </span>
            <div class="file-text">
                <span class="upload-name" title={upload.name.clone()}>
                    { format::middle(&upload.name, NAME_CHARS_MAX) }
                </span>
                <span class="meta numbers">{ words::upload(&upload) }</span>
                if let UploadPhase::Sending | UploadPhase::Waiting | UploadPhase::Finishing = upload.phase {
                    <progress value={progress.done_bytes.to_string()} max={progress.size_bytes.max(1).to_string()}
                        aria-label={format!("Upload of {}", upload.name)}></progress>
                }
                { repair(&upload, resume) }
            </div>
            if let Some(cancel) = cancel {
                <button class="icon-button small" aria-label={format!("Cancel {}", upload.name)}
                    onclick={move |_: MouseEvent| cancel.emit(upload_id)}>
                    { icon(Icon::Close) }
                </button>
            }
        </div>
    }
}

/// What can be done about an upload that does not go on by itself.
fn repair(upload: &Upload, resume: Callback<Option<web_sys::File>>) -> Html {
    let choose = {
        let resume = resume.clone();
        move |event: Event| {
            let input = event
                .target()
                .and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let chosen = files::list(input.and_then(|input| input.files()))
                .into_iter()
                .next();
            if chosen.is_some() {
                resume.emit(chosen);
            }
        }
    };
    let again = html! {
        <label class="link-button">
            { "Choose it again" }
            <input class="visually-hidden" type="file" onchange={choose}
                aria-label={format!("Choose {} again", upload.name)} />
        </label>
    };
    match &upload.phase {
        UploadPhase::SourceMissing | UploadPhase::Failed { code: None, .. } => again,
        UploadPhase::Failed { code: Some(_), .. } => html! {
            <button class="link-button" onclick={move |_: MouseEvent| resume.emit(None)}>{ "Try again" }</button>
        },
        UploadPhase::Waiting
        | UploadPhase::Sending
        | UploadPhase::Finishing
        | UploadPhase::Finished(_) => Html::default(),
    }
}
