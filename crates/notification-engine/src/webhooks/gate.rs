//! How fast each web hook may be posted to.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use engine_interfaces::{Timestamp, WebhookId};

use super::WebhookSettings;

/// How fast each web hook may be posted to, by this process: a few attempts at once; while it fails, one alone
/// from time to time. A receiver that stalls with thousands of deliveries waiting holds up nobody else's.
#[derive(Default)]
pub(crate) struct Gate {
    flows: Mutex<HashMap<WebhookId, Flow>>,
}

/// What is known of one web hook.
#[derive(Default)]
struct Flow {
    /// Attempts under way.
    running: usize,
    /// How many failed since the last that did not.
    failures: u32,
    /// After a failure nothing is sent before this.
    held_until: Option<Timestamp>,
    /// How long the last attempt took.
    took: Duration,
    /// The moment given to who was last turned away.
    given: Option<Timestamp>,
}

/// Why an attempt may not begin now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    /// Others are under way: come again at this moment, which nobody else was given.
    Busy(Timestamp),
    /// The web hook fails: not before this.
    Held(Timestamp),
}

/// The right to make an attempt. One that is dropped without [`Pass::done`] says nothing of the web hook.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    gate: &'a Gate,
    webhook: WebhookId,
    began: Timestamp,
}

impl std::fmt::Debug for Gate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Gate(..)")
    }
}

impl Gate {
    /// Lets an attempt begin, or says when to come again.
    pub(crate) fn enter(
        &self,
        webhook: WebhookId,
        now: Timestamp,
        settings: &WebhookSettings,
    ) -> Result<Pass<'_>, Turned> {
        let mut flows = self.flows();
        if flows.len() >= settings.remembered {
            flows.retain(|_, flow| flow.running > 0 || flow.held(now).is_some());
        }
        if flows.len() >= settings.remembered {
            flows.retain(|_, flow| flow.running > 0);
        }
        let flow = flows.entry(webhook).or_default();
        if let Some(until) = flow.held(now) {
            return Err(Turned::Held(until));
        }
        match flow.failures {
            0 if flow.running >= settings.per_webhook => return Err(Turned::Busy(flow.turn(now, settings))),
            // The one that tries it ends within its limit, and what it finds is the next one's answer.
            1.. if flow.running > 0 => return Err(Turned::Held(now.plus(settings.timeout))),
            _ => flow.running += 1,
        }
        Ok(Pass { gate: self, webhook, began: now })
    }

    fn flows(&self) -> MutexGuard<'_, HashMap<WebhookId, Flow>> {
        self.flows.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Flow {
    fn held(&self, now: Timestamp) -> Option<Timestamp> {
        self.held_until.filter(|until| *until > now)
    }

    /// The next moment that nobody was given yet, as far apart as the attempts allow.
    fn turn(&mut self, now: Timestamp, settings: &WebhookSettings) -> Timestamp {
        let at_once = u32::try_from(settings.per_webhook).unwrap_or(u32::MAX).max(1);
        let step = (self.took / at_once).max(CLOSEST);
        let next = self.given.map_or(now, |given| given.max(now)).plus(step);
        self.given = Some(next);
        next
    }
}

/// How far apart those are put at least that were turned away.
const CLOSEST: Duration = Duration::from_millis(5);

impl Pass<'_> {
    /// Learns from the attempt.
    pub(crate) fn done(self, now: Timestamp, delivered: bool, settings: &WebhookSettings) {
        let mut flows = self.gate.flows();
        let Some(flow) = flows.get_mut(&self.webhook) else { return };
        flow.took = now.since(self.began);
        if delivered {
            flow.failures = 0;
            flow.held_until = None;
        } else {
            flow.failures = flow.failures.saturating_add(1);
            flow.held_until = Some(now.plus(settings.hold_after(flow.failures)));
        }
    }
}

impl Drop for Pass<'_> {
    fn drop(&mut self) {
        let mut flows = self.gate.flows();
        let Some(flow) = flows.get_mut(&self.webhook) else { return };
        flow.running = flow.running.saturating_sub(1);
        if flow.running == 0 && flow.failures == 0 {
            flows.remove(&self.webhook);
        }
    }
}

#[cfg(test)]
mod tests {
    use engine_interfaces::{Clock, SystemClock};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn start() -> (Gate, WebhookId, Timestamp, WebhookSettings) {
        let settings = WebhookSettings {
            per_webhook: 2,
            hold: SECOND,
            hold_limit: 8 * SECOND,
            ..WebhookSettings::default()
        };
        (Gate::default(), WebhookId(SystemClock.new_id()), SystemClock.now(), settings)
    }

    #[test]
    fn a_few_run_at_once_and_the_others_come_again_one_by_one() {
        let (gate, webhook, now, settings) = start();
        let one = gate.enter(webhook, now, &settings).unwrap();
        let other = gate.enter(webhook, now, &settings).unwrap();
        let turned = || match gate.enter(webhook, now, &settings) {
            Err(Turned::Busy(until)) => until,
            other => panic!("{other:?}"),
        };
        assert!(now < turned() && turned() < turned());
        assert!(gate.enter(WebhookId(SystemClock.new_id()), now, &settings).is_ok(), "another's goes on");

        one.done(now.plus(4 * SECOND), true, &settings);
        let third = gate.enter(webhook, now, &settings).unwrap();
        let first = turned();
        assert_eq!(turned().since(first), 2 * SECOND, "two at once that take 4 s each");
        drop((other, third));
        assert!(gate.flows().is_empty(), "one that does well is forgotten");
    }

    #[test]
    fn one_that_fails_is_left_alone_longer_each_time_and_then_tried_by_one() {
        let (gate, webhook, mut now, settings) = start();
        for wait in [1, 2, 4, 8, 8] {
            gate.enter(webhook, now, &settings).unwrap().done(now, false, &settings);
            let again = now.plus(wait * SECOND);
            assert_eq!(gate.enter(webhook, now, &settings).err(), Some(Turned::Held(again)));
            now = again;
            let trial = gate.enter(webhook, now, &settings).unwrap();
            assert!(matches!(gate.enter(webhook, now, &settings), Err(Turned::Held(_))), "one alone");
            drop(trial);
        }
        gate.enter(webhook, now, &settings).unwrap().done(now, true, &settings);
        let passes = [gate.enter(webhook, now, &settings), gate.enter(webhook, now, &settings)];
        assert!(passes.iter().all(Result::is_ok), "it is good again");
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (gate, _, now, settings) = start();
        let settings = WebhookSettings { remembered: 10, ..settings };
        for _ in 0..100 {
            let webhook = WebhookId(SystemClock.new_id());
            gate.enter(webhook, now, &settings).unwrap().done(now, false, &settings);
            assert!(gate.flows().len() <= 10);
        }
    }
}
