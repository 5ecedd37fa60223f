//! A number from run to run.

use super::figure::{Figure, label, line, table};
use super::mark::{legend, mark};
use super::text::{day, moment};
use jiff::Timestamp;

const WIDTH: f64 = 880.0;
const HEIGHT: f64 = 260.0;
/// Where the numbers lie: left, right, top, bottom.
const FIELD: (f64, f64, f64, f64) = (90.0, 850.0, 20.0, 190.0);

/// What is shown of runs, of which there is at least one.
pub(super) struct Trend<'a> {
    pub(super) id: String,
    pub(super) title: &'a str,
    /// What the number is called in the table.
    pub(super) column: &'a str,
    /// The oldest first.
    pub(super) points: Vec<Point>,
    /// What is to be reached.
    pub(super) objective: Option<f64>,
    /// The highest number there can be; none where there is no such number.
    pub(super) most: Option<f64>,
    /// How a number is told.
    pub(super) tell: fn(f64) -> String,
}

/// A run.
pub(super) struct Point {
    pub(super) time: Timestamp,
    /// None where nobody can say.
    pub(super) value: Option<f64>,
    /// What it lies between, where it was extrapolated.
    pub(super) bounds: Option<(f64, f64)>,
    /// The word of its verdict.
    pub(super) verdict: String,
}

impl Trend<'_> {
    pub(super) fn html(&self) -> String {
        Figure {
            id: self.id.clone(),
            title: self.title.to_owned(),
            description: self.description(),
            width: WIDTH,
            height: HEIGHT,
            drawing: self.drawing(),
            table: self.table(),
        }
        .html()
    }

    fn description(&self) -> String {
        let known: Vec<_> = self.points.iter().filter_map(|point| point.value).collect();
        let newest = self.points.last().and_then(|point| point.value);
        let newest = newest.map_or_else(|| "unknown".to_owned(), self.tell);
        let mut text = format!("{}: newest {newest}", self.title);
        if let (Some(least), Some(most)) = (min(&known), max(&known)) {
            text += &format!("; between {} and {}", (self.tell)(least), (self.tell)(most));
        }
        if let Some(objective) = self.objective {
            text += &format!("; the objective, a dashed line, is {}", (self.tell)(objective));
        }
        text + "."
    }

    fn drawing(&self) -> String {
        let (left, right, _, bottom) = FIELD;
        let most = self.scale();
        let mut drawing = String::new();
        for part in [0.0, 0.5, 1.0] {
            let y = height(part);
            drawing += &line("grid", (left, y), (right, y));
            drawing += &label(left - 8.0, y + 4.0, "end", &(self.tell)(part * most));
        }
        if let Some(objective) = self.objective {
            let y = height(objective / most);
            drawing += &line("objective", (left, y), (right, y));
        }
        drawing += &format!("<path class=\"curve\" d=\"{}\"/>\n", self.curve(most));
        for (x, point) in self.places() {
            if let Some((lower, upper)) = point.bounds {
                drawing += &whisker(x, height(lower / most), height(upper / most));
            }
            match point.value {
                Some(value) => drawing += &mark(&point.verdict, x, height(value / most)),
                None => {
                    drawing += &(mark(&point.verdict, x, bottom) + &label(x, bottom - 12.0, "middle", "?"));
                }
            }
        }
        let words: Vec<_> = self.points.iter().map(|point| point.verdict.clone()).collect();
        drawing + &self.days() + &legend(&words, left, HEIGHT - 10.0)
    }

    /// From number to number, and broken where nobody knows one.
    fn curve(&self, most: f64) -> String {
        let mut goes_on = false;
        let mut curve = String::new();
        for (x, point) in self.places() {
            if let Some(value) = point.value {
                let letter = if goes_on { 'L' } else { 'M' };
                curve += &format!("{letter}{x:.1} {:.1}", height(value / most));
            }
            goes_on = point.value.is_some();
        }
        curve
    }

    /// The highest number that has a place.
    fn scale(&self) -> f64 {
        let numbers: Vec<_> = self.points.iter().filter_map(Point::highest).chain(self.objective).collect();
        let most = self.most.or_else(|| max(&numbers).map(|most| most * 1.1));
        most.filter(|most| *most > 0.0).unwrap_or(1.0)
    }

    /// Runs are as far from each other whenever they were.
    #[expect(clippy::cast_precision_loss, reason = "few runs are shown")]
    fn places(&self) -> impl Iterator<Item = (f64, &Point)> {
        let (left, right, _, _) = FIELD;
        let steps = self.points.len().saturating_sub(1).max(1) as f64;
        self.points
            .iter()
            .enumerate()
            .map(move |(at, point)| (left + (right - left) * at as f64 / steps, point))
    }

    fn days(&self) -> String {
        let (left, right, _, bottom) = FIELD;
        let first = self.points.first().map(|point| label(left, bottom + 24.0, "start", &day(point.time)));
        let last = self.points.last().filter(|_| self.points.len() > 1);
        let last = last.map(|point| label(right, bottom + 24.0, "end", &day(point.time)));
        first.unwrap_or_default() + &last.unwrap_or_default()
    }

    fn table(&self) -> String {
        let objective = self.objective.map_or_else(|| "none".to_owned(), self.tell);
        // Most numbers have no bounds.
        let is_bounded = self.points.iter().any(|point| point.bounds.is_some());
        let between = |(lower, upper)| format!("{} to {}", (self.tell)(lower), (self.tell)(upper));
        let rows = self.points.iter().rev().map(|point| {
            let value = point.value.map_or_else(|| "unknown".to_owned(), self.tell);
            let bounds = is_bounded.then(|| point.bounds.map_or_else(|| "measured".to_owned(), between));
            [
                Some(moment(point.time)),
                Some(value),
                bounds,
                Some(objective.clone()),
                Some(point.verdict.clone()),
            ]
            .into_iter()
            .flatten()
            .collect()
        });
        let bounds = is_bounded.then_some("Between");
        let header: Vec<_> =
            ["Run", self.column].into_iter().chain(bounds).chain(["Objective", "Verdict"]).collect();
        table(self.title, &header, rows)
    }
}

impl Point {
    fn highest(&self) -> Option<f64> {
        self.bounds.map(|(_, upper)| upper).or(self.value)
    }
}

/// What a number lies between.
fn whisker(x: f64, lower: f64, upper: f64) -> String {
    let cap = |y| line("axis", (x - 4.0, y), (x + 4.0, y));
    line("axis", (x, lower), (x, upper)) + &cap(lower) + &cap(upper)
}

/// How far down a share of the highest number lies.
fn height(part: f64) -> f64 {
    let (_, _, top, bottom) = FIELD;
    bottom - (bottom - top) * part.clamp(0.0, 1.0)
}

fn max(numbers: &[f64]) -> Option<f64> {
    numbers.iter().copied().reduce(f64::max)
}

fn min(numbers: &[f64]) -> Option<f64> {
    numbers.iter().copied().reduce(f64::min)
}
