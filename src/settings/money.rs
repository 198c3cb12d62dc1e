//! The settings that are about money: what a second costs, and what a month may.

use super::reader::Reader;
use crate::machine::{NanoUsd, Prices};

/// `PRICES`: Modal's as published, but for what it says otherwise.
pub(super) fn prices(reader: &mut Reader<'_>) -> Prices {
    const NAME: &str = "PRICES";
    let Some(text) = reader.text(NAME) else { return Prices::default() };
    Prices::parse(text).unwrap_or_else(|fault| {
        let cure = r#"write it as JSON, in dollars a second, as {"cpu":0.00003942,"gpu":{"H100":0.001097}}, or unset it"#;
        reader.problem(NAME, fault, cure);
        Prices::default()
    })
}

/// `MONTHLY_BUDGET_USD`: what sandboxes may cost in a month (UTC); no bound where it is unset.
pub(super) fn budget(reader: &mut Reader<'_>) -> Option<NanoUsd> {
    const NAME: &str = "MONTHLY_BUDGET_USD";
    reader.text(NAME)?;
    let dollars = reader.quantity(NAME, 1.0, 1e7);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 1e7, by `quantity`")]
    Some((dollars * 1e9) as NanoUsd)
}
