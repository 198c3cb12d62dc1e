//! What leaves and what does not.

use jitney_guard::rule::{Outgoing, allows};

const OWN: Outgoing<'_> = Outgoing {
    https: true,
    authority: "api.github.com",
    path: "/repos/octo/x/actions/jobs/7",
    authorized: true,
};

#[test]
fn github_s_api_is_reached_over_tls_and_nothing_else_is() {
    assert!(allows(None, None, OWN) && allows(Some(" "), Some(""), OWN));
    for other in [
        Outgoing { https: false, ..OWN },
        Outgoing { authority: "github.com", ..OWN },
        Outgoing { authority: "api.github.com.evil.example", ..OWN },
        Outgoing { authority: "evil@api.github.com", ..OWN },
        Outgoing { authority: "api.github.com:8443", ..OWN },
        Outgoing { authority: "", ..OWN },
        Outgoing { authority: "169.254.169.254", ..OWN },
        Outgoing { path: "", ..OWN },
        Outgoing { path: "repos", ..OWN },
        Outgoing { path: "/repos/../../x", ..OWN },
        Outgoing { path: "/repos/%2E%2e/x", ..OWN },
        Outgoing { path: "/repos/.%2e/x", ..OWN },
        Outgoing { path: "/repos\\..\\x", ..OWN },
        Outgoing { path: "/repos/..%2f..%2Fx", ..OWN },
        Outgoing { path: "/repos/..%5c..%5Cx", ..OWN },
        Outgoing { path: "/repos/..%252fx", ..OWN },
        Outgoing { path: "/repos/..;/x", ..OWN },
        Outgoing { path: "/repos/..;a=b/x", ..OWN },
        Outgoing { path: "/repos/.;/x", ..OWN },
        Outgoing { path: "/repos/x#/../y", ..OWN },
        Outgoing { path: "/repos/\u{ff0e}\u{ff0e}/x", ..OWN },
    ] {
        assert!(!allows(None, None, other), "{other:?}");
    }
}

#[test]
fn a_setting_moves_it_and_one_that_cannot_be_read_stops_all() {
    let proxy = Outgoing { https: false, authority: "127.0.0.1:9", path: "/api/v3/x", authorized: true };
    assert!(allows(Some("http://127.0.0.1:9/api/v3"), None, proxy));
    assert!(!allows(Some("http://127.0.0.1:9/api/v3"), None, OWN));
    assert!(!allows(Some("http://127.0.0.1:9/api/v3"), None, Outgoing { path: "/x", ..proxy }));
    assert!(!allows(Some("http://127.0.0.1:9/api/v3"), None, Outgoing { path: "/api/v3x/y", ..proxy }));
    let plain = Outgoing { https: false, authority: "evil.example", ..OWN };
    assert!(!allows(Some("http://evil.example"), None, plain));
    assert!(!allows(None, Some("not a host"), OWN));
    assert!(allows(None, Some("octo.ghe.com"), Outgoing { authority: "api.octo.ghe.com", ..OWN }));
}

#[test]
fn an_enterprise_asks_github_for_the_runner_s_releases_without_its_credential() {
    let releases = Outgoing { path: "/repos/actions/runner/releases/latest", authorized: false, ..OWN };
    assert!(allows(None, Some("github.example.com"), releases));
    assert!(!allows(None, Some("github.example.com"), Outgoing { authorized: true, ..releases }));
    assert!(!allows(None, Some("github.example.com"), Outgoing { path: OWN.path, ..releases }));
    let climbing = "/repos/actions/runner/releases/../../../octo/x";
    assert!(!allows(None, Some("github.example.com"), Outgoing { path: climbing, ..releases }));
}
