//! Which requests may leave.

use crate::api_base::ApiBase;

/// A request, as far as the rule looks at it.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// Whether it goes over TLS.
    pub https: bool,
    /// Host and port.
    pub authority: &'a str,
    /// Path and query.
    pub path: &'a str,
    /// Whether it carries a credential.
    pub authorized: bool,
}

/// Where the runner's releases are asked for where GitHub is an enterprise's, which has none.
const RELEASES: &str = "/repos/actions/runner/releases/";

/// Whether a request may leave, where the settings say so much about GitHub. A setting that cannot be read lets
/// nothing out.
pub fn allows(url: Option<&str>, domain: Option<&str>, request: Outgoing<'_>) -> bool {
    let base = match (set(url), set(domain)) {
        (Some(url), _) => ApiBase::parse(url),
        (None, Some(domain)) => ApiBase::for_domain(domain),
        (None, None) => Some(ApiBase::github()),
    };
    let Some(base) = base else { return false };
    let github = ApiBase::github();
    let own = request.https == base.https
        && request.authority.eq_ignore_ascii_case(&base.authority)
        && below(request.path, &base.prefix);
    let releases = !base.has_releases()
        && request.https
        && !request.authorized
        && request.authority == github.authority
        && request.path.starts_with(RELEASES)
        && below(request.path, "");
    own || releases
}

fn set(value: Option<&str>) -> Option<&str> {
    value.map(str::trim).filter(|value| !value.is_empty())
}

/// Whether a path lies below `prefix` and cannot climb out of it. Servers differ in what they make of escapes
/// (`..%2f`), parameters (`..;x`) and backslashes, and no request of jitney's has any, so a segment may have none.
fn below(path: &str, prefix: &str) -> bool {
    let path = path.split('?').next().unwrap_or_default();
    let Some(rest) = path.strip_prefix(prefix) else { return false };
    let plain = |segment: &str| {
        let safe = segment.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b));
        safe && segment != "." && segment != ".."
    };
    rest.starts_with('/') && rest.split('/').all(plain)
}
