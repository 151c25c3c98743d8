//! Time against the number of mappings, drawn.

use std::path::Path;

use anyhow::Result;
use plotters::prelude::*;

use crate::{
    report::{Limit, Report},
    trees::Times,
};

/// A form, what it is called in the legend, and its colour.
const LINES: [(&str, &str, RGBColor); 5] = [
    ("registry", "registry", RGBColor(0xd6, 0x27, 0x28)),
    ("btreemap", "BTreeMap", RGBColor(0x1f, 0x77, 0xb4)),
    (
        "rbtree",
        "intrusive-collections RBTree",
        RGBColor(0x2c, 0xa0, 0x2c),
    ),
    ("rangemap", "rangemap", RGBColor(0x94, 0x67, 0xbd)),
    (
        "mutex_btreemap",
        "mutex around BTreeMap",
        RGBColor(0xe3, 0x8a, 0x16),
    ),
];

const PANELS: [(&str, &str, &str); 2] = [
    ("find", "Finding the mapping at an address", "ns a lookup"),
    (
        "update",
        "Forgetting a mapping and recording another",
        "ns a remove + insert",
    ),
];

/// Two panels, side by side.
pub(crate) fn draw(times: &[Times], file: &Path) -> Result<()> {
    let area = SVGBackend::new(file, (1200, 540)).into_drawing_area();
    area.fill(&WHITE)?;
    let panels = area.split_evenly((1, PANELS.len()));
    for (panel, (what, title, unit)) in panels.iter().zip(PANELS) {
        let points = |form: &str| -> Vec<(f64, f64)> {
            times
                .iter()
                .filter(|time| time.what == what && time.form == form)
                .map(|time| (time.maps as f64, time.nanoseconds))
                .collect()
        };
        let all = times.iter().filter(|time| time.what == what);
        let (mut most, mut highest) = (100.0, 0.0);
        for time in all {
            most = f64::max(most, time.maps as f64);
            highest = f64::max(highest, time.nanoseconds);
        }
        let mut chart = ChartBuilder::on(panel)
            .caption(title, ("sans-serif", 20))
            .margin(14)
            .margin_right(34)
            .x_label_area_size(46)
            .y_label_area_size(64)
            .build_cartesian_2d((80.0..most * 1.25).log_scale(), 0.0..highest * 1.05)?;
        chart
            .configure_mesh()
            .x_desc("mappings")
            .y_desc(unit)
            .axis_desc_style(("sans-serif", 16))
            .label_style(("sans-serif", 14))
            .light_line_style(WHITE)
            .x_label_formatter(&|maps| format!("{maps:.0}"))
            .y_label_formatter(&|time| format!("{time:.0}"))
            .draw()?;
        for (form, name, colour) in LINES {
            let points = points(form);
            let width = if form == "registry" { 3 } else { 2 };
            let style = colour.stroke_width(width);
            chart
                .draw_series(LineSeries::new(points.iter().copied(), style))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 22, y)], style));
            chart.draw_series(
                points
                    .iter()
                    .map(|point| Circle::new(*point, width + 1, colour.filled())),
            )?;
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperLeft)
            .label_font(("sans-serif", 15))
            .background_style(WHITE)
            .border_style(BLACK.mix(0.3))
            .draw()?;
    }
    area.present()?;
    Ok(())
}

/// The same in numbers.
pub(crate) fn report(times: &[Times], report: &mut Report) {
    for Times {
        what,
        form,
        maps,
        nanoseconds,
    } in times
    {
        report.add(
            format!("chart.{what}.{form}.{maps}"),
            *nanoseconds,
            Limit::None,
        );
    }
}
