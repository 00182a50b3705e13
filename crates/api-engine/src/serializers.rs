//! The public contract: what clients see, field by field. Each borrows, and is filled by taking the
//! engine's type apart, so that a new field is a decision and never a leak.

mod delivery_serializer;
mod export_serializer;
mod group_message_serializer;
mod group_serializer;
mod invitation_serializer;
mod mail_preference_serializer;
mod membership_serializer;
mod notification_preference_serializer;
mod page_serializer;
mod service_serializer;
mod session_serializer;
mod user_serializer;
mod webhook_serializer;

pub(crate) use delivery_serializer::{DeliveriesSerializer, DeliverySerializer};
pub(crate) use export_serializer::ExportSerializer;
pub(crate) use group_message_serializer::{GroupMessageSerializer, GroupMessagesSerializer};
pub(crate) use group_serializer::{GroupSerializer, GroupWithMessagesSerializer, GroupsSerializer};
pub(crate) use invitation_serializer::{CreatedInvitationSerializer, InvitationsSerializer};
pub(crate) use mail_preference_serializer::MailPreferenceSerializer;
pub(crate) use membership_serializer::{MembershipSerializer, MembershipsSerializer, RoleName};
pub(crate) use notification_preference_serializer::NotificationPreferenceSerializer;
pub(crate) use page_serializer::{ListPageSerializer, MessagePageSerializer};
pub(crate) use service_serializer::{
    ConfigSerializer, HealthSerializer, NotReadySerializer, ReadinessSerializer, SignUpState,
};
pub(crate) use session_serializer::SessionSerializer;
pub(crate) use user_serializer::{UserNameSerializer, UserNamesSerializer, UserSerializer};
pub(crate) use webhook_serializer::{CreatedWebhookSerializer, WebhooksSerializer};
