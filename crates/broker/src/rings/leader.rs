//! Works on the topics that this process leads.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, PoisonError},
    time::Duration,
};

use engine_interfaces::{GroupMessage, Outage, Position, Progress, RingTerm, Term, Timestamp, Topic};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    Shared,
    handling::Ended,
    recovery::{InNeed, Recovered, recover},
    right::Right,
    source::{Read, Source},
};
use crate::meters::RINGS;

/// What a leader is told.
pub(crate) enum Command {
    /// To lead these, whose terms have begun.
    Take(Vec<RingTerm>),
    /// To lead these no more, once their messages in hand are handled.
    Leave(Vec<Topic>),
    /// That these are led by nobody, or by another.
    #[cfg(feature = "redis")]
    Lose(Vec<Topic>),
}

/// Works on the topics that this process leads.
pub(crate) struct Leader<S> {
    shared: Arc<Shared>,
    source: Arc<S>,
    right: Right,
    /// Hears which topics are led no more.
    left: mpsc::UnboundedSender<Vec<Topic>>,
    led: BTreeMap<Topic, Led>,
    tasks: JoinSet<Finished>,
    /// The topics that the recovery which is under way is for.
    in_need: Option<InNeed>,
    /// When something was handled last.
    handled_at: Instant,
    /// When it was written down how far the work is.
    advanced_at: Instant,
    reading: Outage,
    advancing: Outage,
}

/// A topic that is led.
struct Led {
    term: Term,
    progress: Progress,
    state: State,
    /// It is given up as soon as its messages in hand are handled.
    leaving: bool,
}

enum State {
    /// Nothing is in hand.
    Free,
    /// Messages are being handled.
    Busy(AbortHandle),
    /// Something of it may be lost.
    Lost,
    /// What may be lost is being read again.
    Recovering,
}

/// What a task did.
enum Finished {
    Handled {
        term: Term,
        position: Option<Position>,
        caught_up_at: Option<Timestamp>,
        done: Result<(), Ended>,
    },
    Recovered {
        asked: Vec<Term>,
        recovered: Recovered,
    },
}

impl<S: Source> Leader<S> {
    pub(crate) fn new(
        shared: Arc<Shared>,
        source: Arc<S>,
        right: Right,
        left: mpsc::UnboundedSender<Vec<Topic>>,
    ) -> Self {
        let now = Instant::now();
        Self {
            shared,
            source,
            right,
            left,
            led: BTreeMap::new(),
            tasks: JoinSet::new(),
            in_need: None,
            handled_at: now,
            advanced_at: now,
            reading: Outage::default(),
            advancing: Outage::default(),
        }
    }

    /// Works until nobody commands any more.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Command>) {
        let mut advance = interval(self.shared.settings.advance_every);
        advance.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_read = Instant::now();
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.obey(command).await,
                    None => return self.shared.lead(BTreeSet::new()),
                },
                Some(finished) = self.tasks.join_next() => {
                    // One that was aborted has nothing to say; handlers' panics are caught where they happen.
                    if let Ok(finished) = finished {
                        self.finish(finished).await;
                        next_read = next_read.min(Instant::now() + self.shared.settings.busy);
                    }
                }
                () = sleep_until(next_read), if !self.free().is_empty() => {
                    next_read = Instant::now() + self.read().await;
                }
                _ = advance.tick() => self.advance_in_time().await,
            }
        }
    }

    async fn obey(&mut self, command: Command) {
        match command {
            Command::Take(begun) => {
                for RingTerm { term, progress, .. } in begun {
                    self.led.insert(term.topic, Led { term, progress, state: State::Free, leaving: false });
                }
                self.tell();
            }
            Command::Leave(topics) => {
                let mut idle = Vec::new();
                for topic in topics {
                    if let Some(led) = self.led.get_mut(&topic) {
                        led.leaving = true;
                        if !matches!(led.state, State::Busy(_)) {
                            idle.push(topic);
                        }
                    }
                }
                self.advance(&idle).await;
                self.drop_topics(&idle);
            }
            #[cfg(feature = "redis")]
            Command::Lose(topics) => self.drop_topics(&topics),
        }
    }

    /// The topics that may be read.
    fn free(&self) -> Vec<(Topic, Option<Position>)> {
        let free = self.led.iter().filter(|(_, led)| matches!(led.state, State::Free) && !led.leaving);
        free.map(|(topic, led)| (*topic, led.progress.position.clone())).collect()
    }

    /// Reads what is free and has it handled; answers how long to wait for the next time.
    async fn read(&mut self) -> Duration {
        let (batch, busy, idle) = {
            let settings = &self.shared.settings;
            (settings.batch, settings.busy, settings.idle)
        };
        if !self.right.holds() {
            return idle;
        }
        let began = self.shared.clock.now();
        let reads = match self.source.read(&self.free(), batch).await {
            Ok(reads) => reads,
            Err(error) => {
                if self.reading.begins() {
                    tracing::warn!(error = error.as_ref() as &dyn std::error::Error, "topics can't be read");
                }
                return idle;
            }
        };
        if self.reading.ends() {
            tracing::info!("topics are read again");
        }
        let mut pause = idle;
        for (topic, read) in reads {
            match read {
                Read::Lost => self.set_state(topic, State::Lost),
                Read::Some { messages, position, more } => {
                    let caught_up_at = (!more).then_some(began);
                    if !messages.is_empty() {
                        pause = busy;
                        self.handle(topic, messages, position, caught_up_at);
                    } else if let Some(led) = self.led.get_mut(&topic) {
                        led.progress.position = position;
                        led.progress.caught_up_at = caught_up_at.or(led.progress.caught_up_at);
                    }
                }
            }
        }
        self.recover();
        pause
    }

    fn set_state(&mut self, topic: Topic, state: State) {
        if let Some(led) = self.led.get_mut(&topic) {
            led.state = state;
        }
    }

    fn handle(
        &mut self,
        topic: Topic,
        messages: Vec<Arc<GroupMessage>>,
        position: Option<Position>,
        caught_up_at: Option<Timestamp>,
    ) {
        let Some(led) = self.led.get_mut(&topic) else { return };
        let (shared, right, term) = (Arc::clone(&self.shared), self.right.clone(), led.term);
        led.state = State::Busy(self.tasks.spawn(async move {
            let done = shared.handling.handle(term, &messages, &right).await;
            Finished::Handled { term, position, caught_up_at, done }
        }));
    }

    /// Reads again what topics may have lost, all at once: one recovery at a time.
    fn recover(&mut self) {
        let lost = self.led.values_mut().filter(|led| matches!(led.state, State::Lost) && !led.leaving);
        let mut lost: Vec<_> = lost.collect();
        if lost.is_empty() || self.in_need.is_some() {
            return;
        }
        let since = lost.iter().map(|led| led.progress.caught_up_at).min().flatten();
        let since = since.map(|since| since.minus(self.shared.settings.clock_skew));
        for led in &mut lost {
            led.state = State::Recovering;
        }
        let asked: Vec<Term> = lost.iter().map(|led| led.term).collect();
        let in_need: InNeed = Arc::default();
        in_need
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .extend(asked.iter().map(|term| (term.topic, *term)));
        self.in_need = Some(Arc::clone(&in_need));
        let (shared, source, right) =
            (Arc::clone(&self.shared), Arc::clone(&self.source), self.right.clone());
        self.tasks.spawn(async move {
            let recovered = recover(&shared, source.as_ref(), &right, &in_need, since).await;
            Finished::Recovered { asked, recovered }
        });
    }

    async fn finish(&mut self, finished: Finished) {
        match finished {
            Finished::Handled { term, position, caught_up_at, done } => {
                self.handled_at = Instant::now();
                let Some(led) = self.led.get_mut(&term.topic).filter(|led| led.term == term) else { return };
                if done.is_err() {
                    return self.drop_topics(&[term.topic]);
                }
                led.state = State::Free;
                led.progress.position = position;
                led.progress.caught_up_at = caught_up_at.or(led.progress.caught_up_at);
                if led.leaving {
                    self.advance(&[term.topic]).await;
                    self.drop_topics(&[term.topic]);
                }
            }
            Finished::Recovered { asked, recovered } => {
                self.in_need = None;
                self.handled_at = Instant::now();
                let recovered: BTreeMap<_, _> = recovered.into_iter().collect();
                let (mut mended, mut ended) = (Vec::new(), Vec::new());
                for term in asked {
                    let Some(led) = self.led.get_mut(&term.topic).filter(|led| led.term == term) else {
                        continue;
                    };
                    match recovered.get(&term.topic) {
                        Some(position) => {
                            led.state = State::Free;
                            led.progress.position.clone_from(position);
                            mended.push(term.topic);
                        }
                        None => ended.push(term.topic),
                    }
                }
                self.drop_topics(&ended);
                self.advance(&mended).await;
                // Others may have lost something meanwhile.
                self.recover();
            }
        }
    }

    /// Leads these no more, whatever is in hand.
    fn drop_topics(&mut self, topics: &[Topic]) {
        let mut dropped = Vec::new();
        for topic in topics {
            let Some(led) = self.led.remove(topic) else { continue };
            if let State::Busy(task) = led.state {
                task.abort();
            }
            if let Some(in_need) = &self.in_need {
                in_need.lock().unwrap_or_else(PoisonError::into_inner).remove(topic);
            }
            dropped.push(*topic);
        }
        if !dropped.is_empty() {
            self.tell();
            // Who commands may be gone, and then it needs no telling.
            let _ = self.left.send(dropped);
        }
    }

    fn tell(&self) {
        self.shared.lead(self.led.keys().copied().collect());
    }

    /// Writes down how far the work is, often while there is some: for as long as the clocks of others may lag
    /// behind, so that they too see that nothing is left.
    async fn advance_in_time(&mut self) {
        let now = self.shared.clock.now();
        let oldest = self.led.values().map(|led| led.progress.caught_up_at).min().flatten();
        let lag = oldest.map_or(Duration::ZERO, |at| now.since(at));
        RINGS.lag.set(lag.as_secs_f64());
        let settings = &self.shared.settings;
        let settled = settings.clock_skew * 2 + settings.advance_every * 2;
        if self.handled_at.elapsed() < settled || self.advanced_at.elapsed() >= settings.rest_every {
            let all: Vec<_> = self.led.keys().copied().collect();
            self.advance(&all).await;
        }
    }

    /// Writes down how far the work on these is. Where the term has ended, that was that.
    async fn advance(&mut self, topics: &[Topic]) {
        let led = topics.iter().filter_map(|topic| self.led.get(topic));
        let progress: Vec<_> = led.map(|led| (led.term, led.progress.clone())).collect();
        if progress.is_empty() {
            return;
        }
        match self.shared.terms.advance(&progress).await {
            Ok(held) => {
                if self.advancing.ends() {
                    tracing::info!("it is written down again how far the topics are handled");
                }
                self.advanced_at = Instant::now();
                let ended = progress.iter().filter(|(term, _)| !held.contains(term));
                let ended: Vec<_> = ended.map(|(term, _)| term.topic).collect();
                self.drop_topics(&ended);
            }
            Err(error) => {
                if self.advancing.begins() {
                    tracing::warn!(
                        error = &error as &dyn std::error::Error,
                        "it can't be written down how far the topics are handled"
                    );
                }
            }
        }
    }
}
