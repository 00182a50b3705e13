//! What the rest of the system may ask of web hooks.

use std::{fmt, str::FromStr};

use async_trait::async_trait;

use crate::{
    BoxError, Cursor, DeliveryId, GroupId, Limit, Page, Secret, Seq, Timestamp, UserId, Violation, WebhookId,
};

/// Where a group's messages are posted to.
///
/// # Example
/// ```
/// use engine_interfaces::Webhook;
///
/// /// What a log may say of it: not its `url`.
/// fn logged(hook: &Webhook) -> String {
///     format!("web hook {} of group {}", hook.id, hook.group_id)
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id, unique within its group.
    pub id: WebhookId,
    /// The group.
    pub group_id: GroupId,
    /// The receiver, as it was given. May hold what only the receiver is to know: it belongs into no log.
    pub url: String,
    /// Who made it; none once they are erased.
    pub created_by: Option<UserId>,
    /// When it was made.
    pub created_at: Timestamp,
}

/// A web hook to be made.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(hooks: &dyn Webhooks, alice: UserId, group: GroupId, id: WebhookId)
/// # -> Result<(), WebhooksError> {
/// let draft = WebhookDraft { id: Some(id), url: "https://bot.example.com/hook".into() };
/// let first = hooks.create_webhook(alice, group, draft.clone()).await?;
/// let retry = hooks.create_webhook(alice, group, draft).await?;
/// assert_eq!((first.replayed, retry.replayed), (false, true), "there is one web hook");
/// # Ok(()) }
/// ```
#[derive(Debug, Clone)]
pub struct WebhookDraft {
    /// Chosen by the client, so that a retry makes no second one.
    pub id: Option<WebhookId>,
    /// `https` or `http`; at most 2,048 characters.
    pub url: String,
}

/// What came of making a web hook.
///
/// # Example
/// ```
/// use engine_interfaces::CreatedWebhook;
///
/// /// What its maker is told. Nobody else is told the secret.
/// fn answer(made: &CreatedWebhook) -> serde_json::Value {
///     serde_json::json!({ "id": made.webhook.id, "secret": made.secret.expose() })
/// }
/// ```
#[derive(Debug, Clone)]
pub struct CreatedWebhook {
    /// The web hook.
    pub webhook: Webhook,
    /// What its deliveries are signed with: shown to who made it, and never again.
    pub secret: Secret,
    /// It was there already: this was a retry.
    pub replayed: bool,
}

/// How far a delivery has come.
///
/// # Example
/// ```
/// use engine_interfaces::DeliveryState;
///
/// assert_eq!(DeliveryState::Dead.as_str(), "dead");
/// assert_eq!(DeliveryState::Dead.to_string().parse(), Ok(DeliveryState::Dead));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryState {
    /// To be tried, or tried again.
    Pending,
    /// The receiver took it.
    Delivered,
    /// Given up; kept for a while, and tried again only when somebody asks.
    Dead,
}

/// Why an attempt failed.
///
/// # Example
/// ```
/// use engine_interfaces::DeliveryFault;
///
/// let fault: DeliveryFault = "redirect".parse().unwrap();
/// let advice = match fault {
///     DeliveryFault::Redirect | DeliveryFault::Name | DeliveryFault::Address => "make one with another URL",
///     DeliveryFault::Off => "ask the operator",
///     _ => "look at the receiver",
/// };
/// println!("{}: {advice}", fault.as_str());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeliveryFault {
    /// The receiver answered with another status than 2xx.
    Status,
    /// The receiver sent elsewhere, which is not followed.
    Redirect,
    /// The name leads nowhere.
    Name,
    /// The address is one that no web hook may reach.
    Address,
    /// No connection, or one that broke.
    Connection,
    /// The receiver's certificate or its encryption is no good.
    Tls,
    /// No answer within the limit.
    Timeout,
    /// The receiver failed for so long that this was not tried again.
    Skipped,
    /// Web hooks were turned off.
    Off,
    /// What became of the last attempt is unknown: its process died each time.
    Unknown,
}

/// No state or fault has this name.
///
/// # Example
/// ```
/// use engine_interfaces::{DeliveryFault, DeliveryState, NameError};
///
/// assert_eq!("Dead".parse::<DeliveryState>(), Err(NameError), "case matters");
/// assert_eq!("dead".parse::<DeliveryFault>(), Err(NameError), "it is a state's");
/// assert_eq!(NameError.to_string(), "not a name of this kind");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a name of this kind")]
pub struct NameError;

macro_rules! named {
    ($kind:ident: $($variant:ident = $name:literal),+) => {
        impl $kind {
            /// As the contract and the stores write it.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }

        impl fmt::Display for $kind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl FromStr for $kind {
            type Err = NameError;

            fn from_str(name: &str) -> Result<Self, Self::Err> {
                match name { $($name => Ok(Self::$variant),)+ _ => Err(NameError) }
            }
        }
    };
}

named!(DeliveryState: Pending = "pending", Delivered = "delivered", Dead = "dead");
named!(
    DeliveryFault: Status = "status",
    Redirect = "redirect",
    Name = "name",
    Address = "address",
    Connection = "connection",
    Tls = "tls",
    Timeout = "timeout",
    Skipped = "skipped",
    Off = "off",
    Unknown = "unknown"
);

/// A message on its way to a web hook.
///
/// # Example
/// ```
/// use engine_interfaces::{DeliveryState, WebhookDelivery};
///
/// /// What those who look after a web hook want to know.
/// fn told(delivery: &WebhookDelivery) -> String {
///     match (delivery.state, delivery.last_error) {
///         (DeliveryState::Dead, Some(fault)) => format!("given up after {} attempts: {fault}", delivery.attempts),
///         (state, _) => state.to_string(),
///     }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookDelivery {
    /// Made of the web hook and the message: the same for each attempt, so that a receiver knows a double.
    pub id: DeliveryId,
    /// The message's position in the group.
    pub seq: Seq,
    /// How far it has come.
    pub state: DeliveryState,
    /// How often it was tried, since it was caused or was last asked for.
    pub attempts: u32,
    /// The status of the last answer.
    pub last_status: Option<u16>,
    /// Why the last attempt failed.
    pub last_error: Option<DeliveryFault>,
    /// When it is tried again; none unless it is pending.
    pub next_attempt_at: Option<Timestamp>,
    /// When it was caused.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Why web hooks refused.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(hooks: &dyn Webhooks, group: GroupId, hook: WebhookId) -> Result<(), WebhooksError> {
/// match hooks.delete_webhook(group, hook).await {
///     Err(WebhooksError::WebhookNotFound) => println!("it is gone already"),
///     Err(error) => println!("{error}: {}", ErrorCode::from(&error).status()),
///     Ok(()) => println!("nothing is posted any more"),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, thiserror::Error)]
pub enum WebhooksError {
    /// No such web hook in the group.
    #[error("the web hook was not found")]
    WebhookNotFound,
    /// No such delivery of the web hook.
    #[error("the delivery was not found")]
    DeliveryNotFound,
    /// The group has as many web hooks as a group may have.
    #[error("too many web hooks")]
    TooManyWebhooks,
    /// The id is taken by something else.
    #[error("the id is taken")]
    IdTaken,
    /// The input breaks rules.
    #[error("invalid")]
    Invalid(Vec<Violation>),
    /// Not a cursor of ours.
    #[error("bad cursor")]
    BadCursor,
    /// There are none here: the operator turned them off.
    #[error("web hooks are off")]
    Off,
    /// A store failed.
    #[error("web hooks are unavailable")]
    Unavailable(#[source] BoxError),
}

/// What the rest of the system may ask of web hooks. They know no memberships: whether a user may do this in
/// a group is asked of [`Chat`](crate::Chat) before.
///
/// Each message of the group that is sent after [`Webhooks::create_webhook`] answered is delivered **at least
/// once**, in no promised order, or given up after its time and listed as dead.
///
/// # Example
/// ```
/// use engine_interfaces::{BoxError, Chat, GroupId, Right, UserId, Webhook, Webhooks};
///
/// /// A group's web hooks, for a member who may see them.
/// async fn shown(
///     (chat, hooks): (&dyn Chat, &dyn Webhooks),
///     (user, group): (UserId, GroupId),
/// ) -> Result<Vec<Webhook>, BoxError> {
///     chat.authorize(user, group, Right::ManageWebhooks).await?;
///     Ok(hooks.list_webhooks(group).await?)
/// }
/// ```
#[async_trait]
pub trait Webhooks: Send + Sync {
    /// Makes a web hook in `user`'s name. Idempotent by the draft's id.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(hooks: &dyn Webhooks, alice: UserId, group: GroupId) -> Result<(), WebhooksError> {
    /// let draft = WebhookDraft { id: None, url: "https://bot.example.com/hook".into() };
    /// let made = hooks.create_webhook(alice, group, draft).await?;
    /// println!("sign with {}", made.secret.expose()); // shown this once
    /// # Ok(()) }
    /// ```
    async fn create_webhook(
        &self,
        user: UserId,
        group: GroupId,
        draft: WebhookDraft,
    ) -> Result<CreatedWebhook, WebhooksError>;

    /// A group's web hooks, in the order of their ids. There are few.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(hooks: &dyn Webhooks, alice: UserId, group: GroupId) -> Result<(), WebhooksError> {
    /// for hook in hooks.list_webhooks(group).await? {
    ///     println!("{}", hook.id);
    /// }
    /// # Ok(()) }
    /// ```
    async fn list_webhooks(&self, group: GroupId) -> Result<Vec<Webhook>, WebhooksError>;

    /// Ends a web hook: what is on its way is given up, and forgotten.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(hooks: &dyn Webhooks, alice: UserId, group: GroupId, hook: WebhookId) -> Result<(), WebhooksError> {
    /// hooks.delete_webhook(group, hook).await?;
    /// # Ok(()) }
    /// ```
    async fn delete_webhook(&self, group: GroupId, webhook: WebhookId) -> Result<(), WebhooksError>;

    /// A web hook's deliveries, those of the newest messages first. Old ones are forgotten.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(hooks: &dyn Webhooks, alice: UserId, group: GroupId, hook: WebhookId) -> Result<(), WebhooksError> {
    /// let newest = hooks.list_deliveries(group, hook, Limit::default(), None).await?.entries;
    /// let dead = newest.iter().filter(|delivery| delivery.state == DeliveryState::Dead);
    /// # Ok(()) }
    /// ```
    async fn list_deliveries(
        &self,
        group: GroupId,
        webhook: WebhookId,
        limit: Limit,
        cursor: Option<&Cursor>,
    ) -> Result<Page<WebhookDelivery>, WebhooksError>;

    /// Tries a delivery again, soon and from its first attempt on, whatever became of it.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(hooks: &dyn Webhooks, alice: UserId, group: GroupId, hook: WebhookId, delivery: DeliveryId) -> Result<(), WebhooksError> {
    /// hooks.redeliver(group, hook, delivery).await?;
    /// # Ok(()) }
    /// ```
    async fn redeliver(
        &self,
        group: GroupId,
        webhook: WebhookId,
        delivery: DeliveryId,
    ) -> Result<(), WebhooksError>;
}
