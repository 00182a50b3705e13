//! The traits and plain types in which Parlour's engines meet.
//!
//! An engine implements one trait of this crate and asks the others through theirs. Nothing here does
//! I/O, and nothing here knows a framework, so that any part can be replaced by another that keeps the
//! trait's guarantees.

mod accounts;
mod auth;
mod broker;
mod chat;
mod clock;
mod contract;
mod error;
mod error_reports;
mod events;
mod group_messages;
mod groups;
mod health;
mod ids;
mod invitations;
mod jobs;
mod notifications;
mod outage;
mod page;
mod personal_data;
mod rings;
mod secret;
mod traceparent;
mod unread;
mod user_resources;
mod users;
mod webhooks;

pub use accounts::{Accounts, Export, ExportState};
pub use auth::{
    AuthError, Authentication, Credentials, Identity, ProfileChange, Registration, Session, Token,
};
pub use broker::{Broker, BrokerError, Deliveries, Delivery, Follow, Subscription};
pub use chat::{Chat, ChatError, Right};
pub use clock::{Clock, SystemClock, Timestamp, TimestampError};
pub use contract::{Detail, ErrorCode, Refusal, parse_strictly};
pub use error::{BoxError, Rule, Violation};
pub use error_reports::{ErrorReport, ErrorReporter, Severity};
pub use events::{Control, Hint, MemberChange, RevokedTokens, Said, Slot, Whisper};
pub use group_messages::{Draft, GroupMessage, MessagePage, Range, Sent};
pub use groups::{Added, Created, Group, GroupChange, GroupDraft, GroupHead, GroupVersion, Membership, Role};
pub use health::{Dependencies, Dependency, DependencyState, Health};
pub use ids::{
    DeliveryId, ExportId, GroupId, GroupMessageId, InvitationId, JobId, NodeId, Revision, Seq, TokenId,
    UserId, WebhookId,
};
pub use invitations::{Accepted, CreatedInvitation, Invitation, InvitationDraft};
pub use jobs::{Job, PutOff, Worker};
pub use notifications::{NotificationPreference, Notifications, NotificationsError, Presence};
pub use outage::Outage;
pub use page::{Cursor, Limit, Page};
pub use personal_data::{Erasure, PersonalData};
pub use rings::{
    Kept, KeptCursor, KeptMessages, Position, Progress, RingJob, RingJobs, RingJobsError, RingLag, RingTerm,
    RingTerms, RingTermsError, SweepShare, Term, Topic, TopicHandler,
};
pub use secret::Secret;
pub use traceparent::{Traceparent, TraceparentError};
pub use unread::{UnreadGroup, UnreadMessages};
pub use user_resources::{GROUP, GROUP_MESSAGE, UserResource, UserResources, UserResourcesError};
pub use users::{Contact, Contacts, Guests, NoGuests, User, UserName};
pub use webhooks::{
    CreatedWebhook, DeliveryFault, DeliveryState, NameError, Webhook, WebhookDelivery, WebhookDraft,
    Webhooks, WebhooksError,
};
