//! A big group costs a walk and no more.

use chat_engine::{Chat, seeding};
use engine_interfaces::{Clock, Limit, Seq, UserId};

use crate::{
    on_both,
    support::{HOUR, Scene},
};

on_both!(a_thousand_messages_to_fifty_thousand_members_are_few_jobs);

const MEMBERS: usize = 50_000;
const MESSAGES: usize = 1_000;
/// What the leader has at once.
const BATCH: usize = 50;

async fn a_thousand_messages_to_fifty_thousand_members_are_few_jobs(scene: Scene) {
    let (owner, bob) = (scene.person().await, scene.person().await);
    let (group, _) = scene.group(&owner, "Everybody").member(bob.id).create().await;
    // Members who have no account any more: they are walked past, and nobody writes to them.
    let others: Vec<_> = (0..MEMBERS - 2).map(|_| UserId(scene.clock.new_id())).collect();
    for others in others.chunks(seeding::AT_ONCE) {
        seeding::add_members(&scene.chat, group.id, others).await.unwrap();
    }
    let texts = (0..MESSAGES).map(|number| (owner.id, number.to_string()));
    seeding::append_messages(&scene.chat, group.id, texts).await.unwrap();
    let all = Limit::catch_up(Limit::MAX_CATCH_UP).unwrap();
    let messages = scene.chat.read_log(group.id, Seq::ZERO, all).await.unwrap();
    assert_eq!(messages.len(), MESSAGES);
    for batch in messages.chunks(BATCH) {
        scene.hear(batch).await;
    }
    scene.pass(HOUR).await;
    assert_eq!(scene.recipients().await, [bob.email]);
    let rows = scene.job_rows().await;
    assert!(rows < 100, "{rows} rows");
}
