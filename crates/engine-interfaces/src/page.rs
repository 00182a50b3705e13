//! Pages by key.

/// How many entries a page may have.
///
/// # Example
/// ```
/// use engine_interfaces::Limit;
///
/// assert_eq!(Limit::default().get(), 50);
/// assert_eq!(Limit::page(100).map(Limit::get), Some(100));
/// assert_eq!(Limit::page(101), None);
/// assert_eq!(Limit::catch_up(1_000).map(Limit::get), Some(1_000));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit(u16);

impl Limit {
    /// The most entries of a page.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::Limit;
    ///
    /// assert_eq!(Limit::page(5_000), None, "refused, not cut");
    /// assert_eq!(Limit::page(5_000.min(Limit::MAX_PAGE)).map(Limit::get), Some(100));
    /// ```
    pub const MAX_PAGE: u16 = 100;
    /// The most messages of one answer to `catch_up`.
    ///
    /// # Example
    /// ```
    /// use engine_interfaces::Limit;
    ///
    /// assert!(Limit::catch_up(Limit::MAX_CATCH_UP).is_some());
    /// assert!(Limit::page(Limit::MAX_CATCH_UP).is_none(), "a page is smaller");
    /// ```
    pub const MAX_CATCH_UP: u16 = 1_000;

    /// For a page: 1 to 100.
    #[must_use]
    pub fn page(limit: u16) -> Option<Self> {
        (1..=Self::MAX_PAGE).contains(&limit).then_some(Self(limit))
    }

    /// For a catch-up: 1 to 1,000.
    #[must_use]
    pub fn catch_up(limit: u16) -> Option<Self> {
        (1..=Self::MAX_CATCH_UP).contains(&limit).then_some(Self(limit))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> usize {
        usize::from(self.0)
    }
}

impl Default for Limit {
    /// 50: what a client shows first.
    fn default() -> Self {
        Self(50)
    }
}

/// Where a page goes on. Its text means something to the engine that made it, and to nobody else.
///
/// # Example
/// ```
/// # use engine_interfaces::*;
/// # async fn example(chat: &dyn Chat, alice: UserId, shown: Option<String>) -> Result<(), ChatError> {
/// let cursor = shown.map(Cursor); // as the client was given it
/// match chat.list_groups(alice, Limit::default(), cursor.as_ref()).await {
///     Err(ChatError::BadCursor) => println!("no cursor of this list"),
///     page => println!("{} more", page?.entries.len()),
/// }
/// # Ok(()) }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// A page of `T`.
///
/// # Example
/// ```
/// use engine_interfaces::{Cursor, Page};
///
/// let page = Page { entries: Vec::<String>::new(), next: Some(Cursor("42".into())) };
/// let is_last = page.next.is_none();
/// assert!(!is_last, "`next` tells it, and not how many entries there are");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}
