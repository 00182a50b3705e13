//! What this server asks of those who store.

use std::{
    collections::{HashMap, HashSet},
    error::Error,
    sync::Arc,
};

use engine_interfaces::{
    AuthError, Authentication, BoxError, Chat, ChatError, GroupHead, GroupId, Seq, Token, TokenId, UserId,
};

use crate::{
    batcher::{Answer, Batcher},
    meters::METERS,
    settings::Settings,
};

/// What every client that comes in asks. A thousand that come in at once ask a few times.
pub(crate) struct Questions {
    revoked: Batcher<Token, HashSet<TokenId>, AuthError>,
    heads_of: Batcher<UserId, HashMap<UserId, Vec<GroupHead>>, ChatError>,
    heads: Batcher<GroupId, HashMap<GroupId, Seq>, ChatError>,
}

impl Questions {
    /// Asks these two, within the limits of the settings.
    pub(crate) fn start(
        authentication: &Arc<dyn Authentication>,
        chat: &Arc<dyn Chat>,
        settings: &Settings,
    ) -> Self {
        let (batch, pause) = (settings.compare_batch, settings.question_pause);
        let (authentication, of_users, of_groups) =
            (Arc::clone(authentication), Arc::clone(chat), Arc::clone(chat));
        Self {
            revoked: Batcher::start(batch, pause, move |tokens: Vec<Token>| {
                let authentication = Arc::clone(&authentication);
                async move {
                    METERS.reads.revoked_tokens.increment(1);
                    Ok(authentication.revoked_tokens(&tokens).await?.into_iter().collect())
                }
            }),
            heads_of: Batcher::start(batch, pause, move |users: Vec<UserId>| {
                let chat = Arc::clone(&of_users);
                async move {
                    METERS.reads.heads_of.increment(1);
                    let mut heads: HashMap<_, Vec<_>> = HashMap::new();
                    for (user, head) in chat.heads_of(&users).await? {
                        heads.entry(user).or_default().push(head);
                    }
                    Ok(heads)
                }
            }),
            heads: Batcher::start(batch, pause, move |groups: Vec<GroupId>| {
                let chat = Arc::clone(&of_groups);
                async move {
                    let mut heads = HashMap::new();
                    for groups in groups.chunks(batch) {
                        METERS.reads.heads.increment(1);
                        let read = chat.heads(groups).await?;
                        heads.extend(read.into_iter().map(|head| (head.group_id, head.last_seq)));
                    }
                    Ok(heads)
                }
            }),
        }
    }

    /// Is this token revoked, according to the store?
    pub(crate) async fn is_revoked(&self, token: Token) -> Result<bool, AuthError> {
        let answer = given(self.revoked.ask(vec![token]).await).map_err(AuthError::Unavailable)?;
        Ok(answer.contains(&token.id))
    }

    /// Where the logs of a user's groups end.
    pub(crate) async fn heads_of(&self, user: UserId) -> Result<Vec<GroupHead>, ChatError> {
        let answer = given(self.heads_of.ask(vec![user]).await).map_err(ChatError::Unavailable)?;
        Ok(answer.get(&user).cloned().unwrap_or_default())
    }

    /// Where the logs of these groups end, and perhaps of others.
    pub(crate) async fn heads(&self, groups: Vec<GroupId>) -> Result<Arc<HashMap<GroupId, Seq>>, ChatError> {
        given(self.heads.ask(groups).await).map_err(ChatError::Unavailable)
    }
}

/// The answer, or why there is none: the same for all who asked.
fn given<A, E: Error + Send + Sync + 'static>(answer: Option<Answer<A, E>>) -> Result<Arc<A>, BoxError> {
    answer.ok_or("the server is ending")?.map_err(BoxError::from)
}
