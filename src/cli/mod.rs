//! The command line as typed. One file per subcommand: arguments and a call.

mod backtest;
mod calendar;
mod calibrate;
mod columns;
mod data;
mod decompose;
mod explain;
mod forecast;
mod init;
mod model_file;
mod replay;
mod report;
mod run_stats;
mod scenario;
mod series_input;
mod simulate;
mod sink;
mod stress;
mod study_input;
mod tally;
mod terminal;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::diagnostic::Diagnostic;
pub use terminal::Terminal;

/// Forecast rare-earth trade and simulate a rare-earth futures market.
#[derive(Debug, Parser)]
#[command(name = "monazite", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Every command runs on the bundled data when no file is named.\n\
    Example: monazite data list")]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print results and errors as JSON.
    #[arg(long, global = true)]
    json: bool,
    /// Say nothing on stderr but errors.
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Threads to use; results do not depend on it. Default: all cores.
    #[arg(long, global = true, value_name = "N", env = "MONAZITE_THREADS")]
    threads: Option<std::num::NonZeroUsize>,
}

#[derive(Debug, Subcommand)]
enum Command {
    Report(report::Args),
    Init(init::Args),
    Data(data::Args),
    Forecast(forecast::Args),
    Backtest(backtest::Args),
    Decompose(decompose::Args),
    Scenario(scenario::Args),
    Calibrate(calibrate::Args),
    Simulate(simulate::Args),
    Stress(stress::Args),
    Replay(replay::Args),
    Explain(explain::Args),
}

/// What went wrong in a command: one diagnostic or several.
#[derive(Debug)]
pub struct Failure {
    diagnostics: Vec<Diagnostic>,
    /// The rest went well: only `--strict` makes it a failure.
    strict: bool,
}

impl Failure {
    fn exit_code(&self) -> u8 {
        if self.strict { 7 } else { crate::diagnostic::exit_code(&self.diagnostics) }
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        Self { diagnostics: vec![diagnostic], strict: false }
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, strict: false }
    }
}

/// Parses the arguments, runs the command and returns the exit code of DESIGN.md §4.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    if let Some(n_threads) = cli.threads {
        // Only the first call can fix the size of the pool, and this is the first.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(n_threads.get()).build_global();
    }
    let mut terminal = Terminal::new(cli.json, cli.quiet);
    let outcome = match cli.command {
        Command::Report(args) => args.run(&mut terminal),
        Command::Init(args) => args.run(&mut terminal),
        Command::Data(args) => args.run(&mut terminal),
        Command::Forecast(args) => args.run(&mut terminal),
        Command::Backtest(args) => args.run(&mut terminal),
        Command::Decompose(args) => args.run(&mut terminal),
        Command::Scenario(args) => args.run(&mut terminal),
        Command::Calibrate(args) => args.run(&mut terminal),
        Command::Simulate(args) => args.run(&mut terminal),
        Command::Stress(args) => args.run(&mut terminal),
        Command::Replay(args) => args.run(&mut terminal),
        Command::Explain(args) => args.run(&mut terminal),
    };
    let outcome = outcome.and_then(|()| terminal.flush().map_err(Failure::from));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => terminal.fail(&failure),
    }
}
