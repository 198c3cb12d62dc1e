//! What all of the hub speaks: a query, and an answer.

use jitney::github::Response;
use serde_json::Value;

/// A query's parameters.
pub(super) struct Query<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Query<'a> {
    pub(super) fn read(text: &'a str) -> Self {
        Self(text.split('&').filter_map(|pair| pair.split_once('=')).collect())
    }

    pub(super) fn get(&self, name: &str) -> Option<&'a str> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| *value)
    }

    /// The page of a listing that is asked for: 30 long unless told otherwise, 100 at the most.
    pub(super) fn page<'b, T>(&self, of: &'b [T]) -> &'b [T] {
        let number = |name: &str| self.get(name).and_then(|value| value.parse::<usize>().ok());
        let long = number("per_page").unwrap_or(30).clamp(1, 100);
        let begin = (number("page").unwrap_or(1).max(1) - 1) * long;
        of.get(begin.min(of.len())..(begin + long).min(of.len())).unwrap_or_default()
    }
}

/// An answer.
pub(super) fn reply(status: u16, body: &Value) -> Response {
    Response { status, body: body.to_string().into_bytes(), ..Response::default() }
}
