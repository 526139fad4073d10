//! Files on their way in both directions, and how they are shown.

use std::path::{Path, PathBuf};

use client::Change;
use eframe::egui::{self, Rect, Ui};
use native::Handle;
use shared::{FileInfo, UploadId};

use super::Env;
use crate::settings::Settings;

pub(crate) struct Files {
    handle: Handle,
}

impl Files {
    pub(super) fn new(_ctx: &egui::Context, handle: Handle) -> Self {
        Self { handle }
    }

    pub(super) fn changed(&mut self, _changes: &[Change]) {}

    /// How much room the files of a message take at this width, in points.
    pub(super) fn attachments_height(&self, _files: &[FileInfo], _width: f32) -> f32 {
        0.0
    }

    /// Images as they are, everything else as cards, in `rect`.
    pub(super) fn show_attachments(
        &self,
        _ui: &mut Ui,
        _env: &Env<'_>,
        _rect: Rect,
        _files: &[FileInfo],
    ) {
    }

    /// How much room these uploads take at this width, in points.
    pub(super) fn uploads_height(&self, _uploads: &[UploadId], _width: f32) -> f32 {
        0.0
    }

    /// How far each upload is, in `rect`.
    pub(super) fn show_uploads(
        &self,
        _ui: &mut Ui,
        _env: &Env<'_>,
        _rect: Rect,
        _uploads: &[UploadId],
    ) {
    }

    /// Begins to upload these; what cannot be is told.
    pub(super) fn begin(&self, _paths: Vec<PathBuf>) -> Vec<UploadId> {
        Vec::new()
    }

    /// Keeps the image in the profile until it is uploaded.
    pub(super) fn begin_image(&self, _png: Vec<u8>) -> Vec<UploadId> {
        Vec::new()
    }

    /// Asks for files to attach; they come by [`Self::chosen`].
    pub(super) fn choose(&self, _ctx: &egui::Context) {}

    /// What was chosen since the last time.
    pub(super) fn chosen(&self) -> Vec<Vec<PathBuf>> {
        Vec::new()
    }

    /// Into the download folder, never over another file.
    pub(super) fn save(&self, _file: &FileInfo, _settings: &Settings) {}

    pub(super) fn save_as(&self, _ctx: &egui::Context, _file: &FileInfo) {}

    pub(super) fn reveal(&self, _path: &Path) {}

    /// What went wrong since the last time, to be told.
    pub(super) fn troubles(&self) -> Vec<String> {
        Vec::new()
    }
}
