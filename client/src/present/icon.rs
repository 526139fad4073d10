//! The icons, as the `d` of SVG paths: lines on a 20 × 20 grid in the colour of the text around them, 1.5 wide, with
//! round ends and corners.

/// What an icon stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Icon {
    Alert,
    Archive,
    Attach,
    Back,
    Check,
    Clock,
    Close,
    Download,
    Down,
    File,
    Folder,
    Forward,
    Image,
    Keyboard,
    Leave,
    Link,
    Lock,
    Menu,
    More,
    People,
    Plus,
    Search,
    Send,
    Settings,
    Sound,
    Text,
    Unlocked,
    Video,
}

impl Icon {
    /// The path, as SVG has it.
    pub fn path(self) -> &'static str {
        match self {
            Self::Alert => {
                "M10 6.5v4M10 13.4v.1M8.7 3.5 2.6 14.3a1.5 1.5 0 0 0 1.3 2.2h12.2a1.5 1.5 0 0 0 1.3-2.2L11.3 3.5a1.5 1.5 0 0 0-2.6 0Z"
            }
            Self::Archive => "M3 5.5h14v3H3zM4.2 8.5v7a1 1 0 0 0 1 1h9.6a1 1 0 0 0 1-1v-7M8 11.5h4",
            Self::Attach => {
                "m16.5 9.5-6.4 6.4a4 4 0 0 1-5.6-5.7l6.7-6.6a2.7 2.7 0 0 1 3.7 3.8l-6.6 6.6a1.3 1.3 0 0 1-1.9-1.9l6-6"
            }
            Self::Back => "M12 4.5 6.5 10l5.5 5.5",
            Self::Check => "m4.5 10.5 3.5 3.5 7.5-8",
            Self::Clock => "M10 6.5V10l2.5 1.5M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0Z",
            Self::Close => "m5 5 10 10M15 5 5 15",
            Self::Download => "M10 3.5v9m0 0 3.5-3.5M10 12.5 6.5 9M4 16.5h12",
            Self::Down => "M10 4v12m0 0 5-5m-5 5-5-5",
            Self::File => {
                "M11.5 2.5H6A1.5 1.5 0 0 0 4.5 4v12A1.5 1.5 0 0 0 6 17.5h8a1.5 1.5 0 0 0 1.5-1.5V6.5l-4-4Zm0 0v4h4"
            }
            Self::Folder => {
                "M3 5.5a1 1 0 0 1 1-1h4l2 2h6a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-9Z"
            }
            Self::Forward => "m8 4.5 5.5 5.5L8 15.5",
            Self::Image => {
                "M4.5 3.5h11a1 1 0 0 1 1 1v11a1 1 0 0 1-1 1h-11a1 1 0 0 1-1-1v-11a1 1 0 0 1 1-1Zm-1 10 4-4 3 3 2-2 4 4M12.5 7.2v.1"
            }
            Self::Keyboard => {
                "M3.5 5.5h13a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-13a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1ZM5.7 8.6v.1M8.6 8.6v.1M11.4 8.6v.1M14.3 8.6v.1M7 11.5h6"
            }
            Self::Leave => {
                "M8 3.5H5a1 1 0 0 0-1 1v11a1 1 0 0 0 1 1h3M12.5 6.5 16 10l-3.5 3.5M16 10H8"
            }
            Self::Link => {
                "M8.5 11.5a3 3 0 0 0 4.2 0l2.8-2.8a3 3 0 0 0-4.2-4.2l-1 1M11.5 8.5a3 3 0 0 0-4.2 0l-2.8 2.8a3 3 0 0 0 4.2 4.2l1-1"
            }
            Self::Lock => {
                "M6.5 9V6.5a3.5 3.5 0 0 1 7 0V9M5.5 9h9a1 1 0 0 1 1 1v5.5a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1Z"
            }
            Self::Menu => "m6.5 7.5 3.5-3.5 3.5 3.5M6.5 12.5l3.5 3.5 3.5-3.5",
            Self::More => {
                "M5 9.5a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1ZM10 9.5a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1ZM15 9.5a.5.5 0 1 0 0 1 .5.5 0 0 0 0-1Z"
            }
            Self::People => {
                "M13 16.5v-1a3 3 0 0 0-3-3H5.5a3 3 0 0 0-3 3v1M7.75 9.5a3 3 0 1 0 0-6 3 3 0 0 0 0 6ZM17.5 16.5v-1a3 3 0 0 0-2.25-2.9M12.75 3.6a3 3 0 0 1 0 5.8"
            }
            Self::Plus => "M10 4v12M4 10h12",
            Self::Search => "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12Zm4.3-1.7L17 17",
            Self::Send => "M3.5 10 17 3.5 12.5 17l-3-6-6-1Zm6 1L17 3.5",
            Self::Settings => {
                "M3.5 6.5h7M14.5 6.5h2M12.5 8.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4ZM3.5 13.5h2M9.5 13.5h7M7.5 15.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4Z"
            }
            Self::Sound => {
                "M8 14.5V4.5l8-1.5v9.5M8 14.5a2 2 0 1 1-4 0 2 2 0 0 1 4 0Zm8-2a2 2 0 1 1-4 0 2 2 0 0 1 4 0Z"
            }
            Self::Text => {
                "M11.5 2.5H6A1.5 1.5 0 0 0 4.5 4v12A1.5 1.5 0 0 0 6 17.5h8a1.5 1.5 0 0 0 1.5-1.5V6.5l-4-4Zm0 0v4h4M7.5 10.5h5M7.5 13.5h5"
            }
            Self::Unlocked => {
                "M6.5 9V6.5a3.5 3.5 0 0 1 6.7-1.4M5.5 9h9a1 1 0 0 1 1 1v5.5a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1V10a1 1 0 0 1 1-1Z"
            }
            Self::Video => {
                "M3.5 5.5h9a1 1 0 0 1 1 1v7a1 1 0 0 1-1 1h-9a1 1 0 0 1-1-1v-7a1 1 0 0 1 1-1Zm10 3.5 4-2.5v7l-4-2.5"
            }
        }
    }

    /// For a file of this media type.
    pub fn of_file(media_type: &str) -> Self {
        let (kind, detail) = media_type.split_once('/').unwrap_or((media_type, ""));
        match kind {
            "image" => Self::Image,
            "audio" => Self::Sound,
            "video" => Self::Video,
            "text" => Self::Text,
            _ if detail == "pdf" => Self::Text,
            _ if ["zip", "tar", "compressed", "gzip"]
                .iter()
                .any(|word| detail.contains(word)) =>
            {
                Self::Archive
            }
            _ => Self::File,
        }
    }
}
