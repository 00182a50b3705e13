//! What comes of batches, however they are cut, is what would come of their messages one by one.

use std::{collections::HashMap, sync::Arc};

use database::Database;
use engine_interfaces::{Chat, Clock, GroupId, GroupMessageId, Limit, Range, Seq, UserId};
use proptest::{
    collection::vec,
    strategy::{Strategy, ValueTree},
    test_runner::TestRunner,
};
use test_support::{FixedClock, TestDatabase};
use uuid::Uuid;

use super::{NewMessage, Outcome, Place};
use crate::{MIGRATIONS, Settings, Store, factories};

/// How many histories are tried.
const HISTORIES: usize = 60;

/// A message as numbers: of which group, by whom, under which id, with which text.
type Asked = (usize, usize, u128, u8);

/// A few of each, so that ids meet.
fn batches() -> impl Strategy<Value = Vec<Vec<Asked>>> {
    vec(vec((0..3_usize, 0..3_usize, 0..6_u128, 0..2_u8), 1..12), 1..5)
}

/// What one message after the other would come to.
#[derive(Default)]
struct Model {
    logs: HashMap<GroupId, Vec<NewMessage>>,
    markers: HashMap<(GroupId, UserId), Seq>,
}

impl Model {
    fn send(&mut self, new: &NewMessage, clock: &FixedClock) -> Outcome {
        let Some(marker) = self.markers.get_mut(&(new.group_id, new.user_id)) else {
            return Outcome::NotMember;
        };
        let log = self.logs.entry(new.group_id).or_default();
        let place =
            |index: usize| Place { seq: Seq(i64::try_from(index).unwrap() + 1), created_at: clock.now() };
        if let Some(index) = log.iter().position(|stored| stored.id == new.id) {
            let same = log[index].user_id == new.user_id && log[index].message == new.message;
            return if same { Outcome::Replayed(place(index)) } else { Outcome::Conflict };
        }
        log.push(new.clone());
        let place = place(log.len() - 1);
        *marker = place.seq;
        Outcome::Stored(place)
    }
}

async fn batches_are_decided_as_one_by_one(database: Database) {
    let clock = Arc::new(FixedClock::default());
    let store = Store::over(database);
    let (chat, _) = factories::engine_over(store.clone(), clock.clone(), Settings::default());
    let mut runner = TestRunner::deterministic();
    for _ in 0..HISTORIES {
        // The second user is in one of the two groups only, the third in none; the third group does not exist.
        let users = [factories::user(), factories::user(), factories::user()];
        let both = factories::group(&chat).owner(users[0]).member(users[1]);
        let groups = [
            both.create().await.0.id,
            factories::group(&chat).owner(users[0]).create().await.0.id,
            GroupId(clock.new_id()),
        ];
        let mut model = Model::default();
        for (group, user) in [(0, 0), (0, 1), (1, 0)] {
            model.markers.insert((groups[group], users[user]), Seq::ZERO);
        }

        for batch in batches().new_tree(&mut runner).unwrap().current() {
            let news: Vec<_> = batch
                .iter()
                .map(|(group, user, id, text)| NewMessage {
                    group_id: groups[*group],
                    user_id: users[*user],
                    id: GroupMessageId(Uuid::from_u128(*id)),
                    message: format!("text {text}"),
                    trace: None,
                })
                .collect();
            let expected: Vec<_> = news.iter().map(|new| model.send(new, &clock)).collect();
            assert_eq!(store.send(&news, clock.now()).await.unwrap(), expected, "{batch:?}");
        }
        for ((group, user), read_seq) in &model.markers {
            let version = chat.group_version(*user, *group).await.unwrap();
            let log = model.logs.get(group).map_or(&[][..], |log| log);
            assert_eq!(version.read_seq, *read_seq);
            assert_eq!(version.last_seq, Seq(i64::try_from(log.len()).unwrap()));
            let after = Range::After(Seq::ZERO);
            let stored = chat.list_messages(*user, *group, after, Limit::default()).await.unwrap().messages;
            assert!(stored.iter().map(|message| message.id).eq(log.iter().map(|new| new.id)));
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_decided_as_one_by_one_on_sqlite() {
    let test = TestDatabase::sqlite(MIGRATIONS).await;
    batches_are_decided_as_one_by_one(test.database()).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn batches_are_decided_as_one_by_one_on_postgres() {
    let test = TestDatabase::postgres(MIGRATIONS).await;
    batches_are_decided_as_one_by_one(test.database()).await;
}
