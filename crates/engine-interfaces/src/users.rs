//! Users, and what engines other than their own ask about them.

use async_trait::async_trait;

use crate::{AuthError, Secret, Timestamp, UserId};

/// A user as they see themselves.
///
/// # Example
/// ```
/// use engine_interfaces::{User, UserName};
///
/// /// What others see: neither the address, nor whether it is a guest.
/// fn to_others(user: &User) -> UserName {
///     UserName { id: user.id, name: user.name.clone() }
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Their id.
    pub id: UserId,
    /// Shown to others.
    pub name: String,
    /// Shown to nobody else. A guest has none.
    pub email: Option<Secret>,
    /// A throw-away account: without address and password, and gone after a while.
    pub guest: bool,
    /// When the account was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// A user as others see them.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(auth: &dyn Authentication, author: UserId) -> Result<(), AuthError> {
/// let names = auth.user_names(&[author]).await?;
/// let found = names.iter().find(|user| user.id == author);
/// let name = found.map_or("Somebody", |user| &user.name); // who is gone has none
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserName {
    /// Their id.
    pub id: UserId,
    /// Their name.
    pub name: String,
}

/// Tells guests from others, to those whose rules are other for guests.
///
/// # Example
/// ```
/// use std::collections::HashSet;
///
/// use async_trait::async_trait;
/// use engine_interfaces::{AuthError, Guests, UserId};
///
/// /// Those who are no guests.
/// struct Known(HashSet<UserId>);
///
/// #[async_trait]
/// impl Guests for Known {
///     async fn guests_among(&self, users: &[UserId]) -> Result<Vec<UserId>, AuthError> {
///         let unknown = users.iter().copied().filter(|user| !self.0.contains(user));
///         Ok(unknown.collect()) // who has no account may do no more than a guest
///     }
/// }
/// ```
#[async_trait]
pub trait Guests: Send + Sync {
    /// Those of `users` that are guests, in no order; so are all whose account has ended: nobody may do more than
    /// a guest who is not known to. At most 100 at a time.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(guests: &dyn Guests, somebody: UserId) -> Result<(), AuthError> {
    /// let is_guest = guests.guests_among(&[somebody]).await?.contains(&somebody);
    /// # Ok(()) }
    /// ```
    async fn guests_among(&self, users: &[UserId]) -> Result<Vec<UserId>, AuthError>;
}

/// For those who have no guests.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(somebody: UserId) -> Result<(), AuthError> {
/// let guests: &dyn Guests = &NoGuests; // for a host whose users all have accounts
/// assert!(guests.guests_among(&[somebody]).await?.is_empty());
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct NoGuests;

#[async_trait]
impl Guests for NoGuests {
    async fn guests_among(&self, _: &[UserId]) -> Result<Vec<UserId>, AuthError> {
        Ok(Vec::new())
    }
}

/// How somebody is reached.
///
/// # Example
/// ```
/// use engine_interfaces::{Contact, Secret, UserId};
///
/// let (user_id, email) = (UserId::from_name("ann"), Secret::new("ann@example.com"));
/// let ann = Contact { user_id, name: "Ann".into(), email };
/// let to = format!("{} <{}>", ann.name, ann.email.expose()); // on the envelope
/// assert!(!format!("{ann:?}").contains("ann@example.com"), "and in no log");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Who.
    pub user_id: UserId,
    /// Their name.
    pub name: String,
    /// Their address. For the envelope of what is sent to them, and for nothing else.
    pub email: Secret,
}

/// Tells how people are reached, to those who write to them.
///
/// # Example
/// ```
/// use std::collections::HashMap;
///
/// use async_trait::async_trait;
/// use engine_interfaces::{AuthError, Contact, Contacts, UserId};
///
/// /// Those who can be written to.
/// struct Directory(HashMap<UserId, Contact>);
///
/// #[async_trait]
/// impl Contacts for Directory {
///     async fn contacts(&self, users: &[UserId]) -> Result<Vec<Contact>, AuthError> {
///         Ok(users.iter().filter_map(|user| self.0.get(user).cloned()).collect()) // others are left out
///     }
/// }
/// ```
#[async_trait]
pub trait Contacts: Send + Sync {
    /// Those of `users` that can be written to, in no order: accounts that are disabled or thrown away are
    /// left out. At most 100 at a time.
    ///
    /// # Example
    /// ```
    /// # use engine_interfaces::*;
    /// # async fn example(contacts: &dyn Contacts, users: &[UserId]) -> Result<(), AuthError> {
    /// for Contact { name, email, .. } in contacts.contacts(users).await? {
    ///     println!("a mail to {name}, whose address no log shows: {email:?}");
    /// }
    /// # Ok(()) }
    /// ```
    async fn contacts(&self, users: &[UserId]) -> Result<Vec<Contact>, AuthError>;
}
