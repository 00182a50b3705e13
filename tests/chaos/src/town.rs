//! Who lives here: people, the groups that they share, and a socket of each.

use std::{collections::HashMap, sync::Arc, time::Duration};

use engine_interfaces::BoxError;
use production_shape::until;
use reqwest::Method;
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{
    history::{Fault, History},
    person::{Person, client},
    reader::{Reader, Running, Status},
};

/// How many groups each is in.
const GROUPS_EACH: usize = 2;
/// How many sign up at once.
const AT_ONCE: usize = 8;
/// How long readers may take to have everything: the longest that an official client waits before it connects
/// again, and the longest that a lost hint stays unnoticed.
const CATCH_UP_LIMIT: Duration = Duration::from_secs(30);
/// How often they are looked at.
const LOOK: Duration = Duration::from_millis(5);

/// The groups of a town, and what is known of them.
pub(crate) struct Groups {
    pub(crate) balancer: String,
    /// By number.
    pub(crate) ids: Vec<Uuid>,
    pub(crate) history: History,
    numbers: HashMap<Uuid, usize>,
}

impl Groups {
    /// Which one it is.
    pub(crate) fn number(&self, id: Uuid) -> Option<usize> {
        self.numbers.get(&id).copied()
    }
}

/// Somebody who lives here.
pub(crate) struct Resident {
    pub(crate) person: Person,
    /// The numbers of their groups.
    pub(crate) groups: Vec<usize>,
    /// Their sockets.
    pub(crate) readers: Vec<Arc<Reader>>,
    _running: Vec<Running>,
}

/// Everybody.
pub(crate) struct Town {
    pub(crate) groups: Arc<Groups>,
    pub(crate) residents: Vec<Resident>,
}

impl Town {
    /// Everybody signs up, comes into their groups, and opens so many sockets.
    pub(crate) async fn settle(
        balancer: &str,
        people: usize,
        groups: usize,
        sockets: usize,
    ) -> Result<Self, BoxError> {
        let people = sign_up(balancer, people).await?;
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); groups];
        let places: Vec<Vec<usize>> = (0..people.len())
            .map(|n| {
                (0..GROUPS_EACH.min(groups)).map(|turn| (n + turn * (1 + n / groups)) % groups).collect()
            })
            .collect();
        for (person, places) in places.iter().enumerate() {
            places.iter().for_each(|group| members[*group].push(person));
        }
        let mut ids = Vec::with_capacity(groups);
        for members in &members {
            let [owner, others @ ..] = members.as_slice() else {
                return Err("a group has nobody in it: there are more groups than people".into());
            };
            let others: Vec<_> = others.iter().map(|other| &people[*other]).collect();
            ids.push(people[*owner].found("A group", &others).await?);
        }
        let numbers = ids.iter().enumerate().map(|(number, id)| (*id, number)).collect();
        let groups = Arc::new(Groups {
            balancer: balancer.to_owned(),
            history: History::new(ids.len()),
            ids,
            numbers,
        });
        let residents = people.into_iter().zip(places).map(|(person, mut places)| {
            places.sort_unstable();
            places.dedup();
            let nothing = || places.iter().map(|group| (*group, 0)).collect();
            let (readers, _running) =
                (0..sockets).map(|_| Reader::start(&person, &groups, nothing())).unzip();
            Resident { person, groups: places, readers, _running }
        });
        let town = Self { residents: residents.collect(), groups: Arc::clone(&groups) };
        town.everybody_is_in(CATCH_UP_LIMIT).await.ok_or("the sockets are not let in")?;
        Ok(town)
    }

    /// How long it took until every socket was let in; none when it took too long.
    pub(crate) async fn everybody_is_in(&self, limit: Duration) -> Option<Duration> {
        until(limit, LOOK, || self.readers().all(|reader| reader.is(Status::In))).await
    }

    /// How long it took until in each group a message that was begun after the mark was acknowledged, and
    /// everybody in the group had it.
    pub(crate) async fn whole_again(&self, limit: Duration) -> Option<Duration> {
        let first = |group| self.groups.history.first_since_mark(group);
        until(limit, LOOK, || self.everybody_has(|group| first(group).unwrap_or(i64::MAX))).await
    }

    /// Every socket of everybody.
    pub(crate) fn readers(&self) -> impl Iterator<Item = &Arc<Reader>> {
        self.residents.iter().flat_map(|resident| &resident.readers)
    }

    /// Has every socket what its groups have up to somewhere?
    fn everybody_has(&self, end: impl Fn(usize) -> i64) -> bool {
        let ends: Vec<i64> = (0..self.groups.ids.len()).map(end).collect();
        self.residents.iter().all(|resident| {
            let has =
                |reader: &Arc<Reader>| resident.groups.iter().all(|group| reader.has(*group) >= ends[*group]);
            resident.readers.iter().all(has)
        })
    }

    /// Nobody is sending: is all that was acknowledged there, once, in order, everywhere, and counted right?
    /// `markers` is what each has read of their groups.
    pub(crate) async fn check(&self, markers: &[HashMap<usize, i64>]) {
        let mut ends = Vec::with_capacity(self.groups.ids.len());
        for (number, id) in self.groups.ids.iter().enumerate() {
            let Some(member) = self.residents.iter().find(|resident| resident.groups.contains(&number))
            else {
                ends.push(0);
                continue;
            };
            let checked = self.groups.history.checked(number);
            self.groups.history.check(number, &member.person.log(*id, checked, i64::MAX).await);
            ends.push(self.groups.history.checked(number));
        }
        let history = &self.groups.history;
        // What lacks something after that is told below.
        let _ = until(CATCH_UP_LIMIT, LOOK, || self.everybody_has(|group| ends[group])).await;
        for (resident, read) in self.residents.iter().zip(markers) {
            for reader in &resident.readers {
                if reader.is(Status::Out) {
                    history.fault(Fault::SignedOut, format_args!("{} was put out", resident.person.id));
                }
                for group in &resident.groups {
                    let (has, end) = (reader.has(*group), ends[*group]);
                    if has < end {
                        history.fault(Fault::Gap, format_args!("group {group}: a socket has {has} of {end}"));
                    }
                }
            }
            self.check_unread(resident, read, &ends).await;
        }
    }

    async fn check_unread(&self, resident: &Resident, read: &HashMap<usize, i64>, ends: &[i64]) {
        let history = &self.groups.history;
        let (list, _) = resident.person.insist(Method::GET, "/groups?limit=100", None).await;
        let listed = list.body["groups"].as_array().cloned().unwrap_or_default();
        for group in &resident.groups {
            let id = self.groups.ids[*group].to_string();
            let shown = listed.iter().find(|shown| shown["id"] == id.as_str());
            let field = |name: &str| shown.and_then(|shown| shown[name].as_i64()).unwrap_or(-1);
            let (end, read) = (ends[*group], read.get(group).copied().unwrap_or_default());
            let shown = (field("last_seq"), field("read_seq"), field("unread_count"));
            if shown != (end, read, end - read) {
                let expected = (end, read, end - read);
                history.fault(Fault::Unread, format_args!("group {group}: {shown:?} and not {expected:?}"));
            }
        }
    }
}

async fn sign_up(balancer: &str, people: usize) -> Result<Vec<Person>, BoxError> {
    let client = client()?;
    let (mut signing_up, mut signed_up) = (JoinSet::new(), Vec::with_capacity(people));
    for _ in 0..people {
        if signing_up.len() == AT_ONCE {
            signed_up.extend(signing_up.join_next().await.transpose()?.transpose()?);
        }
        let (client, balancer) = (client.clone(), balancer.to_owned());
        signing_up.spawn(async move { Person::sign_up(&client, &balancer).await });
    }
    while let Some(person) = signing_up.join_next().await {
        signed_up.push(person??);
    }
    Ok(signed_up)
}
