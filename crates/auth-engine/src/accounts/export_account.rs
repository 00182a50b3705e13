//! Makes an archive of all that is held of a user.

use std::sync::Arc;

use async_trait::async_trait;
use database::jobs::NewJob;
use engine_interfaces::{
    BoxError, Clock, Cursor, ExportId, Job, JobId, PersonalData, PutOff, Timestamp, UserId, Worker,
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Holders,
    archive::{Archive, Position},
    not_yet,
};
use crate::{AuthEngine, Settings, Store, store::Progress};

/// Makes an archive of all that is held of a user, a part at a time; begun again, it goes on where it was.
pub(crate) struct ExportAccount {
    store: Store,
    clock: Arc<dyn Clock>,
    settings: Settings,
    holders: Holders,
}

#[derive(Deserialize)]
struct Payload {
    export_id: ExportId,
}

/// The archive was begun with a section that nobody has any more.
#[derive(Debug, thiserror::Error)]
#[error("the archive stopped in a section that nobody has")]
struct NoSuchSection;

/// Another worker is further with the archive, or it is wanted no more.
#[derive(Debug, thiserror::Error)]
#[error("another worker is further with the archive")]
struct Overtaken;

impl ExportAccount {
    const KIND: &'static str = "auth.export_account";

    pub(crate) fn new(engine: &AuthEngine, holders: Holders) -> Self {
        let AuthEngine { store, clock, settings, .. } = engine;
        Self { store: store.clone(), clock: Arc::clone(clock), settings: settings.clone(), holders }
    }

    pub(crate) fn job(clock: &dyn Clock, export: ExportId) -> NewJob {
        let (payload, now) = (json!({ "export_id": export }), clock.now());
        NewJob::new(JobId(clock.new_id()), Self::KIND, export.to_string(), &payload, now, now)
    }

    async fn make(&self, export: ExportId) -> Result<(), BoxError> {
        let Some(pending) = self.store.pending_export(export, self.clock.now()).await? else {
            return Ok(());
        };
        let Some(account) = self.store.find_account(pending.user_id).await? else {
            return Ok(());
        };
        for holder in self.holders.iter() {
            if !holder.settled(pending.user_id, pending.created_at).await? {
                return Err(not_yet(&*self.clock, &self.settings));
            }
        }
        let (archive, resumed) = match pending.position {
            Some(position) => {
                let (archive, cursor) = Archive::resume(serde_json::from_str(&position)?);
                (archive, Some(cursor))
            }
            None => (Archive::begin(&account.user, self.clock.now()), None),
        };
        let writer = Writer { job: self, export, user: pending.user_id, parts: pending.parts, archive };
        match writer.write(resumed).await {
            // The one that overtook this one ends it.
            Err(error) if error.is::<Overtaken>() => Ok(()),
            written => written,
        }
    }
}

#[async_trait]
impl Worker for ExportAccount {
    fn kind(&self) -> &'static str {
        Self::KIND
    }

    async fn perform(&self, job: &Job) -> Result<(), BoxError> {
        let Payload { export_id } = serde_json::from_value(job.payload.clone())?;
        match self.make(export_id).await {
            Err(error) if job.attempt >= self.settings.export_attempts && !error.is::<PutOff>() => {
                tracing::error!(error = &*error, export.id = %export_id, "an export is given up");
                Ok(self.store.fail_export(export_id).await?)
            }
            made => made,
        }
    }
}

/// Writes one archive.
struct Writer<'a> {
    job: &'a ExportAccount,
    export: ExportId,
    user: UserId,
    /// How many parts are stored.
    parts: i32,
    archive: Archive,
}

impl Writer<'_> {
    /// Writes all sections, or goes on after a cursor in the section where the archive stopped.
    async fn write(mut self, resumed: Option<Cursor>) -> Result<(), BoxError> {
        let holders = Arc::clone(&self.job.holders);
        let sections = holders
            .iter()
            .flat_map(|holder| holder.sections().iter().map(move |section| (holder.as_ref(), *section)));
        let mut sections: Vec<_> = sections.collect();
        if let Some(cursor) = resumed {
            let stopped = self.archive.section().to_owned();
            let at = sections.iter().position(|(_, section)| *section == stopped).ok_or(NoSuchSection)?;
            let (holder, section) = sections.drain(..=at).next_back().ok_or(NoSuchSection)?;
            self.fill(holder, section, Some(cursor)).await?;
        }
        for (holder, section) in sections {
            self.archive.open(section);
            self.fill(holder, section, None).await?;
        }
        self.archive.end();
        let until = self.job.clock.now().plus(self.job.settings.export_life);
        self.store(None, Some(until)).await
    }

    /// Writes the pages of a section; stores what has gathered whenever it is a part.
    async fn fill(
        &mut self,
        holder: &dyn PersonalData,
        section: &str,
        mut after: Option<Cursor>,
    ) -> Result<(), BoxError> {
        loop {
            let page = holder.export(self.user, section, after.as_ref()).await?;
            self.archive.add(&page.entries);
            let Some(next) = page.next else {
                self.archive.close();
                return Ok(());
            };
            if self.archive.len() >= self.job.settings.export_part_bytes {
                let position = self.archive.position(&next);
                self.store(Some(position), None).await?;
            }
            after = Some(next);
        }
    }

    async fn store(
        &mut self,
        position: Option<Position>,
        ready_until: Option<Timestamp>,
    ) -> Result<(), BoxError> {
        let ExportAccount { store, clock, settings, .. } = self.job;
        let parts = self.archive.take(settings.export_part_bytes);
        let seen_parts = self.parts;
        self.parts = self.parts.saturating_add(i32::try_from(parts.len())?);
        let position = position.map(|position| serde_json::to_string(&position)).transpose()?;
        let progress = Progress { seen_parts, parts, position, ready_until };
        let added = store.continue_export(self.export, progress, clock.now()).await?;
        if added { Ok(()) } else { Err(Overtaken.into()) }
    }
}
