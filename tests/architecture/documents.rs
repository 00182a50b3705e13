//! What the documents promise is what the code does.

use std::{collections::BTreeSet, fs};

use cargo_metadata::MetadataCommand;
use engine_interfaces::ErrorCode;
use serde_json::Value;

use crate::sources::{files, root};

fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every `METHOD /path` between backticks of a text.
fn calls(text: &str) -> BTreeSet<(String, String)> {
    const METHODS: [&str; 5] = ["GET", "POST", "PUT", "PATCH", "DELETE"];
    let spans = text.split('`').skip(1).step_by(2);
    let pairs = spans.filter_map(|span| span.split_once(' '));
    pairs
        .filter(|(method, _)| METHODS.contains(method))
        .map(|(method, path)| (method.to_owned(), path.to_owned()))
        .collect()
}

#[test]
fn the_contract_names_the_routes_that_are_served() {
    let table = api_engine::routes::draw();
    let rows = table.lines().map(|row| row.split_whitespace());
    let served: BTreeSet<_> = rows
        .map(|mut row| {
            let (method, path) = (row.next().unwrap(), row.next().unwrap());
            (method.to_owned(), path.trim_start_matches("/api/v1").to_owned())
        })
        .collect();
    assert_eq!(calls(&read("docs/contract.md")), served);
}

#[test]
fn the_contract_names_the_codes_that_are_answered() {
    let contract = read("docs/contract.md");
    let rows = contract.lines().filter(|line| line.starts_with("| 4") || line.starts_with("| 5"));
    let numbers = rows.flat_map(|row| row.split('|').nth(1).unwrap_or_default().split(','));
    let promised: BTreeSet<u32> = numbers.map(|number| number.trim().parse().unwrap()).collect();
    let answered: BTreeSet<u32> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
    assert_eq!(promised, answered);
}

/// The names of the messages of docs/asyncapi.json that are sent, or received.
fn events(action: &str) -> BTreeSet<String> {
    let asyncapi: Value = serde_json::from_str(&read("docs/asyncapi.json")).unwrap();
    let operations = asyncapi["operations"].as_object().unwrap().values();
    let references = operations
        .filter(|operation| operation["action"] == action)
        .flat_map(|operation| operation["messages"].as_array().unwrap())
        .map(|message| message["$ref"].as_str().unwrap().rsplit('/').next().unwrap());
    let names = references.map(|key| &asyncapi["components"]["messages"][key]["name"]);
    names.map(|name| name.as_str().unwrap().to_owned()).collect()
}

/// What stands in a text between `before` and `after`, each time.
fn between(text: &str, before: &str, after: &str) -> BTreeSet<String> {
    let rests = text.split(before).skip(1);
    rests.filter_map(|rest| rest.split_once(after)).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn asyncapi_names_the_events_that_are_sent_and_taken() {
    let sent = between(&read("crates/realtime-engine/src/events.rs"), "Frame::event(\"", "\"");
    assert_eq!(events("send"), sent);
    let requests = read("crates/realtime-engine/src/requests.rs");
    let (_, table) = requests.split_once("match event.as_str() {").unwrap();
    let mut taken = between(table.split_once("_ => Err").unwrap().0, "\n        \"", "\" =>");
    taken.insert("CONNECT".to_owned());
    assert_eq!(events("receive"), taken);
}

#[test]
fn ci_tests_every_crate() {
    let ci = read(".circleci/config.yml");
    let matrices = ci.lines().filter_map(|line| line.trim().strip_prefix("package: ["));
    let listed: BTreeSet<_> = matrices
        .flat_map(|matrix| matrix.trim_end_matches(']').split(", "))
        .chain(["suites", "chaos", "parlour"])
        .map(str::to_owned)
        .collect();
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let packages = metadata.packages.iter().map(|package| package.name.to_string());
    assert_eq!(listed, packages.collect(), "list every crate once in .circleci/config.yml");
}

#[test]
fn ci_runs_every_suite_of_the_product() {
    let ci = read(".circleci/config.yml");
    let manifest = read("bin/parlour/Cargo.toml");
    let suites: Vec<_> =
        manifest.split("[[test]]").skip(1).filter_map(|test| test.split('"').nth(1)).collect();
    assert!(suites.len() > 2, "the suites are read: {suites:?}");
    for suite in suites {
        assert!(ci.contains(&format!("--test {suite}")), "no job of .circleci/config.yml runs {suite}");
    }
}

/// The items of a pipeline's workflow: the names that each goes by, and its text.
fn steps(workflow: &str) -> Vec<(Vec<&str>, &str)> {
    let items = workflow.split("\n      - ").skip(1);
    items
        .map(|item| {
            let job = item.split([':', '\n']).next().unwrap();
            let named = |key: &str| {
                let (_, rest) = item.split_once(key)?;
                rest.split([',', '\n', ' ']).next()
            };
            (vec![named(" name: ").unwrap_or(job), named(" alias: ").unwrap_or(job)], item)
        })
        .collect()
}

fn required(step: &str) -> Vec<&str> {
    let list = step.split_once("requires: [").and_then(|(_, rest)| rest.split_once(']'));
    list.map(|(names, _)| names.split(", ").collect()).unwrap_or_default()
}

#[test]
fn nothing_comes_to_production_that_was_not_tested_and_asked_for() {
    let ci = read(".circleci/config.yml");
    let (_, workflow) = ci.split_once("\nworkflows:").unwrap();
    let steps = steps(workflow);
    let step = |name: &str| {
        let found = steps.iter().find(|(names, _)| names.contains(&name));
        found.unwrap_or_else(|| panic!(".circleci/config.yml has no {name}")).1
    };
    let mut tested = Vec::new();
    let mut open = vec!["production"];
    while let Some(name) = open.pop() {
        open.extend(required(step(name)));
        tested.push(name);
    }
    assert_eq!(required(step("production")), ["hold"]);
    assert!(step("hold").contains("type: approval"));
    for (names, _) in &steps {
        assert!(names.iter().any(|name| tested.contains(name)), "production does without {names:?}");
    }
}

#[test]
fn every_link_between_documents_leads_somewhere() {
    let mut documents = files(&root().join("docs"), ".md");
    documents.extend(
        ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"]
            .map(|name| (root().join(name), read(name))),
    );
    for (path, text) in documents {
        for target in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let elsewhere = target.contains("://") || target.starts_with('#');
            let file = path.parent().unwrap().join(target.split('#').next().unwrap());
            assert!(elsewhere || file.exists(), "{} leads to {target}", path.display());
        }
    }
}

/// A semicolon ends a statement there, and the rest is an error that shows in place of the diagram.
#[test]
fn no_sequence_diagram_has_a_semicolon() {
    for (path, text) in files(&root().join("docs"), ".md") {
        for diagram in text.split("```mermaid\nsequenceDiagram").skip(1) {
            let diagram = diagram.split("```").next().unwrap();
            assert!(!diagram.contains(';'), "{}: write a comma or a full stop: {diagram}", path.display());
        }
    }
}

/// The words of a text that are names of metrics, without what a histogram's parts have in addition.
fn metrics(text: &str) -> BTreeSet<String> {
    let names = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '_');
    let ours = names.filter(|name| name.starts_with("parlour_") || name.starts_with("process_"));
    ours.map(|name| {
        let bare = ["_bucket", "_sum", "_count"].iter().find_map(|part| name.strip_suffix(part));
        bare.unwrap_or(name).to_owned()
    })
    .collect()
}

/// What processes tell is compared with this document by the suite `system`.
fn documented_metrics() -> BTreeSet<String> {
    let text = read("docs/metrics.md");
    let rows = text.lines().filter_map(|line| line.strip_prefix("| `"));
    rows.filter_map(|row| row.split_once('`')).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn the_board_and_the_alerts_name_metrics_that_there_are() {
    let documented = documented_metrics();
    for path in [
        "docker/observability/board.json",
        "docker/observability/alerts.yml",
        "docs/runbooks.md",
        "docs/topology.md",
    ] {
        let unknown: Vec<_> = metrics(&read(path)).difference(&documented).cloned().collect();
        assert!(unknown.is_empty(), "{path} speaks of {unknown:?}, and docs/metrics.md does not");
    }
}

#[test]
fn every_alert_has_a_runbook_and_a_test_of_both_ways() {
    let (alerts, tests) =
        (read("docker/observability/alerts.yml"), read("docker/observability/alerts.test.yml"));
    let named: BTreeSet<_> =
        alerts.lines().filter_map(|line| line.trim().strip_prefix("- alert: ")).map(str::to_owned).collect();
    assert!(named.len() > 10, "the alerts are read");
    let runbooks = read("docs/runbooks.md");
    let sections: BTreeSet<_> =
        runbooks.lines().filter_map(|line| line.strip_prefix("## ")).map(str::to_owned).collect();
    assert_eq!(sections, named, "docs/runbooks.md has a section for each alert and no other");
    for alert in &named {
        let link = format!("runbook_url: docs/runbooks.md#{}", alert.to_lowercase());
        assert!(alerts.contains(&link), "{alert} leads to its runbook");
        for way in ["comes", "stays away"] {
            assert!(
                tests.contains(&format!("- name: {alert} {way}\n")),
                "alerts.test.yml tries that {alert} {way}"
            );
        }
    }
}

/// `cores` would see nobody wait, and a hash would stand in the way of messages again.
#[test]
fn no_unit_hides_how_busy_the_machine_is() {
    let units = [".conf", ".service"].map(|ending| files(&root().join("systemd"), ending)).concat();
    assert!(!units.is_empty(), "the units were read");
    for (path, text) in units {
        let hides = text.lines().any(|line| line.trim() == "ProcSubset=pid");
        assert!(!hides, "{} hides /proc/loadavg and /proc/cpuinfo", path.display());
    }
}
