//! The shared icons as lines.

use client::present::icon::Icon;
use eframe::egui::epaint::PathShape;
use eframe::egui::{Color32, Painter, Pos2, Rect, Stroke, pos2};
use kurbo::{BezPath, PathEl};

/// The grid that the paths are drawn on.
const GRID: f32 = 20.0;
/// In points of the grid; half a pixel of a large icon.
const TOLERANCE: f64 = 0.05;

/// Draws an icon into a square around the middle of `rect`, `size` points wide.
pub(crate) fn paint(painter: &Painter, rect: Rect, size: f32, icon: Icon, colour: Color32) {
    let scale = size / GRID;
    let origin = rect.center() - eframe::egui::Vec2::splat(size / 2.0);
    let stroke = Stroke::new(1.5 * scale, colour);
    for line in lines(icon) {
        let points = line
            .points
            .iter()
            .map(|point| origin + point.to_vec2() * scale);
        let points: Vec<Pos2> = points.collect();
        painter.add(match line.closed {
            true => PathShape::closed_line(points, stroke),
            false => PathShape::line(points, stroke),
        });
    }
}

struct Line {
    points: Vec<Pos2>,
    closed: bool,
}

fn lines(icon: Icon) -> Vec<Line> {
    let path = BezPath::from_svg(icon.path()).unwrap_or_default();
    let mut lines: Vec<Line> = Vec::new();
    kurbo::flatten(path, TOLERANCE, |element| {
        let point = |point: kurbo::Point| pos2(point.x as f32, point.y as f32);
        match element {
            PathEl::MoveTo(to) => lines.push(Line {
                points: vec![point(to)],
                closed: false,
            }),
            PathEl::LineTo(to) => {
                if let Some(line) = lines.last_mut() {
                    line.points.push(point(to));
                }
            }
            PathEl::ClosePath => {
                if let Some(line) = lines.last_mut() {
                    line.closed = true;
                }
            }
            // Flattening leaves none.
            PathEl::QuadTo(..) | PathEl::CurveTo(..) => {}
        }
    });
    lines
}
