//! The base of GitHub's REST API as a type. Needs no more than `alloc`, for the guard is made of the same text.

use alloc::borrow::ToOwned;
use alloc::format;
use alloc::string::String;
use core::fmt;
use core::net::Ipv4Addr;

/// The base of all requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiBase {
    /// Whether requests go over TLS.
    pub https: bool,
    /// Host, and port where it is not the scheme's own.
    pub authority: String,
    /// A path without its last slash; empty for github.com.
    pub prefix: String,
}

impl ApiBase {
    /// github.com's.
    pub fn github() -> Self {
        Self { https: true, authority: "api.github.com".to_owned(), prefix: String::new() }
    }

    /// Where this GitHub's pages are. Of a proxy before github.com, github.com's.
    pub fn pages(&self) -> String {
        match self.authority.strip_prefix("api.") {
            _ if self.is_server() => format!("https://{}", self.authority),
            Some(domain) if domain.ends_with(".ghe.com") => format!("https://{domain}"),
            _ => "https://github.com".to_owned(),
        }
    }

    /// Whether it is a GitHub Enterprise Server, by its path.
    pub fn is_server(&self) -> bool {
        self.prefix.ends_with("/api/v3")
    }

    /// Whether github.com's public repositories are behind it: it is github.com, or a proxy before it.
    pub fn has_releases(&self) -> bool {
        !self.is_server() && !self.authority.ends_with(".ghe.com")
    }

    /// Reads `GITHUB_ENTERPRISE_DOMAIN`: a host name and nothing else. Bases as GitHub documents them (REST API,
    /// "Using the API" of each product).
    pub fn for_domain(domain: &str) -> Option<Self> {
        let domain = domain.to_ascii_lowercase();
        let own =
            domain.contains('.') && !["github.com", "api.github.com", "ghe.com"].contains(&domain.as_str());
        if !is_host_name(&domain) || !own {
            return None;
        }
        Some(match domain.strip_suffix(".ghe.com") {
            Some(sub) => Self {
                https: true,
                authority: format!("api.{}.ghe.com", sub.strip_prefix("api.").unwrap_or(sub)),
                prefix: String::new(),
            },
            None => Self { https: true, authority: domain, prefix: "/api/v3".to_owned() },
        })
    }

    /// Reads `GITHUB_API_URL`: https, or http to this machine alone, since the credential goes along.
    pub fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = path.trim_end_matches('/');
        let segments = || {
            prefix.split('/').all(|s| {
                s != "." && s != ".." && s.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.~".contains(&b))
            })
        };
        let (host, port) = match authority.strip_prefix("[::1]") {
            Some(port) => ("[::1]", port.strip_prefix(':')),
            None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
        };
        let port_fits = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|n| n != 0));
        let loopback = host == "[::1]" || host.eq_ignore_ascii_case("localhost") || is_loopback(host);
        let https = scheme.eq_ignore_ascii_case("https");
        let scheme_fits = https || (scheme.eq_ignore_ascii_case("http") && loopback);
        if !scheme_fits || !port_fits || !segments() || !(host == "[::1]" || is_host_name(host)) {
            return None;
        }
        let prefix = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
        Some(Self { https, authority: authority.to_owned(), prefix })
    }
}

impl fmt::Display for ApiBase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.https { "https" } else { "http" };
        write!(f, "{scheme}://{}{}", self.authority, self.prefix)
    }
}

fn is_loopback(host: &str) -> bool {
    host.parse::<Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

fn is_host_name(host: &str) -> bool {
    let part = |part: &str| {
        (1..=63).contains(&part.len())
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !part.starts_with('-')
            && !part.ends_with('-')
    };
    host.len() <= 253 && host.split('.').all(part)
}
