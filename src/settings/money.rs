//! The settings that are about money: what a second costs, and what a month may.

use super::reader::Reader;
use crate::machine::Prices;
use crate::words::usd::Usd;

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
pub(super) fn budget(reader: &mut Reader<'_>) -> Option<Usd> {
    const NAME: &str = "MONTHLY_BUDGET_USD";
    reader.text(NAME)?;
    Some(Usd::from_dollars(reader.quantity(NAME, 1.0, 1e7)))
}
