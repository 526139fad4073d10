//! What each request is in the table of operations, and what it is called by.

use crate::frame::ClientFrame;
use crate::ids::RequestId;
use crate::roles::Operation;
use crate::room::RoomKind;

impl ClientFrame {
    /// What the request does, by which the server decides whether its sender may; `None` for what one may do without
    /// having signed in, and for what this version does not know. A frame without a line here does not build.
    pub fn operation(&self) -> Option<Operation> {
        Some(match self {
            Self::Hello(_)
            | Self::DescribeServer { .. }
            | Self::DescribeInvitation { .. }
            | Self::Unknown => return None,
            Self::Ping { .. } => Operation::Ping,
            Self::SendMessage(_) => Operation::SendMessage,
            Self::CreateRoom(room) if room.kind == RoomKind::Public => Operation::CreateRoom,
            Self::CreateRoom(_) => Operation::CreatePrivateRoom,
            Self::JoinRoom { .. } => Operation::JoinRoom,
            Self::LeaveRoom { .. } => Operation::LeaveRoom,
            Self::ListRooms { .. } => Operation::ListRooms,
            Self::ListMembers { .. } => Operation::ListMembers,
            Self::ReadHistory { .. } => Operation::ReadHistory,
            Self::SetTyping { .. } => Operation::SetTyping,
            Self::BeginUpload(_)
            | Self::PutChunk { .. }
            | Self::DescribeUpload { .. }
            | Self::FinishUpload(_)
            | Self::CancelUpload { .. }
            | Self::ListUploads { .. } => Operation::Upload,
            Self::DescribeFile { .. } | Self::ReadChunk { .. } | Self::ListFiles(_) => {
                Operation::ReadFile
            }
            Self::OpenDirect { .. } => Operation::OpenDirect,
            Self::AddMember { .. } => Operation::AddMember,
            Self::RemoveMember(_) => Operation::RemoveMember,
            Self::ListBans { .. } => Operation::ListBans,
            Self::LiftBan { .. } => Operation::LiftBan,
            Self::ChangeRoom(_) => Operation::ChangeRoom,
            Self::SetRoomRole(_) => Operation::SetRoomRole,
            Self::RemoveMessage { .. } => Operation::RemoveMessage,
            Self::ReportMessage(_) => Operation::ReportMessage,
            Self::MarkRead { .. } => Operation::MarkRead,
            Self::ChangeLink(_) | Self::ReadLink { .. } => Operation::ChangeLink,
            Self::FindPeople { .. } => Operation::FindPeople,
            Self::DescribePerson { .. } => Operation::DescribePerson,
            Self::SetPresence { .. } => Operation::SetPresence,
            Self::ChangeProfile(_) => Operation::ChangeProfile,
            Self::ChangePassword(_) => Operation::ChangePassword,
            Self::BeginTotp { .. } | Self::ConfirmTotp { .. } | Self::RemoveTotp { .. } => {
                Operation::ChangeTotp
            }
            Self::SignOut { .. } => Operation::SignOut,
            Self::ListSessions { .. } => Operation::ListSessions,
            Self::EndSessions(_) => Operation::EndSessions,
            Self::CreateBot(_)
            | Self::ListBots { .. }
            | Self::RenewBot { .. }
            | Self::RemoveBot { .. } => Operation::ManageBots,
            Self::CreateInvitation(invitation) if invitation.room.is_some() => {
                Operation::CreateRoomInvitation
            }
            Self::CreateInvitation(_) => Operation::CreateInvitation,
            Self::ListInvitations { .. } | Self::RevokeInvitation { .. } => {
                Operation::ManageInvitations
            }
            Self::AcceptInvitation { .. } => Operation::AcceptInvitation,
            Self::ListPeople(_) => Operation::ListPeople,
            Self::SetRole { .. } => Operation::SetRole,
            Self::ResetPassword { .. } => Operation::ResetPassword,
            Self::SignOutPerson { .. } => Operation::SignOutPerson,
            Self::RemovePerson(_) => Operation::RemovePerson,
            Self::ListAllRooms { .. } => Operation::ListAllRooms,
            Self::DescribeSettings { .. } | Self::DescribeStorage { .. } => {
                Operation::DescribeSettings
            }
            Self::ChangeSettings(_) => Operation::ChangeSettings,
            Self::ReadAuditLog { .. } => Operation::ReadAuditLog,
            Self::ListReports { .. } | Self::CloseReport(_) => Operation::ManageReports,
        })
    }
}

macro_rules! request_ids {
    (structs: $($struct:ident)+; fields: $($variant:ident)+; none: $($none:ident $rest:tt)+;) => {
        impl ClientFrame {
            /// What its reply or error echoes; 0 for what is not answered.
            pub fn request_id(&self) -> RequestId {
                match self {
                    $(Self::$struct(request) => request.request_id,)+
                    $(Self::$variant { request_id, .. } => *request_id,)+
                    $(Self::$none $rest => RequestId(0),)+
                    Self::Unknown => RequestId(0),
                }
            }

            /// Gives it another one; nothing where it has none.
            pub fn set_request_id(&mut self, id: RequestId) {
                match self {
                    $(Self::$struct(request) => request.request_id = id,)+
                    $(Self::$variant { request_id, .. } => *request_id = id,)+
                    $(Self::$none $rest => {})+
                    Self::Unknown => {}
                }
            }
        }
    };
}

request_ids! {
    structs:
        Hello SendMessage CreateRoom BeginUpload FinishUpload RemoveMember ChangeRoom SetRoomRole ReportMessage
        ChangeLink ChangeProfile ChangePassword EndSessions CreateBot CreateInvitation ListPeople ListFiles
        RemovePerson ChangeSettings CloseReport;
    fields:
        Ping JoinRoom LeaveRoom ListRooms ListMembers ReadHistory PutChunk DescribeUpload CancelUpload ListUploads
        DescribeFile ReadChunk ReadLink DescribeServer DescribeInvitation OpenDirect AddMember ListBans LiftBan
        RemoveMessage FindPeople DescribePerson BeginTotp ConfirmTotp RemoveTotp SignOut ListSessions
        ListBots RenewBot RemoveBot ListInvitations RevokeInvitation AcceptInvitation SetRole
        ResetPassword SignOutPerson ListAllRooms DescribeSettings DescribeStorage ReadAuditLog
        ListReports;
    none:
        SetTyping { .. } MarkRead { .. } SetPresence { .. };
}
