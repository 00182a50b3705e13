//! On SQLite the steps of `chat_send` are one transaction of the one writer, which waits for nobody.

use std::collections::BTreeMap;

use database::{At, Col};
use diesel::{
    ExpressionMethods, OptionalExtension, QueryDsl, QueryResult, RunQueryDsl, SelectableHelper,
    SqliteConnection, insert_into, update,
};
use engine_interfaces::{GroupId, Seq, Timestamp, UserId};

use crate::store::{
    rows::{HeadRow, MessageRow},
    schema::{group_heads, memberships, messages, outbox},
};

use super::{
    NewMessage, Outcome, Place,
    decide::{Known, Stored, decide},
};

pub(super) fn send(
    lite: &mut SqliteConnection,
    batch: &[NewMessage],
    now: Timestamp,
) -> QueryResult<Vec<Outcome>> {
    let mut groups: BTreeMap<GroupId, Vec<(usize, &NewMessage)>> = BTreeMap::new();
    for (index, new) in batch.iter().enumerate() {
        groups.entry(new.group_id).or_default().push((index, new));
    }
    lite.immediate_transaction(|lite| {
        let mut outcomes = vec![Outcome::NotMember; batch.len()];
        for (group, asked) in groups {
            let news: Vec<_> = asked.iter().map(|(_, new)| *new).collect();
            let answered = send_group(lite, group, &news, now)?;
            for ((index, _), outcome) in asked.iter().zip(answered) {
                if let Some(slot) = outcomes.get_mut(*index) {
                    *slot = outcome;
                }
            }
        }
        Ok(outcomes)
    })
}

fn send_group(
    lite: &mut SqliteConnection,
    group: GroupId,
    asked: &[&NewMessage],
    now: Timestamp,
) -> QueryResult<Vec<Outcome>> {
    let head = group_heads::table.find(Col(group)).select(HeadRow::as_select()).first(lite).optional()?;
    // Asked even when there is no group: to a stranger it is all the same.
    let known = asked.iter().map(|new| Ok((*new, known(lite, new)?))).collect::<QueryResult<Vec<_>>>()?;
    let Some(head) = head else {
        return Ok(vec![Outcome::NotMember; asked.len()]);
    };
    let at = now.max(head.last_message_at.0);
    let outcomes = decide(known, Seq(head.last_seq), at);

    let mut senders = BTreeMap::new();
    let mut last = None;
    for (new, outcome) in asked.iter().zip(&outcomes) {
        if let Outcome::Stored(place) = outcome {
            insert(lite, new, *place)?;
            senders.insert(new.user_id, place.seq.0);
            last = Some((new.user_id, place.seq.0));
        }
    }
    if let Some((sender, last_seq)) = last {
        update(group_heads::table.find(Col(group)))
            .set((
                group_heads::last_seq.eq(last_seq),
                group_heads::last_message_at.eq(At(at)),
                group_heads::last_sender_id.eq(Some(Col(sender))),
            ))
            .execute(lite)?;
        insert_into(outbox::table)
            .values((
                outbox::group_id.eq(Col(group)),
                outbox::first_seq.eq(head.last_seq + 1),
                outbox::last_seq.eq(last_seq),
                outbox::created_at.eq(At(now)),
            ))
            .execute(lite)?;
    }
    for (sender, seq) in senders {
        update(memberships::table.find((Col(group), Col(sender))))
            .set(memberships::read_seq.eq(seq))
            .execute(lite)?;
    }
    Ok(outcomes)
}

fn known(lite: &mut SqliteConnection, new: &NewMessage) -> QueryResult<Known> {
    let member: Option<Col<UserId>> = memberships::table
        .find((Col(new.group_id), Col(new.user_id)))
        .filter(memberships::left_at.is_null())
        .select(memberships::user_id)
        .first(lite)
        .optional()?;
    if member.is_none() {
        return Ok(Known { member: false, stored: None });
    }
    let stored: Option<MessageRow> = messages::table
        .filter(messages::group_id.eq(Col(new.group_id)))
        .filter(messages::id.eq(Col(new.id)))
        .select(MessageRow::as_select())
        .first(lite)
        .optional()?;
    Ok(Known {
        member: true,
        stored: stored.map(|row| Stored {
            place: Place { seq: Seq(row.seq), created_at: row.created_at.0 },
            user_id: row.user_id.map(|user| user.0),
            message: row.message,
        }),
    })
}

fn insert(lite: &mut SqliteConnection, new: &NewMessage, place: Place) -> QueryResult<()> {
    insert_into(messages::table)
        .values((
            messages::group_id.eq(Col(new.group_id)),
            messages::seq.eq(place.seq.0),
            messages::id.eq(Col(new.id)),
            messages::user_id.eq(Some(Col(new.user_id))),
            messages::created_at.eq(At(place.created_at)),
            messages::updated_at.eq(At(place.created_at)),
            messages::message.eq(Some(&new.message)),
        ))
        .execute(lite)
        .map(drop)
}
