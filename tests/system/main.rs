//! The product as its users have it: real processes, real sockets, official clients, kills.

#[cfg(test)]
mod alerts;
#[cfg(test)]
mod backups;
#[cfg(test)]
mod cluster;
#[cfg(test)]
mod console;
#[cfg(test)]
mod deployed;
#[cfg(test)]
mod doctor;
#[cfg(test)]
mod encryption;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod kills;
#[cfg(test)]
mod loads;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod mails;
#[cfg(test)]
mod metrics;
#[cfg(test)]
mod moves;
#[cfg(test)]
mod panics;
#[cfg(test)]
mod presence;
#[cfg(test)]
mod restarts;
#[cfg(test)]
mod rings;
#[cfg(test)]
mod schema;
#[cfg(test)]
mod shapes;
#[cfg(test)]
mod starts;
#[cfg(test)]
mod support;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod transcript;
#[cfg(test)]
mod upgrades;
#[cfg(test)]
mod webhooks;
