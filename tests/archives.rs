//! Which actions' archives lie in the runner image, of which commits, and where the runner looks for them.
#![allow(clippy::expect_used, clippy::panic, reason = "a test")]

use jitney::machine::archives::{Source, sources};
use jitney::settings::CoursesSettings;
use jitney::words::action::Action;

fn actions(names: &[&str]) -> Vec<Action> {
    names.iter().map(|name| Action::parse(name).expect("an action")).collect()
}

fn source(added: &[&str], name: &str) -> Source {
    let all = sources(&actions(added));
    all.into_iter().find(|source| source.repository.to_string() == name).expect("the source")
}

/// A commit's id that ends in this number.
fn id(number: u32) -> String {
    format!("{number:040x}")
}

/// What `git ls-remote` says of refs whose commits have these numbers.
fn listing(refs: &[(&str, u32)]) -> String {
    let lines = refs.iter().map(|(name, number)| format!("{}\trefs/{name}", id(*number)));
    lines.collect::<Vec<_>>().join("\n")
}

fn commits(source: &Source, refs: &[(&str, u32)]) -> Vec<u32> {
    let archives = source.archives(&listing(refs));
    archives.iter().map(|one| u32::from_str_radix(one.commit.as_str(), 16).expect("a number")).collect()
}

#[test]
fn the_well_known_are_there_and_those_that_are_added_each_once() {
    let names = |added: &[&str]| -> Vec<String> {
        sources(&actions(added)).iter().map(|source| source.repository.to_string()).collect()
    };
    let known = names(&[]);
    for name in ["checkout", "setup-node", "setup-python", "setup-go", "setup-java", "setup-dotnet"] {
        assert!(known.contains(&format!("actions/{name}")), "{name}");
    }
    for name in ["cache", "upload-artifact", "download-artifact"] {
        assert!(known.contains(&format!("actions/{name}")), "{name}");
    }
    let added = names(&["octo/action@v1", "Actions/Checkout@v1", "octo/action@main"]);
    assert_eq!(added.len(), known.len() + 1);
    assert_eq!(added.last().map(String::as_str), Some("octo/action"));
    assert_eq!(source(&[], "actions/cache").url(), "https://github.com/actions/cache.git");
}

#[test]
fn an_archive_lies_where_the_runner_looks_and_has_one_folder() {
    let archives = source(&[], "actions/setup-go").archives(&listing(&[("tags/v6", 7)]));
    let [archive] = archives.as_slice() else { panic!("{archives:?}") };
    assert_eq!(archive.file, format!("actions_setup-go/{}.tar.gz", id(7)));
    assert_eq!(archive.folder, format!("actions-setup-go-{}", id(7)));
}

#[test]
fn of_a_repository_the_newest_versions_are_taken() {
    let cache = source(&[], "actions/cache");
    let refs = [
        ("heads/main", 1),
        ("tags/v1", 10),
        ("tags/v2", 20),
        ("tags/v2.1.0", 20),
        ("tags/v3", 33),
        ("tags/v3.9.0", 31),
        ("tags/v3.10.0", 33),
        ("tags/v10", 100),
        ("tags/v10.0", 100),
        ("tags/v10-beta", 101),
        ("tags/10.0.0.1", 102),
        ("tags/latest", 103),
    ];
    assert_eq!(commits(&cache, &refs), [100, 33, 31, 20]);
    let many: Vec<(String, u32)> = (0..9).map(|patch| (format!("tags/v4.0.{patch}"), patch + 1)).collect();
    let many: Vec<(&str, u32)> = many.iter().map(|(name, number)| (name.as_str(), *number)).collect();
    assert_eq!(commits(&cache, &many), [9, 8, 7, 6, 5]);
    let moved = [&many[..], &[("tags/v4", 77)]].concat();
    assert_eq!(
        commits(&cache, &moved),
        [77, 9, 8, 7, 6, 5],
        "what v4 means comes first, and is no one of the five"
    );
}

#[test]
fn a_tag_that_is_an_object_means_its_commit() {
    let refs = [("tags/v4", 4), ("tags/v4^{}", 5), ("tags/v3", 3)];
    assert_eq!(commits(&source(&[], "actions/cache"), &refs), [5, 3]);
}

#[test]
fn a_ref_means_its_tag_and_its_branch_or_itself() {
    let refs =
        [("heads/stable", 1), ("tags/stable", 2), ("tags/stable^{}", 3), ("heads/main", 4), ("tags/v1", 5)];
    assert_eq!(commits(&source(&["octo/action@stable"], "octo/action"), &refs), [3, 1]);
    let pinned = format!("octo/action@{}", id(9));
    assert_eq!(commits(&source(&[&pinned], "octo/action"), &refs), [9]);
    assert_eq!(commits(&source(&["octo/action@gone"], "octo/action"), &refs), Vec::<u32>::new());
    let both = source(&["octo/action@main", "octo/action"], "octo/action");
    assert_eq!(commits(&both, &refs), [5, 4]);
}

#[test]
fn a_listing_that_is_none_names_nothing() {
    let cache = source(&[], "actions/cache");
    let odd = ["", "\n\t\n", "fatal: no", "zz\trefs/tags/v1\n", "--upload-pack=x\trefs/tags/v1\n"];
    for text in odd {
        assert_eq!(cache.archives(text), [], "{text:?}");
    }
    let long = format!("{}\trefs/tags/v99999999999999999999\n{}\trefs/tags/v1.2.3.4\n", id(1), id(2));
    assert_eq!(cache.archives(&long), []);
    let shouted = format!("{}\trefs/tags/v1\n", id(10).to_uppercase());
    assert_eq!(
        cache.archives(&shouted),
        [],
        "git writes ids in lower case, and the runner looks for them so"
    );
}

#[test]
fn the_setting_names_repositories_and_refs() {
    let read = |value: &str| {
        let given = [("GITHUB_TOKEN", "ghp_x"), ("ACTION_ARCHIVES", value)];
        let given = given.map(|(name, value)| (name.to_owned(), value.to_owned()));
        CoursesSettings::read(&given)
    };
    let archives =
        read(" octo/action@v2 ,docker/build-push-action,").settings.expect("good settings").archives;
    assert_eq!(archives, actions(&["octo/action@v2", "docker/build-push-action"]));
    assert!(read("").settings.expect("unset").archives.is_empty());
    let many = |count: usize| vec!["octo/action"; count].join(",");
    assert!(read(&many(50)).settings.is_some());
    let said: Vec<String> = read(&many(51)).problems.iter().map(jitney::settings::Problem::line).collect();
    assert!(said.iter().any(|line| line.contains("more than 50")), "{said:?}");
}
