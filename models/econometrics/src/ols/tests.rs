//! Certified and published figures, invariances, errors.

use super::*;
use crate::Bandwidth;

fn close(ours: f64, golden: f64, relative: f64) {
    assert!((ours / golden - 1.0).abs() < relative, "{ours} against {golden}");
}

/// National income data of Greene (1993), table 15.1: GNP, investment, price index, interest rate, 1963–1982; as in
/// R's sandwich 3.0.2, `data(Investment)`.
const GREENE: [[f64; 4]; 20] = [
    [596.7, 90.9, 0.7167, 3.23],
    [637.7, 97.4, 0.7277, 3.55],
    [691.1, 113.5, 0.7436, 4.04],
    [756.0, 125.7, 0.7676, 4.50],
    [799.6, 122.8, 0.7906, 4.19],
    [873.4, 133.3, 0.8254, 5.16],
    [944.0, 149.3, 0.8679, 5.87],
    [992.7, 144.2, 0.9145, 5.95],
    [1077.6, 166.4, 0.9601, 4.88],
    [1185.9, 195.0, 1.0000, 4.50],
    [1326.4, 229.8, 1.0575, 6.44],
    [1434.2, 228.7, 1.1508, 7.83],
    [1549.2, 206.1, 1.2579, 6.25],
    [1718.0, 257.9, 1.3234, 5.50],
    [1918.3, 324.1, 1.4005, 5.46],
    [2163.9, 386.6, 1.5042, 7.46],
    [2417.8, 423.0, 1.6342, 10.28],
    [2631.7, 401.9, 1.7842, 11.77],
    [2954.1, 474.9, 1.9514, 13.42],
    [3073.0, 414.5, 2.0688, 11.02],
];

/// Real investment, real GNP, real interest rate (missing in 1963, as inflation is).
fn investment() -> (Column, [Column; 2]) {
    let column = |name: &str, f: &dyn Fn(&[f64; 4]) -> f64| {
        Column::new(name, GREENE.iter().map(f).collect())
    };
    let price = column("Price", &|row| row[2]);
    let before = price.lagged(1);
    let inflation = price.values().iter().zip(before.values()).map(|(p, b)| 100.0 * (p - b) / b);
    let rates = GREENE.iter().zip(inflation).map(|(row, inflation)| row[3] - inflation).collect();
    let real_gnp = column("RealGNP", &|row| row[0] / row[2]);
    (column("RealInv", &|row| row[1] / row[2]), [real_gnp, Column::new("RealInt", rates)])
}

fn investment_fit(covariance: Covariance) -> OlsFit {
    let (dependent, regressors) = investment();
    let spec = Ols::new().from_period("1963".parse().unwrap()).with_covariance(covariance);
    spec.fit(&dependent, &regressors).unwrap()
}

/// R: `fm <- lm(RealInv ~ RealGNP + RealInt, data = Investment); summary(fm)`
#[test]
fn investment_coefficients_and_classical_errors() {
    let fit = investment_fit(Covariance::Homoskedastic);
    let golden = [-12.533600590911943, 0.169136454182171, -1.001438013423436];
    let errors = [24.9152687530805927, 0.0205664508227241, 2.3687491322233849];
    let p = [0.621783906345555, 3.86914346287307e-07, 0.678089672090346];
    for j in 0..3 {
        close(fit.coefficients()[j], golden[j], 1e-11);
        close(fit.standard_errors()[j], errors[j], 1e-11);
        close(fit.p_values()[j], p[j], 1e-8);
    }
    close(fit.r_squared(), 0.814061915630291, 1e-12);
    close(fit.adjusted_r_squared(), 0.790819655084077, 1e-12);
    close(fit.sigma(), 17.2094199651237, 1e-12);
    close(fit.f_test().unwrap().statistic, 35.025074863594, 1e-11);
    close(fit.log_likelihood(), -79.3909359096436, 1e-12);
    close(fit.aic(), 166.781871819287, 1e-12);
    let (lo, hi) = fit.intervals(0.95).unwrap()[1];
    close(lo, 0.125537526096905, 1e-9);
    close(hi, 0.212735382267438, 1e-9);
    assert_eq!((fit.n(), fit.n_dropped(), fit.n_gaps()), (19, 1, 0));
    let sample = fit.sample().map(|(first, last)| (first.to_string(), last.to_string()));
    assert_eq!(sample, Some(("1964".to_owned(), "1982".to_owned())));
}

/// R: sqrt(diag(vcovHC(fm, type = "HC0"))) and so on; NeweyWest(fm, lag = 4, prewhite = FALSE[, adjust = TRUE]);
/// NeweyWest(fm, prewhite = FALSE); kernHAC(fm, kernel = "Bartlett", prewhite = 0), which adjusts by n/(n − k) unless told not to.
#[test]
fn investment_robust_errors() {
    let hac = |bandwidth, small_sample| Covariance::Hac { bandwidth, small_sample };
    let golden = [
        (Covariance::Hc0, [18.7461574028237585, 0.0175119015548288, 3.5946550588058646]),
        (Covariance::Hc1, [20.428151424654136, 0.019083152296683, 3.917184534555506]),
        (Covariance::Hc2, [21.4036645205574878, 0.0200348476473275, 4.4942183802046083]),
        (Covariance::Hc3, [24.7139777650731709, 0.0231755721550906, 5.6309136783040987]),
        (Covariance::newey_west(4), [18.9582981317968660, 0.0167507858601934, 3.3423753526828115]),
        (
            hac(Bandwidth::Lags(4), true),
            [20.6593264245046235, 0.0182537456973682, 3.6422690984313726],
        ),
        (
            hac(Bandwidth::NeweyWest1994, false),
            [20.9363954203083686, 0.0198905247613128, 3.6378122225317409],
        ),
        (
            hac(Bandwidth::Andrews1991, true),
            [23.139352542674391, 0.021863745498459, 3.935033650373385],
        ),
    ];
    let fit = investment_fit(Covariance::Homoskedastic);
    for (covariance, errors) in golden {
        let robust = fit.with_covariance(covariance).unwrap();
        for (ours, golden) in robust.standard_errors().iter().zip(errors) {
            close(*ours, golden, 1e-10);
        }
    }
    let bandwidth = |rule| fit.with_covariance(hac(rule, false)).unwrap().bandwidth().unwrap();
    assert_eq!(bandwidth(Bandwidth::NeweyWest1994), 2.0);
    close(bandwidth(Bandwidth::Andrews1991), 2.27549537214947, 1e-12);
    // R: waldtest(fm, vcov = NeweyWest(fm, lag = 4, prewhite = FALSE))
    let wald = fit.with_covariance(Covariance::newey_west(4)).unwrap().f_test().unwrap();
    close(wald.statistic, 51.20101, 1e-6);
}

/// R's lmtest 0.9-40: dwtest(fm), bgtest(fm, order = 2), bptest(fm), resettest(fm).
#[test]
fn investment_diagnostics() {
    let fit = investment_fit(Covariance::Homoskedastic);
    close(fit.durbin_watson(), 1.321512398266, 1e-11);
    let tests = [
        (fit.breusch_godfrey(2).unwrap(), 3.941804010941, 0.139331122083),
        (fit.breusch_pagan().unwrap(), 4.215484564999, 0.121511996737),
        (fit.reset().unwrap(), 0.6313370198593, 0.54636370974),
    ];
    for (test, statistic, p) in tests {
        close(test.statistic, statistic, 1e-11);
        close(test.p_value, p, 1e-9);
    }
}

/// Longley (1967): NIST Statistical Reference Datasets, certified to 15 digits.
const LONGLEY: [[f64; 7]; 16] = [
    [60323.0, 83.0, 234289.0, 2356.0, 1590.0, 107608.0, 1947.0],
    [61122.0, 88.5, 259426.0, 2325.0, 1456.0, 108632.0, 1948.0],
    [60171.0, 88.2, 258054.0, 3682.0, 1616.0, 109773.0, 1949.0],
    [61187.0, 89.5, 284599.0, 3351.0, 1650.0, 110929.0, 1950.0],
    [63221.0, 96.2, 328975.0, 2099.0, 3099.0, 112075.0, 1951.0],
    [63639.0, 98.1, 346999.0, 1932.0, 3594.0, 113270.0, 1952.0],
    [64989.0, 99.0, 365385.0, 1870.0, 3547.0, 115094.0, 1953.0],
    [63761.0, 100.0, 363112.0, 3578.0, 3350.0, 116219.0, 1954.0],
    [66019.0, 101.2, 397469.0, 2904.0, 3048.0, 117388.0, 1955.0],
    [67857.0, 104.6, 419180.0, 2822.0, 2857.0, 118734.0, 1956.0],
    [68169.0, 108.4, 442769.0, 2936.0, 2798.0, 120445.0, 1957.0],
    [66513.0, 110.8, 444546.0, 4681.0, 2637.0, 121950.0, 1958.0],
    [68655.0, 112.6, 482704.0, 3813.0, 2552.0, 123366.0, 1959.0],
    [69564.0, 114.2, 502601.0, 3931.0, 2514.0, 125368.0, 1960.0],
    [69331.0, 115.7, 518173.0, 4806.0, 2572.0, 127852.0, 1961.0],
    [70551.0, 116.9, 554894.0, 4007.0, 2827.0, 130081.0, 1962.0],
];

fn longley(scale: f64) -> OlsFit {
    let column =
        |j: usize| Column::new(format!("x{j}"), LONGLEY.iter().map(|r| r[j] * scale).collect());
    let regressors: Vec<Column> = (1..7).map(column).collect();
    Ols::new().fit(&column(0).renamed("y"), &regressors).unwrap()
}

#[test]
fn longley_is_certified() {
    let fit = longley(1.0);
    let certified = [
        (-3482258.63459582, 890420.383607373),
        (15.0618722713733, 84.9149257747669),
        (-0.358191792925910E-01, 0.334910077722432E-01),
        (-2.02022980381683, 0.488399681651699),
        (-1.03322686717359, 0.214274163161675),
        (-0.511041056535807E-01, 0.226073200069370),
        (1829.15146461355, 455.478499142212),
    ];
    for (j, (coefficient, error)) in certified.into_iter().enumerate() {
        close(fit.coefficients()[j], coefficient, 1e-12);
        close(fit.standard_errors()[j], error, 1e-11);
    }
    close(fit.r_squared(), 0.995479004577296, 1e-14);
    close(fit.sigma(), 304.854073561965, 1e-13);
    close(fit.f_test().unwrap().statistic, 330.285339234588, 1e-8);
    assert!(fit.condition_number() > 1e4, "{}", fit.condition_number());
    assert!(fit.report().warnings.iter().any(|w| w.contains("condition number")));
}

#[test]
fn units_change_slopes_and_nothing_else() {
    let (tonnes, kilograms) = (longley(1.0), longley(1000.0));
    close(kilograms.coefficients()[0], 1000.0 * tonnes.coefficients()[0], 1e-10);
    for j in 1..7 {
        close(kilograms.t_values()[j], tonnes.t_values()[j], 1e-10);
    }
    close(kilograms.r_squared(), tonnes.r_squared(), 1e-13);
    close(kilograms.condition_number(), tonnes.condition_number(), 1e-6);
}

#[test]
fn the_order_of_regressors_does_not_matter() {
    let (dependent, [gnp, rate]) = investment();
    let spec = Ols::new().with_covariance(Covariance::newey_west(3));
    let one = spec.fit(&dependent, &[gnp.clone(), rate.clone()]).unwrap();
    let other = spec.fit(&dependent, &[rate, gnp]).unwrap();
    let (a, b) = (one.coefficient("RealGNP").unwrap(), other.coefficient("RealGNP").unwrap());
    close(a.value, b.value, 1e-12);
    close(a.se, b.se, 1e-12);
}

/// A t test is a Wald test of one restriction, and R β = R β̂ is never refused.
#[test]
fn restrictions() {
    let fit = investment_fit(Covariance::Hc1);
    let wald = fit.wald(&[vec![0.0, 0.0, 1.0]], &[0.0]).unwrap();
    close(wald.statistic, fit.t_values()[2].powi(2), 1e-11);
    close(wald.p_value, fit.p_values()[2], 1e-9);
    let b = fit.coefficients();
    let held = fit.wald(&[vec![0.0, 1.0, 1.0]], &[b[1] + b[2]]).unwrap();
    assert!(held.statistic < 1e-20 && held.p_value > 0.999_999);
    let twice = [vec![0.0, 1.0, 0.0], vec![0.0, 2.0, 0.0]];
    for refused in
        [fit.wald(&twice, &[0.0, 0.0]), fit.wald(&[vec![1.0]], &[0.0]), fit.wald(&[], &[])]
    {
        assert!(matches!(refused, Err(EconometricsError::Restrictions { .. })));
    }
}

/// A regression on a constant: the mean, s/√n and by HC1 the same.
#[test]
fn an_intercept_alone_is_the_mean() {
    let y = Column::new("y", vec![1.0, 2.0, 4.0, 9.0]);
    let fit = Ols::new().fit(&y, &[]).unwrap();
    close(fit.coefficients()[0], 4.0, 1e-15);
    close(fit.standard_errors()[0], (38.0_f64 / 3.0 / 4.0).sqrt(), 1e-14);
    let hc1 = fit.with_covariance(Covariance::Hc1).unwrap();
    close(hc1.standard_errors()[0], fit.standard_errors()[0], 1e-14);
    assert!(fit.f_test().is_none() && fit.breusch_pagan().is_none());
    let (mean, se) = fit.predict(&[]).unwrap();
    assert!((mean - 4.0).abs() < 1e-14 && (se - fit.standard_errors()[0]).abs() < 1e-14);
}

#[test]
fn errors_name_the_column() {
    let y = Column::new("y", vec![1.0, 2.0, 4.0, 9.0, 3.0]);
    let x = Column::new("x", vec![1.0, 2.0, 3.0, 4.0, 5.0]);
    let doubled = Column::new("doubled", x.values().iter().map(|v| 2.0 * v + 1.0).collect());
    let collinear = Ols::new().fit(&y, &[x.clone(), doubled]).unwrap_err();
    assert_eq!(collinear, EconometricsError::Collinear { name: "doubled".to_owned() });
    let constant = Ols::new().fit(&y, &[Column::new("five", vec![5.0; 5])]).unwrap_err();
    assert_eq!(constant, EconometricsError::Collinear { name: "five".to_owned() });
    let still =
        Ols::new().fit(&Column::new("y", vec![5.0; 5]), std::slice::from_ref(&x)).unwrap_err();
    assert!(matches!(still, EconometricsError::Constant { .. }));
    let short = Ols::new().fit(&y, &[Column::new("z", vec![1.0])]).unwrap_err();
    assert!(matches!(short, EconometricsError::Length { found: 1, expected: 5, .. }));
    let gone = Ols::new().fit(&y, &[x.lagged(3)]).unwrap_err();
    assert!(matches!(gone, EconometricsError::TooFew { needed: 3, found: 2, .. }));
    let twice = Ols::new().fit(&y, &[x.clone(), x.clone()]).unwrap_err();
    assert!(matches!(twice, EconometricsError::DuplicateName { .. }));
    let none = Ols::new().without_intercept().fit(&y, &[]).unwrap_err();
    assert_eq!(none, EconometricsError::NoRegressors);
    let dummy = Column::new("only row 2", vec![0.0, 1.0, 0.0, 0.0, 0.0]);
    let spec = Ols::new().with_covariance(Covariance::Hc3);
    let leverage = spec.fit(&y, &[dummy]).unwrap_err();
    assert!(matches!(leverage, EconometricsError::Leverage { row: 2, .. }));
    let lags = Ols::new().with_covariance(Covariance::newey_west(5)).fit(&y, &[x]).unwrap_err();
    assert_eq!(lags, EconometricsError::Lags { lags: 5, n: 5 });
}

#[test]
fn the_table_reads_like_a_table() {
    let table = format!("{:#}", investment_fit(Covariance::newey_west(4)));
    for piece in [
        "OLS, dependent variable RealInv",
        "Sample 1964 to 1982, n = 19 (1 dropped for missing values)",
        "Standard errors: HAC, Bartlett kernel, 4 lags",
        "RealGNP            0.16914      0.016751     10.10   <0.001 ***",
        "R² 0.8141, adjusted 0.7908, residual s.d. 17.209",
        "Breusch–Godfrey(2): χ²(2) = 3.942, p = 0.139",
    ] {
        assert!(table.contains(piece), "`{piece}` is not in\n{table}");
    }
    let json = serde_json::to_value(investment_fit(Covariance::newey_west(4))).unwrap();
    assert_eq!(json["sample"]["n"], 19);
    assert_eq!(json["parameters"][1]["name"], "RealGNP");
    assert_eq!(json["diagnostics"]["tests"][1]["distribution"]["chi-squared"], 2);
}
