//! What comes back from GitHub, whatever was asked, and what it means that it is not what was wanted. Rules from GitHub's
//! REST docs ("Rate limits for the REST API") and from what its endpoints are known to do.

use super::etag::Etag;
use crate::reply::Reason;
use crate::words::time::Timestamp;
use serde::de::DeserializeOwned;

/// GitHub's answer to a request: a response, or why there is none.
pub type Answer = Result<Response, Fault>;

/// An HTTP response, as far as it is looked at.
#[derive(Clone, Debug, Default)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// `Retry-After`, in seconds.
    pub retry_after: Option<u64>,
    /// `X-RateLimit-Remaining`.
    pub remaining: Option<u64>,
    /// `X-RateLimit-Limit`.
    pub limit: Option<u64>,
    /// `X-RateLimit-Reset`, in seconds since the epoch.
    pub reset: Option<u64>,
    /// Where a listing goes on, out of `Link`.
    pub next: Option<Cursor>,
    /// `ETag`: which version of a listing it is.
    pub etag: Option<Etag>,
    /// `Date`: GitHub's clock.
    pub date: Option<Timestamp>,
    /// `GitHub-Authentication-Token-Expiration`: when the token ends.
    pub token_ends: Option<Timestamp>,
    /// `X-Accepted-GitHub-Permissions`: what the request would have needed.
    pub accepted_permissions: Option<String>,
    /// Whether it is what GitHub said to the request for a credential, and nothing to the request that needed one.
    pub unauthorized: bool,
    /// The body.
    pub body: Vec<u8>,
}

/// The opaque place where a listing goes on, out of its `Link` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// Reads the `cursor` parameter of a `Link` header's `next`.
    pub fn of_link(link: &str) -> Option<Self> {
        let next = link.split(',').find(|part| part.contains("rel=\"next\""))?;
        let url = next.split_once('<')?.1.split_once('>')?.0;
        let query = url.split_once('?')?.1;
        let cursor = query.split('&').find_map(|pair| pair.strip_prefix("cursor="))?;
        let plain = cursor.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~%=".contains(&b));
        ((1..=512).contains(&cursor.len()) && plain).then(|| Self(cursor.to_owned()))
    }

    /// The cursor as it stands in a query.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Why there is no answer. After any of these the request may have taken effect, `Denied` apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// No connection, or none in time.
    Unreachable,
    /// Connected, but the answer did not come in time.
    TimedOut,
    /// The connection broke, or carried no HTTP.
    Broken,
    /// The body is longer than any that jitney expects.
    TooLarge,
    /// This machine forbids the request.
    Denied,
}

/// What GitHub says of the one thing that was asked for. What that means is its asker's to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is there, and looks so.
    Is(T),
    /// There is no such thing, or none that may be seen.
    Gone,
    /// GitHub did not say, or not so that it could be read.
    Unknown,
}

impl<T> Seen<T> {
    /// The thing, if it is known to be there.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Is(thing) => Some(thing),
            Self::Gone | Self::Unknown => None,
        }
    }
}

/// A page of a listing, and whether it was full, so that another may follow.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// What of it matters.
    pub items: Vec<T>,
    /// Whether it held as many as a page can.
    pub full: bool,
}

/// `per_page`, at GitHub's maximum.
const FULL: usize = 100;

impl<T> Page<T> {
    pub(super) fn new(all: Vec<T>) -> Self {
        Self { full: all.len() >= FULL, items: all }
    }

    /// The page of what `keep` makes of its items.
    pub fn filter_map<U>(self, keep: impl FnMut(T) -> Option<U>) -> Page<U> {
        Page { items: self.items.into_iter().filter_map(keep).collect(), full: self.full }
    }
}

/// What a response with the status 200 holds.
pub(super) fn seen<T: DeserializeOwned>(answer: &Answer) -> Seen<T> {
    match answer {
        Ok(response) if response.unauthorized => Seen::Unknown,
        Ok(response) if response.status == 200 => {
            serde_json::from_slice(&response.body).map_or(Seen::Unknown, Seen::Is)
        }
        Ok(response) if response.status == 404 => Seen::Gone,
        _ => Seen::Unknown,
    }
}

/// What a response with the status 200 holds, if it can be read.
pub(super) fn read<T: DeserializeOwned>(answer: &Answer) -> Option<T> {
    seen(answer).known()
}

/// Why a request got no good answer, and so what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A runner of this name exists: try another name.
    NameTaken,
    /// Not before so many milliseconds.
    Limited(u64, Reason),
    /// It may go better soon; if `true`, the request may have taken effect.
    Transient(bool, Reason),
    /// It will go no better until somebody fixes something.
    Permanent(Reason),
}

impl Fault {
    pub(super) fn refusal(self) -> Refusal {
        let (code, text) = match self {
            Self::Unreachable => ("github-unreachable", "GitHub's API cannot be reached"),
            Self::TimedOut => ("github-timed-out", "GitHub's API did not answer in time"),
            Self::Broken => ("github-answer-broken", "GitHub's answer broke off or is no HTTP"),
            Self::TooLarge => {
                ("github-answer-too-large", "GitHub's answer is longer than any that is expected")
            }
            Self::Denied => {
                return Refusal::Permanent(Reason::new(
                    "github-request-denied",
                    "this machine does not let the request out",
                ));
            }
        };
        Refusal::Transient(self != Self::Unreachable, Reason::new(code, text))
    }
}

/// What an answer means that is not the one that was wanted.
pub fn refusal(answer: &Answer, now: Timestamp) -> Refusal {
    let response = match answer {
        Ok(response) => response,
        Err(fault) => return fault.refusal(),
    };
    let permanent = |code, text: &str| Refusal::Permanent(Reason::new(code, text));
    match response.status {
        401 => permanent(
            "github-token-refused",
            "GitHub answers 401: GITHUB_TOKEN is wrong, revoked or expired, or the App's id and key do not belong together",
        ),
        403 | 429 if is_limited(response) => {
            let text = format!("GitHub answers {}: its rate limit is reached", response.status);
            Refusal::Limited(wait(response, now), Reason::new("github-rate-limited", text))
        }
        403 => permanent(
            "github-permission-missing",
            "GitHub answers 403: the token or the App lacks Administration: write on the repository (in org scope, Self-hosted runners: write on the organization)",
        ),
        404 => permanent(
            "github-repository-hidden",
            "GitHub answers 404: the token cannot see the repository or may not administer it, or the App is not installed there",
        ),
        408 => Refusal::Transient(true, Reason::new("github-timed-out", "GitHub answers 408")),
        409 => Refusal::NameTaken,
        422 => permanent(
            "github-request-rejected",
            "GitHub answers 422: it does not take RUNNER_GROUP_ID or the job's labels",
        ),
        300..=399 => permanent(
            "github-redirects",
            "GitHub answers with a redirect, which is not followed; was the repository renamed, or is the API's URL wrong?",
        ),
        200..=299 | 500..=599 => Refusal::Transient(
            true,
            Reason::new("github-failing", format!("GitHub answers {}", response.status)),
        ),
        status => permanent(
            "github-answer-unknown",
            &format!("GitHub answers {status}, which it is not known to do"),
        ),
    }
}

/// Whether GitHub refuses for the sake of a limit: a 403 may be that or a missing permission; the headers tell.
pub fn is_limited(response: &Response) -> bool {
    if !matches!(response.status, 403 | 429) {
        return false;
    }
    let said = || String::from_utf8_lossy(&response.body).to_ascii_lowercase().contains("rate limit");
    response.status == 429 || response.retry_after.is_some() || response.remaining == Some(0) || said()
}

/// How long to wait, in milliseconds: what `Retry-After` says, else until the reset, else a minute; an hour at most.
fn wait(response: &Response, now: Timestamp) -> u64 {
    let until_reset = response
        .reset
        .filter(|_| response.remaining == Some(0))
        .map(|reset| Timestamp(reset.saturating_mul(1000)).since(now));
    let asked = response.retry_after.map(|seconds| seconds.saturating_mul(1000));
    asked.or(until_reset).unwrap_or(60_000).clamp(1_000, 3_600_000)
}
