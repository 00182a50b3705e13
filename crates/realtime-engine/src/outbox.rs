//! What waits to be written to one client.

use std::{
    collections::VecDeque,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time};

use crate::{
    errors::{ErrorCode, Refusal},
    events,
    frame::Frame,
    meters::METERS,
    settings::Settings,
};

/// Carries frames to one client.
pub(crate) trait Transport: Send + Sync {
    /// Takes what it can of a frame, from one of its bytes on; never waits.
    fn write(&self, frame: &Frame, from: usize) -> Handed;

    /// Returns when it may take more.
    fn writable(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Ends the connection.
    fn close(&self);
}

/// What became of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Handed {
    /// So many bytes of it are on their way. With fewer than there are the transport is full.
    Taken(usize),
    /// The client is gone.
    Gone,
}

/// The frames for one client, in order.
///
/// A frame goes straight to the transport. It waits here only when the client is behind, and then a task
/// sees to it; an idle client has neither queue nor task. A client that is too far behind is closed, with
/// the reason: what it gets has no hole.
pub(crate) struct Outbox<T: ?Sized = dyn Transport> {
    limit: usize,
    grace: Duration,
    patience: Duration,
    state: Mutex<State>,
    changed: Notify,
    /// Within it: who fans out comes by thousands, and each pointer more leads out of the processor's cache.
    transport: T,
}

struct State {
    phase: Phase,
    queue: VecDeque<Frame>,
    /// How much of the first one is out.
    begun: usize,
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

impl<T: Transport> Outbox<T> {
    /// For a client that is not in yet.
    pub(crate) fn new(transport: T, settings: &Settings) -> Arc<Self> {
        Arc::new(Self {
            limit: settings.queue_bytes,
            grace: settings.close_grace,
            patience: settings.write_timeout,
            state: Mutex::new(State {
                phase: Phase::Corked,
                queue: VecDeque::new(),
                begun: 0,
                bytes: 0,
                pumping: false,
            }),
            changed: Notify::new(),
            transport,
        })
    }

    /// What carries the frames.
    pub(crate) fn transport(&self) -> &T {
        &self.transport
    }
}

impl<T: Transport + ?Sized + 'static> Outbox<T> {
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
        match state.phase {
            Phase::Closed => {}
            Phase::Open if state.queue.is_empty() => match self.transport.write(&frame, 0) {
                Handed::Taken(all) if all == frame.len() => {}
                Handed::Taken(begun) => {
                    state.begun = begun;
                    self.push(&mut state, frame);
                }
                Handed::Gone => self.forget(&mut state),
            },
            _ => self.push(&mut state, frame),
        }
    }

    /// Lets a frame wait.
    fn push(self: &Arc<Self>, state: &mut State, frame: Frame) {
        // One frame alone may be larger than the limit: nobody is slow for having asked for it.
        if !state.queue.is_empty() && state.bytes + frame.len() > self.limit {
            METERS.slow_closed.increment(1);
            // What has begun has to end, or nothing after it can be read.
            state.queue.truncate(usize::from(state.begun > 0));
            let reason = Refusal::saying(ErrorCode::RateLimited, "Too slow to take what was sent");
            return self.finish(state, [events::closed(&reason)]);
        }
        state.bytes += frame.len();
        state.queue.push_back(frame);
        if state.phase == Phase::Open {
            self.pump(state);
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
        state.begun = 0;
        state.queue = VecDeque::new();
        self.changed.notify_waiters();
    }

    /// Hands over what the transport takes now, and leaves the rest to a task.
    fn pump(self: &Arc<Self>, state: &mut State) {
        if !state.pumping && !self.hand_over(state) {
            state.pumping = true;
            tokio::spawn(Arc::clone(self).pump_on());
        }
    }

    /// Hands over the rest. A client that takes nothing for too long is gone.
    async fn pump_on(self: Arc<Self>) {
        loop {
            let waited = time::timeout(self.patience, self.transport.writable()).await;
            if waited.is_err() {
                self.hang_up();
            }
            let mut state = self.lock();
            if self.hand_over(&mut state) {
                state.pumping = false;
                return;
            }
        }
    }

    /// True when nothing waits any more.
    fn hand_over(&self, state: &mut State) -> bool {
        while let Some(frame) = state.queue.front() {
            let length = frame.len();
            match self.transport.write(frame, state.begun) {
                Handed::Taken(more) if state.begun + more == length => {
                    state.begun = 0;
                    state.bytes = state.bytes.saturating_sub(length);
                    state.queue.pop_front();
                }
                Handed::Taken(more) => {
                    state.begun += more;
                    return false;
                }
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

    fn outbox(transport: &Arc<FakeTransport>, queue_bytes: usize) -> Arc<Outbox<Arc<FakeTransport>>> {
        let settings =
            Settings { queue_bytes, close_grace: Duration::from_millis(20), ..Settings::default() };
        let outbox = Outbox::new(transport.clone(), &settings);
        outbox.uncork(Frame::connected("sid"));
        outbox
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_sent_before_the_client_is_in_follows_the_connect() {
        let transport = FakeTransport::new(10);
        let outbox = Outbox::new(transport.clone(), &Settings::default());
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
    async fn a_frame_that_has_begun_is_ended_before_the_reason_comes() {
        let transport = FakeTransport::new(1);
        let outbox = outbox(&transport, 1_000);
        transport.allow_bytes(5);
        for _ in 0..200 {
            outbox.send(frame("more and more"));
        }
        transport.allow(2);
        wait_until(|| transport.is_closed()).await;
        let frames = transport.frames();
        assert_eq!(frames[1], frame("more and more"));
        assert!(frames[2].as_str().contains("Too slow"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_client_that_takes_nothing_for_long_is_gone() {
        let transport = FakeTransport::new(1);
        let settings = Settings { write_timeout: Duration::from_millis(20), ..Settings::default() };
        let outbox = Outbox::new(transport.clone(), &settings);
        outbox.uncork(Frame::connected("sid"));
        outbox.send(frame("never read"));
        wait_until(|| transport.is_closed()).await;
        assert!(outbox.is_closed());
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
        let outbox = Outbox::new(transport.clone(), &Settings::default());
        let reason = Refusal::from(ErrorCode::TokenRevoked);
        outbox.put_out(&reason);
        outbox.uncork(Frame::connected("sid"));
        assert_eq!(transport.frames(), [Frame::refused(&reason)]);
    }
}
