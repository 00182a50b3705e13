//! Crowds in processes of their own: one process may open only so many files.

use std::process::Stdio;

use engine_interfaces::BoxError;
use futures_util::future::try_join_all;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines, stdin},
    process::{Child, ChildStdin, ChildStdout, Command},
};

use crate::{client::Crowd, say};

/// A crowd for each server. Ends with the value.
pub(crate) struct Crowds {
    processes: Vec<Process>,
    /// How many messages each socket has heard.
    messages: u64,
}

/// The process of one crowd, which answers each line with one.
struct Process {
    sockets: u64,
    asks: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
    /// Is killed with the value.
    _child: Child,
}

impl Crowds {
    /// Starts a process for each address; all share the tokens.
    pub(crate) async fn start(addresses: &[String], tokens: &[String]) -> Result<Self, BoxError> {
        let each = tokens.len().div_ceil(addresses.len().max(1)).max(1);
        let starts =
            addresses.iter().zip(tokens.chunks(each)).map(|(address, some)| Process::start(address, some));
        Ok(Self { processes: try_join_all(starts).await?, messages: 0 })
    }

    /// Returns once each socket is let in.
    pub(crate) async fn connect(&mut self) -> Result<(), BoxError> {
        try_join_all(self.processes.iter_mut().map(|process| process.ask("connect".to_owned()))).await?;
        Ok(())
    }

    /// Returns once each socket has heard so many messages more, in their order.
    pub(crate) async fn hear(&mut self, messages: usize) -> Result<(), BoxError> {
        self.messages += messages as u64;
        let messages = self.messages;
        let heard = self.processes.iter_mut().map(|process| {
            let deliveries = messages * process.sockets;
            process.ask(deliveries.to_string())
        });
        try_join_all(heard).await?;
        Ok(())
    }
}

impl Process {
    async fn start(address: &str, tokens: &[String]) -> Result<Self, BoxError> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(["crowd", "--address", address])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(asks), Some(answers)) = (child.stdin.take(), child.stdout.take()) else {
            return Err("a crowd can't be talked to".into());
        };
        let answers = BufReader::new(answers).lines();
        let mut process = Self { sockets: tokens.len() as u64, asks, answers, _child: child };
        process.ask(tokens.join(" ")).await?;
        Ok(process)
    }

    async fn ask(&mut self, mut line: String) -> Result<(), BoxError> {
        line.push('\n');
        self.asks.write_all(line.as_bytes()).await?;
        self.answers.next_line().await?.ok_or("a crowd has ended")?;
        Ok(())
    }
}

/// The process of one crowd: is told the tokens, connects when asked to, and answers each number of deliveries once there
/// were so many.
pub(crate) async fn serve(address: String) -> Result<(), BoxError> {
    let mut asked = BufReader::new(stdin()).lines();
    let tokens = asked.next_line().await?.ok_or("no tokens")?;
    let tokens: Vec<_> = tokens.split(' ').map(str::to_owned).collect();
    say("ready")?;
    asked.next_line().await?.ok_or("not asked to connect")?;
    let mut crowd = Crowd::connect(&[address], &tokens).await?;
    crowd.listen();
    say("connected")?;
    while let Some(deliveries) = asked.next_line().await? {
        crowd.has_heard(deliveries.parse()?).await?;
        say("heard")?;
    }
    Ok(())
}
