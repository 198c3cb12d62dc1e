//! The names of registry images, as far as a wrong one can be told from its form (the grammar is that of
//! `distribution/reference`: `[HOST[:PORT]/]PATH[:TAG][@DIGEST]`).

use super::fault::Fault;

pub(super) const CURE: &str = "write it as the registry has it, as debian:12 or ghcr.io/OWNER/IMAGE:TAG";

/// Finds what is wrong with the form of a name.
pub(super) fn check(text: &str) -> Result<(), Fault> {
    let fault = |why: &'static str| Err(Fault::of(text, why));
    if text.contains("://") {
        return fault("is a URL, not the name of an image");
    }
    if text.chars().any(char::is_whitespace) {
        return fault("contains white space, which no image's name has");
    }
    let (name, digest) = text.split_once('@').map_or((text, None), |(name, digest)| (name, Some(digest)));
    if digest.is_some_and(|digest| !is_digest(digest)) {
        return fault("has a digest that is not sha256: and 64 digits");
    }
    let (path, tag) = match name.rsplit_once(':') {
        Some((path, tag)) if !tag.contains('/') => (path, Some(tag)),
        _ => (name, None),
    };
    if tag.is_some_and(|tag| !is_tag(tag)) {
        return fault("has a tag that no registry takes");
    }
    let (host, path) = match path.split_once('/') {
        Some((host, rest)) if host.contains(['.', ':']) || host == "localhost" => (Some(host), rest),
        _ => (None, path),
    };
    if path.bytes().any(|b| b.is_ascii_uppercase()) {
        return fault("has capital letters, which no image's name has");
    }
    let fits = path.split('/').all(is_component) && host.is_none_or(is_host);
    if fits { Ok(()) } else { fault("is not the name of an image") }
}

fn is_digest(text: &str) -> bool {
    let hex = text.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_tag(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(plain) && !text.starts_with(['.', '-'])
}

fn is_component(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'.' | b'-');
    let edge = |c: char| c.is_ascii_alphanumeric();
    text.bytes().all(plain) && text.starts_with(edge) && text.ends_with(edge)
}

fn is_host(text: &str) -> bool {
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-');
    !name.is_empty() && name.bytes().all(plain) && port.is_none_or(|port| port.parse::<u16>().is_ok())
}
