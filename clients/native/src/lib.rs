//! The native driver of the client core: sockets, clock, files and storage, and no decisions.
//!
//! [`spawn`] starts it on a tokio runtime; the [`Handle`] takes commands and shows the view from any thread, and
//! [`Changes`] says what to show again.
//!
//! - `driver`: carries out what the core asks for, in order; `handle`: what a screen holds of it
//! - `connection`: one TCP connection; `address`: where the server is; `tls`: whether it is that server
//! - `profile`: what outlives the process, shared by several processes of one person
//! - `source`, `folder`: files on their way to the server; `target`: files on their way from it

mod address;
mod clock;
mod connection;
mod driver;
pub mod folder;
mod handle;
mod place;
pub mod profile;
pub mod source;
pub mod target;
pub mod tls;

pub use address::{AddressError, NATIVE_PORT, Scheme, ServerAddress};
pub use connection::{Failure, FailureKind};
pub use driver::{Settings, spawn};
pub use handle::{Changes, Handle, Stopped};
pub use profile::{Profile, ProfileError, Storage};
pub use tls::{Secured, Trust};

/// Random bytes fit for secrets.
///
/// # Panics
/// Where the operating system has no randomness, without which nothing here is safe.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system gives random bytes");
    bytes
}
