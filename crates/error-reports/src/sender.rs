//! Gathers reports and posts them.

use std::{sync::Arc, time::Duration};

use engine_interfaces::ErrorReport;
use reqwest::{Client, StatusCode, Url, header::HeaderValue};
use tokio::{sync::mpsc, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{RollbarSettings, StartError, count, item::Item};

/// Whose project it is.
const TOKEN: &str = "x-rollbar-access-token";
/// After how many seconds Rollbar takes items again.
const RESUMES: &str = "x-rate-limit-remaining-seconds";
/// The longest pause that Rollbar may ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

pub(crate) struct Sender {
    settings: Arc<RollbarSettings>,
    url: Url,
    token: HeaderValue,
    http: Client,
    reports: mpsc::Receiver<ErrorReport>,
    ending: CancellationToken,
}

/// What Rollbar said to an item.
enum Answer {
    Taken,
    /// Never, however often it is tried.
    Refused(StatusCode),
    /// Not now: perhaps after so long.
    Later(Option<Duration>),
}

impl Sender {
    pub(crate) fn new(
        settings: Arc<RollbarSettings>,
        reports: mpsc::Receiver<ErrorReport>,
        ending: CancellationToken,
    ) -> Result<Self, StartError> {
        let url: Url = settings.url.parse().map_err(|_| StartError::Url)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(StartError::Url);
        }
        let mut token = HeaderValue::from_str(settings.token.expose())
            .map_err(|error| StartError::Client(error.into()))?;
        token.set_sensitive(true);
        let http = outbound::http_client(settings.timeout).map_err(StartError::Client)?;
        Ok(Self { settings, url, token, http, reports, ending })
    }

    /// Until the end, and then what waits still.
    pub(crate) async fn run(mut self) {
        let mut gathered = Vec::new();
        while self.gather(&mut gathered).await {
            for item in Item::gather(std::mem::take(&mut gathered)) {
                let sent = self.send(&item).await;
                count(if sent { "sent" } else { "failed" }).increment(item.occurrences());
            }
        }
    }

    /// Waits for a report, and a moment for others like it. False when there will be none.
    async fn gather(&mut self, gathered: &mut Vec<ErrorReport>) -> bool {
        let ending = self.ending.clone();
        let first = tokio::select! {
            biased;
            first = self.reports.recv() => first,
            () = ending.cancelled() => {
                self.reports.close();
                self.reports.recv().await
            }
        };
        let Some(first) = first else { return false };
        gathered.push(first);
        self.wait(self.settings.gather).await;
        while gathered.len() < self.settings.batch.max(1)
            && let Ok(next) = self.reports.try_recv()
        {
            gathered.push(next);
        }
        true
    }

    /// Not at the end: then nobody has time.
    async fn wait(&self, pause: Duration) {
        tokio::select! {
            () = sleep(pause) => {}
            () = self.ending.cancelled() => {}
        }
    }

    /// Whether Rollbar has it.
    async fn send(&self, item: &Item) -> bool {
        let body = item.body(&self.settings).to_string();
        for attempt in 1..=self.settings.attempts.max(1) {
            match self.post(&body).await {
                Answer::Taken => return true,
                Answer::Refused(status) => {
                    tracing::warn!(status = status.as_u16(), "Rollbar does not take an error");
                    return false;
                }
                Answer::Later(pause) if attempt < self.settings.attempts => {
                    self.wait(pause.unwrap_or(self.settings.pause)).await;
                }
                Answer::Later(_) => {}
            }
        }
        tracing::warn!("Rollbar can't be reached: an error is not reported");
        false
    }

    async fn post(&self, body: &str) -> Answer {
        let request = self.http.post(self.url.clone()).header(TOKEN, self.token.clone());
        let request = request.header("content-type", "application/json").body(body.to_owned());
        let Ok(answer) = request.send().await else {
            return Answer::Later(None);
        };
        match answer.status() {
            status if status.is_success() => Answer::Taken,
            StatusCode::TOO_MANY_REQUESTS => {
                let seconds = answer.headers().get(RESUMES).and_then(|told| told.to_str().ok()?.parse().ok());
                Answer::Later(seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_PAUSE)))
            }
            status if status.is_server_error() => Answer::Later(None),
            status => Answer::Refused(status),
        }
    }
}
