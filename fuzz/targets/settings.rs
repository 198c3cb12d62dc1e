//! The environment: whatever is in it, it is read or named as wrong.

use jitney::settings::{CoursesSettings, IntakeSettings, KeysSettings, TABLE};

/// Settings, a `NAME=value` a line: problems name a variable and a cure.
pub fn settings(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let given: Vec<_> = text
        .split('\0')
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    let known = |name: &str| TABLE.iter().any(|declared| declared.name == name);
    let (intake, courses, keys) =
        (IntakeSettings::read(&given), CoursesSettings::read(&given), KeysSettings::read(&given));
    assert_eq!(intake.settings.is_none(), !intake.problems.is_empty());
    assert_eq!(courses.settings.is_none(), !courses.problems.is_empty());
    for report in [&intake.problems, &courses.problems, &keys.problems, &intake.warnings, &courses.warnings] {
        assert!(report.iter().all(|problem| known(problem.setting) && !problem.cure.is_empty()));
    }
    if let Some(settings) = courses.settings {
        assert!((1..=180).contains(&settings.mints_per_minute) && settings.max_runners >= 1);
        for profile in settings.rules.profiles.values() {
            assert!(settings.rules.limits.machine(profile).is_ok());
        }
    }
}
