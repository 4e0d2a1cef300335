//! What the market is made of: baskets, regions, end uses, ores. Arrays are indexed by them in the order given here.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{Goods, PhysicalError};

/// Number of baskets.
pub const N_BASKETS: usize = 3;
/// Number of regions.
pub const N_REGIONS: usize = 8;
/// Number of end uses.
pub const N_USES: usize = 5;
/// Number of ores.
pub const N_ORES: usize = 6;
/// Number of technologies that hold magnets.
pub const N_TECHNOLOGIES: usize = 5;
/// Number of traded forms.
pub const N_FORMS: usize = 4;

macro_rules! names {
    ($(#[$doc:meta])* $name:ident, $n:expr, $expected:literal, { $($(#[$vdoc:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$vdoc])* #[serde(rename = $text)] $variant),+
        }

        impl $name {
            /// All of them, in the order of arrays.
            pub const ALL: [Self; $n] = [$(Self::$variant),+];

            /// Position in arrays.
            pub const fn index(self) -> usize {
                self as usize
            }

            /// The name used in files and tables.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.name())
            }
        }

        impl FromStr for $name {
            type Err = PhysicalError;

            fn from_str(name: &str) -> Result<Self, PhysicalError> {
                Self::ALL.into_iter().find(|one| one.name() == name).ok_or_else(|| {
                    PhysicalError::UnknownName { name: name.to_owned(), expected: $expected }
                })
            }
        }
    };
}

names! {
    /// Elements that are mined together and used together.
    Basket, N_BASKETS, "a basket: LaCe, NdPr, DyTb", {
        /// Lanthanum and cerium: most of the tonnage, a few per cent of the value.
        LaCe = "LaCe",
        /// Neodymium and praseodymium: magnets, light.
        NdPr = "NdPr",
        /// Dysprosium and terbium: magnets, heavy; licensed since April 2025.
        DyTb = "DyTb",
    }
}

names! {
    /// Where rare earths are used.
    Region, N_REGIONS, "a region: china, japan, us, europe, korea, vietnam, taiwan, rest", {
        /// China: where the inside price is made.
        China = "china",
        /// Japan.
        Japan = "japan",
        /// United States.
        Us = "us",
        /// Europe.
        Europe = "europe",
        /// South Korea.
        Korea = "korea",
        /// Vietnam.
        Vietnam = "vietnam",
        /// Taiwan.
        Taiwan = "taiwan",
        /// Rest of the world.
        Rest = "rest",
    }
}

names! {
    /// What rare earths are used for.
    EndUse, N_USES, "an end use: ev, wind, other-magnets, defence, non-magnet", {
        /// Traction motors of electric vehicles.
        Ev = "ev",
        /// Wind turbines.
        Wind = "wind",
        /// All other magnets of civil use.
        OtherMagnets = "other-magnets",
        /// Defence: the military cell of the licence queue.
        Defence = "defence",
        /// Catalysts, glass, ceramics, alloys.
        NonMagnet = "non-magnet",
    }
}

names! {
    /// What a fleet of vehicles or turbines is made of.
    Technology, N_TECHNOLOGIES, "a technology: bev, phev, direct-drive, medium-speed, geared", {
        /// Battery-electric vehicle.
        Bev = "bev",
        /// Plug-in hybrid.
        Phev = "phev",
        /// Turbine whose generator turns with the rotor.
        DirectDrive = "direct-drive",
        /// Turbine with a one- or two-stage gearbox and a permanent-magnet generator.
        MediumSpeed = "medium-speed",
        /// Turbine with a fast generator behind a gearbox.
        Geared = "geared",
    }
}

names! {
    /// Where rare earths come from.
    Ore, N_ORES, "an ore: china-light, china-clay, myanmar, mountain-pass, mt-weld, other", {
        /// Bastnaesite of Bayan Obo and Sichuan, under quota.
        ChinaLight = "china-light",
        /// Ion-adsorption clay of southern China, under quota.
        ChinaClay = "china-clay",
        /// Ion-adsorption feed from Myanmar, refined in China.
        Myanmar = "myanmar",
        /// Mountain Pass, California.
        MountainPass = "mountain-pass",
        /// Mt Weld, Australia, refined in Malaysia.
        MtWeld = "mt-weld",
        /// All other mines.
        Other = "other",
    }
}

names! {
    /// Form in which a basket crosses the border: stages of the value chain.
    Form, N_FORMS, "a form: concentrate, oxide, metal, magnet", {
        /// Mineral concentrate.
        Concentrate = "concentrate",
        /// Separated oxides and other compounds.
        Oxide = "oxide",
        /// Metals and alloys.
        Metal = "metal",
        /// Magnets.
        Magnet = "magnet",
    }
}

impl Form {
    /// Class of goods it is licensed and counted as: magnets are processed, and customs leaves them out of the headline
    /// figure.
    pub const fn goods(self) -> Goods {
        match self {
            Self::Concentrate | Self::Oxide | Self::Metal => Goods::Raw,
            Self::Magnet => Goods::Processed,
        }
    }
}

impl Form {
    /// The basket that a form which holds several is weighed by; its other baskets add value and no weight of their own.
    pub const fn weighed_by(self) -> Option<Basket> {
        match self {
            Self::Concentrate => Some(Basket::LaCe),
            Self::Magnet => Some(Basket::NdPr),
            Self::Oxide | Self::Metal => None,
        }
    }
}

impl Region {
    /// Regions whose importers sell on: the Netherlands, within Europe, and Taiwan.
    pub const INTERMEDIARIES: [Self; 2] = [Self::Europe, Self::Taiwan];
    /// Regions outside China.
    pub const OUTSIDE: [Self; N_REGIONS - 1] =
        [Self::Japan, Self::Us, Self::Europe, Self::Korea, Self::Vietnam, Self::Taiwan, Self::Rest];
}

impl Ore {
    /// Ores whose output the dominant supplier sets; the others are the fringe.
    pub const CONTROLLED: [Self; 2] = [Self::ChinaLight, Self::ChinaClay];
    /// Ores of the fringe whose producer sets its quantity too in a duopoly: the two large mines outside China with
    /// separation plants behind them, taken as one player.
    pub const RIVAL: [Self; 2] = [Self::MountainPass, Self::MtWeld];
    /// Ores of the fringe.
    pub const FRINGE: [Self; 4] = [Self::Myanmar, Self::MountainPass, Self::MtWeld, Self::Other];
}
