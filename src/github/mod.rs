//! What jitney asks of GitHub's REST API, and what the responses mean. Sans-IO: `component` carries them.
//!
//! A room for each of GitHub's resources, with its one type, its requests and its readers. What a response means that is
//! there, gone or unknown ([`Seen`]) is its asker's to say.

pub mod app;
mod credential;
pub mod delivery;
mod etag;
pub mod group;
pub mod hook;
pub mod job;
pub mod release;
mod request;
mod response;
pub mod run;
pub mod runner;

pub use credential::CredentialScope;
pub use etag::Etag;
pub use request::{Method, Request};
pub use response::{Answer, Cursor, Fault, Page, Refusal, Response, Seen, is_limited, refusal};
