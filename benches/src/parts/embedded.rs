//! Sending and reading where all is one process over SQLite.
//!
//! The floor of sending is the disk's: one write after the other, each on the disk before the next.

use std::{
    io::Write,
    path::Path,
    time::{Duration, Instant},
};

use engine_interfaces::BoxError;

use super::{page, send};
use crate::{
    embedded::Embedded,
    options::Options,
    people::People,
    report::{Beside, Line},
};

const SENDERS: [usize; 3] = [1, 16, 64];
const READERS: usize = 16;
const MESSAGES: usize = 100_000;
/// What one message takes of the log before a checkpoint, about: two of its pages.
const WRITE: [u8; 8_192] = [0; 8_192];

pub(crate) async fn measure(options: &Options) -> Result<Vec<Line>, BoxError> {
    let embedded = Embedded::start(&options.binaries).await?;
    let people = People::embedded(embedded.folder()).await?;
    let senders = people.sign_up(SENDERS.into_iter().max().unwrap_or(1)).await?;
    let group = people.group(&senders).await?;
    let mut lines = Vec::new();
    for count in SENDERS {
        let case = format!("one group, {count} senders");
        let mut rate = Line::new(&case, "sends/s (floor: writes to the disk, one by one)");
        let mut cpu = Line::new(&case, "CPU per 1,000, s");
        let mut p99 = Line::new(&case, "p99, ms");
        for _ in 0..options.rounds {
            let some = senders.get(..count).unwrap_or_default();
            let ours = send::run(&embedded, &people, some, &[group], options.duration()).await?;
            rate.ours.push(ours.rate);
            cpu.ours.push(ours.cpu);
            p99.ours.push(ours.p99);
            rate.floor.push(writes(embedded.folder(), options.duration() / 2)?);
        }
        lines.extend([rate, cpu, p99]);
    }
    let reader = senders.first().ok_or("somebody reads")?;
    let group = people.group(std::slice::from_ref(reader)).await?;
    people.fill(group, reader.id, MESSAGES).await?;
    let newest = format!("/groups/{group}/messages");
    let middle = format!("{newest}?before={}", MESSAGES / 2);
    for (name, path) in [("newest 50, from memory", &newest), ("50 in the middle", &middle)] {
        let mut line = Line::new(format!("{name} of {MESSAGES} messages"), "CPU a request, ms")
            .at_most(0.3, Beside::Nothing);
        let asked = page::Asked { reader, path, more: "", status: 200 };
        for _ in 0..options.rounds {
            line.ours.push(page::ask(&embedded, &asked, READERS, options.duration()).await?.cpu / 1e3);
        }
        lines.push(line);
    }
    Ok(lines)
}

/// How many writes in a second are on the disk, each before the next is begun.
fn writes(folder: &Path, time: Duration) -> Result<f64, BoxError> {
    let mut file = tempfile::tempfile_in(folder)?;
    let (began, mut count) = (Instant::now(), 0_u32);
    while began.elapsed() < time {
        file.write_all(&WRITE)?;
        file.sync_data()?;
        count += 1;
    }
    Ok(f64::from(count) / began.elapsed().as_secs_f64())
}
