//! What a process depends on, as it is now.

use std::collections::BTreeMap;

use async_trait::async_trait;
use serde::Serialize;

use crate::{ErrorCode, Refusal};

/// Something that a process depends on.
///
/// # Example
/// ```
/// use engine_interfaces::{Dependency, DependencyState, Health};
///
/// let broker = Dependency { state: DependencyState::Away, needed: false };
/// assert!(Health::new(false, [("broker", broker)].into()).is_ready(), "work goes on without it");
/// let chat = Dependency { needed: true, ..broker };
/// assert!(!Health::new(false, [("chat", chat)].into()).is_ready());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dependency {
    /// Does it answer?
    pub state: DependencyState,
    /// Can the process serve nobody without it?
    pub needed: bool,
}

/// Does it answer?
///
/// # Example
/// ```
/// use engine_interfaces::{ChatError, DependencyState};
///
/// let state = |answer: Result<(), ChatError>| match answer {
///     Ok(()) => DependencyState::Up,
///     Err(_) => DependencyState::Away, // too late is no answer
/// };
/// assert_eq!(serde_json::to_value(state(Err(ChatError::TimedOut))).unwrap(), "away");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DependencyState {
    /// It does.
    Up,
    /// It does not.
    Away,
}

/// Knows what a process depends on.
///
/// # Example
/// ```
/// use std::{collections::BTreeMap, sync::Arc};
///
/// use async_trait::async_trait;
/// use engine_interfaces::{Broker, Dependencies, Dependency, DependencyState};
///
/// /// Needs nothing, and does better with a broker.
/// struct Bus(Arc<dyn Broker>);
///
/// #[async_trait]
/// impl Dependencies for Bus {
///     async fn states(&self) -> BTreeMap<&'static str, Dependency> {
///         let state = if self.0.is_up() { DependencyState::Up } else { DependencyState::Away };
///         [("broker", Dependency { state, needed: false })].into() // waits for nobody
///     }
/// }
/// ```
#[async_trait]
pub trait Dependencies: Send + Sync {
    /// Each of them by its name, as it is now. Never takes long: what does not answer in time is away.
    async fn states(&self) -> BTreeMap<&'static str, Dependency>;
}

/// Does a process want more work, and why not? Serializes as the body of `/readyz`: where it does not, with the
/// fields of a refusal too.
///
/// # Example
/// ```
/// use engine_interfaces::{Dependency, DependencyState, Health};
///
/// let chat = Dependency { state: DependencyState::Away, needed: true };
/// let health = Health::new(false, [("chat", chat)].into());
/// let body = serde_json::to_value(&health).unwrap();
/// assert!(!health.is_ready());
/// assert_eq!(body["status"], "unavailable");
/// assert_eq!(body["code"], 50_301, "as a refusal has it");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Health {
    status: Status,
    #[serde(flatten)]
    refusal: Option<Refusal>,
    dependencies: BTreeMap<&'static str, Dependency>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Ok,
    Draining,
    Unavailable,
}

impl Health {
    /// Of a process that is about to end, or is not.
    ///
    /// # Example
    /// ```
    /// use std::collections::BTreeMap;
    ///
    /// use engine_interfaces::{Dependency, DependencyState, Health};
    ///
    /// let states = BTreeMap::from([
    ///     ("chat", Dependency { state: DependencyState::Up, needed: true }),
    ///     ("broker", Dependency { state: DependencyState::Away, needed: false }),
    /// ]);
    /// assert!(Health::new(false, states.clone()).is_ready());
    /// assert!(!Health::new(true, states).is_ready(), "who is about to end wants no more work");
    /// ```
    #[must_use]
    pub fn new(draining: bool, dependencies: BTreeMap<&'static str, Dependency>) -> Self {
        let lacks = |dependency: &Dependency| dependency.needed && dependency.state == DependencyState::Away;
        let status = match draining {
            true => Status::Draining,
            false if dependencies.values().any(lacks) => Status::Unavailable,
            false => Status::Ok,
        };
        let refusal = (status != Status::Ok).then(|| ErrorCode::Unavailable.into());
        Self { status, refusal, dependencies }
    }

    /// Does it want more work?
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.status == Status::Ok
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn health(draining: bool, database: DependencyState, broker: DependencyState) -> serde_json::Value {
        let dependencies = BTreeMap::from([
            ("chat", Dependency { state: database, needed: true }),
            ("broker", Dependency { state: broker, needed: false }),
        ]);
        serde_json::to_value(Health::new(draining, dependencies)).unwrap()
    }

    #[test]
    fn what_is_not_needed_may_be_away() {
        let dependencies = json!({
            "broker": { "state": "away", "needed": false },
            "chat": { "state": "up", "needed": true },
        });
        let health = health(false, DependencyState::Up, DependencyState::Away);
        assert_eq!(health, json!({ "status": "ok", "dependencies": dependencies }));
    }

    #[test]
    fn what_is_needed_may_not_be_away() {
        let health = health(false, DependencyState::Away, DependencyState::Up);
        assert_eq!(health["status"], "unavailable");
        assert_eq!(health["code"], 50_301);
        assert_eq!(health["dependencies"]["chat"]["state"], "away");
    }

    #[test]
    fn who_is_about_to_end_wants_nothing_more() {
        let health = health(true, DependencyState::Up, DependencyState::Up);
        assert_eq!(health["status"], "draining");
        assert_eq!(health["code"], 50_301);
    }
}
