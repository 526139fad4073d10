//! What the window remembers between runs, in `desktop.json` of the profile. Nothing in it is secret or needed:
//! a file that cannot be read is as good as none.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use client::present::presence::of_word;
use serde::{Deserialize, Serialize};
use shared::account::PresenceState;

/// Which colours are wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Appearance {
    /// As the desktop says.
    #[default]
    System,
    Light,
    Dark,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Settings {
    /// The last one, as it was typed.
    pub(crate) server: Option<String>,
    /// Who one was there.
    pub(crate) name: Option<String>,
    /// The room of last time, by name.
    pub(crate) room: Option<String>,
    pub(crate) appearance: Appearance,
    /// 1 is 100 %.
    pub(crate) zoom: f32,
    /// Whether messages in rooms that nobody looks at are announced by the desktop.
    pub(crate) notifications: bool,
    pub(crate) details: bool,
    /// What one chose to be seen as, by its word; empty for the usual.
    pub(crate) presence: String,
    /// Where files go; without it, the desktop's folder for downloads.
    pub(crate) download_folder: Option<PathBuf>,
    /// Of the window while it was not maximised, in points at a zoom of 1.
    pub(crate) size: Option<[f32; 2]>,
    /// Of its upper left corner, likewise.
    pub(crate) position: Option<[f32; 2]>,
    pub(crate) maximized: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            server: None,
            name: None,
            room: None,
            appearance: Appearance::default(),
            zoom: 1.0,
            notifications: true,
            details: true,
            presence: String::new(),
            download_folder: None,
            size: None,
            position: None,
            maximized: false,
        }
    }
}

const FILE: &str = "desktop.json";

/// What one can zoom to.
pub(crate) const ZOOM_MIN: f32 = 0.5;
pub(crate) const ZOOM_MAX: f32 = 3.0;

impl Settings {
    /// Whether one does not want to be disturbed.
    pub(crate) fn is_busy(&self) -> bool {
        of_word(&self.presence) == PresenceState::DoNotDisturb
    }

    pub(crate) fn load(profile_root: &Path) -> Self {
        let bytes = fs::read(profile_root.join(FILE)).unwrap_or_default();
        let mut settings: Self = serde_json::from_slice(&bytes).unwrap_or_default();
        settings.zoom = match settings.zoom.is_finite() {
            true => settings.zoom.clamp(ZOOM_MIN, ZOOM_MAX),
            false => 1.0,
        };
        settings
    }

    /// Replaces what was stored.
    pub(crate) fn store(&self, profile_root: &Path) -> io::Result<()> {
        fs::create_dir_all(profile_root)?;
        let new = profile_root.join(format!("{FILE}.new"));
        fs::write(&new, serde_json::to_vec_pretty(self)?)?;
        fs::rename(new, profile_root.join(FILE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_back_and_damage_is_no_obstacle() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("new");
        assert_eq!(Settings::load(&root), Settings::default());
        let settings = Settings {
            server: Some("chat.example".into()),
            zoom: 1.5,
            ..Settings::default()
        };
        settings.store(&root).expect("stored");
        assert_eq!(Settings::load(&root), settings);
        fs::write(root.join(FILE), r#"{"zoom": 1e9}"#).expect("written");
        assert_eq!(Settings::load(&root).zoom, ZOOM_MAX);
        fs::write(root.join(FILE), "{").expect("written");
        assert_eq!(Settings::load(&root), Settings::default());
    }
}
