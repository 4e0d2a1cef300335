//! The value chain at the border: in which form exports leave, what they weigh, what they are worth.
//!
//! Shipments of a basket are raw or processed goods (the share of each depends on destination and on a scenario's shift
//! along the chain: the lever "export technology instead of ore"), and within a class they split into forms. A tonne of
//! REO in form f weighs `1/c_f` tonnes gross and is worth `v_f` times the border price of the oxide, p^c (1 + v)/X, so that
//! a shift from raw to processed goods moves value per tonne of REO and leaves the tonnage of REO alone. Magnets are
//! weighed by their `NdPr` alone, which every magnet holds, concentrate by its `LaCe`: what else they hold adds value and
//! no weight of its own.
//!
//! Between two windows of months the change of export value splits exactly into quantity, mix and price over products,
//! a product being a form of a basket (Ang 2004, LMDI-I; [`monazite_series::split_value_change`]).

use monazite_series::{ProductTrade, ValueChange, split_value_change};

use crate::measure::{Effect, check_paired};
use crate::record::KeptMonth;
use crate::simulate::total;
use crate::{Basket, Form, Goods, N_BASKETS, N_FORMS, Parameters, PhysicalError, Region, Run};

/// Factors from t REO to customs weight and value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Trade {
    /// By form and basket: share of its class of goods, t REO per t gross, gross weight per t REO that is counted, value
    /// relative to the oxide's.
    share: [[f64; N_BASKETS]; N_FORMS],
    content: [[f64; N_BASKETS]; N_FORMS],
    weight: [[f64; N_BASKETS]; N_FORMS],
    factor: [[f64; N_BASKETS]; N_FORMS],
    vat: f64,
    pub(crate) cny_per_usd: f64,
}

impl Trade {
    pub(crate) fn new(parameters: &Parameters) -> Self {
        let nothing = [[0.0; N_BASKETS]; N_FORMS];
        let mut trade = Self {
            share: nothing,
            content: nothing,
            weight: nothing,
            factor: nothing,
            vat: parameters.trade.vat.value,
            cny_per_usd: parameters.trade.cny_per_usd.value,
        };
        for (b, forms) in parameters.forms.iter().enumerate() {
            for one in forms {
                let f = one.form.index();
                trade.share[f][b] = one.share.value;
                trade.factor[f][b] = one.value_factor.value;
                trade.content[f][b] = one.reo_content.value;
                if one.form.weighed_by().is_none_or(|basket| basket.index() == b) {
                    trade.weight[f][b] = 1.0 / one.reo_content.value;
                }
            }
        }
        trade
    }

    /// USD per t REO of oxide at the border of China.
    fn border_price(&self, record: &KeptMonth, b: usize) -> f64 {
        record.price[b].max(0.0) * (1.0 + self.vat) / self.cny_per_usd
    }

    /// t REO of a basket shipped as goods of a class to a region or to all.
    fn goods_tonnes(
        record: &KeptMonth,
        region: Option<Region>,
        goods: Goods,
        basket: Basket,
    ) -> f64 {
        let processed = total(&record.processed, region, Some(basket));
        match goods {
            Goods::Processed => processed,
            Goods::Raw => total(&record.shipments, region, Some(basket)) - processed,
        }
    }

    /// Sum over forms of a class and baskets of t REO times a factor by form and basket.
    fn sum(
        &self,
        record: &KeptMonth,
        region: Option<Region>,
        goods: Goods,
        factor: &dyn Fn(usize, usize) -> f64,
    ) -> f64 {
        let mut sum = 0.0;
        for basket in Basket::ALL {
            let b = basket.index();
            let tonnes = Self::goods_tonnes(record, region, goods, basket);
            for form in Form::ALL.into_iter().filter(|form| form.goods() == goods) {
                sum += tonnes * self.share[form.index()][b] * factor(form.index(), b);
            }
        }
        sum
    }

    /// Gross weight of goods of a class, t.
    pub(crate) fn weight(&self, record: &KeptMonth, region: Option<Region>, goods: Goods) -> f64 {
        self.sum(record, region, goods, &|f, b| self.weight[f][b])
    }

    /// Their value, USD.
    pub(crate) fn value(&self, record: &KeptMonth, region: Option<Region>, goods: Goods) -> f64 {
        let price: [f64; N_BASKETS] = std::array::from_fn(|b| self.border_price(record, b));
        self.sum(record, region, goods, &|f, b| self.factor[f][b] * price[b])
    }

    /// t REO exported in a form.
    pub(crate) fn form_tonnes(
        &self,
        record: &KeptMonth,
        form: Form,
        basket: Option<Basket>,
    ) -> f64 {
        let of = |one: Basket| {
            Self::goods_tonnes(record, None, form.goods(), one)
                * self.share[form.index()][one.index()]
        };
        basket.map_or_else(|| Basket::ALL.into_iter().map(of).sum(), of)
    }

    /// USD per t: gross for a form of all baskets, REO otherwise; what a tonne would bring where nothing is shipped.
    pub(crate) fn unit_value(
        &self,
        record: &KeptMonth,
        form: Option<Form>,
        basket: Option<Basket>,
    ) -> f64 {
        let gross = form.is_some() && basket.is_none();
        let (mut value, mut tonnes) = (0.0, 0.0);
        for f in Form::ALL.into_iter().filter(|&one| form.is_none_or(|only| only == one)) {
            for b in Basket::ALL.into_iter().filter(|&one| basket.is_none_or(|only| only == one)) {
                let shipped = self.form_tonnes(record, f, Some(b));
                value += shipped * self.worth(record, f, b);
                tonnes += shipped * if gross { self.weight[f.index()][b.index()] } else { 1.0 };
            }
        }
        if tonnes > 0.0 { value / tonnes } else { self.offer(record, form, basket) }
    }

    /// USD per t REO of a basket in a form.
    fn worth(&self, record: &KeptMonth, form: Form, basket: Basket) -> f64 {
        self.factor[form.index()][basket.index()] * self.border_price(record, basket.index())
    }

    /// What a tonne would bring: of a form, all that it holds, or the mean of baskets that come one by one.
    fn offer(&self, record: &KeptMonth, form: Option<Form>, basket: Option<Basket>) -> f64 {
        let form_of = form.unwrap_or(Form::Oxide);
        if let Some(basket) = basket {
            return self.worth(record, form_of, basket);
        }
        let held =
            |b: Basket| self.content[form_of.index()][b.index()] * self.worth(record, form_of, b);
        let sum: f64 = Basket::ALL.into_iter().map(held).sum();
        if form_of.weighed_by().is_some() { sum } else { sum / N_BASKETS as f64 }
    }

    /// Value and t REO of every form and basket over months, forms that a basket does not have left out.
    fn products(&self, records: &[KeptMonth]) -> Vec<ProductTrade> {
        let mut products = Vec::new();
        for form in Form::ALL {
            for basket in Basket::ALL {
                let (f, b) = (form.index(), basket.index());
                if self.share[f][b] <= 0.0 {
                    continue;
                }
                let mut one = ProductTrade { value: 0.0, quantity: 0.0 };
                for record in records {
                    let tonnes = self.form_tonnes(record, form, Some(basket));
                    one.quantity += tonnes;
                    one.value += tonnes * self.factor[f][b] * self.border_price(record, b);
                }
                products.push(one);
            }
        }
        products
    }
}

/// A change of export value and its parts, USD, over paths.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ValueSplit {
    /// Value after less value before.
    pub total: Effect,
    /// Due to total tonnage of REO.
    pub quantity: Effect,
    /// Due to the shares of forms and baskets in it.
    pub mix: Effect,
    /// Due to unit values of forms and baskets.
    pub price: Effect,
}

/// The change of export value from months `before.1` of one run to months `after.1` of another, or of the same, split
/// path by path; windows are half open and of equal length.
///
/// # Errors
/// Runs that cannot be compared, windows not simulated or of different length, or a window without exports of worth.
pub fn value_split(
    before: (&Run, (usize, usize)),
    after: (&Run, (usize, usize)),
) -> Result<ValueSplit, PhysicalError> {
    let changes = value_changes(before, after)?;
    let effect = |part: &dyn Fn(&ValueChange) -> f64| {
        Effect::of(&changes.iter().map(part).collect::<Vec<f64>>())
    };
    Ok(ValueSplit {
        total: effect(&|one| one.total)?,
        quantity: effect(&|one| one.quantity)?,
        mix: effect(&|one| one.mix)?,
        price: effect(&|one| one.price)?,
    })
}

/// The parts by path: [`value_split`] before it is summarised.
///
/// # Errors
/// As for [`value_split`].
pub fn value_changes(
    before: (&Run, (usize, usize)),
    after: (&Run, (usize, usize)),
) -> Result<Vec<ValueChange>, PhysicalError> {
    check_paired(before.0, after.0)?;
    for (run, (from, until)) in [before, after] {
        if from >= until || until > run.n_months() || until - from != before.1.1 - before.1.0 {
            return Err(PhysicalError::Missing(format!(
                "a window of months {from} to {until} beside one of {} to {}: {} months were simulated",
                before.1.0,
                before.1.1,
                run.n_months()
            )));
        }
    }
    let products = |(run, (from, until)): (&Run, (usize, usize)), path: usize| {
        let (records, trade) = run.trade_of(path);
        trade.products(&records[from..until])
    };
    (0..before.0.n_paths())
        .map(|path| {
            let (old, new) = folded(products(before, path), products(after, path));
            Ok(split_value_change(&old, &new)?)
        })
        .collect()
}

/// A product worth nothing in one of the windows has no logarithm: it is counted with the one worth most.
fn folded(
    mut before: Vec<ProductTrade>,
    mut after: Vec<ProductTrade>,
) -> (Vec<ProductTrade>, Vec<ProductTrade>) {
    let is_whole = |one: &ProductTrade| one.value > 0.0 && one.quantity > 0.0;
    let worth = |i: usize| before[i].value + after[i].value;
    let Some(largest) = (0..before.len()).max_by(|&i, &j| worth(i).total_cmp(&worth(j))) else {
        return (before, after);
    };
    let kept: Vec<bool> = before
        .iter()
        .zip(&after)
        .enumerate()
        .map(|(i, (old, new))| i == largest || is_whole(old) && is_whole(new))
        .collect();
    for list in [&mut before, &mut after] {
        let (mut value, mut quantity) = (0.0, 0.0);
        for (one, _) in list.iter().zip(&kept).filter(|(_, kept)| !**kept) {
            value += one.value;
            quantity += one.quantity;
        }
        list[largest].value += value;
        list[largest].quantity += quantity;
        let mut each = kept.iter();
        list.retain(|_| each.next().copied().unwrap_or(true));
    }
    (before, after)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn product(value: f64, quantity: f64) -> ProductTrade {
        ProductTrade { value, quantity }
    }

    #[test]
    fn a_product_worth_nothing_is_counted_with_the_largest() {
        let before = vec![product(5.0, 50.0), product(100.0, 2.0), product(0.0, 40.0)];
        let after = vec![product(6.0, 50.0), product(110.0, 2.0), product(3.0, 30.0)];
        let (before, after) = folded(before, after);
        assert_eq!(before, [product(5.0, 50.0), product(100.0, 42.0)]);
        assert_eq!(after, [product(6.0, 50.0), product(113.0, 32.0)]);
    }
}
