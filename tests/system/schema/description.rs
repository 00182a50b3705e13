//! The OpenAPI description, as the server tells it.

use std::collections::BTreeSet;

use reqwest::StatusCode;
use serde_json::Value;

use crate::support::Parlour;

/// An operation, and what it says it may answer.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: String,
    /// With names in braces.
    pub(super) path: String,
    pub(super) statuses: BTreeSet<u16>,
}

impl Operation {
    /// The path with `id` for every name.
    pub(super) fn path_to(&self, id: &str) -> String {
        let parts = self.path.split('/').map(|part| if part.starts_with('{') { id } else { part });
        parts.collect::<Vec<_>>().join("/")
    }
}

/// The operations that `parlour` describes.
pub(super) async fn read(parlour: &Parlour) -> Vec<Operation> {
    let answer = reqwest::get(format!("{}/openapi.json", parlour.api)).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let description: Value = answer.json().await.unwrap();
    let paths = description["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(|(method, operation)| Operation {
            method: method.to_uppercase(),
            path: path.clone(),
            statuses: operation["responses"]
                .as_object()
                .unwrap()
                .keys()
                .map(|status| status.parse().unwrap())
                .collect(),
        })
    });
    operations.collect()
}
