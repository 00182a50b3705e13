//! What processes measure of themselves is what `docs/metrics.md` says.

use std::{collections::BTreeMap, fs, path::Path, time::Duration};

use engine_interfaces::{Clock, SystemClock};
use tokio::time::{sleep, timeout};

use crate::support::{Listener, Parlour, Person, Process, Shape};

const PATIENCE: Duration = Duration::from_secs(60);

/// A metric, as a process tells of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Metric {
    kind: String,
    help: String,
    labels: Vec<String>,
}

type Metrics = BTreeMap<String, Metric>;

async fn scrape(process: &Process) -> String {
    reqwest::get(process.metrics()).await.unwrap().text().await.unwrap()
}

/// Reads Prometheus's text format.
fn read(text: &str) -> Metrics {
    let mut metrics = Metrics::new();
    for line in text.lines() {
        if let Some((name, help)) = line.strip_prefix("# HELP ").and_then(|rest| rest.split_once(' ')) {
            metrics.entry(name.to_owned()).or_default().help = help.to_owned();
        } else if let Some((name, kind)) = line.strip_prefix("# TYPE ").and_then(|rest| rest.split_once(' '))
        {
            metrics.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if let Some((name, labels)) = line.split_once('{') {
            let family = metrics.keys().find(|family| {
                let part = name.strip_prefix(family.as_str());
                part.is_some_and(|part| ["", "_bucket", "_sum", "_count"].contains(&part))
            });
            let family = family.cloned().unwrap_or_else(|| panic!("{name} is of no known kind"));
            let metric = metrics.get_mut(&family).unwrap();
            // No value of ours has a quotation mark or a comma.
            for pair in labels.split_once('}').unwrap().0.split(',') {
                let label = pair.split_once('=').unwrap().0.to_owned();
                if label != "le" && !metric.labels.contains(&label) {
                    metric.labels.push(label);
                }
            }
            metric.labels.sort();
        }
    }
    metrics
}

/// The rows of the document's table, by process: whose name is in the row's last column.
fn documented(process: &str) -> Metrics {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/metrics.md");
    let text = fs::read_to_string(path).unwrap();
    let mut metrics = Metrics::new();
    for row in text.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<_> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [name, kind, labels, processes, help] = cells[..] else { panic!("{row}") };
        if processes == "all" || processes.split(", ").any(|named| named == process) {
            let mut labels: Vec<_> =
                labels.split(", ").filter(|label| !label.is_empty()).map(str::to_owned).collect();
            labels.sort();
            let metric = Metric { kind: kind.to_owned(), help: help.to_owned(), labels };
            metrics.insert(name.trim_matches('`').to_owned(), metric);
        }
    }
    metrics
}

/// What there is only here or there, in words.
fn differences(told: &Metrics, documented: &Metrics) -> Vec<String> {
    let names = told.keys().chain(documented.keys());
    let names: std::collections::BTreeSet<_> = names.collect();
    let differ = names.into_iter().filter(|name| told.get(*name) != documented.get(*name));
    differ
        .map(|name| format!("{name}: told {:?}, documented {:?}", told.get(name), documented.get(name)))
        .collect()
}

/// Waits until a process tells what is documented: some of it is measured from time to time only.
async fn tells_what_is_documented(name: &str, process: &Process) {
    let documented = documented(name);
    let mut differ = Vec::new();
    let agrees = async {
        loop {
            differ = differences(&read(&scrape(process).await), &documented);
            if differ.is_empty() {
                return;
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    if timeout(PATIENCE, agrees).await.is_err() {
        panic!("{name} and docs/metrics.md differ: {differ:#?}");
    }
}

/// The sum of a metric's values whose labels have all these.
fn value(text: &str, name: &str, labels: &[&str]) -> f64 {
    let lines = text.lines().filter_map(|line| line.strip_prefix(name));
    let mine = lines.filter(|rest| rest.starts_with(['{', ' ']));
    let mine = mine.filter(|rest| labels.iter().all(|label| rest.contains(label)));
    mine.map(|rest| rest.rsplit(' ').next().unwrap().parse::<f64>().unwrap()).sum()
}

async fn reaches(process: &Process, name: &str, labels: &[&str], least: f64) -> String {
    let reached = async {
        loop {
            let text = scrape(process).await;
            if value(&text, name, labels) >= least {
                return text;
            }
            sleep(Duration::from_millis(100)).await;
        }
    };
    timeout(PATIENCE, reached).await.unwrap_or_else(|_| panic!("{name}{labels:?} reaches {least}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn one_process_tells_what_is_documented_and_what_happened() {
    let parlour = Parlour::start_with(&[("METRICS_LISTEN", "127.0.0.1:0")]).await;
    let (alice, bob) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let group = alice.group_with(&[&bob]).await;
    let mut listener = Listener::start(&parlour.realtime, &bob);
    listener.next("connect").await;
    for turn in 0..3 {
        alice.send(group, SystemClock.new_id(), &turn.to_string()).await.unwrap();
    }
    listener.hears(1..=3).await;
    let process = parlour.process();
    tells_what_is_documented("parlour", process).await;

    let text = reaches(process, "parlour_rings_handled_total", &[], 3.0).await;
    for (name, labels, told) in [
        ("parlour_chat_sends_total", vec![r#"outcome="stored""#], 3.0),
        ("parlour_realtime_deliveries_total", vec![], 3.0),
        ("parlour_realtime_delivery_duration_seconds_count", vec![], 3.0),
        ("parlour_realtime_connections", vec![], 1.0),
        ("parlour_realtime_connects_total", vec![r#"outcome="admitted""#], 1.0),
        ("parlour_chat_write_duration_seconds_count", vec![r#"queue="sends""#], 3.0),
        (
            "parlour_http_requests_total",
            vec![r#"method="POST""#, r#"route="/api/v1/groups/{id}/messages""#, r#"status="2xx""#],
            3.0,
        ),
        ("parlour_dependency_up", vec![r#"dependency="chat""#], 1.0),
        ("parlour_chat_outbox_lag_seconds", vec![], 0.0),
    ] {
        assert_eq!(value(&text, name, &labels), told, "{name} {labels:?}");
    }
    let late = value(&text, "parlour_realtime_delivery_duration_seconds_sum", &[]);
    assert!(late > 0.0 && late < 30.0, "from the commit to the sockets: {late}");
    let within = value(&text, "parlour_realtime_delivery_duration_seconds_bucket", &[r#"le="+Inf""#]);
    assert!((within - 3.0).abs() < f64::EPSILON, "a histogram, and no summary");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_production_shape_tells_what_is_documented() {
    let shape = Shape::start_with(&[("METRICS_LISTEN", "127.0.0.1:0")]).await;
    let (alice, bob) = (Person::at(shape.apis[0].api()).await, Person::at(shape.apis[1].api()).await);
    let group = alice.group_with(&[&bob]).await;
    let mut listener = Listener::start(shape.realtime.realtime(), &bob);
    listener.next("connect").await;
    alice.send(group, SystemClock.new_id(), "hello").await.unwrap();
    listener.hears([1]).await;

    tells_what_is_documented("api", &shape.apis[0]).await;
    tells_what_is_documented("realtime", &shape.realtime).await;
    tells_what_is_documented("worker", &shape.worker).await;
    reaches(&shape.realtime, "parlour_realtime_delivery_duration_seconds_count", &[], 1.0).await;
    reaches(&shape.worker, "parlour_rings_handled_total", &[], 1.0).await;
}
