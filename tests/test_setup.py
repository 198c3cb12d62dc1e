"""`setup`, as an operator runs it: the real command, the real modal client, a real endpoint."""

import os
import pty
import re
import select
import signal
import subprocess
import sys
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from tests import canaries
from tests.operator import HOME, World
from tests.processes import ROOT, SECRET
from tests.standin.app import APP_ID, KEYS
from tests.standin.server import TOKEN


def test_from_nothing_to_a_signed_ping_and_a_second_run_changes_nothing(world: World) -> None:
    ran = world.setup()
    assert ran.status == 0, ran.out + ran.err
    assert "deploy: it is at https://test--jitney.modal.example\n" in ran.out
    stored = world.plane.state.secrets["github-secret"]
    assert stored["GITHUB_TOKEN"] == TOKEN and stored["ALLOWED_REPOS"] == "octo/demo"
    assert re.fullmatch("[0-9a-f]{64}", stored["WEBHOOK_SECRET"])
    hook = world.hook
    assert (hook.home, hook.url, hook.events, hook.active) == (HOME, world.url, ["workflow_job"], True)
    assert (hook.content_type, hook.secret) == ("json", stored["WEBHOOK_SECRET"])
    assert hook.attempts[0].event == "ping" and hook.attempts[0].status_code == 200
    assert "octo/demo: ping: came back, signed" in ran.out and "Setup finished." in ran.out
    assert "Next: `./jitney try`" in ran.out and not world.plane.state.sandboxes
    assert {"SecretGetOrCreate", "AppPublish", f"POST /{HOME}"} <= set(world.changed())

    again = world.setup()
    assert again.status == 0, again.out + again.err
    assert world.changed() == []
    for step in ("settings", "secret", "modal", "deploy", "ready", "octo/demo: webhook"):
        assert f"kept   {step}: " in again.out, again.out
    assert "came back, signed" in again.out
    assert world.plane.state.secrets["github-secret"] == stored


def test_only_what_changed_is_updated_and_new_containers_read_it(world: World) -> None:
    assert world.setup(WEBHOOK_SECRET=SECRET).status == 0
    world.changed()
    ran = world.setup(WEBHOOK_SECRET=SECRET, MAX_RUNNERS="7")
    assert ran.status == 0, ran.out + ran.err
    [update] = world.plane.state.received("SecretUpdate")
    assert [one.key for one in update.updates] == ["MAX_RUNNERS"]
    assert "AppPublish" in world.changed() and world.starts == 2


def test_a_hook_that_is_amiss_is_mended_and_keeps_its_secret(world: World) -> None:
    """Although nobody here knows it."""
    assert world.setup(WEBHOOK_SECRET=SECRET).status == 0
    hook = world.hook
    hook.active, hook.events, hook.content_type = False, ["push"], "form"
    world.changed()
    ran = world.setup("--skip", "doctor")
    assert ran.status == 0 and "fixed: it was switched off, it did not send" in ran.out, ran.out + ran.err
    assert (hook.active, hook.events, hook.content_type) == (True, ["workflow_job"], "json")
    assert hook.secret == SECRET
    assert world.changed() == [f"PATCH /{HOME}/{hook.id}/config", f"PATCH /{HOME}/{hook.id}"]


def test_a_hook_that_is_gone_is_made_with_a_new_secret_that_both_get(world: World) -> None:
    assert world.setup(WEBHOOK_SECRET=SECRET).status == 0
    world.github.hooks.all.clear()
    ran = world.setup("--skip", "doctor")
    assert ran.status == 0 and "cannot be read back" in ran.out, ran.out + ran.err
    assert world.hook.secret == world.plane.state.secrets["github-secret"]["WEBHOOK_SECRET"] != SECRET


@pytest.mark.parametrize("given", [SECRET, None])
def test_another_secret_at_github_is_found_by_the_ping_and_cured(world: World, given: str | None) -> None:
    assert world.setup(WEBHOOK_SECRET=SECRET).status == 0
    world.hook.secret = "mistyped"
    ran = world.setup(WEBHOOK_SECRET=given)
    assert ran.status == 0, ran.out + ran.err
    assert "octo/demo: ping is refused" in ran.out and "came back, signed" in ran.out
    assert world.hook.secret == world.plane.state.secrets["github-secret"]["WEBHOOK_SECRET"] != "mistyped"
    assert (world.hook.secret == SECRET) is (given is not None)


def test_a_dry_run_says_what_would_be_and_changes_nothing(world: World) -> None:
    ran = world.run("setup", "--dry-run")
    assert ran.status == 0, ran.out + ran.err
    assert "would  modal: create the Modal secret github-secret" in ran.out
    assert "would  octo/demo: webhook: would be made" in ran.out
    assert world.changed() == [] and world.github.hooks.all == []


def test_a_dry_run_with_an_app_to_be_made_asks_github_nothing(world: World) -> None:
    ran = world.run("setup", "--dry-run", "--app", GITHUB_TOKEN=None)
    assert ran.status == 0 and "would  app: make a GitHub App" in ran.out, ran.out + ran.err
    assert world.changed() == [] and world.github.requests == []


def test_what_is_skipped_is_left_alone(world: World) -> None:
    ran = world.setup("--skip", "webhooks", "--skip", "ping", "--skip", "doctor")
    assert ran.status == 0 and "skip   webhooks: skipped (`--skip webhooks`)" in ran.out, ran.out + ran.err
    assert world.github.hooks.all == [] and "github-secret" in world.plane.state.secrets


def test_a_token_that_may_not_manage_webhooks_is_a_clear_failure(world: World) -> None:
    world.github.hooks.forbidden.add(HOME)
    ran = world.setup(WEBHOOK_SECRET=SECRET)
    assert ran.status == 1 and "Setup finished with errors" in ran.out
    assert "GitHub answers 403: Resource not accessible by personal access token" in ran.err
    assert "repository_hooks=write" in ran.err and "Webhooks: Read and write" in ran.err


def test_a_setting_that_will_not_do_stops_it_before_anything_is_changed(world: World) -> None:
    ran = world.setup(MAX_CPU="many")
    assert ran.status == 1 and "MAX_CPU" in ran.err
    assert world.changed() == []


def test_without_a_terminal_it_asks_nobody_and_says_so(world: World) -> None:
    ran = world.run("setup")
    assert ran.status == 1 and "--yes" in ran.err and world.changed() == []
    ran = world.setup(ALLOWED_REPOS=None)
    assert ran.status == 1 and "ALLOWED_REPOS" in ran.err and world.changed() == []


def test_at_a_terminal_each_change_is_announced_and_may_be_declined(world: World) -> None:
    """The token is asked for and not shown; colours are not shown where they are not wanted."""
    answers = {b"owner/repo:": b"octo/demo", b"a GitHub App instead):": TOKEN.encode(), b"[Y/n]": b"y"}
    told = {"GITHUB_API_URL": world.github.url, "NO_COLOR": "1", "TERM": "xterm"} | world.plane.environment()
    command = [sys.executable, "-m", "host", "setup", "--url", world.url, "--wait", "15"]
    keyboard, screen = pty.openpty()
    process = subprocess.Popen(
        [*command, "--skip", "ping", "--skip", "doctor"], cwd=ROOT, stdin=screen, stdout=screen, stderr=screen,
        env=told | {"PATH": os.environ["PATH"], "HOME": str(world.home)}, start_new_session=True,
    )  # fmt: skip
    os.close(screen)
    seen, answered = b"", 0
    while process.poll() is None or select.select([keyboard], [], [], 0.1)[0]:
        try:
            seen += os.read(keyboard, 65536)
        except OSError:
            break
        asked = next((question for question in answers if question in seen[answered:]), None)
        if asked is not None:
            declined = asked == b"[Y/n]" and any(step in seen[answered:] for step in (b"webhooks:", b"\ntry:"))
            answered = len(seen)
            os.write(keyboard, (b"n" if declined else answers[asked]) + b"\n")
    os.close(keyboard)
    said = seen.decode()
    assert process.wait(30) == 0, said
    canaries.assert_none_in(said, "the terminal")
    assert "modal: create the Modal secret github-secret: GITHUB_TOKEN" in said
    assert "skip   webhooks: skipped (you answered no)" in said and world.github.hooks.all == []
    assert (
        "try: start one sandbox" in said
        and "skip   try: skipped (you answered no)" in said
        and not world.plane.state.sandboxes
    )
    assert world.plane.state.secrets["github-secret"]["GITHUB_TOKEN"] == TOKEN
    assert not re.search(r"\x1b\[[349]\d", said)


def test_a_deploy_that_fails_is_shown_with_its_words(world: World) -> None:
    world.plane.state.secrets["github-secret"] = {}
    ran = world.setup("--skip", "modal")
    assert ran.status == 1 and "WEBHOOK_SECRET" in ran.err, ran.err


def test_an_endpoint_that_does_not_come_up_is_named(world: World) -> None:
    world.plane.state.deployed = lambda: None
    ran = world.run("setup", "--yes", "--wait", "0.5", "--skip", "ping", "--skip", "doctor")
    assert ran.status == 1 and f"{world.url} does not answer" in ran.err


def test_an_organization_s_webhook_serves_all_its_repositories(world: World) -> None:
    told = {"RUNNER_SCOPE": "org", "ALLOWED_REPOS": "octo/demo,octo/other"}
    ran = world.setup("--skip", "doctor", **told)
    assert ran.status == 0, ran.out + ran.err
    assert world.hook.home == "orgs/octo/hooks"


def test_an_app_is_made_in_a_browser_and_its_key_goes_into_the_secret(world: World) -> None:
    world.github.app.installations = {77: ["octo/demo"]}
    process = world.start("setup", "--yes", "--wait", "15", "--app", "--no-browser", GITHUB_TOKEN=None)
    assert process.stdout is not None
    before = ""
    while "open http://" not in before:
        line = process.stdout.readline()
        assert line, process.communicate()
        before += line
    local = re.findall(r"open (http://\S+)", before)[0]
    browse(world, local)
    ran = world.end(process, before)
    assert ran.status == 0, ran.out + ran.err
    [manifest] = world.github.manifests.posted
    assert manifest["default_permissions"] == {"administration": "write", "actions": "read", "metadata": "read"}
    assert manifest["default_events"] == ["workflow_job"] and manifest["public"] is False
    stored = world.plane.state.secrets["github-secret"]
    assert stored["GITHUB_APP_ID"] == APP_ID and "GITHUB_TOKEN" not in stored
    assert stored["GITHUB_APP_PRIVATE_KEY"] == (KEYS / "app.pkcs1.pem").read_text()
    assert stored["WEBHOOK_SECRET"] == world.github.manifests.secret
    assert world.hook.attempts[0].status_code == 200 and world.hook.attempts[0].redelivery
    assert "https://github.com/apps/jitney/installations/new" in ran.out

    again = world.setup("--app", GITHUB_TOKEN=None)
    assert again.status == 0 and "the App's key is in the Modal secret alone" in again.out, again.out + again.err
    assert len(world.github.manifests.posted) == 1 and len(world.plane.state.received("AppPublish")) == 2


def browse(world: World, local: str) -> None:
    """A browser that runs no script: it reads the form, and follows GitHub back."""
    with httpx.Client(trust_env=False) as browser:
        assert httpx.get(local, headers={"host": "evil.example"}, trust_env=False).status_code == 403
        assert httpx.get(urljoin(local, "/"), trust_env=False).status_code == 404
        page = browser.get(local)
        assert httpx.get(local, trust_env=False).status_code == 404
        assert browser.get(local).text == page.text
        assert "form-action" not in page.headers["content-security-policy"] and page.status_code == 200
        action = re.findall(r'action="([^"]+)"', page.text)[0]
        manifest = re.findall(r'name="manifest" value="([^"]+)"', page.text)[0].replace("&quot;", '"')
        assert action.startswith("https://github.com/settings/apps/new?state=")
        wrong = browser.get(urljoin(local, "/made"), params={"state": "another", "code": "abc"})
        assert wrong.status_code == 400
        query = urlsplit(action).query
        sent = browser.post(f"{world.github.url}/settings/apps/new?{query}", data={"manifest": manifest})
        assert sent.status_code == 302, sent.text
        assert browser.get(sent.headers["location"]).status_code == 200


def test_the_key_of_an_app_that_was_made_outlives_an_operator_who_stops_there(world: World) -> None:
    """GitHub shows it once; a second App would need another name."""
    world.github.app.installations = {77: ["octo/demo"]}
    told = {"GITHUB_API_URL": world.github.url, "ALLOWED_REPOS": "octo/demo"} | world.plane.environment()
    told |= {"PATH": os.environ["PATH"], "HOME": str(world.home), "TERM": "xterm"}
    keyboard, screen = pty.openpty()
    command = [sys.executable, "-m", "host", "setup", "--url", world.url, "--wait", "15", "--app", "--no-browser"]
    process = subprocess.Popen(command, cwd=ROOT, stdin=screen, stdout=screen, stderr=screen, env=told)
    os.close(screen)
    seen, answered = b"", 0
    while b"press Enter" not in seen:
        assert select.select([keyboard], [], [], 30)[0], seen.decode()
        seen += os.read(keyboard, 65536)
        if b"[Y/n]" in seen[answered:]:
            answered = len(seen)
            os.write(keyboard, b"y\n")
        elif local := re.search(rb"open (http://\S+) in", seen[answered:]):
            answered = len(seen)
            browse(world, local[1].decode())
    process.send_signal(signal.SIGINT)
    while process.poll() is None and select.select([keyboard], [], [], 30)[0]:
        try:
            seen += os.read(keyboard, 65536)
        except OSError:
            break
    assert process.wait(30) == 130, seen.decode()
    os.close(keyboard)
    canaries.assert_none_in(seen.decode(), "the terminal")
    stored = world.plane.state.secrets["github-secret"]
    assert stored["GITHUB_APP_ID"] == APP_ID and stored["WEBHOOK_SECRET"] == world.github.manifests.secret


def test_an_app_is_not_made_where_its_key_would_go_nowhere(world: World) -> None:
    ran = world.setup("--app", "--no-browser", "--skip", "modal", "--skip", "deploy", GITHUB_TOKEN=None)
    assert ran.status == 1 and "do not skip the step `modal`" in ran.err, ran.out + ran.err
    assert world.github.manifests.posted == []


@pytest.mark.parametrize("url", ["https://user:pass@h/x", "https://\x1b[31mh", "https://h/\x9bm", "https://h?x", "h"])
def test_a_url_that_is_none_is_refused(world: World, url: str) -> None:
    ran = world.run("setup", "--dry-run", f"--url={url}")
    assert ran.status == 2 and "https://HOST/PATH" in ran.err and world.changed() == []
