//! What came of it, as one table.

use std::{fmt::Write, time::Duration};

use crate::history::{Fault, Tally};

/// A scenario's outcome.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) name: String,
    pub(crate) rounds: u32,
    /// How long people were talking.
    pub(crate) lasted: Duration,
    pub(crate) tally: Tally,
    /// From each blow to the moment when all was whole again.
    pub(crate) recoveries: Vec<Duration>,
    /// How long that should take at most.
    pub(crate) goal: Option<Duration>,
    /// What else there is to tell.
    pub(crate) notes: Vec<String>,
}

const HEADS: [&str; 14] = [
    "",
    "rounds",
    "messages",
    "a second",
    "failed",
    "lost",
    "doubled",
    "disorder",
    "gaps",
    "unread",
    "links",
    "other",
    "median",
    "max / goal",
];

impl Row {
    /// Did nothing go wrong?
    pub(crate) fn is_well(&self) -> bool {
        self.tally.faults.is_empty()
    }

    fn cells(&self) -> [String; 14] {
        let fault = |fault| self.tally.faults.get(&fault).copied().unwrap_or_default().to_string();
        let other = [Fault::SignedOut, Fault::Broken];
        let other: u64 = other.iter().filter_map(|fault| self.tally.faults.get(fault)).sum();
        let mut recoveries = self.recoveries.clone();
        recoveries.sort_unstable();
        let max = match (recoveries.last(), self.goal) {
            (Some(max), Some(goal)) => format!("{} / {}", seconds(*max), seconds(goal)),
            (Some(max), None) => seconds(*max),
            _ => String::new(),
        };
        [
            self.name.clone(),
            self.rounds.to_string(),
            self.tally.messages.to_string(),
            format!("{:.0}", self.tally.messages as f64 / self.lasted.as_secs_f64().max(1.0)),
            self.tally.failed.to_string(),
            fault(Fault::Lost),
            fault(Fault::Doubled),
            fault(Fault::OutOfOrder),
            fault(Fault::Gap),
            fault(Fault::Unread),
            fault(Fault::Unlinked),
            other.to_string(),
            recoveries.get(recoveries.len() / 2).map(|median| seconds(*median)).unwrap_or_default(),
            max,
        ]
    }
}

/// The table, and below it what else there is to tell.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![HEADS.map(str::to_owned)];
    lines.extend(rows.iter().map(Row::cells));
    let mut widths = [0; HEADS.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut table = String::new();
    for line in &lines {
        for (n, (cell, width)) in line.iter().zip(widths).enumerate() {
            // Names to the left, numbers to the right. Writing into a string does not fail.
            let _ = if n == 0 { write!(table, "{cell:width$}") } else { write!(table, "  {cell:>width$}") };
        }
        table.push('\n');
    }
    for row in rows {
        for note in &row.notes {
            let _ = writeln!(table, "{}: {note}", row.name);
        }
    }
    table
}

/// How long the middle and the slowest hundredth took.
pub(crate) fn latency(mut latencies: Vec<Duration>) -> String {
    latencies.sort_unstable();
    let at = |part: f64| {
        let place = (latencies.len() as f64 * part) as usize;
        latencies.get(place).map_or(0.0, |latency| latency.as_secs_f64() * 1_000.0)
    };
    format!("p50 {:.1} ms, p99 {:.1} ms", at(0.5), at(0.99))
}

fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_its_worst_recovery_and_its_faults() {
        let seconds = |n| Duration::from_secs(n);
        let mut row = Row {
            name: "kill redis".to_owned(),
            rounds: 3,
            recoveries: vec![seconds(3), seconds(1), seconds(2)],
            goal: Some(seconds(2)),
            ..Row::default()
        };
        assert!(row.is_well());
        row.tally.faults.insert(Fault::Gap, 4);
        assert!(!row.is_well());
        let table = table(&[row]);
        let cells: Vec<_> =
            table.lines().nth(1).unwrap().split("  ").map(str::trim).filter(|c| !c.is_empty()).collect();
        assert_eq!(
            cells,
            [
                "kill redis",
                "3",
                "0",
                "0",
                "0",
                "0",
                "0",
                "0",
                "4",
                "0",
                "0",
                "0",
                "2.00 s",
                "3.00 s / 2.00 s"
            ]
        );
    }
}
