//! What this engine measures. `docs/metrics.md` lists it.

use std::{cell::RefCell, collections::HashMap};

use metrics::{
    Counter, Gauge, Histogram, counter, describe_counter, describe_gauge, describe_histogram, gauge,
    histogram,
};

/// What is measured about the requests that one thread answers. The recorder is the process's, and has to be
/// there before the app is mounted.
pub(crate) struct Meters {
    in_flight: Gauge,
    /// By route template; then by method and class of status, of which a route has few. Taken once each.
    answered: RefCell<HashMap<&'static str, Vec<Answered>>>,
}

struct Answered {
    method: &'static str,
    status: &'static str,
    count: Counter,
    duration: Histogram,
}

/// A request that is being answered, or was dropped.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1);
    }
}

impl Meters {
    pub(crate) fn new() -> Self {
        describe_counter!(
            "parlour_http_requests_total",
            "Requests that were answered, by method, route template and class of status."
        );
        describe_histogram!(
            "parlour_http_request_duration_seconds",
            "From a request's head to its answer's, by method, route template and class of status."
        );
        describe_gauge!("parlour_http_requests_in_flight", "Requests that are being answered.");
        Self { in_flight: gauge!("parlour_http_requests_in_flight"), answered: RefCell::default() }
    }

    /// A request has come.
    pub(crate) fn begin(&self) -> InFlight {
        self.in_flight.increment(1);
        InFlight(self.in_flight.clone())
    }

    /// A request was answered after `seconds`. No label has a value that a client can make up.
    pub(crate) fn answered(
        &self,
        method: &'static str,
        route: &'static str,
        status: &'static str,
        seconds: f64,
    ) {
        let mut routes = self.answered.borrow_mut();
        let known = routes.entry(route).or_default();
        let found = known.iter().position(|known| known.method == method && known.status == status);
        let at = found.unwrap_or_else(|| {
            let labels = [("method", method), ("route", route), ("status", status)];
            known.push(Answered {
                method,
                status,
                count: counter!("parlour_http_requests_total", &labels),
                duration: histogram!("parlour_http_request_duration_seconds", &labels),
            });
            known.len() - 1
        });
        if let Some(Answered { count, duration, .. }) = known.get(at) {
            count.increment(1);
            duration.record(seconds);
        }
    }
}
