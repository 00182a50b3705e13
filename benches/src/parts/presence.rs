//! What it costs to show who is online and who types, beside the same with nobody looking: people come, type and go while
//! everybody else is online.

use std::time::{Duration, Instant};

use chat_engine::GroupId;
use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::{
    task::JoinSet,
    time::{sleep, sleep_until},
};

use super::SETTINGS;
use crate::{
    client::{Crowd, Socket},
    options::Options,
    people::{People, Person},
    report::{Beside, Line},
    work,
};

/// The most sockets that are online all the while.
const SOCKETS: usize = 5_000;
/// How many of them are in a group of their own; all of them are in one more.
const MEMBERS: usize = 20;
/// Those who come and go, how many in a second, and for how long. Nobody comes again so soon that it is not shown that they
/// type.
const VISITORS: usize = 80;
const A_SECOND: u32 = 10;
const STAY: Duration = Duration::from_secs(2);
/// How long the sockets are left alone before anything is measured: until each process has told the other.
const SETTLE: Duration = Duration::from_secs(3);
/// Whose time is counted.
const PROCESSES: [&str; 3] = ["realtime1", "realtime2", "redis"];

/// What everybody has open.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Open {
    Nothing,
    Own,
    Everybodys,
}

/// Somebody, and a group of twenty that they are in.
struct Guest {
    person: Person,
    own: GroupId,
}

struct Town {
    shape: Shape,
    members: Vec<Guest>,
    visitors: Vec<Guest>,
    everybodys: GroupId,
}

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let size = options.sockets.iter().copied().filter(|size| *size <= SOCKETS).max().unwrap_or(SOCKETS);
    let town = Town::build(Shape::start(&options.binaries, &SETTINGS).await?, size).await?;
    let line = |open: &str, figure| Line::new(format!("{size} sockets, {open}"), figure);
    let cpu = "CPU of realtime and Redis, % of a core";
    let mut nothing = line("nobody looks", cpu);
    let mut lines = Vec::new();
    for (open, case) in
        [(Open::Own, "a group of 20 open on each"), (Open::Everybodys, "one group open on all")]
    {
        let more = line(case, "presence's part of it, % of a core").at_most(3.0, Beside::Nothing);
        lines.push((open, line(case, cpu), more));
    }
    for _ in 0..options.rounds {
        let without = town.live(Open::Nothing, options.duration()).await?;
        nothing.ours.push(without);
        for (open, whole, more) in &mut lines {
            let with = town.live(*open, options.duration()).await?;
            whole.ours.push(with);
            more.ours.push(with - without);
        }
    }
    let lines = lines.into_iter().flat_map(|(_, whole, more)| [whole, more]);
    Ok([nothing].into_iter().chain(lines).collect())
}

impl Town {
    async fn build(shape: Shape, size: usize) -> Result<Self, BoxError> {
        let people = People::of(&shape).await?;
        let mut members = people.sign_up(size).await?;
        let mut visitors = people.sign_up(VISITORS).await?;
        let everybodys = people.group(&[&members[..], &visitors[..]].concat()).await?;
        let mut town = Self { shape, members: Vec::new(), visitors: Vec::new(), everybodys };
        let groups = size.div_ceil(MEMBERS);
        for n in 0..groups {
            let members: Vec<_> = members.drain(..MEMBERS.min(members.len())).collect();
            // As many visitors to each as there are too many for one.
            let left = groups - n;
            let visitors: Vec<_> = visitors.drain(..visitors.len().div_ceil(left)).collect();
            let own = people.group(&[&members[..], &visitors[..]].concat()).await?;
            town.members.extend(members.into_iter().map(|person| Guest { person, own }));
            town.visitors.extend(visitors.into_iter().map(|person| Guest { person, own }));
        }
        people.settle().await?;
        Ok(town)
    }

    fn group(&self, open: Open, guest: &Guest) -> Option<GroupId> {
        match open {
            Open::Nothing => None,
            Open::Own => Some(guest.own),
            Open::Everybodys => Some(self.everybodys),
        }
    }

    /// How much of a core it takes, in percent.
    async fn live(&self, open: Open, time: Duration) -> Result<f64, BoxError> {
        let addresses = ["realtime1", "realtime2"].map(|name| self.shape.address(name));
        let tokens: Vec<_> = self.members.iter().map(|guest| guest.person.token.clone()).collect();
        let groups = self.members.iter().filter_map(|guest| self.group(open, guest));
        let opened: Vec<_> = groups.map(|group| event("open", group)).collect();
        let crowd = Crowd::connect_saying(&addresses, &tokens, &opened).await?;
        sleep(SETTLE).await;

        crowd.listen();
        let (before, began) = (self.cpu()?, Instant::now());
        let visits = self.visit(open, &addresses, time).await?;
        let (passed, lasted) = (self.cpu()?.saturating_sub(before), began.elapsed());
        let shown = crowd.shown();
        let right = match open {
            Open::Nothing => shown == (0, 0),
            // Everybody who is there is told that a visitor types, and sees them come.
            Open::Own => shown.0 > 0 && shown.1 >= (visits * MEMBERS.min(self.members.len())) as u64,
            Open::Everybodys => shown.0 >= self.members.len() as u64,
        };
        if !right {
            return Err(format!("{visits} visits were shown {shown:?} times").into());
        }
        Ok(passed.as_secs_f64() / lasted.as_secs_f64() * 100.0)
    }

    /// Has people come, type and go for a time; answers how many came.
    async fn visit(&self, open: Open, addresses: &[String], time: Duration) -> Result<usize, BoxError> {
        let (began, pause) = (Instant::now(), Duration::from_secs(1) / A_SECOND);
        let mut visiting: JoinSet<Result<(), BoxError>> = JoinSet::new();
        let mut visits = 0;
        for (guest, address) in self.visitors.iter().cycle().zip(addresses.iter().cycle()) {
            if began.elapsed() >= time {
                break;
            }
            let opened = self.group(open, guest).map(|group| event("open", group));
            let typed = event("typing", self.group(open, guest).unwrap_or(guest.own));
            let (address, token) = (address.clone(), guest.person.token.clone());
            visiting.spawn(async move {
                let mut socket = Socket::connect(address, token).await?;
                for said in opened.iter().chain([&typed]) {
                    socket.send(said).await?;
                }
                sleep(STAY).await;
                Ok(())
            });
            visits += 1;
            sleep_until((began + pause * visits as u32).into()).await;
        }
        while let Some(visit) = visiting.join_next().await {
            visit??;
        }
        Ok(visits)
    }

    fn cpu(&self) -> Result<Duration, BoxError> {
        PROCESSES.iter().map(|name| work::of(&self.shape, name)).sum()
    }
}

/// An event as a client writes it, which wants no answer.
fn event(name: &str, group: GroupId) -> String {
    format!(r#"42["{name}",{{"group_id":"{group}"}}]"#)
}
