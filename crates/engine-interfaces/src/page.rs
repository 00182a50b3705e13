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
    pub const MAX_PAGE: u16 = 100;
    /// The most messages of one answer to `catch_up`.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

/// A page of `T`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    /// The entries.
    pub entries: Vec<T>,
    /// Where the next page begins; `None` on the last one.
    pub next: Option<Cursor>,
}
