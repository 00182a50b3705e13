//! What a user may ask for about all that is held of them: by this engine, and by whoever else holds something.

mod archive;
mod erase_account;
mod erase_guest;
mod erase_service;
mod export_account;
mod prune_exports;
mod request_export_service;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use database::StoreError;
use engine_interfaces::{BoxError, Clock, PersonalData, PutOff};

pub(crate) use erase_account::EraseAccount;
pub(crate) use erase_guest::EraseGuest;
pub(crate) use erase_service::EraseService;
pub(crate) use export_account::ExportAccount;
pub use prune_exports::PruneExports;
pub(crate) use request_export_service::RequestExportService;

use crate::{
    Settings,
    registrations::refuse_all_but,
    revocations::Revocations,
    store::{Account, AccountEnd},
};

/// Whoever else holds something of users.
pub(crate) type Holders = Arc<[Arc<dyn PersonalData>]>;

/// Ends `account`, as it was seen: removes it and refuses its tokens at once; jobs erase what others hold of its user.
/// `false`: it has moved on, and nothing ended.
async fn end(
    account: &Account,
    revocations: &Arc<Revocations>,
    clock: &dyn Clock,
    settings: &Settings,
) -> Result<bool, StoreError> {
    let refusal = refuse_all_but(clock, settings, account, None);
    let end = AccountEnd {
        seen_generation: account.token_generation,
        refusal,
        jobs: EraseAccount::jobs(clock, settings, account.user.id, refusal.revoked_at),
    };
    revocations.end_account(end).await
}

/// What the user did is still on its way, and nobody knows for how long: the bus may be away.
fn not_yet(clock: &dyn Clock, settings: &Settings) -> BoxError {
    PutOff { until: clock.now().plus(settings.settle_poll) }.into()
}
