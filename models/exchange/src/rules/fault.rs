//! What is wrong with a rule file, where, and one way to mend it.

use std::fmt;

/// A rule file that cannot be used: the first thing found wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleFault {
    /// Line of the file, from 1; none of rules that were not read from one.
    pub line: Option<usize>,
    /// The field at fault: `margin.speculator.general`, `notices[2].until`; empty if the text is no TOML.
    pub field: String,
    /// Kind of fault.
    pub kind: FaultKind,
    /// What stands there.
    pub found: String,
    /// One way to mend it.
    pub remedy: String,
}

/// What can be wrong with a rule file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum FaultKind {
    /// No TOML, an unknown key, a value of another type.
    #[error("cannot be read")]
    Unreadable,
    /// A text or list without content.
    #[error("nothing there")]
    Empty,
    /// A number out of the range in which it makes sense.
    #[error("out of range")]
    OutOfRange,
    /// A month that is none, or out of order.
    #[error("months go from 1 to 12 in increasing order")]
    Months,
    /// A rate over one.
    #[error("a share is at most 100 %")]
    RateOverWhole,
    /// A fraction of the smallest money unit.
    #[error("a tick of a lot is not a whole number of the smallest money unit")]
    TickValue,
    /// A limit that admits no move.
    #[error("the limit is narrower than a tick")]
    LimitUnderTick,
    /// A limit that margin does not cover.
    #[error("the limit is wider than the margin")]
    LimitOverMargin,
    /// A hedger who posts more than a speculator.
    #[error("hedgers post more margin than speculators")]
    HedgerOverSpeculator,
    /// A phase that begins before the one it follows.
    #[error("phases are out of order")]
    PhaseOrder,
    /// What is listed without saying since when.
    #[error("a listed contract has a listing day and a first month")]
    NotSince,
    /// A contract that ends before it begins.
    #[error("the last trading day lies before listing")]
    EndsBeforeListing,
    /// A limit under which nobody could hold anything.
    #[error("the position limit is under one lot")]
    PositionUnderOneLot,
    /// A limit that rises towards delivery, or lapses.
    #[error("the position limit rises towards delivery")]
    PositionsRise,
    /// A tier that is both or neither.
    #[error("a position limit is a number of lots or a share of open interest")]
    LotsOrShare,
    /// Steps of a limit that does not exist, or wider than the price.
    #[error("limit-lock steps need limits that stay under 100 %")]
    LockSteps,
    /// A notice on a contract that is none.
    #[error("no such contract")]
    NoSuchContract,
    /// A notice without effect.
    #[error("a notice must change something")]
    NoticeEmpty,
    /// A notice that never holds.
    #[error("the notice ends before it begins")]
    NoticeEnds,
    /// Two notices that say different things of the same day.
    #[error("two notices say different things of the same contract and day")]
    NoticesOverlap,
    /// Delivery without anything to deliver, or a standard that is not worth the price.
    #[error("the first grade must be the standard, at an adjustment of zero")]
    Grades,
    /// A figure that rests on nothing.
    #[error("a figure without a source")]
    NoSource,
    /// A source that is not among those of the file.
    #[error("not among the sources of this file")]
    UnknownSource,
    /// A name that no table of figures has.
    #[error("no table of figures")]
    UnknownTable,
    /// A source that does not say enough to be found, or a proposal that calls itself published.
    #[error("an incomplete source")]
    SourceIncomplete,
}

impl fmt::Display for RuleFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "`{}` = ", self.field)?;
        }
        write!(f, "{}: {}; {}", self.found, self.kind, self.remedy)
    }
}

impl std::error::Error for RuleFault {}
