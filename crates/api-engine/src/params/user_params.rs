//! What users say of themselves.

use engine_interfaces::{Credentials, ProfileChange, Registration, Secret};
use utoipa::ToSchema;

use super::{
    body::{Body, Params},
    fields::Fields,
};
use crate::errors::ErrorHandler;

/// A new account.
#[derive(Debug, ToSchema)]
#[schema(as = SignUp)]
pub(crate) struct SignUpParams {
    /// Shown to others; not blank.
    #[schema(min_length = 1, max_length = 100, pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$")]
    name: String,
    /// Unique without regard to case; shown to nobody else.
    #[schema(value_type = String, format = Email, max_length = 254)]
    email: Secret,
    /// Not one that many people use.
    #[schema(value_type = String, format = Password, min_length = 8, max_length = 256, pattern = r"^[^\u0000]*$")]
    password: Secret,
}

impl From<SignUpParams> for Registration {
    fn from(params: SignUpParams) -> Self {
        let SignUpParams { name, email, password } = params;
        Self { name, email, password }
    }
}

/// [`SignUpParams`], on their way.
pub(crate) type SignUpBody = Body<SignUpParams>;

impl Params for SignUpParams {
    const ROOT: &'static str = "user";
    const FIELDS: &'static [&'static str] = &["name", "email", "password"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self {
            name: fields.required("name")?,
            email: fields.required("email")?,
            password: fields.required("password")?,
        })
    }
}

/// What somebody signs in with.
#[derive(Debug, ToSchema)]
#[schema(as = SignIn)]
pub(crate) struct SignInParams {
    /// The address, in any case of its letters.
    #[schema(value_type = String, pattern = r"^[^\u0000]*$")]
    email: Secret,
    /// The password.
    #[schema(value_type = String, format = Password, pattern = r"^[^\u0000]*$")]
    password: Secret,
}

impl From<SignInParams> for Credentials {
    fn from(params: SignInParams) -> Self {
        let SignInParams { email, password } = params;
        Self { email, password }
    }
}

/// [`SignInParams`], on their way.
pub(crate) type SignInBody = Body<SignInParams>;

impl Params for SignInParams {
    const ROOT: &'static str = "user";
    const FIELDS: &'static [&'static str] = &["email", "password"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { email: fields.required("email")?, password: fields.required("password")? })
    }
}

/// What a user changes about themselves.
#[derive(Debug, ToSchema)]
#[schema(as = UpdateProfile)]
pub(crate) struct ProfileParams {
    /// Shown to others; not blank.
    #[schema(
        min_length = 1,
        max_length = 100,
        pattern = r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
        required = false,
        nullable = false
    )]
    name: Option<String>,
    /// A new password ends all other sessions.
    #[schema(
        value_type = Option<String>,
        format = Password,
        min_length = 8,
        max_length = 256,
        pattern = r"^[^\u0000]*$",
        required = false,
        nullable = false
    )]
    password: Option<Secret>,
    /// Proves that the user is at the keys.
    #[schema(value_type = String, format = Password, min_length = 1, pattern = r"^[^\u0000]*$")]
    current_password: Secret,
}

impl From<ProfileParams> for ProfileChange {
    fn from(params: ProfileParams) -> Self {
        let ProfileParams { name, password, current_password } = params;
        Self { name, password, current_password }
    }
}

/// [`ProfileParams`], on their way.
pub(crate) type ProfileBody = Body<ProfileParams>;

impl Params for ProfileParams {
    const ROOT: &'static str = "user";
    const FIELDS: &'static [&'static str] = &["name", "password", "current_password"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self {
            name: fields.optional("name")?,
            password: fields.optional("password")?,
            current_password: fields.required("current_password")?,
        })
    }
}

/// Whose account is to end.
#[derive(Debug, ToSchema)]
#[schema(as = EraseAccount)]
pub(crate) struct EraseParams {
    /// Proves that the user is at the keys. A guest has none, and needs none.
    #[schema(
        value_type = Option<String>,
        format = Password,
        min_length = 1,
        pattern = r"^[^\u0000]*$",
        required = false,
        nullable = false
    )]
    pub(crate) current_password: Option<Secret>,
}

/// [`EraseParams`], on their way.
pub(crate) type EraseBody = Body<EraseParams>;

impl Params for EraseParams {
    const ROOT: &'static str = "user";
    const FIELDS: &'static [&'static str] = &["current_password"];

    fn read(fields: &mut Fields) -> Result<Self, ErrorHandler> {
        Ok(Self { current_password: fields.optional("current_password")? })
    }
}
