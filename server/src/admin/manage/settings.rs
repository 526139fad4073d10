//! Settings as the operator writes them.

use serde_json::Value;
use shared::account::Registration;
use shared::admin::ChangeSettings;

use super::ManageError;

/// Named as on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
#[value(rename_all = "snake_case")]
pub(super) enum SettingKey {
    Registration,
    Guests,
    RoomsPerPersonMax,
    MembersPerRoomMax,
    FileBytesPerPersonMax,
}

impl SettingKey {
    /// The request that gives it this value.
    pub(super) fn change(self, value: &str) -> Result<ChangeSettings, ManageError> {
        let wrong = |key, possible| ManageError::Value {
            key,
            value: value.to_owned(),
            possible,
        };
        let number = "it is a whole number";
        let mut request = ChangeSettings::default();
        match self {
            Self::Registration => {
                let parsed = serde_json::from_value(Value::String(value.to_owned()));
                let known = parsed.ok().filter(|it| *it != Registration::Unknown);
                let wrong = || wrong("registration", "it is open, invitation or closed");
                request.registration = Some(known.ok_or_else(wrong)?);
            }
            Self::Guests => {
                request.guests = Some(match value {
                    "on" => true,
                    "off" => false,
                    _other => return Err(wrong("guests", "it is on or off")),
                });
            }
            Self::RoomsPerPersonMax => {
                let parsed = value
                    .parse()
                    .map_err(|_| wrong("rooms_per_person_max", number));
                request.rooms_per_person_max = Some(parsed?);
            }
            Self::MembersPerRoomMax => {
                let parsed = value
                    .parse()
                    .map_err(|_| wrong("members_per_room_max", number));
                request.members_per_room_max = Some(parsed?);
            }
            Self::FileBytesPerPersonMax => {
                let parsed = value.parse();
                let parsed = parsed.map_err(|_| wrong("file_bytes_per_person_max", number));
                request.file_bytes_per_person_max = Some(parsed?);
            }
        }
        Ok(request)
    }
}
