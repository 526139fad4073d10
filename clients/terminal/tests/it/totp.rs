//! A code besides the password.

use std::time::{SystemTime, UNIX_EPOCH};

use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha1::Sha1;

use testing::World;

use crate::program::Person;

const PASSWORD: &str = "correct horse battery";

/// RFC 4648, without padding.
fn from_base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0u32, 0);
    for c in text.chars() {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(c).unwrap() as u32;
        held = (held << 5 | value) & 0xfff;
        bits += 5;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits) as u8);
        }
    }
    bytes
}

/// RFC 6238, so many steps of 30 seconds from now.
fn code(secret: &str, steps: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let step = (now.as_secs() / 30).checked_add_signed(steps).unwrap();
    let mut mac = Hmac::<Sha1>::new_from_slice(&from_base32(secret)).unwrap();
    mac.update(&step.to_be_bytes());
    let hash = mac.finalize().into_bytes();
    let at = usize::from(hash[19] & 15);
    let number = u32::from_be_bytes(hash[at..at + 4].try_into().unwrap()) & 0x7fff_ffff;
    format!("{:06}", number % 1_000_000)
}

#[test]
fn a_code_is_asked_for_once_it_was_set_up() {
    let world = World::start();
    let ann = Person::of(&world, "Ann").nameless();
    let ann = ann.with("CHINWAG_PASSWORD", PASSWORD);
    let link = world.owners_link().unwrap();
    ann.run(&["sign-up", "Ann", "--invitation", &link]).ok();
    let mut setting_up = ann.start(&["account", "totp", "--json"]);
    let begun: Value = serde_json::from_str(&setting_up.hear("totp_begun")).unwrap();
    let secret = begun["secret"].as_str().unwrap().to_owned();
    assert!(
        begun["uri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/")
    );
    setting_up.say(&code(&secret, 0));
    setting_up.end().ok();
    assert!(ann.run(&["account"]).ok().contains("with a code"));

    ann.run(&["sign-out"]).ok();
    let missing = ann.run(&["sign-in", "Ann"]).failed(2);
    assert!(missing.contains("CHINWAG_CODE"), "{missing}");
    let wrong = ann.clone().with("CHINWAG_CODE", "000000");
    wrong.run(&["sign-in", "Ann"]).failed(4);
    // The present one was good once already.
    let right = ann.clone().with("CHINWAG_CODE", &code(&secret, 1));
    right.run(&["sign-in", "Ann"]).ok();
    ann.run(&["account", "totp", "--off"]).ok();
    ann.run(&["sign-out"]).ok();
    ann.run(&["sign-in", "Ann"]).ok();
}

#[test]
fn a_code_is_drawn_for_authenticators() {
    let world = World::start();
    let ann = Person::of(&world, "Ann").nameless();
    let ann = ann.with("CHINWAG_PASSWORD", PASSWORD);
    let link = world.owners_link().unwrap();
    ann.run(&["sign-up", "Ann", "--invitation", &link]).ok();
    let begun = ann.run(&["account", "totp"]);
    assert!(
        begun
            .stdout
            .lines()
            .filter(|line| line.contains('█'))
            .count()
            > 10,
        "{begun:?}"
    );
    begun.failed(2);
    assert!(
        !ann.run(&["account"]).ok().contains("with a code"),
        "not confirmed"
    );
}
