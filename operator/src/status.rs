//! Who may see the status page and the metrics, and what on them needs an operator's attention. Sans-IO.
//!
//! A program presents `STATUS_TOKEN` as a bearer. A person types it once and gets a cookie: the time at which it ends,
//! and an HMAC of that time under the token, so that nothing is kept here and a new token ends every session.

use hmac::{Hmac, KeyInit, Mac};
use jitney::delivery::signature;
use jitney::settings::{CoursesSettings, IntakeSettings};
use jitney::ticket::Ticket;
use jitney::words::secret::Secret;
use jitney::words::time::Timestamp;
use jitney::words::usd::Usd;
use sha2::Sha256;

/// The cookie's name. `__Host-` binds it to this host, over HTTPS, whatever its neighbours set (RFC 6265bis).
const COOKIE: &str = "__Host-jitney";
/// How long a session lasts, in seconds.
const SESSION: u64 = 12 * 3600;
/// The longest `Cookie` header that is looked at.
const LONGEST: usize = 8192;

/// Whether a request with these headers presents the token, as a bearer or by a cookie.
pub fn may_see(settings: &IntakeSettings, authorization: &str, cookies: &str, now: Timestamp) -> bool {
    let Some(token) = &settings.status_token else { return false };
    let bearer = authorization.strip_prefix("Bearer ");
    bearer.is_some_and(|presented| signature::are_equal(token, presented))
        || session(cookies).is_some_and(|value| holds(token, value, now))
}

/// The `Set-Cookie` header that opens a session for who typed the token; `None` for anybody else.
pub fn open_session(settings: &IntakeSettings, typed: &str, now: Timestamp) -> Option<String> {
    let token = settings.status_token.as_ref().filter(|token| signature::are_equal(token, typed.trim()))?;
    let ends = now.0 / 1000 + SESSION;
    let mac = hex::encode(sign(token, ends)?.finalize().into_bytes());
    Some(format!("{COOKIE}={ends}.{mac}; Path=/; Max-Age={SESSION}; Secure; HttpOnly; SameSite=Strict"))
}

/// The `Set-Cookie` header that ends a session.
pub fn close_session() -> String {
    format!("{COOKIE}=; Path=/; Max-Age=0; Secure; HttpOnly; SameSite=Strict")
}

fn session(cookies: &str) -> Option<&str> {
    let cookies = Some(cookies).filter(|cookies| cookies.len() <= LONGEST)?;
    let mut pairs = cookies.split(';').filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

fn holds(token: &Secret, value: &str, now: Timestamp) -> bool {
    let Some((ends, mac)) = value.split_once('.') else { return false };
    let Ok(ends) = ends.parse::<u64>() else { return false };
    let mut given = [0; 32];
    let signed = hex::decode_to_slice(mac, &mut given).is_ok()
        && sign(token, ends).is_some_and(|mac| mac.verify_slice(&given).is_ok());
    signed && now.0 / 1000 < ends
}

fn sign(token: &Secret, ends: u64) -> Option<Hmac<Sha256>> {
    let mac = Hmac::<Sha256>::new_from_slice(token.expose().as_bytes()).ok()?;
    Some(mac.chain_update(b"jitney status session ").chain_update(ends.to_be_bytes()))
}

/// What the host has seen, for [`alarms`].
#[derive(Clone, Copy, Debug, Default)]
pub struct Figures {
    /// How long the oldest job waits, in seconds, as the last sweep saw it.
    pub oldest_queued: u64,
    /// What is left of the hour's quota, where a sweep saw it.
    pub quota: Option<u64>,
    /// Sandboxes that live.
    pub living: u64,
    /// What sandboxes have cost in this month.
    pub spent: Usd,
    /// Seconds since the last sweep ended; none where none has.
    pub swept: Option<u64>,
}

/// Seconds after which a waiting job, or a sweep that does not come, wants a look. A sweep comes every 180.
const TOO_OLD: u64 = 900;
/// Requests below which the hour's quota wants one.
const FEW: u64 = 500;

/// What needs an operator's attention, a sentence each, the worst first.
pub fn alarms(settings: &CoursesSettings, figures: &Figures) -> Vec<String> {
    let mut alarms = Vec::new();
    if figures.oldest_queued > TOO_OLD {
        let minutes = figures.oldest_queued / 60;
        alarms
            .push(format!("a job has been queued for {minutes} minutes; `explain` shows what it waits for"));
    }
    if let Some(seconds) = figures.swept.filter(|seconds| *seconds > TOO_OLD) {
        alarms.push(format!("the last sweep was {} minutes ago; one is due every 3", seconds / 60));
    }
    if let Some(left) = figures.quota.filter(|left| *left < FEW) {
        alarms.push(format!(
            "only {left} GitHub requests are left this hour; find out what else uses the credential"
        ));
    }
    if let Some(budget) = settings.monthly_budget {
        let spent = figures.spent.percent_of(budget);
        if spent >= 100 {
            alarms.push(
                "this month's budget is spent; jobs wait until you raise MONTHLY_BUDGET_USD or the month ends".to_owned(),
            );
        } else if spent >= 80 {
            alarms.push(format!("{spent} % of this month's budget is spent"));
        }
    }
    if figures.living >= u64::from(settings.max_runners) {
        alarms
            .push(format!("MAX_RUNNERS ({}) sandboxes are running; further jobs wait", settings.max_runners));
    }
    alarms
}

/// The jobs that wait, each once, by the ticket of its that was deferred most. What is no ticket is left out.
pub fn waiting(tickets: &[String]) -> Vec<Ticket> {
    let mut jobs: Vec<Ticket> = Vec::new();
    for ticket in tickets.iter().filter_map(|text| Ticket::read(text).ok()) {
        match jobs.iter_mut().find(|other| other.job == ticket.job) {
            Some(other) if other.deferrals >= ticket.deferrals => {}
            Some(other) => *other = ticket,
            None => jobs.push(ticket),
        }
    }
    jobs
}

/// What of a host may fail and be well again.
#[derive(Clone, Copy, Debug)]
pub enum Trouble {
    /// Tickets that wait cannot be kept, or read.
    Tickets,
    /// The task that takes tickets up died.
    TakingUp,
    /// Sweeps fail.
    Sweeping,
    /// The timer of the house failed.
    House,
}

/// What health says of it, in the form of a setting's problem.
pub fn troubled(trouble: Trouble) -> String {
    let (fault, cure) = match trouble {
        Trouble::Tickets => (
            "cannot keep or read jobs that wait, and answers their deliveries with 503",
            "look at the log, the disk and the journal, or at Modal's status; it goes on by itself",
        ),
        Trouble::TakingUp => (
            "failed while it took up jobs that wait, and started again",
            "it goes on by itself; report it with the log's lines",
        ),
        Trouble::Sweeping => (
            "could not sweep, so jobs whose deliveries were lost wait",
            "the next sweep may be well; if not, report it with the log's lines",
        ),
        Trouble::House => (
            "failed while it gave out turns and places, and started again",
            "it goes on by itself; report it with the log's lines",
        ),
    };
    serde_json::json!({"setting": "jitney", "fault": fault, "cure": cure}).to_string()
}

/// The operator's limits, as a page shows them: the setting, and its value.
pub fn limits(settings: &CoursesSettings) -> Vec<(&'static str, String)> {
    let limits = &settings.rules.limits;
    let gpus: Vec<String> = limits.gpus.iter().map(ToString::to_string).collect();
    let mut shown = vec![
        ("MAX_RUNNERS", settings.max_runners.to_string()),
        ("MINTS_PER_MINUTE", settings.mints_per_minute.to_string()),
        ("MAX_CPU", limits.cpu.to_string()),
        ("MAX_MEMORY_GIB", limits.memory.to_string()),
        ("MAX_JOB_HOURS", format!("{:.1}", limits.timeout.as_hours())),
        ("ALLOWED_GPUS", if gpus.is_empty() { "none".to_owned() } else { gpus.join(", ") }),
    ];
    if let Some(budget) = settings.monthly_budget {
        shown.push(("MONTHLY_BUDGET_USD", budget.to_string()));
    }
    shown
}
