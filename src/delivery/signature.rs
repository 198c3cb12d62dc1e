//! Whether bytes come from GitHub: HMAC-SHA256 over the raw body, compared in constant time.
//!
//! The rule is GitHub's ("Validating webhook deliveries"): `X-Hub-Signature-256` is `sha256=` and the hex digest.

use crate::words::secret::Secret;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::fmt;

/// The secrets that may have signed a delivery: today's, and the one before it while it is being rotated.
#[derive(Clone, Debug)]
pub struct WebhookSecrets {
    /// `WEBHOOK_SECRET`.
    pub current: Secret,
    /// `WEBHOOK_SECRET_PREVIOUS`.
    pub previous: Option<Secret>,
}

/// A body that GitHub signed. Only [`verify`] makes one, and [`crate::delivery`] reads nothing else.
#[derive(Clone, Copy, Debug)]
pub struct Verified<'a>(&'a str);

impl<'a> Verified<'a> {
    /// The body.
    pub fn body(self) -> &'a str {
        self.0
    }

    /// Takes a body on trust, for a replay that was told to (`--unsigned`); never for a delivery.
    pub(crate) fn on_trust(body: &'a str) -> Self {
        Self(body)
    }
}

/// Why a signature was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignatureError {
    /// There is no `X-Hub-Signature-256`: the webhook has no secret, or somebody else is calling.
    Missing,
    /// It is not `sha256=` and 64 hex digits.
    Malformed,
    /// It was not made with a secret of ours.
    Mismatch,
}

impl SignatureError {
    /// Its stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Missing => "signature-missing",
            Self::Malformed => "signature-malformed",
            Self::Mismatch => "signature-mismatch",
        }
    }
}

impl fmt::Display for SignatureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => {
                "the delivery has no X-Hub-Signature-256; set the webhook's secret to WEBHOOK_SECRET"
            }
            Self::Malformed => "X-Hub-Signature-256 is not sha256= and 64 hex digits",
            Self::Mismatch => {
                "the signature was not made with WEBHOOK_SECRET; set the webhook's secret to the same"
            }
        })
    }
}

/// Whether a text is the secret, in a time that does not tell how much of it is.
pub fn are_equal(secret: &Secret, presented: &str) -> bool {
    let key = secret.expose().as_bytes();
    let mac = |text: &str| Hmac::<Sha256>::new_from_slice(key).map(|mac| mac.chain_update(text.as_bytes()));
    match (mac(presented), mac(secret.expose())) {
        (Ok(presented), Ok(own)) => presented.verify_slice(&own.finalize().into_bytes()).is_ok(),
        _ => false,
    }
}

/// Accepts `body` if `header` (`X-Hub-Signature-256`) is its signature under one of `secrets`.
pub fn verify<'a>(
    secrets: &WebhookSecrets,
    header: Option<&str>,
    body: &'a str,
) -> Result<Verified<'a>, SignatureError> {
    let digits = header.ok_or(SignatureError::Missing)?.strip_prefix("sha256=");
    let mut signature = [0; 32];
    hex::decode_to_slice(digits.ok_or(SignatureError::Malformed)?, &mut signature)
        .map_err(|_| SignatureError::Malformed)?;
    let signed = |secret: &Secret| {
        Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes())
            .is_ok_and(|mac| mac.chain_update(body.as_bytes()).verify_slice(&signature).is_ok())
    };
    if signed(&secrets.current) || secrets.previous.as_ref().is_some_and(signed) {
        Ok(Verified(body))
    } else {
        Err(SignatureError::Mismatch)
    }
}
