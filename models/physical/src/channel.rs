//! Channels by which shipments depart from use, each of which can be switched off to see what it does.

use crate::{Origin, Parameter, Parameters};

/// A channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Channel {
    /// Goods that wait for a licence from one month to the next: without it an application that is not approved in its
    /// month is withdrawn (κ = 1).
    Backlog,
    /// Buying ahead of a dated tariff.
    PullForward,
    /// Orders that mend gaps in buyers' stocks, precaution included: without it buyers order what they use.
    Restocking,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Backlog, Self::PullForward, Self::Restocking];

    /// The name used in tables.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Backlog => "backlog",
            Self::PullForward => "pull-forward",
            Self::Restocking => "restocking",
        }
    }
}

impl Parameters {
    /// The same market with a channel switched off.
    #[must_use]
    pub fn without(&self, channel: Channel) -> Self {
        let mut changed = self.clone();
        let off = |parameter: &mut Parameter, value: f64| {
            let origin = Origin::assumed(format!("{} switched off", channel.name()));
            *parameter = Parameter::fixed(value, parameter.unit.clone(), origin);
        };
        match channel {
            Channel::Backlog => {
                for (_, regime) in changed.licences.regimes_mut() {
                    off(&mut regime.withdrawal, 1.0);
                }
            }
            Channel::PullForward => off(&mut changed.stocks.forward_share, 0.0),
            Channel::Restocking => {
                off(&mut changed.stocks.restocking, f64::MAX);
                off(&mut changed.stocks.hazard_response, 0.0);
            }
        }
        changed
    }
}
