//! What a run spent its time on, one phase after the other.

use super::figure::{Figure, label, table};
use super::text::duration;
use crate::record::Phase;

const WIDTH: f64 = 880.0;
/// Where bars begin, and how long all of them are together.
const BARS: (f64, f64) = (140.0, 600.0);
const ROW: f64 = 28.0;

/// The phases of a run, of which there is at least one.
pub(super) fn phases(id: &str, phases: &[Phase]) -> String {
    let starts = phases.iter().scan(0_u64, |sum, phase| {
        let start = *sum;
        *sum = sum.saturating_add(phase.ms);
        Some(start)
    });
    let timed: Vec<_> = starts.zip(phases).collect();
    let total: u64 = phases.iter().fold(0, |sum: u64, phase| sum.saturating_add(phase.ms));
    let longest = phases.iter().max_by_key(|phase| phase.ms).map_or("", |phase| &phase.name);
    let title = "Phases of the newest run".to_owned();
    let description = format!("{title}: {} together, most of it for {longest}.", seconds(total));
    let rows =
        timed.iter().map(|(start, phase)| vec![phase.name.clone(), seconds(*start), seconds(phase.ms)]);
    Figure {
        id: id.to_owned(),
        table: table(&title, &["Phase", "Begins after", "Takes"], rows),
        title,
        description,
        width: WIDTH,
        height: ROW * float(timed.len() as u64) + 8.0,
        drawing: (0..).zip(&timed).map(|(row, (start, phase))| bar(row, *start, phase, total)).collect(),
    }
    .html()
}

fn bar(row: u64, start: u64, phase: &Phase, total: u64) -> String {
    let (left, length) = BARS;
    let scale = length / float(total).max(1.0);
    let (x, y) = (left + float(start) * scale, ROW * float(row) + 4.0);
    // What took no time to speak of is seen, too.
    let width = (float(phase.ms) * scale).max(1.0);
    let bar = format!(
        "<rect class=\"bar\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{width:.1}\" height=\"{:.1}\"/>\n",
        ROW - 8.0
    );
    let name = label(left - 8.0, y + 15.0, "end", &phase.name);
    bar + &name + &label(x + width + 6.0, y + 15.0, "start", &seconds(phase.ms))
}

fn seconds(milliseconds: u64) -> String {
    duration(float(milliseconds) / 1000.0)
}

#[expect(clippy::cast_precision_loss, reason = "it is drawn")]
fn float(number: u64) -> f64 {
    number as f64
}
