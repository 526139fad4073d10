//! Servers with TLS, as the form and the chat show them.

use desktop::Options;
use testing::{TlsSource, World};

use crate::connect::{connecting, fill, form, is_in, press};
use crate::window::{Window, profile};

/// Another certificate of the server's own making.
fn change_certificate(world: &mut World) -> String {
    world.stop_server();
    std::fs::remove_dir_all(world.folder.path().join("data/tls")).unwrap();
    world.start_server();
    world.fingerprint().unwrap().to_string()
}

#[test]
fn a_server_whose_certificate_has_changed_is_refused_until_that_is_stated() {
    let mut world = World::start_with(TlsSource::SelfSigned);
    let root = profile(&world, "Ann");
    let first = world.fingerprint().unwrap().to_string();
    let mut window = connecting(&root, world.tcp(), "Ann");
    is_in(&mut window);
    // Who is there already is told in the chat.
    let second = change_certificate(&mut world);
    let told = format!("its fingerprint was {first} and is now {second}");
    window.sees(&told);
    drop(window);
    let mut window = Window::open(Options {
        profile_root: root.clone(),
        server: Some(world.tcp().parse().unwrap()),
        fingerprint: Some(second.parse().unwrap()),
        ..Options::default()
    });
    is_in(&mut window);
    drop(window);
    let mut window = form(&root);
    is_in(&mut window);
}

#[test]
fn the_form_says_which_server_is_not_to_be_trusted() {
    let mut world = World::start_with(TlsSource::SelfSigned);
    let root = profile(&world, "Ann");
    let stated = Options {
        profile_root: root.clone(),
        server: Some(world.tcp().parse().unwrap()),
        fingerprint: Some("00".repeat(32).parse().unwrap()),
        name: Some("Ann".parse().unwrap()),
        files: Vec::new(),
    };
    let mut window = Window::open(stated);
    window.sees("is not to be trusted");
    let shown = world.fingerprint().unwrap().to_string();
    window.sees(&shown);
    drop(window);
    world.stop_server();
    world.tls = TlsSource::Off;
    world.start_server();
    let demanded = format!("chinwags://{}", world.tcp());
    let mut window = connecting(&root, &demanded, "Ann");
    window.sees("it does not speak TLS");
    fill(&mut window, "Server", world.tcp());
    press(&mut window, "Connect");
    is_in(&mut window);
}
