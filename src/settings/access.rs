//! The settings that say who gets in: credentials and secrets, repositories, runs.

use super::reader::Reader;
use super::row::Row;
use crate::policy::allowlist::Allowlist;
use crate::policy::run::{RefPattern, WorkflowPattern};
use crate::words::secret::Secret;

/// Below so many characters a webhook secret could be guessed.
const SECRET_LENGTH: usize = 16;
/// What README, GitHub's documentation and people in a hurry write where a webhook secret belongs.
const PLACEHOLDERS: [&str; 6] = [
    "your_webhook_secret_here",
    "your_webhook_secret",
    "your_secret_here",
    "your_secret",
    "changeme",
    "change_me",
];
const MAKE_ONE: &str = "make one with `openssl rand -hex 32` and give GitHub the same";

/// A token that is needed, where no App signs in.
pub(super) fn token(reader: &mut Reader<'_>, row: &Row) -> Secret {
    let token = reader.secret(
        row,
        "set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY, or a token with Administration: write on the repositories",
    );
    if token.expose().bytes().any(|b| !b.is_ascii_graphic()) {
        let fault = "contains white space or a character that no token has";
        reader.problem(row, fault, "paste it again, without quotes or line breaks");
    }
    token
}

pub(super) fn webhook_secret(reader: &mut Reader<'_>, row: &Row) -> Secret {
    let secret = reader.secret(row, MAKE_ONE);
    if !secret.expose().is_empty() {
        doubt(reader, row, &secret);
    }
    secret
}

pub(super) fn previous_secret(reader: &mut Reader<'_>, row: &Row) -> Option<Secret> {
    reader.text(row)?;
    let secret = reader.secret(row, MAKE_ONE);
    doubt(reader, row, &secret);
    Some(secret)
}

/// A webhook secret that others know, or could guess, signs deliveries for them too.
fn doubt(reader: &mut Reader<'_>, row: &Row, secret: &Secret) {
    let plain = secret.expose().trim().to_ascii_lowercase().replace('-', "_");
    if PLACEHOLDERS.contains(&plain.trim_matches(['<', '>'])) {
        reader.problem(row, "is the placeholder of an example, which everybody knows", MAKE_ONE);
    } else if secret.expose().chars().count() < SECRET_LENGTH {
        reader.warn(row, "is shorter than 16 characters, so it could be guessed", MAKE_ONE);
    }
}

/// Who has it sees all that is logged, so it must be hard to guess.
pub(super) fn status_token(reader: &mut Reader<'_>, row: &Row) -> Option<Secret> {
    let cure = "make one with `openssl rand -hex 32`, or unset it";
    reader.parsed(row, cure, |token| {
        let fits = token.len() >= 16 && token.bytes().all(|b| b.is_ascii_graphic());
        fits.then(|| Secret::new(token)).ok_or("is shorter than 16 characters, or contains white space")
    })
}

pub(super) fn allowlist(reader: &mut Reader<'_>, row: &Row) -> Allowlist {
    let Some(text) = reader.raw(row) else {
        let fault = "is unset, so every repository whose webhook is signed gets runners";
        reader.warn(row, fault, "name repositories, as owner/repo or owner/*");
        return Allowlist::default();
    };
    Allowlist::parse(text).unwrap_or_else(|fault| {
        let cure =
            "unset it to allow every repository, or name repositories, as owner/repo,owner/*,!owner/repo";
        reader.problem(row, fault, cure);
        Allowlist::default()
    })
}

pub(super) fn forks(reader: &mut Reader<'_>, row: &Row) -> bool {
    let allowed = yes(reader, row);
    if allowed {
        let fault = "lets anybody who can open a pull request on a public repository run code here";
        reader.warn(row, fault, "unset it unless every such repository asks for approval first");
    }
    allowed
}

/// No, where it is at fault.
pub(super) fn yes(reader: &mut Reader<'_>, row: &Row) -> bool {
    let read = reader.parsed(row, "set it to yes, or unset it for no", |text| {
        match text.to_ascii_lowercase().as_str() {
            "no" | "false" | "0" => Ok(false),
            "yes" | "true" | "1" => Ok(true),
            _ => Err("is neither `yes` nor `no`"),
        }
    });
    read.unwrap_or_default()
}

/// Names, in lower case.
pub(super) fn names(reader: &mut Reader<'_>, row: &Row, cure: &'static str) -> Option<Vec<String>> {
    Some(list(reader, row, cure)?.map(str::to_ascii_lowercase).collect())
}

pub(super) fn branches(reader: &mut Reader<'_>, row: &Row) -> Option<Vec<RefPattern>> {
    let cure = "name branches and tags, such as main,release/*,tags/v*, or unset it";
    let branches: Vec<RefPattern> = list(reader, row, cure)?.map(RefPattern::new).collect();
    if branches.iter().any(RefPattern::seems_a_tag) {
        reader.warn(row, "names branches by what looks like a tag", "write tags as tags/v*");
    }
    Some(branches)
}

pub(super) fn workflows(reader: &mut Reader<'_>, row: &Row) -> Option<Vec<WorkflowPattern>> {
    let cure = "name files, such as .github/workflows/deploy.yml@main, or unset it";
    Some(list(reader, row, cure)?.map(WorkflowPattern::new).collect())
}

/// A comma-separated list that, if it is set, must name something: empty, it would admit all or nobody.
fn list<'a>(
    reader: &mut Reader<'a>,
    row: &Row,
    cure: &'static str,
) -> Option<impl Iterator<Item = &'a str> + use<'a>> {
    let names = reader.raw(row)?.split(',').map(str::trim).filter(|name| !name.is_empty());
    if names.clone().next().is_none() {
        reader.problem(row, "is set but names nothing", cure);
    }
    Some(names)
}
