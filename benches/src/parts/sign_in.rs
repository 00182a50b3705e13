//! Signing in, beside what the machine can hash at all.

use std::{
    thread,
    time::{Duration, Instant},
};

use engine_interfaces::BoxError;
use production_shape::Shape;
use tokio::task::JoinSet;

use super::chat::{Room, send};
use crate::{
    client::Crowd,
    http::{Connection, request},
    options::Options,
    people::People,
    report::{Beside, Line, quantile},
    work::Measured,
};

/// The default cost of a password.
const COST: u32 = 12;
/// Of the threads that hash, here and in the program.
const NICENESS: i32 = 10;
/// How many sign in at once: enough that every core has a password to hash.
const AT_ONCE: usize = 8;
/// Messages a second beside them, to how many members.
const SENDS: u32 = 50;
const MEMBERS: usize = 20;
const SIGN_UP: &str =
    r#"{"user":{"name":"Somebody","email":"somebody@example.com","password":"stanley-park-1"}}"#;
const SIGN_IN: &str = r#"{"user":{"email":"somebody@example.com","password":"stanley-park-1"}}"#;

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let shape = Shape::start(&options.binaries, &[]).await?;
    let address = shape.address("api1");
    let signed_up =
        Connection::open(&address).await?.ask(&request("POST", "/users", "", "", SIGN_UP)).await?;
    if signed_up.status != 201 {
        return Err(format!("a sign-up was answered {}", signed_up.status).into());
    }
    let mut line =
        Line::new(format!("{AT_ONCE} at once, cost {COST}"), "sign-ins/s").at_least(0.9, Beside::Floor);
    for _ in 0..options.rounds {
        line.ours.push(sign_ins(&address, options.duration()).await?);
        let time = options.duration();
        line.floor.push(tokio::task::spawn_blocking(move || hashes(time)).await?);
    }
    Ok(vec![line, beside_sends(options, &shape).await?])
}

/// What the machine does beside the sends.
#[derive(Clone, Copy)]
enum Busy {
    Idle,
    SigningIn,
    /// No program but threads that hash: what two busy cores cost whoever shares them.
    Hashing,
}

/// How long sends take while everybody signs in, beside how long they take otherwise, and beside bare bcrypt.
async fn beside_sends(options: &Options, shape: &Shape) -> Result<Line, BoxError> {
    let people = People::of(shape).await?;
    let members = people.sign_up(MEMBERS).await?;
    let group = people.group(&members).await?;
    people.settle().await?;
    let room = [Room { group, writer: members.first().ok_or("somebody writes")?.clone() }];
    let tokens: Vec<_> = members.into_iter().map(|member| member.token).collect();
    let mut crowd = Crowd::connect(&[shape.address("realtime1")], &tokens).await?;
    let case = format!("{SENDS} sends/s beside {AT_ONCE} at once who sign in");
    let mut line =
        Line::new(case, "request to delivery, p99 (floor: without them, peer: beside bare bcrypt), ms")
            .at_most(2.0, Beside::Floor);
    let (apis, time) = (shape.apis(), options.tail_duration());
    for _ in 0..options.rounds {
        for (busy, figures) in [
            (Busy::Idle, &mut line.floor),
            (Busy::SigningIn, &mut line.ours),
            (Busy::Hashing, &mut line.peer),
        ] {
            crowd.listen();
            let beside = async {
                match busy {
                    Busy::Idle => {}
                    Busy::SigningIn => drop(sign_ins(&shape.address("api1"), time).await?),
                    Busy::Hashing => drop(tokio::task::spawn_blocking(move || hashes(time)).await?),
                }
                Ok(())
            };
            let (sent, ()) = tokio::try_join!(send(&apis, &room, Some(SENDS), time), beside)?;
            crowd.has_heard(sent * tokens.len() as u64).await?;
            figures.extend(quantile(&crowd.latencies(), 0.99));
        }
    }
    Ok(line)
}

/// Sign-ins in a second.
async fn sign_ins(address: &str, time: Duration) -> Result<f64, BoxError> {
    let began = Instant::now();
    let mut signing_in = JoinSet::new();
    for _ in 0..AT_ONCE {
        let address = address.to_owned();
        signing_in.spawn(async move {
            let mut connection = Connection::open(&address).await?;
            let mut count = 0_u32;
            while began.elapsed() < time {
                let status =
                    connection.ask(&request("POST", "/users/sign_in", "", "", SIGN_IN)).await?.status;
                if status != 200 {
                    return Err(format!("a sign-in was answered {status}").into());
                }
                count += 1;
            }
            Ok::<_, BoxError>(count)
        });
    }
    let mut count = 0;
    while let Some(signed_in) = signing_in.join_next().await {
        count += signed_in??;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}

/// Hashes in a second, on all cores.
fn hashes(time: Duration) -> f64 {
    let began = Instant::now();
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let hashing = (0..cores).map(|_| {
        thread::spawn(move || {
            let _ = rustix::process::setpriority_process(Some(rustix::thread::gettid()), NICENESS);
            let mut count = 0_u32;
            while began.elapsed() < time && bcrypt::hash("stanley-park-1", COST).is_ok() {
                count += 1;
            }
            count
        })
    });
    let hashing: Vec<_> = hashing.collect();
    let count: u32 = hashing.into_iter().map(|thread| thread.join().unwrap_or_default()).sum();
    f64::from(count) / began.elapsed().as_secs_f64()
}
