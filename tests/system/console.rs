//! The tools, from the shell and at the console.

use std::{
    fs::{File, OpenOptions, Permissions},
    io::{Read, Write},
    os::unix::fs::PermissionsExt,
    process::Stdio,
    sync::{Arc, Mutex},
};

use engine_interfaces::{Clock, SystemClock};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};
use uuid::Uuid;

use crate::{
    rings::until,
    support::{Listener, Parlour, Person, Shape},
};

/// What a command prints; it has to end well.
async fn printed(command: &mut Command) -> String {
    let output = command.output().await.unwrap();
    let (said, complained) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success(), "{said}{complained}");
    said
}

/// The objects that a line at the console prints, a line each.
async fn answered(command: Command, line: &str) -> Vec<Value> {
    let mut command = command;
    let said = printed(command.args(["console", "--json", "--command", line])).await;
    said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_at_the_console_does_what_the_tool_does() {
    let parlour = Parlour::start().await;
    let (alice, bob) = (Person::new(&parlour).await, Person::new(&parlour).await);
    let at = async |line: String| answered(Parlour::command(parlour.data()), &line).await;
    let made = at(format!("groups create 'Stanley Park' --as {}", alice.id)).await;
    let group: Uuid = made[0]["id"].as_str().unwrap().parse().unwrap();
    at(format!("groups add {group} {} --as {}", bob.id, alice.id)).await;
    let sent = at(format!("messages send {group} --as {} 'Hello, Bob'", alice.id)).await;
    assert_eq!(sent[0]["seq"], 1);

    // Everything is as the server has it.
    assert_eq!(bob.log(group).await.len(), 1);
    assert_eq!(bob.get(&format!("/groups/{group}")).await["messages"][0]["id"], sent[0]["id"]);
    let listed = at(format!("messages list {group}")).await;
    assert_eq!(listed[0]["message"], "Hello, Bob");
    assert_eq!(listed[0]["user_id"], alice.id.to_string());
    let groups = at("groups list".to_owned()).await;
    assert_eq!((&groups[0]["id"], &groups[0]["member_count"]), (&group.to_string().into(), &2.into()));
    let bobs = at(format!("groups list --user {}", bob.id)).await;
    assert_eq!((&bobs[0]["role"], &bobs[0]["unread_count"]), (&"member".into(), &1.into()));
    assert_eq!(at(format!("groups members {group}")).await.len(), 2);
    assert_eq!(at("users list".to_owned()).await.len(), 2);
    assert_eq!(at(format!("users show {}", bob.id)).await[0]["guest"], false);
    until("the mapping has the group", async || {
        let resources = at(format!("resources {}", bob.id)).await;
        resources.first().is_some_and(|resource| resource["resource_id"] == group.to_string())
    })
    .await;
    for query in [
        format!("newest {group}"),
        format!("page {group} 3"),
        format!("log {group} 3"),
        format!("version {group} {}", bob.id),
        format!("groups {}", bob.id),
    ] {
        let plan = at(format!("explain {query}")).await;
        let plan: Vec<_> = plan.iter().map(|step| step["plan"].as_str().unwrap()).collect();
        assert!(plan.iter().any(|step| step.contains("USING")), "{query} is answered by keys: {plan:?}");
        assert!(!plan.iter().any(|step| step.starts_with("SCAN")), "{query} reads no table whole: {plan:?}");
        assert!(!plan.iter().any(|step| step.contains("TEMP B-TREE")), "{query} sorts nothing: {plan:?}");
    }
    at(format!("groups remove {group} {0} --as {0}", bob.id)).await;
    assert_eq!(at(format!("groups members {group}")).await.len(), 1);
    at(format!("groups delete {group} --as {}", alice.id)).await;
    assert!(at("groups list".to_owned()).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn lines_that_come_in_are_done_one_by_one_and_a_bad_one_fails_the_whole() {
    let parlour = Parlour::start().await;
    let mut console = Parlour::command(parlour.data());
    let mut console = console
        .arg("console")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = "help\n\nusers paint\ngroups show 7d444840-9dc0-11d1-b245-5ffdce74fad2\nusers list\nexit\nusers list\n";
    console.stdin.take().unwrap().write_all(lines.as_bytes()).await.unwrap();
    let output = console.wait_with_output().await.unwrap();
    let (said, complained) =
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert_eq!(output.status.code(), Some(1), "{said}{complained}");
    assert!(said.contains("explain"), "help lists the tools: {said}");
    for fault in ["paint", "group 7d444840-9dc0-11d1-b245-5ffdce74fad2 was not found", "2 lines failed"] {
        assert!(complained.contains(fault), "{fault}: {complained}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn between_processes_the_console_sends_and_follows_at_once() {
    let shape = Shape::start().await;
    let (alice, bob) = (Person::at(shape.apis[0].api()).await, Person::at(shape.apis[0].api()).await);
    let group = alice.group_with(&[&bob]).await;
    let mut tail = shape.command("parlour");
    let mut tail = tail
        .args(["messages", "tail", &group.to_string(), "--count", "2"])
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut said = BufReader::new(tail.stdout.take().unwrap()).lines();
    assert_eq!(said.next_line().await.unwrap().as_deref(), Some("Ctrl-C ends it."));
    let mut at_bobs = Listener::start(shape.realtime.realtime(), &bob);
    at_bobs.next("connect").await;

    alice.send(group, SystemClock.new_id(), "through the API").await.unwrap();
    let line = said.next_line().await.unwrap().unwrap();
    assert!(
        line.starts_with("1  ") && line.ends_with("  through the API") && line.contains(" ms  "),
        "{line}"
    );

    let line = format!("messages send {group} --as {} at the console", alice.id);
    assert_eq!(answered(shape.command("parlour"), &line).await[0]["seq"], 2);
    let line = said.next_line().await.unwrap().unwrap();
    assert!(line.ends_with("  at the console"), "{line}");
    at_bobs.hears(1..=2).await;
    assert!(tail.wait().await.unwrap().success());

    let plan = answered(shape.command("parlour"), &format!("explain newest {group}")).await;
    let plan: Vec<_> = plan.iter().map(|step| step["plan"].as_str().unwrap()).collect();
    assert!(plan.iter().any(|step| step.contains("actual time")), "{plan:?}");
    let rings = printed(shape.command("parlour").args(["rings", "--json"])).await;
    let ring: Value = serde_json::from_str(rings.lines().next().unwrap()).unwrap();
    assert!(ring["topic"].is_number() && ring["leader"].is_string(), "{ring}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_made_is_told_by_its_id_and_a_long_table_has_one_head() {
    let data = TempDir::new().unwrap();
    let tool = async |arguments: &[&str]| {
        printed(Parlour::command(data.path()).args(arguments).env("USER_PASSWORD", "stanley-park-1")).await
    };
    let carol = tool(&["users", "create", "--name", "Carol", "carol@example.com"]).await;
    let group = tool(&["groups", "create", "Stanley Park", "--as", carol.trim()]).await;
    assert!(carol.trim().parse::<Uuid>().is_ok() && group.trim().parse::<Uuid>().is_ok(), "{carol}{group}");
    let dave = tool(&["--json", "users", "create", "--name", "Dave", "dave@example.com"]).await;
    assert!(serde_json::from_str::<Value>(&dave).unwrap()["id"].is_string(), "{dave}");

    // More than a page of users, and of a group's members.
    tool(&["seed", "--size", "large", "--members", "150", "--messages", "1"]).await;
    let users = tool(&["users", "list"]).await;
    assert_eq!(users.lines().count(), 1 + 153, "{users}");
    assert_eq!(users.lines().filter(|line| line.starts_with("ID ")).count(), 1, "{users}");
    let groups = tool(&["--json", "groups", "list"]).await;
    let groups = groups.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let large = groups.into_iter().find(|group| group["member_count"] == 150).unwrap();
    let members = tool(&["groups", "members", large["id"].as_str().unwrap()]).await;
    assert_eq!(members.lines().filter(|line| line.starts_with("USER ID")).count(), 1, "{members}");
    assert_eq!(members.lines().count(), 1 + 150, "{members}");
}

/// A terminal, and what was shown on it.
struct Terminal {
    keys: File,
    shown: Arc<Mutex<String>>,
}

impl Terminal {
    /// Runs `command` on a terminal of its own, so that Ctrl-C reaches it alone.
    fn run(command: &Command) -> (Self, tokio::process::Child) {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap().into_string().unwrap();
        let side = || Stdio::from(OpenOptions::new().read(true).write(true).open(&name).unwrap());
        let command = command.as_std();
        let child = Command::new("setsid")
            .args(["--ctty", "--wait"])
            .arg(command.get_program())
            .args(command.get_args())
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))))
            .stdin(side())
            .stdout(side())
            .stderr(side())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let keys = File::from(master);
        let mut screen = keys.try_clone().unwrap();
        let shown = Arc::new(Mutex::new(String::new()));
        let screen_text = shown.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4_096];
            // The read fails once nobody is left on the other side.
            while let Ok(length @ 1..) = screen.read(&mut bytes) {
                screen_text.lock().unwrap().push_str(&String::from_utf8_lossy(&bytes[..length]));
            }
        });
        (Self { keys, shown }, child)
    }

    fn press(&mut self, keys: &str) {
        self.shown.lock().unwrap().clear();
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    async fn shows(&self, text: &str) {
        until(text, async || self.shown.lock().unwrap().contains(text)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_prompt_completes_remembers_and_outlives_what_is_cancelled() {
    let parlour = Parlour::start().await;
    let (alice, home) = (Person::new(&parlour).await, TempDir::new().unwrap());
    let group = alice.group_with(&[]).await;
    let console = || {
        let mut command = Parlour::command(parlour.data());
        command.arg("console").env("HOME", home.path()).env("TERM", "xterm");
        command
    };
    let (mut terminal, mut child) = Terminal::run(&console());
    terminal.shows("parlour> ").await;
    terminal.press("us\tli\t\r");
    terminal.shows(&alice.id.to_string()).await;
    terminal.shows("parlour> ").await;
    terminal.press(&format!("messages tail {group}\r"));
    terminal.shows("Ctrl-C ends it.").await;
    alice.send(group, SystemClock.new_id(), "seen at the prompt").await.unwrap();
    terminal.shows("seen at the prompt").await;
    terminal.press("\u{3}");
    terminal.shows("parlour> ").await;
    terminal.press(&format!("messages send {group} --as {} 'not to be kept'\r", alice.id));
    terminal.shows("parlour> ").await;
    terminal.press("groups show nobody\r");
    terminal.shows("invalid value 'nobody'").await;
    terminal.shows("parlour> ").await;
    terminal.press("\u{4}");
    assert!(child.wait().await.unwrap().success());

    let history = home.path().join(".parlour_history");
    let kept = std::fs::read_to_string(&history).unwrap();
    assert!(kept.contains("users list") && !kept.contains("not to be kept"), "{kept}");
    let mode = std::fs::metadata(&history).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, Permissions::from_mode(0o600).mode());

    let (mut terminal, mut child) = Terminal::run(&console());
    terminal.shows("parlour> ").await;
    terminal.press("\u{1b}[A\u{1b}[A\u{1b}[A\r");
    terminal.shows(&alice.id.to_string()).await;
    terminal.shows("parlour> ").await;
    terminal.press("exit\r");
    assert!(child.wait().await.unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_completes_the_tools() {
    let data = TempDir::new().unwrap();
    let script = printed(Parlour::command(data.path()).args(["completions", "bash"])).await;
    let asks =
        "\nCOMP_WORDS=(parlour gro); COMP_CWORD=1; _parlour parlour gro parlour; echo \"${COMPREPLY[@]}\"";
    let completed = printed(Command::new("bash").args(["-euc", &(script + asks)])).await;
    assert_eq!(completed.trim(), "groups");
}
