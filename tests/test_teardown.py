"""`teardown`, as an operator runs it after `setup`."""

import time

from tests.control_plane import FakeSandbox
from tests.operator import HOME, World
from tests.processes import eventually
from tests.standin.app import APP_ID, KEYS
from tests.standin.hooks import Hook


def furnish(world: World) -> FakeSandbox:
    """What jitney makes when it has been at work: a sandbox, a registration, an image, a cache."""
    from modal_proto import api_pb2 as api

    app = world.plane.state.apps["jitney"]
    sandbox = FakeSandbox("sb-v2-1", app, api.Sandbox(name="job-5"), {"job": "5"}, time.time())
    world.plane.state.sandboxes[sandbox.id] = sandbox
    world.github.state.register("octo/demo", "jitney-5-abcdefgh", ["modal"])
    world.github.state.register("octo/demo", "somebody-elses", ["modal"])
    world.plane.state.published |= {"main/jitney-runner:latest": "im-1", "main/other:latest": "im-2"}
    world.plane.state.volumes |= {f"jitney-cache-demo-{'0a' * 12}", "jitney-cache-of-mine", "somebody-elses"}
    return sandbox


def test_teardown_leaves_nothing_and_a_second_one_says_so(world: World) -> None:
    assert world.setup("--skip", "doctor").status == 0
    sandbox = furnish(world)
    elsewhere = Hook(HOME, 99, "https://elsewhere.example", "x")
    world.github.hooks.all.append(elsewhere)
    world.changed()
    looked = world.run("teardown", "--dry-run")
    assert looked.status == 0 and world.changed() == [], looked.out + looked.err
    for thing in ("octo/demo: webhook", "1 sandboxes live", "1 of jitney's are registered", "github-secret", "Dict"):
        assert thing in looked.out, looked.out

    ran = world.run("teardown", "--yes")
    assert ran.status == 0 and "nothing is left" in ran.out, ran.out + ran.err
    state = world.plane.state
    assert world.github.hooks.all == [elsewhere] and sandbox.ended
    assert [runner.name for runner in world.github.state.runners.values()] == ["somebody-elses"]
    assert "jitney" not in state.apps and "github-secret" not in state.secrets and not state.named_dicts
    assert set(state.published) == {"main/other:latest"}
    assert state.volumes == {"jitney-cache-of-mine", "somebody-elses"}

    again = world.run("teardown", "--yes")
    assert again.status == 0 and "nothing is there" in again.out, again.out + again.err


def test_the_secret_stays_while_github_is_not_clean(world: World) -> None:
    assert world.setup("--skip", "doctor").status == 0
    furnish(world)
    ours = next(r for r in world.github.state.runners.values() if r.name.startswith("jitney-"))
    ours.job = world.github.state.queue(5, "octo/demo", ["modal"])
    ran = world.run("teardown", "--yes")
    assert ran.status == 1 and "1 cannot be removed: they have jobs" in ran.err
    assert "This is left:" in ran.out and "settings/actions/runners" in ran.out
    assert "github-secret" in world.plane.state.secrets
    ours.job = None
    assert world.run("teardown", "--yes").status == 0
    assert "github-secret" not in world.plane.state.secrets


def test_jobs_that_run_may_end_first(world: World) -> None:
    assert world.setup("--skip", "doctor").status == 0
    sandbox = furnish(world)
    world.plane.state.requests.clear()
    process = world.start("teardown", "--yes", "--keep-running", "--every", "0.2")
    eventually(lambda: not world.github.hooks.all)
    eventually(lambda: len(world.plane.state.received("SandboxListV2")) > 3)
    assert not world.plane.state.received("AppStop")
    sandbox.ended = True
    ran = world.end(process)
    assert ran.status == 0 and "waiting for 1 sandboxes to end" in ran.out, ran.out + ran.err
    assert not world.plane.state.received("SandboxTerminateV2")


def test_an_app_that_cannot_be_deleted_is_left_with_its_page(world: World) -> None:
    key = (KEYS / "app.pkcs1.pem").read_text()
    told = {"GITHUB_TOKEN": None, "GITHUB_APP_ID": APP_ID, "GITHUB_APP_PRIVATE_KEY": key}
    world.github.app.installations = {77: ["octo/demo"]}
    world.plane.state.secrets["github-secret"] = {"WEBHOOK_SECRET": "y"}
    world.plane.state.named_dicts.add("jitney")
    ran = world.run("teardown", "--yes", **told)
    assert ran.status == 0 and "This is left:" in ran.out, ran.out + ran.err
    assert "https://github.com/settings/apps/jitney/advanced" in ran.out
    assert "github-secret" not in world.plane.state.secrets


def test_where_the_app_s_key_is_in_the_modal_secret_alone_modal_is_cleared_and_the_rest_named(world: World) -> None:
    stored = {"WEBHOOK_SECRET": "y", "GITHUB_APP_ID": APP_ID, "GITHUB_APP_PRIVATE_KEY": "z"}
    world.plane.state.secrets["github-secret"] = stored
    world.plane.state.named_dicts.add("jitney")
    told = {"GITHUB_TOKEN": None, "ALLOWED_REPOS": None}
    ran = world.run("teardown", "--yes", **told)
    assert ran.status == 0 and "This is left:" in ran.out, ran.out + ran.err
    assert "GitHub Apps: its webhook goes with it" in ran.out
    assert "github-secret" not in world.plane.state.secrets and world.github.requests == []


def test_a_webhook_of_another_installation_is_left_where_it_is_not_known_which_is_ours(world: World) -> None:
    other = Hook(HOME, 98, "https://otherteam--jitney.modal.run", "x")
    world.github.hooks.all.append(other)
    world.plane.state.secrets["github-secret"] = {"WEBHOOK_SECRET": "y"}
    ran = world.run("teardown", "--yes")
    assert ran.status == 1 and world.github.hooks.all == [other], ran.out + ran.err
    assert other.url in ran.err and "--url" in ran.err
    ran = world.run("teardown", "--yes", "--url", other.url)
    assert ran.status == 0 and world.github.hooks.all == [], ran.out + ran.err


def test_a_webhook_url_among_the_settings_hides_no_webhook_that_setup_made(world: World) -> None:
    assert world.setup("--skip", "doctor").status == 0
    ran = world.run("teardown", "--yes", WEBHOOK_URL="https://hooks.example/x")
    assert ran.status == 0 and world.github.hooks.all == [], ran.out + ran.err


def test_what_somebody_else_keeps_under_a_name_like_ours_is_left(world: World) -> None:
    world.plane.state.secrets["github-secret"] = {"NPM_TOKEN": "y"}
    assert world.setup("--skip", "doctor").status == 0
    theirs = {"main/jitney-runner-of-mine:latest": "im-1", "main/jitney-runners:latest": "im-2"}
    ours = {"main/jitney-runner:latest": "im-3", "main/jitney-runner-0123456789ab:latest": "im-4"}
    world.plane.state.published |= theirs | ours
    ran = world.run("teardown", "--yes")
    assert ran.status == 0 and "NPM_TOKEN in it is none of jitney's" in ran.out, ran.out + ran.err
    assert "NPM_TOKEN" in world.plane.state.secrets["github-secret"]
    assert world.plane.state.published == theirs


def test_a_secret_of_this_name_is_left_where_jitney_never_was(world: World) -> None:
    """Others call theirs so too, and `GITHUB_TOKEN` is what they would keep in it."""
    theirs = {"GITHUB_TOKEN": "x", "WEBHOOK_SECRET": "y"}
    world.plane.state.secrets["github-secret"] = dict(theirs)
    ran = world.run("teardown", "--yes")
    assert ran.status == 0 and "it may be somebody else's" in ran.out, ran.out + ran.err
    assert world.plane.state.secrets["github-secret"] == theirs
