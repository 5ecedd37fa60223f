//! Student's distribution.

use super::close;
use lifeboat_drill::stats::quantile;
use std::f64::consts::PI;

#[test]
fn quantiles_are_those_of_the_tables() {
    for (degrees, quantile_95) in [
        (3.0, 2.353_363),
        (4.0, 2.131_847),
        (5.0, 2.015_048),
        (10.0, 1.812_461),
        (30.0, 1.697_261),
        (39.0, 1.684_875),
        (120.0, 1.657_651),
        (1000.0, 1.646_379),
    ] {
        close(quantile(0.95, degrees), quantile_95, 1e5);
    }
    close(quantile(0.975, 7.0), 2.364_624, 1e5);
    close(quantile(0.9, 5.0), 1.475_884, 1e5);
    // More degrees than that change nothing that matters.
    close(quantile(0.95, 1e9), 1.644_854, 1e3);
}

#[test]
fn one_and_two_degrees_have_formulas() {
    for confidence in [0.6, 0.8, 0.95, 0.99] {
        close(quantile(confidence, 1.0), (PI * (confidence - 0.5)).tan(), 1e5);
        let twice = 2.0 * confidence - 1.0;
        close(quantile(confidence, 2.0), twice * (2.0 / (1.0 - twice * twice)).sqrt(), 1e5);
    }
}

#[test]
fn degrees_need_not_be_whole() {
    let mut last = quantile(0.95, 1.0);
    for degrees in 11..400 {
        let next = quantile(0.95, f64::from(degrees) / 10.0);
        assert!(next < last, "{degrees}");
        last = next;
    }
    assert!(quantile(0.95, 0.99).is_infinite() && quantile(0.95, f64::NAN).is_infinite());
}
