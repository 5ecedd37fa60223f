//! Figures: a drawing with a name and a description, and the same numbers in a table.

use super::text::escaped;

/// A drawing and what it shows. Coordinates are those of the view box.
pub(super) struct Figure {
    /// What no other figure of the page has.
    pub(super) id: String,
    /// What it is.
    pub(super) title: String,
    /// What it shows, for people who do not see it.
    pub(super) description: String,
    pub(super) width: f64,
    pub(super) height: f64,
    /// The inside of the drawing.
    pub(super) drawing: String,
    /// The same in numbers.
    pub(super) table: String,
}

impl Figure {
    pub(super) fn html(&self) -> String {
        let Self { id, width, height, drawing, table, .. } = self;
        let (title, description) = (escaped(&self.title), escaped(&self.description));
        format!(
            "<figure>\n<svg role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" viewBox=\"0 0 {width} {height}\" \
             width=\"{width}\" height=\"{height}\">\n<title id=\"{id}-title\">{title}</title>\n\
             <desc id=\"{id}-desc\">{description}</desc>\n{drawing}</svg>\n\
             <figcaption>{description}</figcaption>\n{table}</figure>\n"
        )
    }
}

/// A table of texts, of which none is taken for HTML.
pub(super) fn table(caption: &str, header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let header: String =
        header.iter().map(|text| format!("<th scope=\"col\">{}</th>", escaped(text))).collect();
    let row = |cells: Vec<String>| {
        let cells: String = cells.iter().map(|text| format!("<td>{}</td>", escaped(text))).collect();
        format!("<tr>{cells}</tr>\n")
    };
    let rows: String = rows.into_iter().map(row).collect();
    let caption = escaped(caption);
    format!(
        "<table>\n<caption>{caption}</caption>\n<thead><tr>{header}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    )
}

/// A text in a drawing; `anchor` is `start`, `middle` or `end`.
pub(super) fn label(x: f64, y: f64, anchor: &str, text: &str) -> String {
    format!("<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{}</text>\n", escaped(text))
}

/// A straight line of a class of the style.
pub(super) fn line(class: &str, (x1, y1): (f64, f64), (x2, y2): (f64, f64)) -> String {
    format!("<line class=\"{class}\" x1=\"{x1:.1}\" y1=\"{y1:.1}\" x2=\"{x2:.1}\" y2=\"{y2:.1}\"/>\n")
}
