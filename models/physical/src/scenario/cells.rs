//! Cells of the licence queue that a shock acts on.

use std::fmt;
use std::str::FromStr;

use super::variable::abroad;
use crate::{Goods, PhysicalError, Region, UseClass};

/// Some cells of the licence queue: those of a region, a class of use and a class of goods, or all where `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LicenceCells {
    /// Destination.
    pub region: Option<Region>,
    /// Civil or military.
    pub purpose: Option<UseClass>,
    /// Raw or processed.
    pub goods: Option<Goods>,
}

impl LicenceCells {
    /// Whether a cell is among them.
    pub fn contains(&self, region: Region, purpose: UseClass, goods: Goods) -> bool {
        self.region.is_none_or(|one| one == region)
            && self.purpose.is_none_or(|one| one == purpose)
            && self.goods.is_none_or(|one| one == goods)
    }
}

impl fmt::Display for LicenceCells {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            self.region.map(Region::name),
            self.purpose.map(UseClass::name),
            self.goods.map(Goods::name),
        ];
        parts.into_iter().flatten().try_for_each(|part| write!(f, ".{part}"))
    }
}

impl FromStr for LicenceCells {
    type Err = PhysicalError;

    /// Reads what [`fmt::Display`] prints: `.us.military.processed`, any part left out, in this order.
    fn from_str(text: &str) -> Result<Self, PhysicalError> {
        let unknown = || PhysicalError::UnknownName {
            name: format!("licence-hazard{text}"),
            expected: "licence-hazard[.REGION][.civil|.military][.raw|.processed], REGION not china",
        };
        let mut cells = Self::default();
        for part in text.split('.').skip(1) {
            let before_goods = cells.goods.is_none();
            if let Ok(region) = abroad(part)
                && cells == Self::default()
            {
                cells.region = Some(region);
            } else if let Some(purpose) = UseClass::ALL.into_iter().find(|one| one.name() == part)
                && cells.purpose.is_none()
                && before_goods
            {
                cells.purpose = Some(purpose);
            } else if let Some(goods) = Goods::ALL.into_iter().find(|one| one.name() == part)
                && before_goods
            {
                cells.goods = Some(goods);
            } else {
                return Err(unknown());
            }
        }
        Ok(cells)
    }
}
