//! How the database would find what a query asks for.

use diesel::{
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    result::QueryResult,
    sql_types::{Integer, Text},
    sqlite::Sqlite,
};

/// Runs a query on PostgreSQL and answers its plan, with what the steps took: a line of text each.
///
/// For queries that change nothing: they do run.
///
/// # Example
/// ```
/// use database::{Analyzed, jobs::jobs};
/// use diesel::{QueryDsl, debug_query, pg::Pg};
///
/// let query = Analyzed(jobs::table.select(jobs::kind)); // what `explain!` makes
/// assert!(debug_query::<Pg, _>(&query).to_string().starts_with("EXPLAIN (ANALYZE, BUFFERS) SELECT"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Analyzed<Q>(pub Q);

/// The plan of a query on SQLite, which does not run: a row `(id, parent, -, step)` for each step.
///
/// # Example
/// ```
/// use database::{Planned, jobs::jobs};
/// use diesel::{QueryDsl, debug_query, sqlite::Sqlite};
///
/// let query = Planned(jobs::table.select(jobs::kind)); // what `explain!` makes
/// assert!(debug_query::<Sqlite, _>(&query).to_string().starts_with("EXPLAIN QUERY PLAN SELECT"));
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Planned<Q>(pub Q);

/// A step of [`Planned`].
///
/// # Example
/// ```
/// use database::PlannedStep;
///
/// /// Is every row of some table read?
/// fn scans(steps: &[PlannedStep]) -> bool {
///     steps.iter().any(|(_, _, _, step)| step.starts_with("SCAN"))
/// }
/// assert!(scans(&[(2, 0, 0, "SCAN jobs".to_owned())]));
/// ```
pub type PlannedStep = (i32, i32, i32, String);

impl<Q: QueryFragment<Pg>> QueryFragment<Pg> for Analyzed<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("EXPLAIN (ANALYZE, BUFFERS) ");
        self.0.walk_ast(out)
    }
}

impl<Q> Query for Analyzed<Q> {
    type SqlType = Text;
}

impl<Q: QueryFragment<Sqlite>> QueryFragment<Sqlite> for Planned<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        out.push_sql("EXPLAIN QUERY PLAN ");
        self.0.walk_ast(out)
    }
}

impl<Q> Query for Planned<Q> {
    type SqlType = (Integer, Integer, Integer, Text);
}

/// Asked for now and then: not kept as prepared statements.
impl<Q> QueryId for Analyzed<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> QueryId for Planned<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// Answers the plan of `$query`, a query that only reads, as lines of text. Where the databases are asked in different
/// ways, give two queries, PostgreSQL's first.
///
/// # Example
/// ```
/// # use database::{Database, Location, PoolSettings};
/// # use database::Migrations;
/// # use diesel_migrations::embed_migrations;
/// use database::{StoreError, explain, jobs::jobs};
/// use diesel::{ExpressionMethods, QueryDsl};
///
/// struct Store {
///     database: Database,
/// }
///
/// impl Store {
///     async fn explain(&self) -> Result<Vec<String>, StoreError> {
///         explain!(self, jobs::table.filter(jobs::kind.eq("example.greet")).select(jobs::id))
///     }
/// }
/// # const JOBS: Migrations = Migrations {
/// #     postgres: embed_migrations!("../../migrations/jobs/postgres"),
/// #     sqlite: embed_migrations!("../../migrations/jobs/sqlite"),
/// # };
/// # #[tokio::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let folder = tempfile::tempdir()?;
/// # let location = Location::Sqlite { path: folder.path().join("jobs.db") };
/// # let database = Database::open(location, &PoolSettings::default())?;
/// # database.migrate(JOBS).await?;
/// let store = Store { database };
/// assert!(store.explain().await?.iter().all(|step| !step.starts_with("SCAN")), "an index has the kind");
/// # Ok(()) }
/// ```
#[macro_export]
macro_rules! explain {
    ($store:expr, $query:expr) => {
        $crate::explain!($store, $query, $query)
    };
    ($store:expr, $pg_query:expr, $lite_query:expr) => {
        $crate::on!(
            $store,
            read,
            |pg| ::diesel_async::RunQueryDsl::load::<String>($crate::Analyzed($pg_query), pg),
            |lite| async {
                let steps: Vec<$crate::PlannedStep> =
                    ::diesel_async::RunQueryDsl::load($crate::Planned($lite_query), lite).await?;
                Ok::<_, ::diesel::result::Error>($crate::indented(&steps))
            }
        )
    };
}

/// The steps as text, each below the one that it is a part of.
///
/// # Example
/// ```
/// let step = |id, parent, text: &str| (id, parent, 0, text.to_owned());
/// let steps = [step(1, 0, "COMPOUND QUERY"), step(2, 1, "SCAN jobs"), step(9, 0, "USE TEMP B-TREE")];
/// assert_eq!(database::indented(&steps), ["COMPOUND QUERY", "  SCAN jobs", "USE TEMP B-TREE"]);
/// ```
#[must_use]
pub fn indented(steps: &[PlannedStep]) -> Vec<String> {
    let depth = |mut parent: i32| {
        let mut depth = 0;
        while let Some(step) = steps.iter().find(|step| step.0 == parent) {
            (depth, parent) = (depth + 1, step.1);
        }
        depth
    };
    steps.iter().map(|step| format!("{:1$}{2}", "", 2 * depth(step.1), step.3)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_below_the_one_that_it_is_a_part_of() {
        let step = |id, parent, text: &str| (id, parent, 0, text.to_owned());
        let steps = [step(3, 0, "a"), step(5, 3, "b"), step(9, 5, "c"), step(12, 0, "d")];
        assert_eq!(indented(&steps), ["a", "  b", "    c", "d"]);
    }
}
