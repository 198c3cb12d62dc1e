//! The settings that say who gets in: credentials and secrets, repositories, runs.

use super::fault::Fault;
use super::reader::Reader;
use super::row::Row;
use crate::policy::allowlist::Allowlist;
use crate::words::secret::Secret;

/// Below so many characters a webhook secret could be guessed.
const SECRET_LENGTH: usize = 16;
/// What people in a hurry write where a secret belongs. All that begins with `your_` is one, too: README, the guides
/// and GitHub's documentation have `your_webhook_secret_here`, `your_pat_here` and the like.
const PLACEHOLDERS: [&str; 9] = [
    "changeme",
    "change_me",
    "secret",
    "token",
    "password",
    "webhook_secret",
    "github_token",
    "ghp_xxx",
    "...",
];
const EXAMPLES_OWN: &str = "is the placeholder of an example, which everybody knows";
const MAKE_ONE: &str = "make one with `openssl rand -hex 32` and give GitHub the same";

/// A token that is needed, where no App signs in.
pub(super) fn token(reader: &mut Reader<'_>, row: &Row) -> Secret {
    let token = reader.secret(
        row,
        "set GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY, or a token with Administration: write on the repositories",
    );
    let text = token.expose();
    if is_placeholder(text) {
        reader.problem(row, EXAMPLES_OWN, "put your own token there: docs/credentials.md");
    } else if text.bytes().any(|b| !b.is_ascii_graphic()) {
        let fault = "contains white space or a character that no token has";
        reader.problem(row, fault, "paste it again, without quotes or line breaks");
    } else if text.starts_with(['"', '\'']) {
        reader.problem(row, "begins with a quote", "paste it again, without quotes");
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
    if is_placeholder(secret.expose()) {
        reader.problem(row, EXAMPLES_OWN, MAKE_ONE);
    } else if secret.expose().chars().count() < SECRET_LENGTH {
        reader.warn(row, "is shorter than 16 characters, so it could be guessed", MAKE_ONE);
    }
}

/// Whether it is what an example has where a secret belongs, whatever brackets and quotes are around it.
fn is_placeholder(secret: &str) -> bool {
    let plain = secret.trim().to_ascii_lowercase().replace('-', "_");
    let plain = plain.trim_matches(['<', '>', '"', '\'', '$', '{', '}', '[', ']']);
    // `ghp_xxxxxxxx`, `github_pat_…`: a prefix, and then nothing that differs.
    let rest = plain.trim_start_matches("github_pat_").trim_start_matches("ghp_");
    let blank = rest.len() != plain.len()
        && rest.len() > 2
        && rest.chars().all(|c| matches!(c, 'x' | '.' | '…' | '*' | '_'));
    let yours = (plain.starts_with("your_") || plain.starts_with("my_")) && plain.len() < 32;
    yours || blank || PLACEHOLDERS.contains(&plain)
}

/// Who has it sees all that is logged, so it must be hard to guess.
pub(super) fn status_token(reader: &mut Reader<'_>, row: &Row) -> Option<Secret> {
    let cure = "make one with `openssl rand -hex 32`, or unset it";
    reader.parsed(row, cure, |token| {
        if is_placeholder(token) {
            return Err(EXAMPLES_OWN);
        }
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
        // The list counts its entries; here the one at fault is shown.
        let number =
            fault.strip_prefix("entry ").and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
        let entry = number.and_then(|number| text.split(',').nth(number - 1)).unwrap_or_default().trim();
        let cure =
            "unset it to allow every repository, or name repositories, as owner/repo,owner/*,!owner/repo";
        reader.problem(row, Fault::of(entry, fault), cure);
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
