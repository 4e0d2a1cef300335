#![allow(missing_docs, clippy::all, clippy::pedantic)]
#[path = "../tests/common/mod.rs"]
mod common;
use monazite_physical::*;
use std::time::Instant;
fn main() {
    let mut p = common::parameters();
    let sd: f64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let cap: f64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let months: usize = 140;
    for one in &mut p.disturbance.standard_deviation {
        one.value = sd;
    }
    for b in 1..3 {
        p.storage.capacity[b].value = cap;
    }
    let t = Instant::now();
    let st = Storers::solve(&p).unwrap();
    eprintln!("solve {:?}", t.elapsed());
    let act = ActivityPaths::constant(64, months).unwrap();
    let sc = Scenario::baseline();
    let spec = WorldSpec {
        parameters: &p,
        scenario: &sc,
        conduct: Conduct::Theta(p.base_theta.value),
        start: "2024-07".parse().unwrap(),
        seed: 3,
        storers: Some(&st),
        n_threads: Some(1),
    };
    let t = Instant::now();
    let run = simulate(&spec, &act).unwrap();
    eprintln!(
        "{:?} {:.2} us/month violations {:?}",
        t.elapsed(),
        t.elapsed().as_secs_f64() * 1e6 / (64.0 * months as f64),
        run.violations().first()
    );
    for b in [Basket::NdPr, Basket::DyTb] {
        let mut sds = vec![];
        let mut all = vec![];
        for m in 1..months {
            let a = run.at(Output::Price(b), m - 1).unwrap();
            let c = run.at(Output::Price(b), m).unwrap();
            for i in 0..64 {
                all.push((c[i] / a[i]).ln());
            }
            sds.push(0.0);
        }
        let n = all.len() as f64;
        let mean = all.iter().sum::<f64>() / n;
        let sdv = (all.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
        println!(
            "{b} sd {sdv:.4} skew {:.3} kurt {:.3}",
            all.iter().map(|x| ((x - mean) / sdv).powi(3)).sum::<f64>() / n,
            all.iter().map(|x| ((x - mean) / sdv).powi(4)).sum::<f64>() / n - 3.0
        );
        for m in (0..24).chain([60, 100, 139]) {
            println!(
                "{m} price {:.0} exp {:.0} stock {:.1} use {:.0} p0 {:.0} {:.0} {:.0}",
                run.summary(Output::Price(b), m).unwrap().mean(),
                run.summary(Output::ExpectedPrice(b), m).unwrap().mean(),
                run.summary(Output::StorersStock(b), m).unwrap().mean(),
                run.summary(Output::DemandAtBase(b), m).unwrap().mean(),
                run.at(Output::Price(b), m).unwrap()[0],
                run.at(Output::ExpectedPrice(b), m).unwrap()[0],
                run.at(Output::StorersStock(b), m).unwrap()[0]
            );
        }
    }
}
