//! What holds for any input: nothing panics, nothing unsigned gets in, and a launch leaves nothing behind.
#![allow(clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test")]

mod granted;

use granted::Course;
use hmac::{Hmac, KeyInit, Mac};
use jitney::course::{Command, Event, Report, Sandbox, Step};
use jitney::github::{Fault, Method, Request, Response};
use jitney::house::{Question, Ruling};
use jitney::policy::delivery::{Trust, Verdict, decide};
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::ticket::Ticket;
use jitney::words::ids::Dice;
use jitney::words::label::Label;
use jitney::words::repository::Repository;
use jitney::words::time::Timestamp;
use jitney_operator::replay::Input;
use proptest::prelude::*;
use std::collections::BTreeMap;

const QUEUED: &str = include_str!("payloads/workflow_job.queued.json");

fn settings() -> IntakeSettings {
    let given = [("WEBHOOK_SECRET", "secret-canary"), ("RUNNER_LABELS", r#"["self-hosted","k8s"]"#)];
    let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
    IntakeSettings::read(&given).settings.expect("good settings")
}

fn signed(body: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(b"secret-canary").expect("a key");
    mac.update(body.as_bytes());
    let signature = hex::encode(mac.finalize().into_bytes());
    format!("x-github-event: workflow_job\nx-hub-signature-256: sha256={signature}\n")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_bytes_make_a_verdict_panic_or_get_in_unsigned(head in "(?s).{0,200}", body in "(?s).{0,400}") {
        let decision = decide(&settings().admission, &head, &body, Trust::Signed(&settings().secrets));
        match decision.verdict {
            Verdict::Unread(answer) => {
                let said: serde_json::Value = serde_json::from_str(&answer.body()).expect("JSON");
                prop_assert!(said["outcome"].is_string() && said["reason"].is_string());
                prop_assert!(!answer.body().contains("secret-canary") && !answer.log().contains("secret-canary"));
            }
            other => prop_assert!(false, "it was read: {other:?}"),
        }
    }

    #[test]
    fn any_change_to_a_signed_body_is_a_mismatch(at in 0..QUEUED.len(), to in 0x20_u8..0x7f) {
        let head = signed(QUEUED);
        let mut bytes = QUEUED.as_bytes().to_vec();
        prop_assume!(bytes[at] != to && bytes[at].is_ascii());
        bytes[at] = to;
        let body = String::from_utf8(bytes).expect("still UTF-8");
        match decide(&settings().admission, &head, &body, Trust::Signed(&settings().secrets)).verdict {
            Verdict::Unread(answer) => prop_assert_eq!(answer.reason.code, "signature-mismatch"),
            other => prop_assert!(false, "it was read: {other:?}"),
        }
    }

    #[test]
    fn arbitrary_json_that_is_signed_is_read_or_refused(
        id in any::<i128>(), name in "(?s).{0,40}", label in "(?s).{0,40}", action in ".{0,20}"
    ) {
        let body = serde_json::json!({
            "action": action, "repository": {"full_name": name},
            "workflow_job": {"id": id.to_string().parse::<serde_json::Number>().expect("a number"),
                             "run_id": 1, "labels": ["k8s", label]},
        }).to_string();
        let decision = decide(&settings().admission, &signed(&body), &body, Trust::Signed(&settings().secrets));
        // What is signed is read, so that its instance decides on nothing else, whatever it says.
        prop_assert!(!matches!(decision.verdict, Verdict::Unread(_)));
        if let Verdict::Open(ticket) = decision.verdict {
            prop_assert_eq!(Ticket::read(&ticket.write()).expect("it reads").write(), ticket.write());
        }
    }

    #[test]
    fn names_that_parse_are_safe_in_a_path(text in "(?s).{0,60}") {
        if let Ok(repository) = Repository::parse(&text) {
            let shown = repository.to_string();
            prop_assert!(shown.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./".contains(&b)));
            prop_assert_eq!(shown.matches('/').count(), 1);
            prop_assert!(shown.split('/').all(|part| !part.is_empty() && part != "." && part != ".."));
        }
        if let Ok(label) = Label::parse(&text) {
            prop_assert!(!label.as_str().chars().any(char::is_control) && !label.as_str().is_empty());
        }
    }

    #[test]
    fn no_name_changes_the_form_of_a_request_a_tag_or_a_log_line(label in "(?s).{1,40}", name in "[a-zA-Z0-9._-]{1,100}") {
        let (Ok(label), Ok(repository)) = (Label::parse(&label), Repository::parse(&format!("octo/{name}"))) else {
            return Ok(());
        };
        let labels = serde_json::to_string(&["modal", label.as_str()]).expect("JSON");
        let text = format!(r#"{{"purpose":"launch","delivery":null,"repository":"{repository}","job":7,"run":3,
            "labels":{labels},"created":1800000000000,"private":true,"runner":null}}"#);
        let given = [
            ("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned()),
            ("RUNNER_LABELS".to_owned(), labels),
        ];
        let Some(settings) = CoursesSettings::read(&given).settings else { return Ok(()) };
        let mut course = Course::open(Ticket::read(&text).expect("a ticket"), settings, 1);
        let mut event = Event::Report(Report::Opened);
        for _ in 0..5 {
            event = match course.next(event, Timestamp(1_800_000_000_000)) {
                Step::Ask(request) => {
                    let expected = format!("/repos/{repository}/actions/runners/generate-jitconfig");
                    prop_assert_eq!(&request.path, &expected);
                    let body = request.body.as_deref().expect("a body");
                    let body: serde_json::Value = serde_json::from_str(body).expect("JSON");
                    prop_assert_eq!(body["labels"][1].as_str(), Some(label.as_str()));
                    for (name, value) in request.headers() {
                        prop_assert!(!value.contains(['\n', '\r']), "{name}");
                    }
                    return Ok(());
                }
                Step::Tell(Command::Start(start)) => {
                    prop_assert!(start.environment.iter().all(|(_, value)| !value.contains(char::is_control)));
                    for (_, value) in &start.tags {
                        let plain = value.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
                        prop_assert!(plain && value.len() <= 63, "{value}");
                    }
                    Event::Report(Report::Started("sb-1".to_owned()))
                }
                Step::Tell(Command::Finish(answer)) => {
                    prop_assert!(answer.log().is_ascii() && !answer.log().contains('\n'));
                    return Ok(());
                }
                Step::Tell(_) | Step::Consult(_) => Event::Report(Report::Done),
            };
        }
    }

    #[test]
    fn replay_reads_anything_without_panicking(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = Input::parse(&bytes, None);
    }
}

/// The world around one launch: it answers as the dice say and keeps the books.
#[derive(Default)]
struct World {
    sandbox: Option<String>,
    handed_over: bool,
    runners: BTreeMap<u64, String>,
    mints: u64,
}

impl World {
    /// What becomes of a command; `None` where the course is over.
    fn does(&mut self, command: Command, roll: u8) -> Option<Report> {
        Some(match command {
            Command::Finish(_) | Command::Defer(..) => return None,
            Command::Start(start) => match roll % 5 {
                0 => Report::Taken,
                1 => Report::Full,
                2 => Report::Failed("ServiceError".to_owned()),
                3 => {
                    let tags = start.tags.iter().map(|(k, v)| ((*k).to_owned(), v.clone())).collect();
                    self.sandbox = Some(serde_json::to_string(&tags_of(tags)).expect("JSON"));
                    Report::Failed("ServiceError".to_owned())
                }
                _ => {
                    self.sandbox = Some("{}".to_owned());
                    Report::Started("sb-1".to_owned())
                }
            },
            Command::FindName(_) => Report::Found(self.sandbox.iter().map(|tags| living(tags)).collect()),
            Command::FindJob(_) => {
                if roll.is_multiple_of(7) {
                    Report::Failed("X".to_owned())
                } else {
                    Report::Found(Vec::new())
                }
            }
            Command::HandOver { sandbox, line, .. } => {
                assert!(self.sandbox.is_some(), "a config for a sandbox that was not started");
                assert_eq!((sandbox.as_str(), line.expose()), ("sb-1", "anB0"));
                self.handed_over = !roll.is_multiple_of(3);
                if self.handed_over { Report::Done } else { Report::Failed("TimeoutError".to_owned()) }
            }
            Command::Terminate(sandbox) => {
                assert_eq!(sandbox, "sb-1");
                assert!(!self.handed_over, "a sandbox that has its config is ended");
                self.sandbox = None;
                Report::Done
            }
            Command::Watch { sandbox, .. } => {
                assert_eq!(sandbox, "sb-1");
                match roll % 4 {
                    0 => Report::Done,
                    1 => Report::Ended(0),
                    status => {
                        (self.sandbox, self.handed_over) = (None, false);
                        Report::Ended(if status == 2 { 7 } else { 65 })
                    }
                }
            }
            Command::Credential { .. } => panic!("a token needs no keys instance"),
            Command::Reply(_) | Command::RefreshImage | Command::Spent(_) | Command::Pause(_) => Report::Done,
            Command::FindAll | Command::Open(_) => panic!("a launch does not sweep"),
        })
    }

    /// GitHub's answer. A request whose answer is lost may have taken effect.
    fn answers(&mut self, request: &Request, roll: u8) -> Result<Response, Fault> {
        let body =
            |status: u16, body: String| Ok(Response { status, body: body.into(), ..Response::default() });
        let path = request.path.as_str();
        match request.method {
            Method::Post => {
                self.mints += 1;
                let id = self.mints;
                let asked: serde_json::Value =
                    serde_json::from_str(request.body.as_deref().expect("a body")).expect("JSON");
                let name = asked["name"].as_str().expect("a name").to_owned();
                let config = format!(r#"{{"runner":{{"id":{id}}},"encoded_jit_config":"anB0"}}"#);
                match roll % 8 {
                    0 => Err(Fault::Unreachable),
                    1 => {
                        self.runners.insert(id, name);
                        Err(Fault::TimedOut)
                    }
                    2 => body(409, String::new()),
                    3 => body(502, String::new()),
                    4 => Ok(Response {
                        status: 429,
                        retry_after: Some(u64::from(roll)),
                        ..Response::default()
                    }),
                    5 => body(403, String::new()),
                    _ => {
                        self.runners.insert(id, name);
                        body(201, config)
                    }
                }
            }
            Method::Delete => {
                let id = path.rsplit('/').next().and_then(|id| id.parse().ok()).expect("an id");
                self.runners.remove(&id);
                body(204, String::new())
            }
            Method::Get if path.contains("?name=") => {
                let (_, name) = path.split_once("?name=").expect("a name");
                let ghost = self.runners.iter().find(|(_, known)| *known == name);
                let shown =
                    ghost.map(|(id, _)| format!(r#"{{"id":{id},"name":"{name}"}}"#)).unwrap_or_default();
                body(200, format!(r#"{{"total_count":1,"runners":[{shown}]}}"#))
            }
            Method::Get => body(200, r#"{"status":"queued"}"#.to_owned()),
            Method::Patch => panic!("a course changes no webhook"),
        }
    }
}

/// A house that now and then does not say yes. What it holds up, others would clear away.
fn rules(question: &Question, roll: u64) -> Option<Ruling> {
    let all = match question {
        Question::Claim(_) => [Ruling::First, Ruling::Again, Ruling::Taken, Ruling::Covered, Ruling::Over],
        Question::Room(_) => {
            [Ruling::Go, Ruling::Go, Ruling::Held(0), Ruling::Held(roll % 25_000), Ruling::Over]
        }
        _ => return None,
    };
    all.get(usize::try_from(roll % 5).ok()?).cloned()
}

fn tags_of(tags: Vec<(String, String)>) -> BTreeMap<String, String> {
    tags.into_iter().collect()
}

fn living(tags: &str) -> Sandbox {
    let tags: BTreeMap<String, String> = serde_json::from_str(tags).expect("JSON");
    Sandbox { id: "sb-1".to_owned(), tags: tags.into_iter().collect() }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(5000) })]

    #[test]
    fn whatever_goes_wrong_a_launch_ends_and_leaves_nothing_behind(
        rolls in prop::collection::vec(any::<u8>(), 64..128), deferrals in 0_u32..3, seed in any::<u64>()
    ) {
        let text = format!(r#"{{"purpose":"launch","delivery":null,"repository":"octo/x","job":7,"run":3,
            "labels":["modal"],"created":1800000000000,"private":true,"runner":null,"deferrals":{deferrals}}}"#);
        let given = [("GITHUB_TOKEN".to_owned(), "ghp_canary".to_owned())];
        let settings = CoursesSettings::read(&given).settings.expect("good settings");
        let mut dice = Dice::new(seed);
        let course = Course::open(Ticket::read(&text).expect("a ticket"), settings, seed);
        let mut course = course.ruled(move |question| rules(question, dice.roll()));
        let mut world = World::default();
        let mut event = Event::Report(Report::Opened);
        let mut over = false;
        for roll in rolls {
            event = match course.next(event, Timestamp(1_800_000_000_000)) {
                Step::Ask(request) => Event::Response(world.answers(&request, roll)),
                Step::Tell(command) => {
                    let Some(outcome) = world.does(command, roll) else {
                        over = true;
                        break;
                    };
                    Event::Report(outcome)
                }
                Step::Consult(question) => panic!("asked {question:?}"),
            };
        }
        prop_assert!(over, "the course goes on and on");
        prop_assert!(world.mints <= 4);
        if world.handed_over {
            prop_assert!(world.sandbox.is_some());
            prop_assert!(world.runners.len() <= 1, "{:?}", world.runners);
        } else {
            prop_assert!(world.sandbox.is_none(), "a sandbox was left");
            prop_assert!(world.runners.is_empty(), "registrations were left: {:?}", world.runners);
        }
    }
}
