//! Gives what a group has to the sockets that are in it.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use cores::Cores;
use engine_interfaces::{Clock, Seq, Timestamp, Traceparent};
use tokio::{
    runtime::Handle,
    task::{self, JoinSet},
};
use traces::{Kind, Span};

use crate::{frame::Frame, group::Member, meters::METERS};

/// How many bytes are written at once: so much is copied to save a write to each socket.
const WHOLE_LIMIT: usize = 64 * 1024;

/// The sockets of a group.
pub(crate) type Members = Arc<Vec<Arc<Member>>>;

/// What a group's sockets are to get.
pub(crate) enum Outgoing {
    /// With the time at which it was stored.
    Message(Seq, Frame, Timestamp, Option<Traceparent>),
    Event(Frame),
}

/// What one fan-out gives out.
pub(crate) struct Batch {
    outgoing: Vec<Outgoing>,
    /// All of it as one frame, for whoever has what comes before it: nearly everybody.
    whole: Option<Whole>,
    /// Of its messages that are a part of a trace.
    spans: Vec<Span>,
}

/// A batch as one frame.
pub(crate) struct Whole {
    pub(crate) frame: Frame,
    /// The first and the last message in it.
    pub(crate) span: Option<(Seq, Seq)>,
}

/// A batch on its way to the sockets of a big group. In chunks, so that others have their turn, here and on the machine's
/// cores; on every thread of the runtime, each of which takes the next chunk.
pub(crate) struct FanOut {
    batch: Batch,
    members: Members,
    chunk: usize,
    /// Where the next chunk begins.
    next: AtomicUsize,
    cores: Arc<Cores>,
}

impl Batch {
    /// All of these, in their order.
    pub(crate) fn new(outgoing: Vec<Outgoing>) -> Self {
        let frames =
            || outgoing.iter().map(|(Outgoing::Message(_, frame, ..) | Outgoing::Event(frame))| frame);
        let mut seqs = outgoing.iter().filter_map(|outgoing| match outgoing {
            Outgoing::Message(seq, ..) => Some(*seq),
            Outgoing::Event(_) => None,
        });
        let span = seqs.next().map(|first| (first, seqs.next_back().unwrap_or(first)));
        let size: usize = frames().map(Frame::len).sum();
        let whole = (size <= WHOLE_LIMIT).then(|| Whole { frame: Frame::joined(frames()), span });
        let spans = outgoing.iter().filter_map(Outgoing::span).collect();
        Self { outgoing, whole, spans }
    }

    /// One by one.
    pub(crate) fn outgoing(&self) -> &[Outgoing] {
        &self.outgoing
    }

    /// All at once, unless it is too much.
    pub(crate) fn whole(&self) -> Option<&Whole> {
        self.whole.as_ref()
    }

    /// Gives it to these sockets, without waiting for any.
    pub(crate) fn give_to(&self, members: &[Arc<Member>]) {
        METERS.deliveries.increment(members.iter().map(|member| member.take(self)).sum());
    }

    /// So many sockets were given it, all who are here: measures how old the messages are by now.
    pub(crate) fn given(&self, sockets: usize, clock: &dyn Clock) {
        for span in &self.spans {
            span.set("parlour.sockets", sockets as i64);
            span.end();
        }
        let mut stored = self.outgoing.iter().filter_map(|outgoing| match outgoing {
            Outgoing::Message(_, _, stored_at, _) => Some(*stored_at),
            Outgoing::Event(_) => None,
        });
        let Some(first) = stored.next() else { return };
        let now = clock.now();
        for stored_at in std::iter::once(first).chain(stored) {
            METERS.delivery_duration.record(now.since(stored_at));
        }
    }
}

impl Outgoing {
    /// Of its delivery, where it is a part of a trace.
    fn span(&self) -> Option<Span> {
        let Self::Message(seq, _, _, Some(trace)) = self else {
            return None;
        };
        let span = Span::within(*trace, Kind::Consumer, "deliver message");
        span.set("messaging.system", "parlour");
        span.set("messaging.operation.type", "process");
        span.set("messaging.destination.name", "routing");
        span.set("parlour.message.seq", seq.0);
        Some(span)
    }
}

impl FanOut {
    /// To all of these, `chunk` at a time.
    pub(crate) fn new(batch: Batch, members: Members, chunk: usize, cores: &Arc<Cores>) -> Arc<Self> {
        Arc::new(Self { batch, members, chunk, next: AtomicUsize::new(0), cores: Arc::clone(cores) })
    }

    /// Returns once everybody was given it: what comes after it may follow then.
    pub(crate) async fn run(self: Arc<Self>, clock: &dyn Clock) {
        let chunks = self.members.len().div_ceil(self.chunk);
        let mut giving = JoinSet::new();
        for _ in 0..Handle::current().metrics().num_workers().min(chunks) {
            giving.spawn(Arc::clone(&self).give());
        }
        giving.join_all().await;
        self.batch.given(self.members.len(), clock);
    }

    async fn give(self: Arc<Self>) {
        while let Some(chunk) = self.next_chunk() {
            self.batch.give_to(chunk);
            self.cores.step_aside();
            task::yield_now().await;
        }
    }

    fn next_chunk(&self) -> Option<&[Arc<Member>]> {
        let begin = self.next.fetch_add(self.chunk, Ordering::Relaxed);
        let rest = self.members.get(begin..).filter(|rest| !rest.is_empty())?;
        Some(rest.get(..self.chunk).unwrap_or(rest))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        sync::{Condvar, Mutex},
        time::Duration,
    };

    use engine_interfaces::{GroupId, SystemClock};

    use super::*;
    use crate::{
        doubles::{FakeAuthentication, wait_until},
        group::Group,
        outbox::{Handed, Outbox, Transport},
        session::Session,
        settings::Settings,
    };

    /// Takes an event once another socket is about to, or nobody has come for long.
    #[derive(Default)]
    struct Meeting {
        writing: Mutex<usize>,
        come: Condvar,
        /// How many waited in vain, and how many did not.
        alone: AtomicUsize,
        met: AtomicUsize,
    }

    impl Transport for Arc<Meeting> {
        fn write(&self, frame: &Frame, from: usize) -> Handed {
            if frame.packets().any(|packet| packet.starts_with("42")) {
                let mut writing = self.writing.lock().unwrap();
                *writing += 1;
                self.come.notify_all();
                let one = |writing: &mut usize| *writing < 2;
                let (writing, waited) =
                    self.come.wait_timeout_while(writing, Duration::from_secs(4), one).unwrap();
                drop(writing);
                let count = if waited.timed_out() { &self.alone } else { &self.met };
                count.fetch_add(1, Ordering::SeqCst);
            }
            Handed::Taken(frame.len() - from)
        }

        fn writable(&self) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
            Box::pin(std::future::ready(()))
        }

        fn close(&self) {}
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 3)]
    async fn two_threads_give_to_a_big_group_at_once() {
        let settings = Settings { fan_out_chunk: 1, ..Settings::default() };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let group = Group::new(GroupId(clock.new_id()), &settings, &clock, &Arc::default());
        let (meeting, users) = (Arc::new(Meeting::default()), FakeAuthentication::default());
        for name in ["alice", "bob"] {
            let outbox = Outbox::new(Arc::clone(&meeting), &settings);
            outbox.uncork(Frame::connected("sid"));
            let session = Session::new(users.token(name), outbox);
            assert!(session.enter(&group, 0));
            assert!(group.join(&session, Seq::ZERO, None).is_ok());
        }
        group.tell(Frame::event("group", &"changed"));
        let counts = || [&meeting.alone, &meeting.met].map(|count| count.load(Ordering::SeqCst));
        wait_until(|| counts().iter().sum::<usize>() == 2).await;
        assert_eq!(counts(), [0, 2], "alone, met");
    }
}
