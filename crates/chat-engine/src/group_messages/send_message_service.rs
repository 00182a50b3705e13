//! Sending a message.

use engine_interfaces::{ChatError, Draft, GroupMessageId, Sent};

use crate::{engine::ChatEngine, rules, store::NewMessage};

/// Stores a message.
pub(crate) struct SendMessageService<'a> {
    engine: &'a ChatEngine,
}

impl<'a> SendMessageService<'a> {
    pub(crate) fn new(engine: &'a ChatEngine) -> Self {
        Self { engine }
    }

    /// Sends `draft` to its group. The same draft again answers the message that it made the first time.
    #[tracing::instrument(skip_all, fields(user.id = %draft.user_id, group.id = %draft.group_id))]
    pub(crate) async fn call(&self, draft: Draft) -> Result<Sent, ChatError> {
        rules::check_message(&draft)?;
        fail_points::reach("send.checked");
        let id = draft.id.unwrap_or_else(|| GroupMessageId(self.engine.context.clock.new_id()));
        // Stored together with whatever is sent now; the writer answers and announces.
        self.engine
            .sends
            .ask(NewMessage {
                group_id: draft.group_id,
                user_id: draft.user_id,
                id,
                message: draft.message,
                trace: traces::current(),
            })
            .await
    }
}
