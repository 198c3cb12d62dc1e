//! One delivery, decided again at the command line, with its reasons.
//!
//! The input is a raw HTTP request, the JSON of GitHub's delivery API ("Get a delivery for a repository webhook"),
//! or a bare payload. All three become the header block and the body that an endpoint would have seen.

use jitney::delivery::signature::WebhookSecrets;
use jitney::policy::delivery::{Check, Decision, Trust, Verdict};
use jitney::reply::Outcome;
use jitney::ticket::Purpose;
use jitney::words::printable::Sentence;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What `replay` is told on its command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// `--event E`: the event, where the input does not say.
    pub event: Option<String>,
    /// `--unsigned`: take the input on trust.
    pub unsigned: bool,
    /// `--mint`: play the course out against GitHub, then take the runner back.
    pub mint: bool,
    /// `--json`: the trace as JSON.
    pub json: bool,
}

/// How to call it.
pub const USAGE: &str = "\
usage: replay [--event E] [--unsigned] [--mint] [--json] < delivery

Decides on one delivery again and prints every check. The delivery is a raw HTTP request, the JSON of
GitHub's delivery API, or a bare payload (which has no signature: add --unsigned).

  --event E    the event, where the input does not name it (default: workflow_job)
  --unsigned   take the delivery on trust instead of checking its signature
  --mint       go on: ask GitHub for a JIT config, then delete the runner again
  --json       print the trace as JSON

exit status: 0 launch, release, ignored or ping; 3 refused; 2 malformed, or settings or usage at fault
";

impl Options {
    /// Reads the arguments after `replay`.
    pub fn parse(arguments: impl IntoIterator<Item = String>) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments.into_iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--event" => options.event = Some(arguments.next().ok_or("--event wants a name")?),
                "--unsigned" => options.unsigned = true,
                "--mint" => options.mint = true,
                "--json" => options.json = true,
                other => {
                    return Err(format!(
                        "the argument `{}` is unknown",
                        jitney::words::printable::Shown(other)
                    ));
                }
            }
        }
        Ok(options)
    }

    /// Whether the delivery must be signed.
    pub fn trust<'a>(&self, secrets: &'a WebhookSecrets) -> Trust<'a> {
        if self.unsigned { Trust::Unsigned } else { Trust::Signed(secrets) }
    }
}

/// A delivery as an endpoint would have seen it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its header block.
    pub head: String,
    /// Its body.
    pub body: String,
}

impl Input {
    /// Reads any of the three forms.
    pub fn parse(bytes: &[u8], event: Option<&str>) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|_| "the input is not UTF-8".to_owned())?;
        let start = text.trim_start();
        if start.starts_with('{') {
            return Ok(Self::from_api(start).unwrap_or_else(|| Self::from_payload(start, event)));
        }
        Self::from_request(start).ok_or_else(|| "the input is neither an HTTP request nor JSON".to_owned())
    }

    fn from_request(text: &str) -> Option<Self> {
        let (line, rest) = text.split_once('\n')?;
        if !line.trim_end().rsplit(' ').next()?.starts_with("HTTP/") {
            return None;
        }
        let end =
            ["\r\n\r\n", "\n\n"].iter().filter_map(|gap| rest.find(gap).map(|at| (at, gap.len()))).min()?;
        let (head, body) = (rest.get(..end.0)?, rest.get(end.0 + end.1..)?);
        let length = head
            .lines()
            .filter_map(|line| line.split_once(':'))
            .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length = length.and_then(|(_, value)| value.trim().parse::<usize>().ok());
        // An editor's last newline is no part of the body that was signed.
        let body = length.and_then(|length| body.get(..length)).unwrap_or(body);
        Some(Self { head: head.replace('\r', ""), body: body.to_owned() })
    }

    fn from_api(text: &str) -> Option<Self> {
        #[derive(Deserialize)]
        struct Api<'a> {
            #[serde(default)]
            guid: Option<String>,
            #[serde(default)]
            event: Option<String>,
            #[serde(borrow)]
            request: Request<'a>,
        }
        #[derive(Deserialize)]
        struct Request<'a> {
            headers: BTreeMap<String, String>,
            #[serde(borrow)]
            payload: &'a RawValue,
        }
        let api: Api<'_> = serde_json::from_str(text).ok()?;
        let mut headers: BTreeMap<String, String> =
            api.request.headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect();
        let given = [("x-github-delivery", api.guid), ("x-github-event", api.event)];
        for (name, value) in given {
            if let Some(value) = value {
                headers.entry(name.to_owned()).or_insert(value);
            }
        }
        // The API shows the payload as JSON whatever the hook's content type was.
        headers.insert("content-type".to_owned(), "application/json".to_owned());
        let head = headers.iter().fold(String::new(), |mut head, (name, value)| {
            let _ = writeln!(head, "{name}: {}", value.replace(['\r', '\n'], " "));
            head
        });
        Some(Self { head, body: compact(api.request.payload.get()) })
    }

    fn from_payload(text: &str, event: Option<&str>) -> Self {
        let event = event.unwrap_or("workflow_job").replace(['\r', '\n'], " ");
        Self { head: format!("x-github-event: {event}\n"), body: text.trim_end().to_owned() }
    }
}

/// JSON without the white space between its tokens, which is how GitHub signs it.
fn compact(json: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    json.chars()
        .filter(|&c| {
            let keep = quoted || !c.is_ascii_whitespace();
            match c {
                '"' if !escaped => quoted = !quoted,
                _ => {}
            }
            escaped = quoted && c == '\\' && !escaped;
            keep
        })
        .collect()
}

/// The exit status that a decision means.
pub fn exit_code(decision: &Decision) -> u8 {
    match decision.verdict.reply().map(|answer| answer.outcome) {
        Some(Outcome::Refused | Outcome::Unsigned) => 3,
        None | Some(Outcome::Ignored | Outcome::Pong | Outcome::Duplicate | Outcome::Released) => 0,
        Some(_) => 2,
    }
}

/// The trace for a person, ending in the verdict.
pub fn render(decision: &Decision) -> String {
    let mut text = String::new();
    for check in &decision.trace {
        let mark = if check.passed { "ok  " } else { "stop" };
        let _ =
            writeln!(text, "{mark}  {:<11} {}", check.name, jitney::words::printable::Shown(&check.found));
    }
    let (word, why) = verdict(decision);
    let _ = writeln!(text, "\nverdict: {word}: {why}");
    text
}

/// The trace as JSON: `trace`, `verdict`, `reason`, and the `ticket` where a course would be opened.
pub fn render_json(decision: &Decision) -> String {
    let (word, why) = verdict(decision);
    let ticket = decision.verdict.ticket().and_then(|ticket| serde_json::to_value(ticket).ok());
    // JSON lets through what a terminal takes for a command, such as U+009B.
    let plain = |check: &Check| Check { found: Sentence(&check.found).to_string(), ..check.clone() };
    let trace: Vec<Check> = decision.trace.iter().map(plain).collect();
    let value = serde_json::json!({ "trace": trace, "verdict": word, "reason": why, "ticket": ticket });
    format!("{value}\n")
}

fn verdict(decision: &Decision) -> (&'static str, String) {
    match &decision.verdict {
        Verdict::Unread(answer) | Verdict::Reply(answer) | Verdict::Refuse(answer, _) => {
            (answer.outcome.word(), answer.reason.to_string())
        }
        Verdict::Open(ticket) => {
            let word = match ticket.purpose {
                Purpose::Launch => "launch",
                Purpose::Refuse => "refuse",
                Purpose::Release => "release",
                Purpose::Pair => "pair",
            };
            (word, format!("job {} of {}", ticket.job, ticket.repository))
        }
    }
}
