//! What the parameters may be.

use crate::PhysicalError;
use crate::error::{not_negative, positive, share};

/// What a parameter may be, by a part of its name; stricter rules come first where several parts have one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rule {
    AboveMinusOne,
    Share,
    Positive,
    NotNegative,
}

/// The rule that a part of a name stands for.
fn rule_of(part: &str) -> Rule {
    match part {
        "vat" | "tariff" | "growth" | "limit_growth" | "past_growth" | "thrifting" => {
            Rule::AboveMinusOne
        }
        "adjustment" | "discount" | "satiation" | "withdrawal" | "hazard_control"
        | "hazard_eased" | "basket_share" | "recovery" | "region_share" | "fringe_share"
        | "licensed_share" | "outside_share" | "persistence" | "base_theta" | "share"
        | "rare_earth_share" | "process_loss" | "speed" | "floor" | "depreciation"
        | "expectation" | "collected" | "from_use" | "reach" | "release" | "lace_sold"
        | "processed_share" | "hazard_memory" | "forward_share" | "release_unmet"
        | "release_rate" | "via" | "leakage_share" => Rule::Share,
        "base_price" | "start_price" | "cny_per_usd" | "base_revenue" | "reo_content"
        | "backstop" | "capacity" | "level" | "restocking" | "units" | "cover" | "ramp_months"
        | "oxide_per_ndpr" | "oxide_per_dytb" | "carrying" | "reserve_build" => Rule::Positive,
        _ => Rule::NotNegative,
    }
}

/// Checks a value by its name.
pub(crate) fn check_one(name: &str, value: f64) -> Result<(), PhysicalError> {
    let head = name.split('.').next().unwrap_or(name);
    let rule = match head {
        // Checked by the process itself.
        "futures" => return Ok(()),
        // Scrap has to be covered by something; China's buyers keep no stock of their own in this market.
        "stocks" if name.starts_with("stocks.cover") => Rule::NotNegative,
        "storage" if name.starts_with("storage.capacity") => Rule::Share,
        "storage" => Rule::NotNegative,
        _ => name.split('.').map(rule_of).min().unwrap_or(Rule::NotNegative),
    };
    match rule {
        Rule::AboveMinusOne if value.is_finite() && value > -1.0 => Ok(()),
        Rule::AboveMinusOne => Err(crate::error::out_of_range(name, value, "finite and above −1")),
        Rule::Share => share(name, value),
        Rule::Positive => positive(name, value),
        Rule::NotNegative => not_negative(name, value),
    }
}

pub(crate) fn sums_to_one(
    name: &str,
    values: impl Iterator<Item = f64>,
) -> Result<(), PhysicalError> {
    let sum: f64 = values.sum();
    if (sum - 1.0).abs() < 1e-9 {
        Ok(())
    } else {
        Err(crate::error::out_of_range(name, sum, "1 in sum"))
    }
}
