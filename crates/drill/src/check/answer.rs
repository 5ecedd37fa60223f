//! What a database answered, held against what a plan wants.

use crate::plan::Query;

/// What is wrong with the answer to a question: the first column of its first row, none where there was no row.
pub(super) fn wrong(query: &Query, number: usize, answer: Option<&str>) -> Option<String> {
    let Some(answer) = answer else { return Some(format!("the question {number} has no answer")) };
    let value = answer.trim().parse::<f64>().ok();
    let is_below = |least: i64| value.is_none_or(|value| value < as_number(least));
    let is_above = |most: i64| value.is_none_or(|value| value > as_number(most));
    if query.min.is_some_and(is_below) || query.max.is_some_and(is_above) {
        return Some(format!("the answer to question {number} is outside of what is allowed"));
    }
    let is_other = query.equals.as_ref().is_some_and(|wanted| wanted != answer);
    is_other.then(|| format!("the answer to question {number} is another"))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "bounds are compared as the numbers that they are held against"
)]
fn as_number(bound: i64) -> f64 {
    bound as f64
}
