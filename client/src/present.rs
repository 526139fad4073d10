//! What every screen makes of the view in the same way, whatever it draws with: rows of a timeline, the Markdown of
//! messages, numbers and days for people.
//!
//! - `rows`: what stands in a timeline, from top to bottom; `rooms`: which one comes next, who is in it
//! - `sheet`: what a person does by the server, and what comes before and after it; `form`: what they fill in
//! - `room_sheets`: what one may do to rooms, members and messages; `panel`: what the server describes, as lists and forms
//! - `membership`: how a guest makes an account; `picking`: choosing people; `presence`: whether one is there
//! - `markdown`: a message's text as blocks and spans; `links`: addresses in plain text
//! - `news`: what is announced of rooms that nobody looks at
//! - `day`, `format`: dates, sizes and names; `people`: the colour of a person; `words`: sentences about states
//! - `icon`: icons as paths; `qr`: codes for cameras

pub mod day;
pub mod form;
pub mod format;
pub mod icon;
pub mod links;
pub mod markdown;
pub mod media;
pub mod membership;
pub mod news;
pub mod panel;
pub mod people;
pub mod picking;
pub mod presence;
pub mod qr;
pub mod room_sheets;
pub mod rooms;
pub mod rows;
pub mod sheet;
pub mod words;
