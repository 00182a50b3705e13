//! What engines hold of a person, for that person to have or to have erased.

use async_trait::async_trait;
use serde_json::Value;

use crate::{BoxError, Cursor, Page, Timestamp, UserId};

/// How far an erasure has come.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(holder: &dyn PersonalData, user: UserId, since: Timestamp) -> Result<(), BoxError> {
/// use std::time::Duration;
///
/// if holder.erase(user, since).await? == Erasure::NotYet {
///     let until = SystemClock.now().plus(Duration::from_secs(10));
///     return Err(PutOff { until }.into()); // in a worker: no failure, but later
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Erasure {
    /// Nothing of the user is left here.
    Done,
    /// Something that they did is still on its way to where it would be found: ask again, a little later.
    NotYet,
}

/// Whoever holds something of a user: what an export reads and an erasure removes.
///
/// Who asks knows neither what is held nor where. Each call reads and writes in bounded pieces.
///
/// # Example
/// ```
/// use engine_interfaces::{BoxError, PersonalData, UserId};
///
/// /// All that somebody holds of a user.
/// async fn archive(holder: &dyn PersonalData, user: UserId) -> Result<serde_json::Value, BoxError> {
///     let mut archive = serde_json::Map::new();
///     for section in holder.sections() {
///         let (mut entries, mut after) = (Vec::new(), None);
///         loop {
///             let page = holder.export(user, section, after.as_ref()).await?;
///             entries.extend(page.entries);
///             after = page.next;
///             if after.is_none() {
///                 break;
///             }
///         }
///         archive.insert((*section).to_owned(), entries.into());
///     }
///     Ok(archive.into())
/// }
/// ```
#[async_trait]
pub trait PersonalData: Send + Sync {
    /// What is held, by the names that an archive gives to it, such as `messages`. Each is a list.
    fn sections(&self) -> &'static [&'static str];

    /// Whether all that `user` did until `at` is found by now.
    async fn settled(&self, user: UserId, at: Timestamp) -> Result<bool, BoxError>;

    /// What is held of `user` in a section, as the archive shows it, from the beginning or after a cursor. A
    /// page may be empty and not be the last one.
    async fn export(
        &self,
        user: UserId,
        section: &str,
        after: Option<&Cursor>,
    ) -> Result<Page<Value>, BoxError>;

    /// Erases what is held of `user`, whose account ended at `since`.
    ///
    /// **Repeatable**: it goes on where an earlier call stopped, at whatever point, and changes nothing where
    /// nothing is left.
    async fn erase(&self, user: UserId, since: Timestamp) -> Result<Erasure, BoxError>;
}
