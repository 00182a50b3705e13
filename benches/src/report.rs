//! What was measured, as text and as a page.

use std::fmt::Write;

use crate::{kernel, options::Options};

/// What one figure is measured beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// The least that the work can cost.
    Floor,
    /// Another program that does the same.
    Peer,
    /// Nothing: the figure itself.
    Nothing,
}

/// What is wanted of a figure.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bar {
    pub(crate) beside: Beside,
    pub(crate) wanted: Wanted,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    AtMost(f64),
    AtLeast(f64),
}

/// One figure: a sample for each round.
#[derive(Debug, Clone, Default)]
pub(crate) struct Line {
    /// What was done: `10,000 sockets, one at a time`.
    pub(crate) case: String,
    /// What was measured, with its unit: `CPU per delivery, µs`.
    pub(crate) figure: &'static str,
    pub(crate) ours: Vec<f64>,
    pub(crate) floor: Vec<f64>,
    pub(crate) peer: Vec<f64>,
    pub(crate) bars: Vec<Bar>,
}

impl Line {
    pub(crate) fn new(case: impl Into<String>, figure: &'static str) -> Self {
        Self { case: case.into(), figure, ..Self::default() }
    }

    pub(crate) fn at_most(mut self, most: f64, beside: Beside) -> Self {
        self.bars.push(Bar { beside, wanted: Wanted::AtMost(most) });
        self
    }

    pub(crate) fn at_least(mut self, least: f64, beside: Beside) -> Self {
        self.bars.push(Bar { beside, wanted: Wanted::AtLeast(least) });
        self
    }

    fn beside(&self, beside: Beside) -> Option<f64> {
        let ours = median(&self.ours)?;
        match beside {
            Beside::Nothing => Some(ours),
            Beside::Floor => Some(ours / median(&self.floor)?),
            Beside::Peer => Some(ours / median(&self.peer)?),
        }
    }

    /// Each bar in words, and whether it was met.
    fn verdicts(&self) -> impl Iterator<Item = String> {
        self.bars.iter().filter_map(|bar| {
            let figure = self.beside(bar.beside)?;
            let (sign, wanted, met) = match bar.wanted {
                Wanted::AtMost(most) => ("<=", most, figure <= most),
                Wanted::AtLeast(least) => (">=", least, figure >= least),
            };
            let beside = match bar.beside {
                Beside::Floor => " x floor",
                Beside::Peer => " x peer",
                Beside::Nothing => "",
            };
            Some(format!("{sign} {wanted}{beside}: {}", if met { "met" } else { "MISSED" }))
        })
    }
}

/// All parts.
pub(crate) struct Report {
    conditions: String,
    parts: Vec<(&'static str, Vec<Line>)>,
}

impl Report {
    pub(crate) fn new(options: &Options) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let autogroup = kernel::autogroup().unwrap_or_else(|| "none".to_owned());
        let conditions = format!(
            "{cores} cores, sched_autogroup_enabled {autogroup}; {} rounds, of {} s where a figure is measured by \
             time; medians, least and most in brackets; the load runs on the same machine",
            options.rounds, options.seconds
        );
        Self { conditions, parts: Vec::new() }
    }

    pub(crate) fn add(&mut self, part: &'static str, lines: Vec<Line>) {
        self.parts.push((part, lines));
    }

    /// For a terminal.
    pub(crate) fn text(&self) -> String {
        let mut text = format!("{}\n", self.conditions);
        for (part, lines) in &self.parts {
            let rows = lines.iter().map(row);
            let head =
                ["case", "figure", "Parlour", "floor", "x floor", "peer", "x peer", "bar"].map(str::to_owned);
            let rows: Vec<_> = [head].into_iter().chain(rows).collect();
            let width = |n: usize| rows.iter().map(|row| row[n].chars().count()).max().unwrap_or_default();
            let widths: [usize; 8] = std::array::from_fn(width);
            let _ = writeln!(text, "\n{part}");
            for row in rows {
                let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:width$}"));
                let _ = writeln!(text, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end());
            }
        }
        text
    }

    /// For a browser: the same with a bar for each figure.
    pub(crate) fn page(&self) -> String {
        let mut page = format!(
            "<!doctype html><meta charset=\"utf-8\"><title>Parlour, measured</title><style>\
             body{{font:14px sans-serif;margin:2em;max-width:70em}}table{{border-collapse:collapse}}\
             td,th{{padding:.2em .8em;text-align:left}}rect.ours{{fill:#2563eb}}rect.floor{{fill:#9ca3af}}\
             rect.peer{{fill:#f59e0b}}</style><h1>Parlour, measured</h1><p>{}</p>\
             <p>Blue is Parlour, grey the floor, amber the peer.</p>",
            self.conditions
        );
        for (part, lines) in &self.parts {
            let _ = write!(page, "<h2>{part}</h2><table>");
            for line in lines {
                let _ = write!(
                    page,
                    "<tr><td>{}<td>{}<td>{}<td>{}",
                    line.case,
                    line.figure,
                    plot(line),
                    line.verdicts()
                        .collect::<Vec<_>>()
                        .join("; ")
                        .replace("<=", "&le;")
                        .replace(">=", "&ge;")
                );
            }
            page += "</table>";
        }
        page
    }
}

/// The bars of one figure, the longest as long as the page has room for.
fn plot(line: &Line) -> String {
    let figures = [("ours", &line.ours), ("floor", &line.floor), ("peer", &line.peer)];
    let figures: Vec<_> =
        figures.into_iter().filter_map(|(who, samples)| Some((who, median(samples)?))).collect();
    let most = figures.iter().map(|(_, figure)| *figure).fold(f64::MIN_POSITIVE, f64::max);
    let mut plot = format!("<svg width=\"460\" height=\"{}\">", figures.len() * 18);
    for (n, (who, figure)) in figures.into_iter().enumerate() {
        let (y, width) = (n * 18, (figure / most * 360.0).max(1.0));
        let _ = write!(
            plot,
            "<rect class=\"{who}\" y=\"{y}\" width=\"{width:.0}\" height=\"14\"/><text x=\"{:.0}\" y=\"{}\">{}</text>",
            width + 6.0,
            y + 12,
            short(figure)
        );
    }
    plot + "</svg>"
}

fn row(line: &Line) -> [String; 8] {
    let ratio = |beside| line.beside(beside).map_or_else(String::new, |ratio| format!("{ratio:.2}"));
    let other = |samples: &[f64], beside| if samples.is_empty() { String::new() } else { ratio(beside) };
    [
        line.case.clone(),
        line.figure.to_owned(),
        spread(&line.ours),
        spread(&line.floor),
        other(&line.floor, Beside::Floor),
        spread(&line.peer),
        other(&line.peer, Beside::Peer),
        line.verdicts().collect::<Vec<_>>().join("; "),
    ]
}

fn spread(samples: &[f64]) -> String {
    let Some(median) = median(samples) else {
        return String::new();
    };
    let least = samples.iter().copied().fold(f64::INFINITY, f64::min);
    let most = samples.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    format!("{} [{} {}]", short(median), short(least), short(most))
}

/// Three digits are more than these machines can promise.
fn short(figure: f64) -> String {
    match figure.abs() {
        0.0 => "0".to_owned(),
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        1.0.. => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}

/// The sample in the middle.
pub(crate) fn median(samples: &[f64]) -> Option<f64> {
    quantile(samples, 0.5)
}

/// The sample below which so large a part of all lie.
pub(crate) fn quantile(samples: &[f64], part: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = (sorted.len().saturating_sub(1) as f64 * part).round() as usize;
    sorted.get(at).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_met_by_the_ratio_of_medians() {
        let mut line = Line::new("all", "µs").at_most(1.3, Beside::Floor).at_least(2.0, Beside::Peer);
        line.ours = vec![9.0, 12.0, 1_000.0];
        line.floor = vec![10.0];
        line.peer = vec![10.0];
        let verdicts: Vec<_> = line.verdicts().collect();
        assert_eq!(verdicts, ["<= 1.3 x floor: met", ">= 2 x peer: MISSED"]);
        assert_eq!(row(&line)[2], "12.0 [9.00 1000]");
        assert_eq!(median(&[]), None);
        assert_eq!(quantile(&[4.0, 1.0, 2.0, 3.0, 5.0], 1.0), Some(5.0));
    }
}
