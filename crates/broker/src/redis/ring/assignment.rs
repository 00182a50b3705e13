//! Which worker is for which topic. Every worker that sees the same living ones comes to the same answer.

use std::collections::BTreeMap;

use engine_interfaces::Topic;

/// How many workers are a topic's ring.
const RING: usize = 3;

/// The ring of each topic: the worker that is to lead it, and those that take over where it does not. No worker
/// is to lead two topics more than another, and few topics move when one comes or goes.
pub(super) fn rings(workers: &[String]) -> BTreeMap<Topic, Vec<&str>> {
    let Some(each) = usize::from(Topic::COUNT).checked_div(workers.len()) else {
        return BTreeMap::new();
    };
    // So many workers have one more than the others.
    let mut spare = usize::from(Topic::COUNT) % workers.len();
    let mut loads: BTreeMap<&str, usize> = BTreeMap::new();
    let ring = |topic: Topic| {
        let mut ranked: Vec<_> = workers.iter().map(String::as_str).collect();
        ranked.sort_by_key(|worker| (std::cmp::Reverse(weight(topic, worker)), *worker));
        let load = |worker: &str| loads.get(worker).copied().unwrap_or(0);
        let free = |worker: &&str| load(worker) < each || (load(worker) == each && spare > 0);
        if let Some(place) = ranked.iter().position(free) {
            if load(ranked[place]) == each {
                spare -= 1;
            }
            ranked[..=place].rotate_right(1);
            *loads.entry(ranked[0]).or_default() += 1;
        }
        ranked.truncate(RING);
        (topic, ranked)
    };
    Topic::all().map(ring).collect()
}

/// How well a worker suits a topic: FNV-1a, and then every bit stirred into every other.
fn weight(topic: Topic, worker: &str) -> u64 {
    let bytes = worker.bytes().chain(topic.0.to_le_bytes());
    let hash = bytes
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    let stir = |hash: u64, by: u64| (hash ^ (hash >> 33)).wrapping_mul(by);
    let hash = stir(stir(hash, 0xff51_afd7_ed55_8ccd), 0xc4ce_b9fe_1a85_ec53);
    hash ^ (hash >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workers(count: usize) -> Vec<String> {
        (0..count).map(|n| format!("worker-{n}")).collect()
    }

    fn leaders(workers: &[String]) -> BTreeMap<Topic, &str> {
        rings(workers).into_iter().map(|(topic, ring)| (topic, ring[0])).collect()
    }

    #[test]
    fn topics_are_spread_evenly() {
        assert!(rings(&[]).is_empty());
        for count in 1..40 {
            let workers = workers(count);
            let mut loads: BTreeMap<&str, usize> =
                workers.iter().map(|worker| (worker.as_str(), 0)).collect();
            for (topic, ring) in rings(&workers) {
                assert_eq!(ring.len(), count.min(RING), "{topic:?}");
                *loads.get_mut(ring[0]).unwrap() += 1;
            }
            let (least, most) = (loads.values().min().unwrap(), loads.values().max().unwrap());
            assert!(most - least <= 1, "{count} workers: {loads:?}");
        }
    }

    #[test]
    fn few_topics_move_when_a_worker_comes() {
        for count in 2..12 {
            let (before, after) = (workers(count), workers(count + 1));
            let (before, after) = (leaders(&before), leaders(&after));
            let moved = before.iter().filter(|(topic, worker)| after[*topic] != **worker).count();
            let fair = usize::from(Topic::COUNT) / (count + 1);
            assert!(moved <= fair * 2 + 4, "{count} workers: {moved} topics moved where {fair} had to");
        }
    }
}
