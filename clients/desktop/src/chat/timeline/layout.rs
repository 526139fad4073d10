//! Rows, measured: each is laid out once, however often it is drawn, and has its height before that.

use std::collections::HashMap;

use client::PendingAttachment;
use client::present::rows::Row;
use client::present::words;
use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Color32, Context, Rect, Vec2, pos2, vec2};
use shared::frame::Person;
use shared::{RoomEvent, TimestampMs, UploadId};

use super::place::RowKey;
use super::text::{self, Chunk, Kind, Link};
use crate::chat::{Env, time};
use crate::theme::{Theme, regular, semibold, space};

/// Where texts begin, from the left, and where they end, from the right.
pub(in crate::chat) const LEFT: f32 = 84.0;
pub(super) const RIGHT: f32 = space::XL;
/// Texts are at most so many digits wide.
const TEXT_DIGITS: f32 = 72.0;
/// Above and below a message, and above one that begins a group.
const EDGE: f32 = 1.0;
pub(super) const GROUP: f32 = 14.0;
pub(super) const AVATAR: f32 = 36.0;
/// Around the text of a block of code.
const CODE: Vec2 = vec2(12.0, 10.0);
/// Rows that are kept although they are out of sight.
const KEPT: usize = 600;

/// One text at its place, from the top left of its row's texts.
pub(super) struct Text {
    pub(super) at: Vec2,
    pub(super) job: LayoutJob,
    pub(super) links: Vec<Link>,
}

/// What is drawn behind and beside texts.
pub(super) enum Mark {
    /// The ground of a block of code, and its language.
    Code(Rect, String),
    /// Beside what is quoted, or across.
    Bar(Rect),
    /// Of a list's item, to the left of this point.
    Item(Vec2, String),
}

/// A row that is measured.
pub(super) struct Laid {
    row: Row,
    /// For those who do not see it; whose an unsent message is goes without saying.
    pub(super) name: String,
    pub(super) texts: Vec<Text>,
    pub(super) marks: Vec<Mark>,
    /// Where its texts begin, from its top.
    pub(super) texts_top: f32,
    pub(super) texts_height: f32,
    /// Without files.
    height: f32,
}

/// What measures depend on, beside the row.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Measure {
    width: f32,
    pixels_per_point: f32,
    colours: (Color32, Color32),
}

#[derive(Default)]
pub(super) struct Layouts {
    measure: Option<Measure>,
    laid: HashMap<RowKey, Laid>,
    pub(super) text_width: f32,
}

impl Layouts {
    /// Forgets everything where its measures changed, and what is long out of sight.
    pub(super) fn begin(&mut self, ctx: &Context, theme: &Theme, width: f32, keys: &[RowKey]) {
        let measure = Measure {
            width,
            pixels_per_point: ctx.pixels_per_point(),
            colours: (theme.text, theme.surface),
        };
        if self.measure != Some(measure) {
            self.measure = Some(measure);
            self.laid.clear();
            let digit = ctx.fonts_mut(|fonts| fonts.glyph_width(&theme.body.font(), '0'));
            let room = (width - LEFT - RIGHT).max(40.0);
            self.text_width = room.min(digit * TEXT_DIGITS).floor();
        }
        if self.laid.len() > KEPT + keys.len()
            && let (Some(first), Some(last)) = (keys.first(), keys.last())
        {
            self.laid.retain(|key, _| (first..=last).contains(&key));
        }
    }

    pub(super) fn get(&self, key: RowKey) -> Option<&Laid> {
        self.laid.get(&key)
    }

    /// The row's height in points, in whole pixels.
    pub(super) fn height(
        &mut self,
        ctx: &Context,
        env: &Env<'_>,
        key: RowKey,
        row: &Row,
        foot: f32,
    ) -> f32 {
        let width = self.text_width;
        let laid = self.laid.get(&key).filter(|laid| laid.row == *row);
        let height = match laid {
            Some(laid) => laid.height,
            None => {
                let laid = lay(ctx, env.theme, row, width);
                let height = laid.height;
                self.laid.insert(key, laid);
                height
            }
        };
        let pixels = ctx.pixels_per_point();
        let height = height + files_height(env, row, width) + foot;
        (height * pixels).ceil() / pixels
    }
}

/// How much room the files of a row take, in points.
pub(super) fn files_height(env: &Env<'_>, row: &Row, width: f32) -> f32 {
    match row {
        Row::Message { event, .. } => {
            attachments_height(env, event, width) + arriving_height(env, event, width)
        }
        Row::Pending { message, .. } => match uploads(&message.attachments) {
            uploads if uploads.is_empty() => 0.0,
            uploads => env.files.uploads_height(&uploads, width),
        },
        Row::Beginning
        | Row::Loading
        | Row::Day { .. }
        | Row::Unread(_)
        | Row::Gap { .. }
        | Row::Notice { .. } => 0.0,
    }
}

/// Of the files that are there, with what keeps them apart from those that are not.
pub(super) fn attachments_height(env: &Env<'_>, event: &RoomEvent, width: f32) -> f32 {
    let files = event.event.attachments();
    let gap = match event.event.arriving() {
        [] => 0.0,
        _awaited => space::S,
    };
    match files {
        [] => 0.0,
        files => env.files.attachments_height(files, width) + gap,
    }
}

fn arriving_height(env: &Env<'_>, event: &RoomEvent, width: f32) -> f32 {
    match event.event.arriving() {
        [] => 0.0,
        files => env.files.arriving_height(files, width),
    }
}

pub(super) fn uploads(attachments: &[PendingAttachment]) -> Vec<UploadId> {
    let upload = |attachment: &PendingAttachment| match attachment {
        PendingAttachment::Upload { upload_id } => Some(*upload_id),
        PendingAttachment::File { .. } => None,
    };
    attachments.iter().filter_map(upload).collect()
}

fn lay(ctx: &Context, theme: &Theme, row: &Row, width: f32) -> Laid {
    match row {
        Row::Beginning => fixed(row, 150.0, String::new()),
        Row::Loading => fixed(row, 232.0, "Loading messages".into()),
        Row::Day { name, .. } => fixed(row, 40.0, name.to_string()),
        Row::Unread(unread) => fixed(row, 36.0, words::new_messages(unread.count)),
        Row::Gap { events, .. } => fixed(row, 60.0, words::gap(*events)),
        Row::Notice { event } => notice(ctx, theme, row, event, width),
        Row::Message { event, head } => {
            let mut chunks = text::chunks(theme, event.event.text(), theme.text);
            let gone = event.event.arriving().iter().filter(|file| file.withdrawn);
            for file in gone {
                let how_far = words::arriving(file, None);
                chunks.push(text::note(theme, format!("{}: {how_far}", file.name)));
            }
            let mut name = spoken(&event.person, event.at_ms, &chunks);
            let awaited = event.event.arriving().iter().filter(|file| !file.withdrawn);
            let awaited = awaited.map(|file| &file.name);
            let there = event.event.attachments().iter().map(|file| &file.name);
            for file in there.chain(awaited) {
                name += &format!(" [{file}]");
            }
            speech(ctx, theme, row, *head, name, chunks, width)
        }
        Row::Pending { message, head } => {
            let chunks = text::chunks(theme, &message.text, theme.text_2);
            let at = time::clock(message.written_at_ms);
            let name = format!("{at}: {}", text::plain(&chunks));
            speech(ctx, theme, row, *head, name, chunks, width)
        }
    }
}

fn spoken(person: &Person, at: TimestampMs, chunks: &[Chunk]) -> String {
    format!(
        "{}, {}: {}",
        person.name,
        time::clock(at),
        text::plain(chunks)
    )
}

fn fixed(row: &Row, height: f32, name: String) -> Laid {
    Laid {
        row: row.clone(),
        name,
        texts: Vec::new(),
        marks: Vec::new(),
        texts_top: 0.0,
        texts_height: 0.0,
        height,
    }
}

fn notice(ctx: &Context, theme: &Theme, row: &Row, event: &shared::RoomEvent, width: f32) -> Laid {
    let what = words::notice(&event.event);
    let line_height = Some(theme.secondary.line_height);
    let format = |font, colour| TextFormat {
        line_height,
        ..TextFormat::simple(font, colour)
    };
    let size = theme.secondary.size;
    let mut job = LayoutJob::default();
    job.append(
        &event.person.name,
        0.0,
        format(semibold(size), theme.text_2),
    );
    job.append(
        &format!(" {what}"),
        0.0,
        format(regular(size), theme.text_3),
    );
    job.wrap.max_width = width - 48.0;
    let height = ctx
        .fonts_mut(|fonts| fonts.layout_job(job.clone()))
        .size()
        .y;
    let name = format!("{} {what}, {}", event.person.name, time::clock(event.at_ms));
    let text = Text {
        at: Vec2::ZERO,
        job,
        links: Vec::new(),
    };
    Laid {
        texts: vec![text],
        texts_top: space::XS,
        texts_height: height,
        ..fixed(row, height + 2.0 * space::XS, name)
    }
}

fn speech(
    ctx: &Context,
    theme: &Theme,
    row: &Row,
    head: bool,
    name: String,
    chunks: Vec<Chunk>,
    width: f32,
) -> Laid {
    let mut stack = Stack {
        ctx,
        width,
        y: 0.0,
        texts: Vec::new(),
        marks: Vec::new(),
    };
    for chunk in chunks {
        stack.put(chunk);
    }
    let texts_height = stack.y;
    let texts_top = match head {
        true => GROUP + theme.body.line_height,
        false => EDGE,
    };
    // What has neither a name nor a text beside its avatar or clock still has their height.
    let least = match head {
        true => GROUP + AVATAR,
        false => EDGE + theme.body.line_height,
    };
    let has_files = match row {
        Row::Message { event, .. } => !event.event.attachments().is_empty(),
        Row::Pending { message, .. } => !message.attachments.is_empty(),
        Row::Beginning
        | Row::Loading
        | Row::Day { .. }
        | Row::Unread(_)
        | Row::Gap { .. }
        | Row::Notice { .. } => false,
    };
    let height = match has_files {
        true => texts_top + texts_height,
        false => (texts_top + texts_height).max(least),
    };
    Laid {
        texts: stack.texts,
        marks: stack.marks,
        texts_top,
        texts_height,
        ..fixed(row, height + EDGE, name)
    }
}

/// Puts chunks below each other.
struct Stack<'a> {
    ctx: &'a Context,
    width: f32,
    y: f32,
    texts: Vec<Text>,
    marks: Vec<Mark>,
}

impl Stack<'_> {
    fn put(&mut self, chunk: Chunk) {
        let Chunk {
            kind,
            mut job,
            links,
            indent,
            above,
            bars,
            mark,
        } = chunk;
        let begun = self.y;
        if begun > 0.0 {
            self.y += above;
        }
        let inside = match kind {
            Kind::Code { .. } => CODE,
            Kind::Text | Kind::Rule => Vec2::ZERO,
        };
        let at = vec2(indent, self.y) + inside;
        job.wrap.max_width = (self.width - indent - 2.0 * inside.x).max(20.0);
        if let Some(mark) = mark {
            self.marks.push(Mark::Item(vec2(indent, self.y), mark));
        }
        if kind == Kind::Rule {
            let rule = Rect::from_min_max(pos2(indent, self.y), pos2(self.width, self.y + 1.0));
            self.marks.push(Mark::Bar(rule));
            self.y += 1.0;
        } else {
            let height = self
                .ctx
                .fonts_mut(|fonts| fonts.layout_job(job.clone()))
                .size()
                .y;
            let bottom = self.y + height + 2.0 * inside.y;
            if let Kind::Code { language } = kind {
                let ground = Rect::from_min_max(pos2(indent, self.y), pos2(self.width, bottom));
                self.marks.push(Mark::Code(ground, language));
            }
            self.texts.push(Text { at, job, links });
            self.y = bottom;
        }
        for x in bars {
            // The bar of a quote goes on between what is in it.
            let goes_on = self.marks.iter_mut().rev().find_map(|mark| match mark {
                Mark::Bar(bar) if bar.width() == BAR && bar.left() == x => Some(bar),
                Mark::Bar(_) | Mark::Code(..) | Mark::Item(..) => None,
            });
            match goes_on.filter(|bar| bar.bottom() == begun) {
                Some(bar) => bar.set_bottom(self.y),
                None => {
                    let top = match begun > 0.0 {
                        true => begun + above,
                        false => begun,
                    };
                    let bar = Rect::from_min_max(pos2(x, top), pos2(x + BAR, self.y));
                    self.marks.push(Mark::Bar(bar));
                }
            }
        }
    }
}

/// How wide the bar beside a quote is.
const BAR: f32 = 3.0;
