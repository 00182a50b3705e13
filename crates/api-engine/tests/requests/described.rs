//! Holds an answer against the OpenAPI file: its status is declared, and its body is what the schema says,
//! no field less and none more.
#![expect(clippy::panic, reason = "a test fails by panicking")]

use std::{collections::BTreeSet, sync::LazyLock};

use actix_web::http::Method;
use serde_json::Value;

use crate::support::Answer;

static API: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&api_engine::openapi()).unwrap_or_default());

/// Fails when the answer to a request is not as described.
pub(crate) fn check(method: &Method, path: &str, answer: &Answer) {
    let Some(item) = item(path) else {
        assert_eq!(answer.status, 404, "{path} is not described, and answers");
        return body(&API["components"]["schemas"]["Error"], answer, path);
    };
    let operation = &item[method.as_str().to_lowercase()];
    if operation.is_null() {
        assert_eq!(answer.status, 405, "{method} {path} is not described, and answers");
        return body(&API["components"]["schemas"]["Error"], answer, path);
    }
    let response = &operation["responses"][answer.status.as_str()];
    assert!(!response.is_null(), "{method} {path}: {} is not described: {answer:?}", answer.status);
    for (name, _) in response["headers"].as_object().into_iter().flatten() {
        assert!(answer.header(name).is_some(), "{method} {path}: no header {name}: {answer:?}");
    }
    match &response["content"]["application/json"]["schema"] {
        Value::Null if response["content"].is_null() => {
            assert!(answer.body.is_empty(), "{method} {path}: {answer:?}")
        }
        Value::Null => {}
        schema => body(schema, answer, path),
    }
}

/// The described path that `path` is one of; a path without names before one with.
fn item(path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or_default();
    let paths = &API["paths"];
    paths.get(path).or_else(|| {
        let fits = |template: &str| {
            let (template, path) = (template.split('/'), path.split('/'));
            template.clone().count() == path.clone().count()
                && template
                    .zip(path)
                    .all(|(name, part)| name == part || (name.starts_with('{') && !part.is_empty()))
        };
        paths.as_object()?.iter().find(|(template, _)| fits(template)).map(|(_, item)| item)
    })
}

fn body(schema: &Value, answer: &Answer, path: &str) {
    assert_eq!(answer.header("content-type"), Some("application/json"), "{path}: {answer:?}");
    if let Err(error) = fits(schema, &answer.json()) {
        panic!("{path} answers what is not described: {error}: {}", answer.json());
    }
}

fn fits(schema: &Value, value: &Value) -> Result<(), String> {
    check_value(schema, value)?;
    if let (Value::Object(object), fields) = (value, fields(schema)) {
        let more = object.keys().find(|key| !fields.is_empty() && !fields.contains(key.as_str()));
        return more.map_or(Ok(()), |key| Err(format!("{key} is not described")));
    }
    Ok(())
}

/// What the parts of `schema` say of `value`, but for fields that none of them knows.
fn check_value(schema: &Value, value: &Value) -> Result<(), String> {
    let schema = resolve(schema);
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check_value(part, value)?;
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices.iter().filter(|choice| fits(choice, value).is_ok()).count();
        return if fitting == 1 { Ok(()) } else { Err(format!("{value} is {fitting} of {schema}")) };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(name) => vec![name],
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !types.is_empty() && !types.iter().any(|name| is(name, value)) {
        return Err(format!("{value} is not {types:?}"));
    }
    if schema["enum"].as_array().is_some_and(|values| !values.contains(value)) {
        return Err(format!("{value} is none of {}", schema["enum"]));
    }
    if let (Some(least), Some(number)) = (schema["minimum"].as_i64(), value.as_i64())
        && number < least
    {
        return Err(format!("{number} is less than {least}"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        value.get(name).ok_or_else(|| format!("{name} is missing"))?;
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(value) = value.get(name) {
            fits(property, value).map_err(|error| format!("{name}: {error}"))?;
        }
    }
    for entry in value.as_array().into_iter().flatten() {
        fits(&schema["items"], entry)?;
    }
    Ok(())
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => false,
    }
}

/// Every field that `schema` or a part of it knows.
fn fields(schema: &Value) -> BTreeSet<&str> {
    let schema = resolve(schema);
    let own = schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.as_str());
    let parts = ["allOf", "oneOf"].into_iter().filter_map(|key| schema[key].as_array()).flatten();
    own.chain(parts.flat_map(fields)).collect()
}

fn resolve(schema: &Value) -> &Value {
    match schema["$ref"].as_str() {
        Some(name) => API.pointer(name.trim_start_matches('#')).unwrap_or(&Value::Null),
        None => schema,
    }
}
