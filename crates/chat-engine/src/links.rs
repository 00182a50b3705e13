//! Links each message to its author, off the send path.

use std::sync::Arc;

use async_trait::async_trait;
use engine_interfaces::{
    BoxError, ChatError, GroupId, GroupMessage, Term, TopicHandler, UserResource, UserResources,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    coalescer::{Coalescer, Lanes, Work},
    context::Context,
};

/// Links messages to their authors. What the leaders of several topics bring at once is linked by one
/// statement.
pub(crate) struct LinkMessages {
    links: Coalescer<Links>,
}

impl LinkMessages {
    pub(crate) fn start(context: &Context, tasks: &TaskTracker, stop: &CancellationToken) -> Self {
        let one_at_a_time = Lanes { count: 1, ..context.settings.writing() };
        let links = Links { resources: Arc::clone(&context.resources) };
        Self { links: Coalescer::start(links, one_at_a_time, tasks, stop) }
    }
}

#[async_trait]
impl TopicHandler for LinkMessages {
    async fn handle(&self, _: Term, messages: &[Arc<GroupMessage>]) -> Result<(), BoxError> {
        let link = |message: &Arc<GroupMessage>| {
            let user = message.user_id?;
            Some(UserResource::group_message(user, message.group_id, message.id))
        };
        let links: Vec<_> = messages.iter().filter_map(link).collect();
        if links.is_empty() {
            return Ok(());
        }
        Ok(self.links.ask(links).await?)
    }
}

struct Links {
    resources: Arc<dyn UserResources>,
}

impl Work for Links {
    type Ask = Vec<UserResource>;
    type Done = ();

    const NAME: &'static str = "links";

    fn group(ask: &Self::Ask) -> GroupId {
        ask.first().map_or(GroupId(Default::default()), |link| GroupId(link.scope_id))
    }

    async fn perform(&self, asks: Vec<Self::Ask>) -> Vec<Result<(), ChatError>> {
        let links: Vec<_> = asks.iter().flatten().cloned().collect();
        let linked = self.resources.link(&links).await.map_err(Arc::new);
        asks.iter().map(|_| linked.clone().map_err(|error| ChatError::Unavailable(error.into()))).collect()
    }
}
