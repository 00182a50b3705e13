//! What tests share: databases of their own and a clock that they set. A dev-dependency only.

mod clock;
mod database;

pub use clock::FixedClock;
pub use database::TestDatabase;
