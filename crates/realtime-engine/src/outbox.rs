//! What waits to be written to one client.

use std::{
    collections::VecDeque,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time};

use crate::{
    errors::{ErrorCode, Refusal},
    events,
    frame::Frame,
    settings::Settings,
};

/// How long to wait before a transport that was full is asked again: the first time, and at most.
const PUMP_DELAYS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(50));

/// Carries frames to one client. A lean layer of our own may take the place of the one that is there.
pub(crate) trait Transport: Send + Sync + 'static {
    /// Takes a frame, unless it is full; never waits.
    fn try_send(&self, frame: &Frame) -> Handed;

    /// Ends the connection.
    fn close(&self);
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handed {
    /// On its way.
    Taken,
    /// The transport is full: try again.
    Full,
    /// The client is gone.
    Gone,
}

/// The frames for one client, in order.
///
/// A frame goes straight to the transport. It waits here only when the client is behind, and then a task
/// sees to it; an idle client has neither queue nor task. A client that is too far behind is closed, with
/// the reason: what it gets has no hole.
pub(crate) struct Outbox {
    transport: Box<dyn Transport>,
    limit: usize,
    grace: Duration,
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    phase: Phase,
    queue: VecDeque<Frame>,
    bytes: usize,
    pumping: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// The client does not know yet that it is in: everything waits.
    Corked,
    Open,
    /// Takes nothing more.
    Closed,
}

impl Outbox {
    /// For a client that is not in yet.
    pub(crate) fn new(transport: Box<dyn Transport>, settings: &Settings) -> Arc<Self> {
        Arc::new(Self {
            transport,
            limit: settings.queue_bytes,
            grace: settings.close_grace,
            state: Mutex::new(State {
                phase: Phase::Corked,
                queue: VecDeque::new(),
                bytes: 0,
                pumping: false,
            }),
            changed: Notify::new(),
        })
    }

    /// Sends `first`, then all that has waited for it, then whatever comes.
    pub(crate) fn uncork(self: &Arc<Self>, first: Frame) {
        let mut state = self.lock();
        if state.phase == Phase::Corked {
            state.phase = Phase::Open;
            state.bytes += first.len();
            state.queue.push_front(first);
            self.pump(&mut state);
        }
    }

    /// Sends a frame. Never waits.
    pub(crate) fn send(self: &Arc<Self>, frame: Frame) {
        let mut state = self.lock();
        if state.phase == Phase::Closed {
            return;
        }
        if state.phase == Phase::Open && state.queue.is_empty() {
            match self.transport.try_send(&frame) {
                Handed::Taken => return,
                Handed::Full => {}
                Handed::Gone => return self.forget(&mut state),
            }
        }
        // One frame alone may be larger than the limit: nobody is slow for having asked for it.
        if !state.queue.is_empty() && state.bytes + frame.len() > self.limit {
            metrics::counter!("parlour_realtime_slow_clients_closed_total").increment(1);
            state.queue.clear();
            let reason = Refusal::saying(ErrorCode::RateLimited, "Too slow to take what was sent");
            return self.finish(&mut state, [events::closed(&reason)]);
        }
        state.bytes += frame.len();
        state.queue.push_back(frame);
        if state.phase == Phase::Open {
            self.pump(&mut state);
        }
    }

    /// Puts the client out for good, and tells it why: it has to show something else to come back.
    pub(crate) fn put_out(self: &Arc<Self>, reason: &Refusal) {
        let mut state = self.lock();
        match state.phase {
            Phase::Closed => {}
            Phase::Corked => self.finish(&mut state, [Frame::refused(reason)]),
            // After this the official client stays away until it is told otherwise.
            Phase::Open => self.finish(&mut state, [events::closed(reason), Frame::disconnected()]),
        }
    }

    /// Ends the connection, and tells the client why: the official client comes back by itself.
    pub(crate) fn send_away(self: &Arc<Self>, reason: &Refusal) {
        let mut state = self.lock();
        match state.phase {
            Phase::Closed => {}
            Phase::Corked => self.finish(&mut state, []),
            Phase::Open => self.finish(&mut state, [events::closed(reason)]),
        }
    }

    /// Does not let the client in: `refusal` is all that it gets.
    pub(crate) fn turn_away(self: &Arc<Self>, refusal: Frame) {
        let mut state = self.lock();
        if state.phase == Phase::Corked {
            self.finish(&mut state, [refusal]);
        }
    }

    /// Ends the connection without a word.
    pub(crate) fn hang_up(&self) {
        self.forget(&mut self.lock());
        self.transport.close();
    }

    /// Returns once nothing waits, or the client is gone.
    pub(crate) async fn drained(&self) {
        self.until(|state| state.queue.is_empty() || state.phase == Phase::Closed).await;
    }

    /// Returns once the client is to get nothing more.
    pub(crate) async fn closed(&self) {
        self.until(|state| state.phase == Phase::Closed).await;
    }

    /// Is the client to get nothing more?
    pub(crate) fn is_closed(&self) -> bool {
        self.lock().phase == Phase::Closed
    }

    async fn until(&self, holds: impl Fn(&State) -> bool) {
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if holds(&self.lock()) {
                return;
            }
            changed.await;
        }
    }

    /// Nothing but `last` comes after what waits; the connection ends when it is out, or the time is.
    fn finish<const N: usize>(self: &Arc<Self>, state: &mut State, last: [Frame; N]) {
        if state.phase == Phase::Corked {
            state.queue.clear();
        }
        state.queue.extend(last);
        state.phase = Phase::Closed;
        self.pump(state);
        self.changed.notify_waiters();
        let outbox = Arc::clone(self);
        tokio::spawn(async move {
            // A client that reads its good-bye hangs up by itself; nobody waits longer for the others.
            time::sleep(outbox.grace).await;
            outbox.hang_up();
        });
    }

    fn forget(&self, state: &mut State) {
        state.phase = Phase::Closed;
        state.bytes = 0;
        state.queue = VecDeque::new();
        self.changed.notify_waiters();
    }

    /// Hands over what the transport takes now, and leaves the rest to a task.
    fn pump(self: &Arc<Self>, state: &mut State) {
        if !state.pumping && !self.hand_over(state) {
            state.pumping = true;
            let outbox = Arc::clone(self);
            tokio::spawn(async move {
                let (mut delay, longest) = PUMP_DELAYS;
                loop {
                    time::sleep(delay).await;
                    let mut state = outbox.lock();
                    let before = state.queue.len();
                    if outbox.hand_over(&mut state) {
                        state.pumping = false;
                        return;
                    }
                    let moved = state.queue.len() < before;
                    delay = if moved { PUMP_DELAYS.0 } else { longest.min(delay * 2) };
                }
            });
        }
    }

    /// True when nothing waits any more.
    fn hand_over(&self, state: &mut State) -> bool {
        while let Some(frame) = state.queue.front() {
            match self.transport.try_send(frame) {
                Handed::Taken => {
                    state.bytes = state.bytes.saturating_sub(frame.len());
                    state.queue.pop_front();
                }
                Handed::Full => return false,
                Handed::Gone => self.forget(state),
            }
        }
        // Gives the memory back: most clients are idle most of the time.
        mem::take(&mut state.queue);
        self.changed.notify_waiters();
        true
    }

    // Nothing panics while it holds the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doubles::{FakeTransport, wait_until};

    fn frame(text: &str) -> Frame {
        Frame::event("x", &text)
    }

    fn outbox(transport: &Arc<FakeTransport>, queue_bytes: usize) -> Arc<Outbox> {
        let settings =
            Settings { queue_bytes, close_grace: Duration::from_millis(20), ..Settings::default() };
        let outbox = Outbox::new(Box::new(Arc::clone(transport)), &settings);
        outbox.uncork(Frame::connected("sid"));
        outbox
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_sent_before_the_client_is_in_follows_the_connect() {
        let transport = FakeTransport::new(10);
        let outbox = Outbox::new(Box::new(Arc::clone(&transport)), &Settings::default());
        outbox.send(frame("early"));
        assert!(transport.frames().is_empty());
        outbox.uncork(Frame::connected("sid"));
        outbox.send(frame("late"));
        let expected = [Frame::connected("sid"), frame("early"), frame("late")];
        assert_eq!(transport.frames(), expected);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_client_that_is_behind_gets_all_in_order_once_it_reads() {
        let transport = FakeTransport::new(1);
        let outbox = outbox(&transport, 10_000);
        let all: Vec<_> = (0..100).map(|n| frame(&n.to_string())).collect();
        for frame in &all {
            outbox.send(frame.clone());
        }
        assert_eq!(transport.frames().len(), 1);
        transport.allow(1_000);
        outbox.drained().await;
        assert_eq!(transport.frames()[1..], all);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_client_that_never_reads_is_closed_and_told_why() {
        let transport = FakeTransport::new(1);
        let outbox = outbox(&transport, 1_000);
        for _ in 0..200 {
            outbox.send(frame("more and more"));
        }
        assert!(outbox.is_closed());
        transport.allow(2);
        wait_until(|| transport.is_closed()).await;
        let frames = transport.frames();
        assert_eq!(frames.len(), 2, "it comes back by itself: nothing puts it out for good");
        assert!(frames[1].as_str().contains("Too slow"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn one_large_frame_is_not_slowness() {
        let transport = FakeTransport::new(1);
        let outbox = outbox(&transport, 10);
        outbox.send(frame("far larger than ten bytes"));
        assert!(!outbox.is_closed());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn whoever_is_put_out_before_being_in_is_refused() {
        let transport = FakeTransport::new(10);
        let outbox = Outbox::new(Box::new(Arc::clone(&transport)), &Settings::default());
        let reason = Refusal::from(ErrorCode::TokenRevoked);
        outbox.put_out(&reason);
        outbox.uncork(Frame::connected("sid"));
        assert_eq!(transport.frames(), [Frame::refused(&reason)]);
    }
}
