//! Which crate may use which. A new crate is one row, an allowed edge one word; a new edge between crates
//! wants an ADR.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

type Graph = BTreeMap<String, Vec<String>>;

/// Which of our crates each of them may use.
const MAY_USE: &[(&str, &[&str])] = &[
    ("engine-interfaces", &[]),
    ("fail-points", &[]),
    ("cores", &[]),
    ("outbound", &["engine-interfaces"]),
    ("error-reports", &["engine-interfaces", "outbound"]),
    ("traces", &["engine-interfaces", "outbound"]),
    ("database", &["engine-interfaces", "outbound", "traces"]),
    ("user-resources", &["engine-interfaces", "database"]),
    ("auth-engine", &["engine-interfaces", "database", "cores"]),
    ("chat-engine", &["engine-interfaces", "database", "fail-points", "traces"]),
    ("notification-engine", &["engine-interfaces", "database", "outbound"]),
    ("api-engine", &["engine-interfaces", "fail-points", "traces"]),
    ("realtime-engine", &["engine-interfaces", "traces", "cores"]),
    ("broker", &["engine-interfaces", "outbound", "traces"]),
    ("jobs", &["engine-interfaces", "database", "traces"]),
    // Files, and nothing that runs.
    ("web-client", &[]),
    // A dev-dependency of the others, and never more.
    ("test-support", &["engine-interfaces", "database"]),
    // Looks at the processes from outside.
    ("production-shape", &["engine-interfaces"]),
    ("chaos", &["engine-interfaces", "production-shape"]),
    // Looks at the others from its tests alone.
    ("suites", &[]),
    // Measures: it makes people through the engines, and hears from Redis as the others do.
    ("bench", &["production-shape", "composition", "engine-interfaces", "chat-engine", "broker", "cores"]),
    // Composes.
    (
        "composition",
        &[
            "engine-interfaces",
            "database",
            "user-resources",
            "auth-engine",
            "chat-engine",
            "notification-engine",
            "api-engine",
            "realtime-engine",
            "broker",
            "jobs",
            "web-client",
            "error-reports",
            "traces",
        ],
    ),
    ("api", &["composition", "engine-interfaces", "fail-points"]),
    ("realtime", &["composition", "engine-interfaces"]),
    ("worker", &["composition", "engine-interfaces"]),
    // The embedded default, and the tools: what administrators may do to an engine is in the engine.
    (
        "parlour",
        &["composition", "engine-interfaces", "auth-engine", "chat-engine", "api-engine", "broker", "jobs"],
    ),
];

/// What only some of our crates may use, so that another can take its place there.
const ONLY_IN: &[(&str, &[&str])] = &[
    ("actix-web", &["api-engine"]),
    ("utoipa", &["api-engine"]),
    ("axum", &["realtime-engine"]),
    ("redis", &["broker"]),
    ("lettre", &["notification-engine"]),
    ("apalis", &["jobs"]),
    ("apalis-core", &["jobs"]),
    ("bcrypt", &["auth-engine", "bench"]),
    ("blowfish", &["auth-engine"]),
    ("jsonwebtoken", &["auth-engine"]),
    ("diesel", STORES),
    ("diesel-async", STORES),
    ("reqwest", &["outbound", "notification-engine", "error-reports", "traces", "production-shape", "chaos"]),
    // Whom the system trusts is said once.
    ("rustls", &["outbound"]),
    ("opentelemetry", &["traces"]),
    ("tokio-postgres", &["database", "chaos"]),
    ("libsqlite3-sys", &["database"]),
    ("rusqlite", &["database"]),
];

const STORES: &[&str] = &[
    "database",
    "user-resources",
    "auth-engine",
    "chat-engine",
    "notification-engine",
    "jobs",
    "test-support",
];

/// The workspace's crates and what each uses outside its tests.
fn graph() -> Graph {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let uses = |package: &cargo_metadata::Package| {
        let dependencies = package.dependencies.iter();
        let linked = dependencies.filter(|dependency| dependency.kind != DependencyKind::Development);
        linked.map(|dependency| dependency.name.clone()).collect()
    };
    let packages = metadata.packages.iter();
    packages.map(|package| (package.name.to_string(), uses(package))).collect()
}

/// Every arrow that is not allowed, in words.
fn forbidden(graph: &Graph) -> Vec<String> {
    let may_use: BTreeMap<_, _> = MAY_USE.iter().copied().collect();
    let only_in: BTreeMap<_, _> = ONLY_IN.iter().copied().collect();
    let mut forbidden = Vec::new();
    for (name, uses) in graph {
        let Some(may) = may_use.get(name.as_str()) else {
            forbidden.push(format!("{name} has no row in MAY_USE"));
            continue;
        };
        for used in uses {
            let ours = graph.contains_key(used);
            if ours && !may.contains(&used.as_str()) {
                forbidden
                    .push(format!("{name} may not use {used}: ask through a trait of engine-interfaces"));
            }
            if only_in.get(used.as_str()).is_some_and(|crates| !crates.contains(&name.as_str())) {
                forbidden.push(format!("{name} may not use {used}: only {:?} may", only_in[used.as_str()]));
            }
        }
    }
    forbidden
}

#[test]
fn every_crate_uses_only_what_it_may() {
    let forbidden = forbidden(&graph());
    assert!(forbidden.is_empty(), "{forbidden:#?}");
}

#[test]
fn the_tables_speak_of_crates_that_exist() {
    let graph = graph();
    let named: BTreeSet<_> = MAY_USE.iter().map(|(name, _)| (*name).to_owned()).collect();
    let existing: BTreeSet<_> = graph.keys().cloned().collect();
    assert_eq!(named, existing, "MAY_USE has a row for each crate and no other");
}

#[test]
fn a_planted_arrow_is_found() {
    for (from, to) in [
        ("chat-engine", "auth-engine"),
        ("api-engine", "chat-engine"),
        ("api-engine", "diesel"),
        ("realtime-engine", "redis"),
        ("chat-engine", "actix-web"),
        ("engine-interfaces", "database"),
        ("database", "test-support"),
    ] {
        let mut graph = graph();
        graph.get_mut(from).unwrap().push(to.to_owned());
        let found = forbidden(&graph);
        assert_eq!(found.len(), 1, "{from} -> {to}: {found:?}");
        assert!(found[0].starts_with(&format!("{from} may not use {to}")));
    }
}

#[test]
fn a_crate_without_a_row_is_found() {
    let graph = Graph::from([("utils".to_owned(), Vec::new())]);
    assert_eq!(forbidden(&graph), ["utils has no row in MAY_USE"]);
}
