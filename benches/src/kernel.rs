//! What the kernel knows of processes.

use std::{collections::BTreeMap, fs, time::Duration};

/// How many of the kernel's ticks a second has: `sysconf(_SC_CLK_TCK)`, which is 100 on every Linux of today.
const TICKS: u64 = 100;
/// The size of a page: 4 kB wherever this is likely to run.
const PAGE: u64 = 4_096;

/// The time that a process has spent on a processor, with that of its children, those that have ended too.
pub(crate) fn cpu(process: u32) -> Duration {
    let children = children();
    let mut ticks = 0;
    let mut open = vec![process];
    while let Some(process) = open.pop() {
        ticks += stat(process).map_or(0, |stat| stat.iter().skip(11).take(4).sum::<u64>());
        open.extend(children.get(&process).into_iter().flatten());
    }
    Duration::from_millis(ticks * 1_000 / TICKS)
}

/// The memory that a process has in use, in bytes: what is its own of what is resident.
pub(crate) fn memory(process: u32) -> u64 {
    let (resident, shared) = pages(process);
    resident.saturating_sub(shared) * PAGE
}

/// All that is resident of a process, in bytes, with the program itself.
pub(crate) fn resident(process: u32) -> u64 {
    pages(process).0 * PAGE
}

/// The pages that are resident, and those of them that others share.
fn pages(process: u32) -> (u64, u64) {
    let pages = fs::read_to_string(format!("/proc/{process}/statm")).unwrap_or_default();
    let mut pages = pages.split(' ').map(|pages| pages.parse::<u64>().unwrap_or_default());
    (pages.nth(1).unwrap_or_default(), pages.next().unwrap_or_default())
}

/// `sched_autogroup_enabled`: 1 where niceness counts within a session only, and so not between what is measured and
/// PostgreSQL. None where the kernel does not say.
pub(crate) fn autogroup() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/sched_autogroup_enabled").ok()?;
    Some(text.trim().to_owned())
}

/// The fields of `/proc/PID/stat` from the third on, those that are no numbers as 0.
fn stat(process: u32) -> Option<Vec<u64>> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields = stat.rsplit_once(") ")?.1;
    Some(fields.split(' ').map(|field| field.trim().parse().unwrap_or_default()).collect())
}

/// The children of each process.
fn children() -> BTreeMap<u32, Vec<u32>> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Ok(process) = entry.file_name().to_string_lossy().parse::<u32>() else {
            continue;
        };
        if let Some(parent) = stat(process).and_then(|stat| stat.get(1).copied()) {
            children.entry(parent as u32).or_default().push(process);
        }
    }
    children
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_worked_and_has_memory() {
        let me = std::process::id();
        let before = cpu(me);
        let mut sum = 0_u64;
        while cpu(me) < before + Duration::from_millis(30) {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(memory(me) > 100_000);
        assert_eq!(cpu(u32::MAX), Duration::ZERO);
    }
}
