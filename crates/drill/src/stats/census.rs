//! Units drawn without replacement: each is looked at once at most.

/// How many of `units` are damaged, at most, when `drawn` different ones were all sound: exactly, by the hypergeometric distribution.
#[must_use]
pub fn most_damaged(units: u64, drawn: u64, confidence: f64) -> u64 {
    let missed = 1.0 - confidence;
    let (mut damaged, mut unseen) = (0, 1.0);
    // The chance that none of the drawn is damaged: each damaged unit in turn lies among those that were not drawn.
    while damaged < units.saturating_sub(drawn) {
        unseen *= (units - drawn - damaged) as f64 / (units - damaged) as f64;
        if unseen <= missed {
            break;
        }
        damaged += 1;
    }
    damaged
}

/// How many of `units` have to be looked at to meet one of `damaged` damaged ones in 95 of 100 cases: the rule of Rivest (2006), a close upper
/// bound. All of them where none is damaged.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "the result lies between 0 and a number of 64 bits")]
pub fn draws_without_return(units: u64, damaged: u64) -> u64 {
    // Three is what is left of 20, one case in so many, by its logarithm.
    let share = -(-3.0 / damaged as f64).exp_m1();
    ((units as f64 * share).ceil() as u64).min(units)
}
