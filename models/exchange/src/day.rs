//! A trading day as a function: state, rules and order flow in; state, tape and reports out.

use jiff::civil::Date;

use crate::book::Acknowledgement;
use crate::order::Refusal;
use crate::venue::{DayFault, DayReport, Request, Scheduled, Venue, VenueTape};

/// Who sends orders. It sees the venue as it is when it is asked, and hears what became of each request before the next.
pub trait OrderFlow {
    /// The next request of the opening auction; none when all have been sent.
    fn auction(&mut self, venue: &Venue) -> Option<Request>;

    /// The next request of continuous trading; none ends the day.
    fn continuous(&mut self, venue: &Venue) -> Option<Request>;

    /// What became of a request. Nothing by default.
    fn answered(&mut self, _request: &Request, _answer: Result<Acknowledgement, Refusal>) {}
}

/// Requests written down beforehand: those of the auction, then those of continuous trading.
impl<A, C> OrderFlow for (A, C)
where
    A: Iterator<Item = Request>,
    C: Iterator<Item = Request>,
{
    fn auction(&mut self, _venue: &Venue) -> Option<Request> {
        self.0.next()
    }

    fn continuous(&mut self, _venue: &Venue) -> Option<Request> {
        self.1.next()
    }
}

/// Runs a trading day of a venue: steps 0, 1 and 4 to 9 of the project's ECONOMICS.md §2 in that order. (2 and 3, the
/// physical market and beliefs, are the caller's; metal is delivered on the morning of the delivery day, after calls.)
///
/// # Errors
/// As [`Venue::morning`] and [`Venue::evening`]. A refused request is no error: the flow is told.
pub fn trading_day<F, T>(
    venue: &mut Venue,
    day: Date,
    scheduled: &Scheduled<'_>,
    flow: &mut F,
    tape: &mut T,
    report: &mut DayReport,
) -> Result<(), DayFault>
where
    F: OrderFlow + ?Sized,
    T: VenueTape + ?Sized,
{
    venue.morning(day, scheduled, tape, report)?;
    while let Some(request) = flow.auction(venue) {
        let answer = venue.request(&request, tape);
        flow.answered(&request, answer);
    }
    // The morning left the venue in its auction.
    venue.uncross(tape).map_err(|_| DayFault::Order { part: venue.part() })?;
    while let Some(request) = flow.continuous(venue) {
        let answer = venue.request(&request, tape);
        flow.answered(&request, answer);
    }
    venue.evening(tape, report)
}
