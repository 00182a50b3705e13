//! What many ask at the same time becomes one question.

use std::{collections::HashSet, future::Future, hash::Hash, sync::Arc, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time,
};

/// An answer to all that was asked at once, shared by those who asked.
pub(crate) type Answer<A, E> = Result<Arc<A>, Arc<E>>;

/// Puts what has gathered since the last question, while it was on its way and for a pause after it, as one question.
/// Who comes alone waits for nobody.
pub(crate) struct Batcher<Q, A, E> {
    queue: mpsc::Sender<Asked<Q, A, E>>,
}

struct Asked<Q, A, E> {
    about: Vec<Q>,
    reply: oneshot::Sender<Answer<A, E>>,
}

impl<Q, A, E> Batcher<Q, A, E>
where
    Q: Eq + Hash + Send + 'static,
    A: Send + Sync + 'static,
    E: Send + Sync + 'static,
{
    /// `put` puts a question; at most `most` who ask are answered by one. The task that does it ends with this value.
    pub(crate) fn start<F>(most: usize, pause: Duration, put: impl Fn(Vec<Q>) -> F + Send + 'static) -> Self
    where
        F: Future<Output = Result<A, E>> + Send,
    {
        let most = most.max(1);
        let (queue, mut asked) = mpsc::channel::<Asked<Q, A, E>>(most);
        tokio::spawn(async move {
            let mut waiting = Vec::new();
            while asked.recv_many(&mut waiting, most).await > 0 {
                let (about, replies): (Vec<_>, Vec<_>) =
                    waiting.drain(..).map(|Asked { about, reply }| (about, reply)).unzip();
                let about: HashSet<Q> = about.into_iter().flatten().collect();
                let answer = put(about.into_iter().collect()).await.map(Arc::new).map_err(Arc::new);
                for reply in replies {
                    // Who asked may be gone.
                    let _ = reply.send(answer.clone());
                }
                time::sleep(pause).await;
            }
        });
        Self { queue }
    }

    /// Asks; what is answered was not read before this was called. None when the server is ending.
    pub(crate) async fn ask(&self, about: Vec<Q>) -> Option<Answer<A, E>> {
        let (reply, answer) = oneshot::channel();
        self.queue.send(Asked { about, reply }).await.ok()?;
        answer.await.ok()
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::Semaphore;

    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_asks_while_a_question_is_on_its_way_shares_the_next_one() {
        let (gate, (told, mut questions)) = (Arc::new(Semaphore::new(0)), mpsc::unbounded_channel());
        let opened = Arc::clone(&gate);
        let batcher = Arc::new(Batcher::<u32, HashSet<u32>, ()>::start(10, Duration::ZERO, move |about| {
            let gate = Arc::clone(&opened);
            told.send(about.len()).unwrap();
            async move {
                gate.acquire().await.unwrap().forget();
                Ok(about.into_iter().collect())
            }
        }));
        let ask = |about: Vec<u32>| {
            let batcher = Arc::clone(&batcher);
            tokio::spawn(async move { batcher.ask(about).await.unwrap().unwrap() })
        };
        let first = ask(vec![1]);
        assert_eq!(questions.recv().await, Some(1));
        let others: Vec<_> = (2..8).map(|n| ask(vec![n, 1])).collect();
        while batcher.queue.capacity() > 10 - others.len() {
            tokio::task::yield_now().await;
        }
        gate.add_permits(2);
        assert_eq!(*first.await.unwrap(), HashSet::from([1]));
        for (n, other) in (2..8).zip(others) {
            assert!(other.await.unwrap().contains(&n));
        }
        assert_eq!(questions.recv().await, Some(7), "six asked about seven");
        assert!(questions.is_empty());
    }
}
