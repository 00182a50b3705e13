//! The plans of the hot queries on PostgreSQL, which are kept while the tables grow.

use chat_engine::{
    Chat, Seq, factories,
    operator::{self, HotQuery},
};
use database::{Database, on};
use diesel::sql_query;
use diesel_async::RunQueryDsl;

use crate::Setup;

struct Rows {
    database: Database,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_table_is_read_whole_however_small_it_was_when_the_plan_was_made() {
    let test = Setup::postgres().await;
    let (owner, member) = (factories::user(), factories::user());
    let (group, _) = factories::group(&test.chat).owner(owner).member(member).create().await;
    let group = group.id;
    for _ in 0..3 {
        test.chat.send_message(factories::draft(owner, group)).await.unwrap();
    }
    let rows = Rows { database: test.store.database().clone() };
    on!(rows, write, |conn| sql_query("ANALYZE groups, group_heads, memberships, messages").execute(conn))
        .unwrap();

    for query in [
        HotQuery::Newest(group),
        HotQuery::Page(group, Seq(3)),
        HotQuery::Log(group, Seq(1)),
        HotQuery::Version(member, group),
        HotQuery::Groups(member),
    ] {
        let plan = operator::explain(&test.chat, query).await.unwrap().join("\n");
        assert!(plan.contains("Index") && !plan.contains("Seq Scan"), "{query:?}: {plan}");
    }
}
