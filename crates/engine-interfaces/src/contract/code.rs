//! The error codes of the contract.

use crate::{AuthError, ChatError, NotificationsError, WebhooksError};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $title:literal, $message:literal;)+) => {
        /// The contract's error codes: the HTTP status, then two digits. A code once given keeps its meaning.
        ///
        /// # Example
        /// ```
        /// use engine_interfaces::{ChatError, ErrorCode};
        ///
        /// let code = ErrorCode::from(&ChatError::LastOwner);
        /// assert_eq!((code.number(), code.status()), (40_901, 409));
        /// assert_eq!(code.title(), "State conflict");
        /// assert_eq!(code.message(), "The group's last owner stays its owner");
        /// assert!(ErrorCode::ALL.is_sorted() && ErrorCode::ALL.contains(&code));
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum ErrorCode {
            $($(#[$doc])* $name = $code,)+
        }

        impl ErrorCode {
            /// All of them, in the order of their numbers.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// What the code is about; belongs to the code.
            #[must_use]
            pub fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)+ }
            }

            /// What a client is told where nothing more precise is known.
            #[must_use]
            pub fn message(self) -> &'static str {
                match self { $(Self::$name => $message,)+ }
            }
        }
    };
}

codes! {
    /// The body is not JSON, not UTF-8, has a lone surrogate or a duplicate key, or is too deep.
    Malformed = 40_001, "Malformed body", "The body is not valid JSON";
    /// The path or the query can't be decoded.
    Undecodable = 40_002, "Malformed address", "The path or the query can't be decoded";
    /// No credentials, or wrong ones.
    Unauthenticated = 40_101, "Not signed in", "Sign in with an e-mail address and a password, or show a token";
    /// Not a token of ours.
    TokenInvalid = 40_102, "Invalid token", "The token is not valid";
    /// The token's time is over.
    TokenExpired = 40_103, "Expired token", "The token has expired";
    /// The token was signed out, or refused with all others.
    TokenRevoked = 40_104, "Revoked token", "The token was revoked";
    /// A member or a guest, but not allowed.
    Forbidden = 40_301, "Not allowed", "Your role in this group does not allow this";
    /// Nobody can sign up here.
    SignUpClosed = 40_302, "Sign-up is closed", "New accounts can't be made here";
    /// The operator turned web hooks off.
    WebhooksOff = 40_303, "Web hooks are off", "This server makes no web hooks and sends none";
    /// The operator lets no guests in.
    GuestsOff = 40_304, "No guests", "This server makes no guest accounts";
    /// No such path.
    PathNotFound = 40_400, "Not found", "There is nothing at this path";
    /// No such group, or the caller is not in it.
    GroupNotFound = 40_401, "Group not found", "There is no such group, or you are not in it";
    /// No such message in the group.
    MessageNotFound = 40_402, "Message not found", "There is no such message in this group";
    /// No such user, or no such member.
    UserNotFound = 40_403, "User not found", "There is no such user here";
    /// No such web hook in the group; no such invitation, or none that is good any more.
    WebhookOrInvitationNotFound = 40_404, "Web hook or invitation not found", "There is no such web hook in this group";
    /// No such delivery of the web hook.
    DeliveryNotFound = 40_405, "Delivery not found", "There is no such delivery of this web hook";
    /// No such export of the caller, or no archive of it.
    ExportNotFound = 40_406, "Export not found", "There is no such export, it has expired, or it is not ready";
    /// The path has no such method.
    MethodNotAllowed = 40_500, "Method not allowed", "This path does not have that method";
    /// The state does not allow it.
    Conflict = 40_901, "State conflict", "The group's last owner stays its owner";
    /// The id is used for something else.
    IdTaken = 40_902, "Id is taken", "The id is used for something else";
    /// The group has as many members as a group may have.
    GroupFull = 40_903, "Group is full", "The group has as many members as a group may have";
    /// The user is in as many groups as a user may be in.
    TooManyGroups = 40_904, "Too many groups", "The user is in as many groups as a user may be in";
    /// The group has as many web hooks as a group may have.
    TooManyWebhooks = 40_905, "Too many web hooks", "The group has as many web hooks as a group may have";
    /// The group has as many open invitations as a group may have.
    TooManyInvitations = 40_906, "Too many invitations", "The group has as many open invitations as a group may have";
    /// The body is too large.
    TooLarge = 41_300, "Body too large", "The body is larger than allowed";
    /// The body is not `application/json`.
    UnsupportedMediaType = 41_500, "Unsupported media type", "The body has to be application/json";
    /// The input breaks rules.
    Invalid = 42_201, "Invalid parameters", "The parameters are not valid";
    /// The root or a required parameter is missing.
    MissingParameter = 42_202, "Missing parameter", "A required parameter is missing";
    /// A field has the wrong type.
    WrongType = 42_204, "Wrong type", "A parameter has the wrong type";
    /// A bad limit, cursor or position.
    BadPage = 42_205, "Invalid page", "The limit or the position of the page is not valid";
    /// Too many attempts.
    RateLimited = 42_901, "Too many requests", "Too many attempts: try again later";
    /// Our fault.
    Internal = 50_000, "Internal error", "Something went wrong on our side";
    /// A dependency is away, or a queue is full.
    Unavailable = 50_301, "Unavailable", "The service can't answer at the moment: try again soon";
    /// No answer within the limit: whether it happened is unknown.
    TimedOut = 50_401, "Timed out", "No answer in time; it may have happened: retry with the same id";
}

impl ErrorCode {
    /// The number that clients see.
    #[must_use]
    pub fn number(self) -> u32 {
        self as u32
    }

    /// The HTTP status: the number's first three digits.
    #[must_use]
    pub fn status(self) -> u16 {
        (self.number() / 100) as u16
    }
}

impl From<&AuthError> for ErrorCode {
    fn from(error: &AuthError) -> Self {
        match error {
            AuthError::WrongCredentials => Self::Unauthenticated,
            AuthError::TokenInvalid => Self::TokenInvalid,
            AuthError::TokenExpired => Self::TokenExpired,
            AuthError::TokenRevoked => Self::TokenRevoked,
            AuthError::SignUpClosed => Self::SignUpClosed,
            AuthError::GuestsOff => Self::GuestsOff,
            AuthError::NotForGuests => Self::Forbidden,
            AuthError::PasswordMissing => Self::MissingParameter,
            AuthError::UserNotFound => Self::UserNotFound,
            AuthError::ExportNotFound => Self::ExportNotFound,
            AuthError::RateLimited { .. } => Self::RateLimited,
            AuthError::Invalid(_) => Self::Invalid,
            AuthError::Busy | AuthError::Unavailable(_) => Self::Unavailable,
        }
    }
}

impl From<&ChatError> for ErrorCode {
    fn from(error: &ChatError) -> Self {
        match error {
            ChatError::GroupNotFound(_) => Self::GroupNotFound,
            ChatError::MessageNotFound => Self::MessageNotFound,
            ChatError::MemberNotFound => Self::UserNotFound,
            ChatError::InvitationNotFound => Self::WebhookOrInvitationNotFound,
            ChatError::Forbidden | ChatError::NotForGuests => Self::Forbidden,
            ChatError::LastOwner => Self::Conflict,
            ChatError::IdTaken => Self::IdTaken,
            ChatError::GroupFull => Self::GroupFull,
            ChatError::TooManyGroups => Self::TooManyGroups,
            ChatError::TooManyInvitations => Self::TooManyInvitations,
            ChatError::Invalid(_) => Self::Invalid,
            ChatError::BadCursor => Self::BadPage,
            ChatError::Busy | ChatError::Unavailable(_) => Self::Unavailable,
            ChatError::TimedOut => Self::TimedOut,
        }
    }
}

impl From<&NotificationsError> for ErrorCode {
    fn from(error: &NotificationsError) -> Self {
        match error {
            NotificationsError::Unavailable(_) => Self::Unavailable,
        }
    }
}

impl From<&WebhooksError> for ErrorCode {
    fn from(error: &WebhooksError) -> Self {
        match error {
            WebhooksError::WebhookNotFound => Self::WebhookOrInvitationNotFound,
            WebhooksError::DeliveryNotFound => Self::DeliveryNotFound,
            WebhooksError::TooManyWebhooks => Self::TooManyWebhooks,
            WebhooksError::IdTaken => Self::IdTaken,
            WebhooksError::Invalid(_) => Self::Invalid,
            WebhooksError::BadCursor => Self::BadPage,
            WebhooksError::Off => Self::WebhooksOff,
            WebhooksError::Unavailable(_) => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A changed line is a changed promise.
    #[test]
    fn codes_keep_their_numbers_statuses_and_titles() {
        let table: Vec<String> = ErrorCode::ALL
            .iter()
            .map(|code| format!("{} {} {}", code.number(), code.status(), code.title()))
            .collect();
        let promised = [
            "40001 400 Malformed body",
            "40002 400 Malformed address",
            "40101 401 Not signed in",
            "40102 401 Invalid token",
            "40103 401 Expired token",
            "40104 401 Revoked token",
            "40301 403 Not allowed",
            "40302 403 Sign-up is closed",
            "40303 403 Web hooks are off",
            "40304 403 No guests",
            "40400 404 Not found",
            "40401 404 Group not found",
            "40402 404 Message not found",
            "40403 404 User not found",
            "40404 404 Web hook or invitation not found",
            "40405 404 Delivery not found",
            "40406 404 Export not found",
            "40500 405 Method not allowed",
            "40901 409 State conflict",
            "40902 409 Id is taken",
            "40903 409 Group is full",
            "40904 409 Too many groups",
            "40905 409 Too many web hooks",
            "40906 409 Too many invitations",
            "41300 413 Body too large",
            "41500 415 Unsupported media type",
            "42201 422 Invalid parameters",
            "42202 422 Missing parameter",
            "42204 422 Wrong type",
            "42205 422 Invalid page",
            "42901 429 Too many requests",
            "50000 500 Internal error",
            "50301 503 Unavailable",
            "50401 504 Timed out",
        ];
        assert_eq!(table, promised);
    }
}
