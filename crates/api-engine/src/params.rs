//! What clients send: bodies, paths and queries, read strictly and refused precisely.

mod body;
mod fields;
mod group_message_params;
mod group_params;
mod idempotency_key;
mod invitation_params;
mod mail_preference_params;
mod membership_params;
mod notification_preference_params;
mod path;
mod query;
mod read_params;
mod user_params;
mod webhook_params;

pub(crate) use group_message_params::{GroupMessageBody, MessageBody};
pub(crate) use group_params::{CreateGroupBody, UpdateGroupBody};
pub(crate) use idempotency_key::IdempotencyKey;
pub(crate) use invitation_params::CreateInvitationBody;
pub(crate) use mail_preference_params::{MailPreferenceBody, MailPreferenceParams};
pub(crate) use membership_params::{AddMemberBody, ChangeRoleBody, ChangeRoleParams, NewMember};
pub(crate) use notification_preference_params::NotificationPreferenceBody;
pub(crate) use path::{
    CodePath, DeliveryPath, ExportPath, GroupPath, InvitationPath, MemberPath, MessagePath, UnsubscribePath,
    WebhookPath,
};
pub(crate) use query::{LatestParams, ListParams, MessagesParams, UsersParams};
pub(crate) use read_params::{ReadBody, ReadParams};
pub(crate) use user_params::{EraseBody, EraseParams, ProfileBody, SignInBody, SignUpBody};
pub(crate) use webhook_params::CreateWebhookBody;
