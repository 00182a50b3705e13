//! Why a store can't do what it was asked.

use diesel::result::{DatabaseErrorKind, Error};
use engine_interfaces::BoxError;

/// Why a store can't do what it was asked.
///
/// # Example
/// ```
/// use database::StoreError;
///
/// /// Is it worth another try? A statement that was refused would be refused again.
/// fn may_pass(error: &StoreError) -> bool {
///     matches!(error, StoreError::Unavailable(_))
/// }
/// assert!(may_pass(&StoreError::unavailable("no route to host")));
/// assert!(!may_pass(&diesel::result::Error::SerializationError("no time".into()).into()));
/// ```
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// A unique constraint refused the row; see [`StoreError::is_taken`].
    #[error("a row with this key exists")]
    Taken {
        /// What the database says is violated: PostgreSQL names the constraint, SQLite the columns.
        constraint: String,
    },
    /// The statement itself is at fault, and would fail again: bad data, not a bad connection.
    #[error("the statement was refused")]
    Refused(#[source] BoxError),
    /// No connection, or the statement failed on it.
    #[error("the database is unavailable")]
    Unavailable(#[source] BoxError),
}

impl StoreError {
    /// Whether the unique constraint on `column` refused the row, on either database.
    ///
    /// # Example
    /// ```
    /// use database::StoreError;
    ///
    /// let taken = StoreError::Taken { constraint: "users.email_key".to_owned() }; // as SQLite says it
    /// assert!(taken.is_taken("email_key") && !taken.is_taken("id"));
    /// ```
    #[must_use]
    pub fn is_taken(&self, column: &str) -> bool {
        matches!(self, Self::Taken { constraint } if constraint.contains(column))
    }

    /// No connection could be had.
    pub fn unavailable(error: impl Into<BoxError>) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        match &error {
            Error::DatabaseError(DatabaseErrorKind::UniqueViolation, about) => {
                let constraint = about.constraint_name().unwrap_or_else(|| about.message()).to_owned();
                Self::Taken { constraint }
            }
            Error::DatabaseError(
                DatabaseErrorKind::NotNullViolation
                | DatabaseErrorKind::CheckViolation
                | DatabaseErrorKind::ForeignKeyViolation,
                _,
            )
            | Error::SerializationError(_)
            | Error::DeserializationError(_)
            | Error::QueryBuilderError(_) => Self::Refused(error.into()),
            _ => Self::Unavailable(error.into()),
        }
    }
}
