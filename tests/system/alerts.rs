//! The alerts and the board, tried by a real Prometheus.

use std::{fs, net::TcpListener, path::PathBuf, process::Stdio, time::Duration};

use engine_interfaces::{Clock, SystemClock};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::{sleep, timeout},
};

use crate::support::{Listener, Parlour, Person};

/// With Debian's package to install.
const PATIENCE: Duration = Duration::from_secs(300);

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// One of Prometheus's programs.
fn with_prometheus(program: &[&str]) -> Command {
    let mut command = Command::new("tests/with-prometheus");
    command.args(program).current_dir(root()).kill_on_drop(true);
    command
}

async fn succeeds(program: &[&str]) {
    let output = with_prometheus(program).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program:?}: {said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_alert_comes_and_stays_away_where_it_should() {
    for config in ["prometheus.yml", "prometheus.compose.yml"] {
        succeeds(&["promtool", "check", "config", &format!("docker/observability/{config}")]).await;
    }
    succeeds(&["promtool", "test", "rules", "docker/observability/alerts.test.yml"]).await;
}

/// A Prometheus that scrapes one process every second. It ends with the value.
struct Prometheus {
    url: String,
    _folder: TempDir,
    _child: Child,
}

impl Prometheus {
    async fn scraping(target: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let config = folder.path().join("prometheus.yml");
        let rules = fs::canonicalize(root().join("docker/observability/alerts.yml")).unwrap();
        let told = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\n\
             scrape_configs: [{{job_name: parlour, static_configs: [{{targets: ['{target}']}}]}}]\n",
            rules.display()
        );
        fs::write(&config, told).unwrap();
        // Whoever takes the port meanwhile makes it end, and there is another.
        loop {
            let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
            let mut child = with_prometheus(&["prometheus"])
                .arg(format!("--config.file={}", config.display()))
                .arg(format!("--storage.tsdb.path={}", folder.path().join(free.port().to_string()).display()))
                .arg(format!("--web.listen-address={free}"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let url = format!("http://{free}");
            while child.try_wait().unwrap().is_none() {
                if reqwest::get(format!("{url}/-/ready"))
                    .await
                    .is_ok_and(|answer| answer.status().is_success())
                {
                    return Self { url, _folder: folder, _child: child };
                }
                sleep(Duration::from_millis(100)).await;
            }
        }
    }

    async fn ask(&self, path: &str, query: &[(&str, &str)]) -> Value {
        let url = reqwest::Url::parse_with_params(&format!("{}/api/v1/{path}", self.url), query).unwrap();
        let answer: Value =
            serde_json::from_str(&reqwest::get(url).await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(answer["status"], "success", "{path} {query:?}: {answer}");
        answer["data"].clone()
    }
}

/// The queries of the board, as Grafana would ask them.
fn queries() -> Vec<String> {
    let board = fs::read_to_string(root().join("docker/observability/board.json")).unwrap();
    let board: Value = serde_json::from_str(&board).unwrap();
    let targets = board["panels"].as_array().unwrap().iter().filter_map(|panel| panel["targets"].as_array());
    let queries = targets.flatten().map(|target| target["expr"].as_str().unwrap());
    queries.map(|query| query.replace("$__rate_interval", "10s")).collect()
}

/// What one process has not, since it has no Redis.
const OF_REDIS: [&str; 3] = [
    "parlour_broker_controls_dropped_total",
    "parlour_broker_hints_malformed_total",
    "parlour_rings_terms_total",
];

#[tokio::test(flavor = "multi_thread")]
async fn prometheus_answers_the_boards_queries_about_a_server_and_nothing_is_wrong_with_it() {
    let parlour = Parlour::start_with(&[("METRICS_LISTEN", "127.0.0.1:0")]).await;
    let target = parlour.process().metrics().trim_start_matches("http://").trim_end_matches("/metrics");
    let prometheus = timeout(PATIENCE, Prometheus::scraping(target)).await.expect("Prometheus starts");
    let (alice, bob) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let group = alice.group_with(&[&bob]).await;
    let mut listener = Listener::start(&parlour.realtime, &bob);
    listener.next("connect").await;

    let queries = queries();
    assert!(queries.len() > 40, "the board shows something");
    let (mut left, mut seq) = (queries, 0);
    let answered = async {
        while !left.is_empty() {
            seq += 1;
            alice.send(group, SystemClock.new_id(), "hello").await.unwrap();
            listener.hears([seq]).await;
            let mut open = Vec::new();
            for query in &left {
                let rows = prometheus.ask("query", &[("query", query)]).await["result"].clone();
                let about_redis = OF_REDIS.iter().any(|name| query.contains(name));
                if !about_redis && rows.as_array().unwrap().is_empty() {
                    open.push(query.clone());
                }
            }
            left = open;
            sleep(Duration::from_millis(500)).await;
        }
    };
    if timeout(Duration::from_secs(60), answered).await.is_err() {
        panic!("the board shows nothing for {left:#?}");
    }
    let alerts = prometheus.ask("alerts", &[]).await;
    let firing: Vec<_> =
        alerts["alerts"].as_array().unwrap().iter().filter(|alert| alert["state"] == "firing").collect();
    assert!(firing.is_empty(), "{firing:#?}");
    let rules = prometheus.ask("rules", &[]).await;
    for rule in rules["groups"][0]["rules"].as_array().unwrap() {
        assert_eq!(rule["health"], "ok", "{rule}");
    }
}
