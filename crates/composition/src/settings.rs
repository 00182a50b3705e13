//! Every setting, its default and its limit. Each is an environment variable, and an option of the same name
//! on the command line, which wins. A secret one may also lie in a file, which its name with `_FILE` names.

mod accounts;
mod chat;
mod files;
mod http;
mod mail;
mod process;
mod reach;
mod reports;
mod rings;
mod secrets;
mod sockets;
mod stores;
mod traces;
mod values;
mod web;
mod webhooks;

pub use accounts::{AccountSettings, Guests, SignUp};
pub use chat::ChatSettings;
pub use files::{parse, secret_files};
pub use http::HttpSettings;
pub use mail::{MailSettings, Mailing};
pub use process::{LogFormat, ProcessSettings};
pub use reach::Reach;
pub use reports::ReportSettings;
pub use rings::RingSettings;
pub use secrets::{AcceptedKey, SecretSettings, TokenAlgorithm};
pub use sockets::SocketSettings;
pub(crate) use stores::Locations;
pub use stores::StoreSettings;
pub use traces::TraceSettings;
pub use values::{SecretText, Switch, Toggle};
pub use web::{Addresses, WebSettings};
pub use webhooks::WebhookSettings;

use values::{at_least_one, size};
