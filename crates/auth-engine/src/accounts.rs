//! What a user may ask for about all that is held of them: by this engine, and by whoever else holds something.

mod archive;
mod erase_account;
mod erase_service;
mod export_account;
mod prune_exports;
mod request_export_service;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use engine_interfaces::{BoxError, Clock, PersonalData, PutOff};

pub(crate) use erase_account::EraseAccount;
pub(crate) use erase_service::EraseService;
pub(crate) use export_account::ExportAccount;
pub use prune_exports::PruneExports;
pub(crate) use request_export_service::RequestExportService;

use crate::Settings;

/// Whoever else holds something of users.
pub(crate) type Holders = Arc<[Arc<dyn PersonalData>]>;

/// What the user did is still on its way, and nobody knows for how long: the bus may be away.
fn not_yet(clock: &dyn Clock, settings: &Settings) -> BoxError {
    PutOff { until: clock.now().plus(settings.settle_poll) }.into()
}
