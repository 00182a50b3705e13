//! What the OpenAPI file says about refusals: per action, exactly the codes that it can answer.

use std::{collections::BTreeMap, marker::PhantomData};

use engine_interfaces::ErrorCode;
use utoipa::{
    IntoResponses,
    openapi::{
        AllOf, Content, Header, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder, Type,
        schema::SchemaFormat,
    },
};

/// Codes that go together.
pub(crate) trait Codes {
    /// Which.
    const CODES: &[ErrorCode];
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident: $($code:ident),+;)+) => {$(
        $(#[$doc])*
        pub(crate) enum $name {}

        impl Codes for $name {
            const CODES: &[ErrorCode] = &[$(ErrorCode::$code),+];
        }
    )+};
}

codes! {
    /// Asks a store, which may be away or slow.
    Stored: Unavailable, TimedOut;
    /// Asks what may be slow, and says itself what is away.
    Slow: TimedOut;
    /// Needs a signed-in user.
    Authenticated: Unauthenticated, TokenInvalid, TokenExpired, TokenRevoked;
    /// Checks a password that is the very question.
    WrongPassword: Unauthenticated;
    /// Checks a password, the attempts of which are counted.
    Limited: RateLimited;
    /// Has a path or a query to decode.
    Path: Undecodable;
    /// Finds nothing at some paths.
    Nothing: PathNotFound;
    /// Happens in a group.
    Group: GroupNotFound;
    /// Is about a message.
    Message: MessageNotFound;
    /// Is about a user.
    User: UserNotFound;
    /// Is about a web hook.
    Webhook: WebhookOrInvitationNotFound;
    /// Is about an invitation.
    Invitation: WebhookOrInvitationNotFound;
    /// Is about a delivery.
    Delivery: DeliveryNotFound;
    /// Is about an export.
    Export: ExportNotFound;
    /// Needs more than to be a member.
    Forbids: Forbidden;
    /// Is closed on some servers.
    SignUp: SignUpClosed;
    /// Is off on some servers, and on most that are public.
    GuestsSwitch: GuestsOff;
    /// Reads a body.
    Body: Malformed, TooLarge, UnsupportedMediaType, Invalid, MissingParameter, WrongType;
    /// Names things in its query.
    Named: Invalid, MissingParameter, BadPage;
    /// Chooses a page.
    Paged: BadPage;
    /// Makes something with an id.
    Conflicts: IdTaken;
    /// Puts a user into one more group.
    ManyGroups: TooManyGroups;
    /// Puts one more user into a group.
    FullGroup: GroupFull;
    /// Gives a group one more web hook.
    ManyWebhooks: TooManyWebhooks;
    /// Gives a group one more invitation.
    ManyInvitations: TooManyInvitations;
    /// Is off on some servers.
    WebhooksSwitch: WebhooksOff;
    /// Takes an owner away.
    LastOwner: Conflict;
}

/// Answers 304 when the caller has what is there.
pub(crate) enum Conditional {}

impl IntoResponses for Conditional {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let response = ResponseBuilder::new()
            .description("What the caller has is what is there")
            .header("ETag", text("Names this state"))
            .build();
        BTreeMap::from([("304".into(), response.into())])
    }
}

/// The refusals of an action: those of all of its `Codes`.
pub(crate) struct Refusals<T>(PhantomData<T>);

/// Several [`Codes`] at once.
pub(crate) trait CodeSets {
    /// All of them.
    fn codes() -> Vec<ErrorCode>;
}

macro_rules! code_sets {
    ($($set:ident)+) => {
        impl<$($set: Codes),+> CodeSets for ($($set,)+) {
            fn codes() -> Vec<ErrorCode> {
                [$($set::CODES),+].concat()
            }
        }
    };
}

code_sets!(A);
code_sets!(A B);
code_sets!(A B C);
code_sets!(A B C D);
code_sets!(A B C D E);
code_sets!(A B C D E F);
code_sets!(A B C D E F G);
code_sets!(A B C D E F G H);
code_sets!(A B C D E F G H I);
code_sets!(A B C D E F G H I J);

impl<T: CodeSets> IntoResponses for Refusals<T> {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let mut by_status: BTreeMap<u16, Vec<ErrorCode>> = BTreeMap::new();
        for code in T::codes() {
            by_status.entry(code.status()).or_default().push(code);
        }
        by_status
            .into_iter()
            .map(|(status, codes)| (status.to_string(), response(status, &codes).into()))
            .collect()
    }
}

fn response(status: u16, codes: &[ErrorCode]) -> Response {
    let titles: Vec<String> =
        codes.iter().map(|code| format!("{}: {}", code.number(), code.title())).collect();
    let code = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some(codes.iter().map(|code| code.number())))
        .build();
    let body = AllOf::builder()
        .item(Ref::from_schema_name("Error"))
        .item(ObjectBuilder::new().property("code", code).build());
    let response = ResponseBuilder::new()
        .description(titles.join("; "))
        .content("application/json", Content::new(Some(body)));
    match status {
        401 => response.header("WWW-Authenticate", text("How to sign in")),
        429 | 503 => response.header("Retry-After", seconds("When to try again, in seconds")),
        _ => response,
    }
    .build()
}

fn text(description: &str) -> Header {
    let mut header = Header::new(ObjectBuilder::new().schema_type(Type::String).build());
    header.description = Some(description.into());
    header
}

fn seconds(description: &str) -> Header {
    let schema = ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(utoipa::openapi::KnownFormat::Int64)))
        .minimum(Some(1));
    let mut header = Header::new(schema.build());
    header.description = Some(description.into());
    header
}
