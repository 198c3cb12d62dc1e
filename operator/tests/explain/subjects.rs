//! What can be asked about, and what GitHub does not show.

use super::world::{delivery, runner, sandbox, world};
use jitney_operator::explain::{Subject, Unexplained};
use serde_json::json;

#[test]
fn every_form_of_a_subject_is_read_and_no_other() {
    let pages = "https://github.com";
    let job = |text: &str| match Subject::parse(text, pages) {
        Ok(Subject::Job(repository, job)) => format!("{repository} {job}"),
        other => format!("{other:?}"),
    };
    for form in [
        "https://github.com/octo/demo/actions/runs/3/job/41",
        "https://github.com/octo/demo/actions/runs/3/job/41?pr=7#step:2:1",
        "https://github.com/octo/demo/actions/runs/3/attempts/2/job/41/",
        "https://github.com/octo/demo/runs/41",
        "octo/demo 41",
        "octo/demo#41",
        " octo/demo/41 ",
    ] {
        assert_eq!(job(form), "octo/demo 41", "{form}");
    }
    let guid = Subject::parse("72d3162e-cc78-11e3-81ab-4c9367dc0958", pages);
    assert!(matches!(guid, Ok(Subject::Delivery(_))));
    for (form, word) in [
        ("https://github.com/octo/demo/actions/runs/3", "that of a run"),
        ("https://github.com/octo/demo/actions/runs/3/attempts/2", "that of a run"),
        ("https://github.com/octo/demo/pull/3", "not that of a job's page"),
        ("https://github.com/octo", "not that of a job's page"),
        ("https://evil.example/octo/demo/actions/runs/3/job/41", "GITHUB_ENTERPRISE_DOMAIN"),
        ("https://github.com/octo/demo/actions/runs/3/job/0", "not that of a job's page"),
        ("41", "without its repository"),
        ("../.. 41", "no repository's name"),
        ("", "neither a job nor a delivery"),
        ("hello", "neither a job nor a delivery"),
    ] {
        let fault = Subject::parse(form, pages).expect_err(form);
        assert!(fault.contains(word), "{form}: {fault}");
    }
    assert_eq!(
        Subject::parse("https://octo.ghe.com/octo/demo/actions/runs/3/job/41", "https://octo.ghe.com"),
        Subject::parse("octo/demo 41", pages)
    );
}

#[test]
fn what_github_does_not_show_is_not_explained() {
    let fails = |status: u16| {
        world().with(|w| w.job.0 = status).explained("octo/demo 41").expect_err("no explanation")
    };
    assert!(matches!(fails(404), Unexplained::Misread(why) if why.contains("404") && why.contains("doctor")));
    assert!(matches!(fails(403), Unexplained::Unasked(why) if why.contains("Actions: read")));
    let unreachable = world().with(|w| w.down = true).explained("octo/demo 41");
    assert!(matches!(unreachable, Err(Unexplained::Unasked(why)) if why.contains("GITHUB_API_URL")));
}

#[test]
fn what_others_have_named_cannot_move_an_operator_s_terminal() {
    let escape = "\u{1b}[2J\u{202e}\u{7}";
    let mut world = world()
        .set("status", format!("in_progress{escape}"))
        .set("conclusion", format!("success{escape}"))
        .set("runner_name", format!("jitney-41-{escape}"))
        .with(|w| w.run["event"] = format!("push{escape}").into())
        .with(|w| w.run["actor"]["login"] = format!("octo{escape}").into())
        .with(|w| w.runners.1 = json!({ "runners": [runner(&format!("jitney-41-{escape}"), escape, true)] }))
        .with(|w| w.host.sandboxes = Some(vec![sandbox(&[("runner", escape), ("shape", escape)])]));
    world.settings.push(("ALLOWED_EVENTS", "push"));
    for status in ["queued", "in_progress", "completed", escape] {
        for said in ["launched", "refused", escape] {
            let reason = format!("x: {escape}");
            world.log = vec![delivery(1, 41, "queued", "2026-11-24T12:00:01Z", 201, said, &reason)];
            world.job.1["status"] = status.into();
            let explanation = world.explained("octo/demo 41").expect("an explanation");
            let told = format!("{}{}", explanation.page, explanation.conclusion.text);
            let told =
                explanation.timeline.iter().fold(told, |all, one| format!("{all}{}{}", one.said, one.cure));
            assert!(!told.contains(['\u{1b}', '\u{202e}', '\u{7}']), "{told:?}");
        }
    }
}
