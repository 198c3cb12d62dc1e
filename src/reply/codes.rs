//! Every reason code, with its cause and its cure: `docs/answers.md` shows this table, and `tests/reason_codes.rs` holds
//! the page, the table and the code against each other.

/// A reason code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Code {
    /// The code, as answers, log and metrics have it.
    pub code: &'static str,
    /// What happened.
    pub cause: &'static str,
    /// What to do; empty if nothing.
    pub cure: &'static str,
}

const fn code(code: &'static str, cause: &'static str, cure: &'static str) -> Code {
    Code { code, cause, cure }
}

/// The page that shows them, from the top of the repository.
pub const PAGE: &str = "docs/answers.md";

/// All of them, in groups, as the page shows them.
pub const CODES: &[(&str, &[Code])] = &[
    ("The job has a runner, or needs none", WELL),
    ("The job waits, and is tried again", WAITING),
    ("The delivery is not for jitney", FOREIGN),
    ("The job asks for something that your settings do not allow", REFUSED),
    ("The delivery cannot be verified or read", UNREADABLE),
    ("GitHub does not do what jitney asks", GITHUB),
    ("jitney cannot work", UNREADY),
];

const WELL: &[Code] = &[
    code("runner-started", "A sandbox was started, and its runner has its configuration", ""),
    code("ping", "GitHub's ping arrived, and its signature is valid", ""),
    code("job-claimed", "The delivery came twice, or another launch of the same job was quicker", ""),
    code("runner-coming", "A runner that was started for the job earlier is about to take it", ""),
    code("delivery-at-work", "The delivery came twice, and its first copy is being worked on", ""),
    code("job-in-progress", "A runner has taken the job", ""),
    code("runners-swapped", "Two jobs with the same labels took each other's runners, so both have one", ""),
    code("runner-taken", "The job took a runner that was started for another job, which gets a new one", ""),
    code("runner-was-taken", "The finished job had another job's runner, and that job gets a new one", ""),
    code("no-longer-queued", "When jitney looked, the job had a runner, or was cancelled or over", ""),
    code("nothing-left", "The job is over, and left no sandbox behind", ""),
    code("sandbox-at-work", "The job is over, but its sandbox runs another job, which is left alone", ""),
    code("swept", "A sweep is over. It is in the log only", ""),
    code("course-over", "The host reported on a launch that was already over", ""),
];

const WAITING: &[Code] = &[
    code("still-at-work", "The launch takes longer than GitHub waits for an answer, and goes on", ""),
    code(
        "at-capacity",
        "As many sandboxes run as `MAX_RUNNERS` or `MAX_RUNNERS_PER_REPO` allows",
        "Wait until one ends, or raise the setting",
    ),
    code(
        "budget-spent",
        "This month's sandboxes have cost `MONTHLY_BUDGET_USD`",
        "Raise it, or wait for the month's end",
    ),
    code("budget-unknown", "What sandboxes have cost this month cannot be read from Modal just now", ""),
    code(
        "sandbox-not-started",
        "Modal did not start a sandbox; the text names Modal's error. With `NotFoundError`, the runner image is not built yet",
        "Wait some minutes after the first deploy; else see <https://status.modal.com>",
    ),
    code(
        "sandbox-ended",
        "The sandbox ended before its job started; or, once the job is over, its sandbox was ended",
        "If it repeats, look at the sandbox's output: `modal container logs SANDBOX`",
    ),
    code("sandbox-waiting", "A sandbox of the job waits for its configuration, or is about to end", ""),
    code(
        "sandboxes-unknown",
        "Modal did not list the sandboxes",
        "If it lasts, see <https://status.modal.com>",
    ),
    code(
        "victim-unknown",
        "A job's runner was taken by another, and GitHub does not say yet whether the job still waits",
        "",
    ),
    code("course-at-work", "Another launch of the same job is under way", ""),
    code("names-taken", "Modal has not yet released the names of the job's earlier sandboxes", ""),
    code("turn-lost", "The wait for a turn at GitHub was broken off, as when the container ends", ""),
    code("run-unknown", "GitHub did not say what started the run, so your rules cannot be checked yet", ""),
    code("hand-over-failed", "The sandbox did not take the runner's configuration", ""),
    code("runner-name-taken", "GitHub already has runners of all the names that were tried", ""),
    code(
        "runner-deprecated",
        "GitHub no longer accepts the image's runner version; the image is being rebuilt",
        "If it repeats, remove the pin in `RUNNER_VERSION`",
    ),
];

const FOREIGN: &[Code] = &[
    code(
        "event-not-handled",
        "The delivery is of an event other than `workflow_job`",
        "Select only `Workflow jobs` in the webhook",
    ),
    code("action-not-handled", "The delivery's action is not one that jitney acts on", ""),
    code("job-waiting", "The job waits for an approval. GitHub sends it again as queued", ""),
    code(
        "labels-not-ours",
        "The job lacks one of `RUNNER_LABELS`, or has a label that jitney does not know",
        "If it should run here, correct `runs-on`; `./jitney replay` names the label",
    ),
];

const REFUSED: &[Code] = &[
    code(
        "repository-not-allowed",
        "`ALLOWED_REPOS` does not name the repository",
        "Add it to `ALLOWED_REPOS`",
    ),
    code(
        "fork-not-allowed",
        "The run comes from a fork of a public repository",
        "Intended; `ALLOW_FORKS` allows it, with its risks",
    ),
    code(
        "event-not-allowed",
        "`ALLOWED_EVENTS` does not name what started the run",
        "Add the event to `ALLOWED_EVENTS`",
    ),
    code(
        "branch-not-allowed",
        "`ALLOWED_BRANCHES` does not name the run's branch or tag",
        "Add it to `ALLOWED_BRANCHES`; tags are written `tags/v*`",
    ),
    code(
        "actor-not-allowed",
        "`ALLOWED_ACTORS` does not name who started the run",
        "Add the person or bot to `ALLOWED_ACTORS`",
    ),
    code(
        "workflow-not-allowed",
        "`ALLOWED_WORKFLOWS` does not name the workflow file",
        "Add it to `ALLOWED_WORKFLOWS`",
    ),
    code(
        "cache-not-shared",
        "The job reached a runner that has another repository's cache",
        "Intended; it runs when it is started again",
    ),
    code(
        "image-not-allowed",
        "The label `image=` asks for an image that no profile offers",
        "Offer it in `RUNNER_PROFILES`",
    ),
    code(
        "gpu-not-allowed",
        "`ALLOWED_GPUS` does not allow the GPU, or not so many",
        "Change the label, or `ALLOWED_GPUS`",
    ),
    code(
        "docker-with-gpu",
        "The job asks for `docker` and a GPU, which Modal does not combine",
        "Remove one of the labels",
    ),
    code(
        "shape-over-limit",
        "The job asks for more CPU, memory or time than the settings allow",
        "Ask for less, or raise `MAX_CPU`, `MAX_MEMORY_GIB` or `MAX_JOB_HOURS`",
    ),
    code("shape-too-small", "The job asks for less than Modal can start", "Ask for more"),
    code("shape-repeated", "A label such as `cpu=` stands twice", "Remove one of them"),
    code(
        "shape-malformed",
        "A label such as `cpu=` has a value that cannot be read",
        "Correct it: `docs/workflows.md`",
    ),
    code(
        "runners-taken",
        "Other jobs with the same labels took the job's runners, three times",
        "Give the job a label of its own: `docs/workflows.md` shows how",
    ),
    code(
        "vetting-unreadable",
        "The runner image is older or newer than the deployed app, so that the sandbox cannot read its rules",
        "`modal run modal_app.py::refresh_runner_image`",
    ),
];

const UNREADABLE: &[Code] = &[
    code("signature-missing", "The webhook has no secret", "Set the secret in the webhook"),
    code(
        "signature-malformed",
        "The signature is not a hexadecimal SHA-256",
        "Send deliveries from GitHub, or sign them as it does",
    ),
    code(
        "signature-mismatch",
        "The webhook's secret is not `WEBHOOK_SECRET`",
        "Give both the same; while you change it, keep the old one as `WEBHOOK_SECRET_PREVIOUS`",
    ),
    code(
        "event-missing",
        "The request has no `X-GitHub-Event`",
        "Send deliveries from GitHub; a proxy may have removed it",
    ),
    code("header-malformed", "A header cannot be read", "Look at the proxy before the endpoint"),
    code(
        "header-repeated",
        "A header that may come once comes twice",
        "Look at the proxy before the endpoint",
    ),
    code(
        "content-type-unknown",
        "The content type is neither JSON nor a form",
        "Choose `application/json` in the webhook",
    ),
    code(
        "payload-malformed",
        "The payload is not JSON, or lacks what GitHub always sends",
        "Redeliver it; if it repeats, report it",
    ),
    code(
        "form-malformed",
        "The form has no `payload`, or it cannot be decoded",
        "Choose `application/json` in the webhook",
    ),
    code("not-text", "The body or a header is not UTF-8", "Send deliveries from GitHub"),
    code("truncated", "The body ended early, or came too slowly", "GitHub's delivery is sent again"),
    code("too-large", "The body is over 25 MB, more than GitHub sends", "Send deliveries from GitHub"),
    code(
        "no-such-page",
        "The path of a GET is none of jitney's pages",
        "Send deliveries by POST; `GET /` shows the health",
    ),
    code("method", "The request is neither a POST nor a GET of a page", "Send deliveries by POST"),
];

const GITHUB: &[Code] = &[
    code(
        "github-token-refused",
        "GitHub answers 401: the token is wrong, revoked or expired, or the App's id and key do not belong together",
        "Make a new token or key, put it into the Modal secret, and deploy",
    ),
    code(
        "github-permission-missing",
        "GitHub answers 403: the token or the App lacks `Administration: write` (in org scope, `Self-hosted runners: write`)",
        "Grant it: `docs/credentials.md`",
    ),
    code(
        "github-repository-hidden",
        "GitHub answers 404: the token cannot see the repository, or the App is not installed on it",
        "Add the repository to the token, or install the App on it",
    ),
    code(
        "github-rate-limited",
        "GitHub's rate limit is reached; the job waits until it is over",
        "A GitHub App has a limit of its own",
    ),
    code(
        "github-request-rejected",
        "GitHub answers 422: it does not accept `RUNNER_GROUP_ID`, or the labels",
        "Check `RUNNER_GROUP_ID`",
    ),
    code(
        "github-redirects",
        "GitHub answers with a redirect, which is not followed",
        "Correct `GITHUB_API_URL`; was the repository renamed?",
    ),
    code(
        "github-request-denied",
        "The request would leave for another host than GitHub's API",
        "Check `GITHUB_API_URL`",
    ),
    code(
        "github-failing",
        "GitHub answers 5xx; the job is tried again",
        "See <https://www.githubstatus.com>",
    ),
    code(
        "github-timed-out",
        "GitHub did not answer in time; the job is tried again",
        "See <https://www.githubstatus.com>",
    ),
    code(
        "github-unreachable",
        "GitHub's API cannot be reached; the job is tried again",
        "Check `GITHUB_API_URL` and `GITHUB_ENTERPRISE_DOMAIN`",
    ),
    code("github-answer-broken", "GitHub's answer broke off; the job is tried again", ""),
    code(
        "github-answer-too-large",
        "GitHub's answer is longer than any that is expected",
        "If it repeats, report it",
    ),
    code(
        "github-answer-unreadable",
        "GitHub registered a runner, but its answer has no configuration",
        "If it repeats, report it",
    ),
    code(
        "github-answer-unknown",
        "GitHub answers with a status that it is not known to use",
        "If it repeats, report it",
    ),
];

const UNREADY: &[Code] = &[
    code(
        "settings",
        "A setting is missing or invalid; the text names it",
        "Correct the Modal secret, then `modal deploy modal_app.py`",
    ),
    code(
        "busy",
        "jitney holds as many deliveries as it can, or is shutting down",
        "The delivery is sent again",
    ),
    code("not-kept", "The job must wait, but Modal's queue did not answer", "The delivery is sent again"),
    code(
        "component-failed",
        "jitney itself failed on this delivery",
        "Report it with the log's lines; the delivery is sent again",
    ),
];

/// Whether answers with this code tell of something to do or to wait for, so that they name the page.
pub(super) fn is_explained(code: &str) -> bool {
    CODES.iter().flat_map(|(_, codes)| codes.iter()).any(|one| one.code == code && !one.cure.is_empty())
}
