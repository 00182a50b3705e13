//! What a user may ask for about all that is held of them.

use std::net::IpAddr;

use async_trait::async_trait;

use crate::{AuthError, ExportId, Identity, Secret, Timestamp, UserId};

/// An archive of all that is held of a user, made in the background.
///
/// # Example
/// ```
/// use engine_interfaces::{Export, ExportState, Timestamp};
///
/// /// Whether its archive can be had now.
/// fn is_there(export: &Export, now: Timestamp) -> bool {
///     matches!(export.state, ExportState::Ready { .. }) && now < export.expires_at
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Export {
    /// Its id.
    pub id: ExportId,
    /// How far it has come.
    pub state: ExportState,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it is gone.
    pub expires_at: Timestamp,
}

/// How far an export has come.
///
/// # Example
/// ```
/// use engine_interfaces::ExportState;
///
/// let is_settled = |state: ExportState| state != ExportState::Pending;
/// assert!(is_settled(ExportState::Ready { bytes: 2_048 }));
/// assert!(is_settled(ExportState::Failed), "to wait on is no use: ask for another");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportState {
    /// It is being made.
    Pending,
    /// Its archive can be had.
    Ready {
        /// How long the archive is, in bytes.
        bytes: u64,
    },
    /// It could not be made, and will not be.
    Failed,
}

/// What a user may ask for about all that is held of them.
///
/// For whoever an export is not of, it does not exist; nor does one that has expired.
///
/// # Example
/// ```
/// use engine_interfaces::{Accounts, AuthError, Export, ExportId, UserId};
///
/// /// An export, where there is one: another user's is none, nor is one that has expired.
/// async fn find(accounts: &impl Accounts, user: UserId, id: ExportId) -> Result<Option<Export>, AuthError> {
///     match accounts.show_export(user, id).await {
///         Err(AuthError::ExportNotFound) => Ok(None),
///         found => found.map(Some),
///     }
/// }
/// ```
#[async_trait]
pub trait Accounts: Send + Sync {
    /// Ends the caller's account: from now on nobody signs in with its address or shows a token of it, and
    /// nobody finds its name. What else is held of the user follows in the background.
    ///
    /// A guest has no password, and needs none; everybody else does. `from` is the caller's address: failed attempts
    /// are counted by it.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(accounts: &dyn Accounts, caller: Identity, from: std::net::IpAddr) -> Result<(), AuthError> {
    /// let password = Some(Secret::new("a password of hers"));
    /// accounts.erase_account(caller, password, from).await?;
    /// # Ok(()) }
    /// ```
    async fn erase_account(
        &self,
        identity: Identity,
        current_password: Option<Secret>,
        from: IpAddr,
    ) -> Result<(), AuthError>;

    /// Asks for an archive. While one is being made, that one is the answer.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(accounts: &dyn Accounts, user: UserId) -> Result<(), AuthError> {
    /// let export = accounts.request_export(user).await?;
    /// println!("it is gone at {}", export.expires_at);
    /// # Ok(()) }
    /// ```
    async fn request_export(&self, user: UserId) -> Result<Export, AuthError>;

    /// An export.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(accounts: &dyn Accounts, user: UserId, export: ExportId) -> Result<(), AuthError> {
    /// match accounts.show_export(user, export).await?.state {
    ///     ExportState::Pending => println!("ask again"),
    ///     ExportState::Ready { bytes } => println!("{bytes} bytes"),
    ///     ExportState::Failed => println!("ask for another"),
    /// }
    /// # Ok(()) }
    /// ```
    async fn show_export(&self, user: UserId, export: ExportId) -> Result<Export, AuthError>;

    /// A part of an archive that is ready, `number` counting from 0; `None` after the last one. The parts together
    /// are one JSON document; each is bounded. A caller may stop waiting at any time.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(accounts: &dyn Accounts, user: UserId, export: ExportId) -> Result<(), AuthError> {
    /// let mut json = Vec::new();
    /// for number in 0.. {
    ///     let Some(part) = accounts.read_archive(user, export, number).await? else { break };
    ///     json.extend(part);
    /// }
    /// # Ok(()) }
    /// ```
    async fn read_archive(
        &self,
        user: UserId,
        export: ExportId,
        number: u32,
    ) -> Result<Option<Vec<u8>>, AuthError>;
}
