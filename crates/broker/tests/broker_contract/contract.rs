//! What every broker keeps, whatever carries it. Another broker passes its own `make` to [`contract`].

use engine_interfaces::{Broker, Control, Delivery, Said, Seq, Slot, Subscription, UserId};

use crate::support::{
    PATIENCE, following, group, groups_of_two_slots, hear, message, next, next_control, next_whisper, whisper,
};

/// The queue of the brokers under test: small, so that it can be filled.
pub(crate) const QUEUE: usize = 8;

/// Every promise of [`Broker`]. `make` gives a bus of its own, whose subscribers have a queue of
/// [`QUEUE`].
pub(crate) async fn contract<B: Broker>(make: impl AsyncFn() -> B) {
    delivers_what_is_followed_in_the_order_of_announcing(make().await).await;
    delivers_nothing_of_other_slots(make().await).await;
    delivers_nothing_after_unfollowing(make().await).await;
    tells_every_subscriber_of_controls(make().await).await;
    whispers_to_followers_alone(make().await).await;
    whispers_give_way_and_leave_no_gap(make().await).await;
    needs_no_subscriber(make().await).await;
    tells_a_slow_reader_of_the_gap_and_goes_on(make().await).await;
    ends_when_either_half_is_dropped(make().await).await;
}

async fn delivers_what_is_followed_in_the_order_of_announcing(broker: impl Broker) {
    let group = group();
    let mut subscription = following(&broker, group).await;
    for first in [1, 4] {
        let batch: Vec<_> = (first..first + 3).map(|seq| message(group, seq)).collect();
        broker.announce(&batch).await.unwrap();
    }
    assert_eq!(hear(&mut subscription, 6).await, [1, 2, 3, 4, 5, 6]);
}

async fn delivers_nothing_of_other_slots(broker: impl Broker) {
    let (followed, other) = groups_of_two_slots();
    let mut subscription = following(&broker, followed).await;
    broker.announce(&[message(other, 1), message(followed, 2)]).await.unwrap();
    broker.announce(&[message(other, 3)]).await.unwrap();
    broker.announce(&[message(followed, 4)]).await.unwrap();
    assert_eq!(hear(&mut subscription, 2).await, [2, 4]);
}

async fn delivers_nothing_after_unfollowing(broker: impl Broker) {
    let (left, kept) = groups_of_two_slots();
    let mut subscription = following(&broker, left).await;
    subscription.follow.follow(Slot::of(kept)).await.unwrap();
    subscription.follow.unfollow(Slot::of(left)).await;
    broker.announce(&[message(left, 1), message(kept, 2)]).await.unwrap();
    assert_eq!(hear(&mut subscription, 1).await, [2]);
}

async fn tells_every_subscriber_of_controls(broker: impl Broker) {
    let mut subscriptions = [broker.subscribe().await.unwrap(), broker.subscribe().await.unwrap()];
    let control = Control::Erased { group_id: group(), seq: Seq(7) };
    broker.control(control.clone());
    for subscription in &mut subscriptions {
        assert_eq!(next_control(subscription).await, control);
    }
}

async fn whispers_to_followers_alone(broker: impl Broker) {
    let (followed, other) = groups_of_two_slots();
    let mut subscription = following(&broker, followed).await;
    let typing = Said::Typing { user_id: UserId::from_name("alice") };
    let online = Said::Online { online: 2, user_ids: None, watching: true };
    for (group, said) in [(other, &typing), (followed, &typing), (other, &online), (followed, &online)] {
        broker.whisper(whisper(group, said.clone()));
    }
    for said in [typing, online] {
        assert_eq!(next_whisper(&mut subscription).await, whisper(followed, said));
    }
}

async fn whispers_give_way_and_leave_no_gap(broker: impl Broker) {
    let group = group();
    let mut subscription = following(&broker, group).await;
    let said = Said::Online { online: 2, user_ids: None, watching: true };
    for _ in 0..QUEUE * 4 {
        broker.whisper(whisper(group, said.clone()));
    }
    next_whisper(&mut subscription).await;
    let control = Control::GroupDeleted { group_id: group };
    broker.control(control.clone());
    loop {
        match next(&mut subscription).await {
            Delivery::Whisper(_) => {}
            Delivery::Control(heard) => break assert_eq!(heard, control),
            other => unreachable!("{other:?}, and there was room for what is no whisper"),
        }
    }
}

async fn needs_no_subscriber(broker: impl Broker) {
    broker.announce(&[message(group(), 1)]).await.unwrap();
    broker.whisper(whisper(group(), Said::Typing { user_id: UserId::from_name("alice") }));
    broker.control(Control::GroupDeleted { group_id: group() });
}

async fn tells_a_slow_reader_of_the_gap_and_goes_on(broker: impl Broker) {
    let group = group();
    let mut subscription = following(&broker, group).await;
    let announced = i64::try_from(QUEUE).unwrap() * 4;
    for seq in 1..=announced {
        broker.announce(&[message(group, seq)]).await.unwrap();
    }
    // The confirmation comes behind what was announced before it: all of that has arrived.
    subscription.follow.follow(Slot::of(group)).await.unwrap();
    let mut kept = 0;
    while let Delivery::Messages(messages) = next(&mut subscription).await {
        kept += messages.len();
    }
    assert!(kept <= QUEUE, "{kept} were kept, more than the queue holds");
    // Each round adds one and reads one, so what waited is read in the end, and something new is heard.
    let mut newest = 0;
    for seq in announced + 1..=announced * 2 {
        broker.announce(&[message(group, seq)]).await.unwrap();
        if let Delivery::Messages(messages) = next(&mut subscription).await {
            newest = messages.iter().map(|message| message.seq.0).max().unwrap();
        }
    }
    assert!(newest > announced, "nothing is heard after a gap");
}

async fn ends_when_either_half_is_dropped(broker: impl Broker) {
    let Subscription { follow, mut deliveries } = broker.subscribe().await.unwrap();
    drop(follow);
    let ended = tokio::time::timeout(PATIENCE, deliveries.next()).await.unwrap();
    assert!(ended.is_none());

    let Subscription { follow, deliveries } = broker.subscribe().await.unwrap();
    drop(deliveries);
    let group = group();
    follow.follow(Slot::of(group)).await.unwrap();
    broker.announce(&[message(group, 1)]).await.unwrap();
}
