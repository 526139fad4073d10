use std::net::Ipv4Addr;

use tokio::time::advance;

use super::*;

fn address(last: u8) -> IpAddr {
    IpAddr::from([192, 0, 2, last])
}

/// An attempt that fails; what it had to wait for, where it was refused.
fn fail(backoff: &Backoff, account: &str, address: IpAddr) -> Option<Duration> {
    match backoff.attempt(account, address, Instant::now()) {
        Ok(attempt) => {
            attempt.failed();
            None
        }
        Err(RetryAfter(wait)) => Some(wait),
    }
}

fn succeed(backoff: &Backoff, account: &str, address: IpAddr) {
    let attempt = backoff.attempt(account, address, Instant::now());
    attempt.expect("it may be tried").succeeded(Instant::now());
}

/// Fails until it is refused, as often as it lets us.
fn exhaust(backoff: &Backoff, account: &str, address: IpAddr) -> Duration {
    (0..100)
        .find_map(|_| fail(backoff, account, address))
        .expect("it is refused at last")
}

#[tokio::test(start_paused = true)]
async fn five_failures_are_free_and_then_the_wait_doubles_up_to_five_minutes() {
    let backoff = Backoff::new(true);
    for _ in 0..5 {
        assert_eq!(fail(&backoff, "ann", address(1)), None);
    }
    let mut waits = Vec::new();
    for _ in 0..20 {
        let wait = fail(&backoff, "ann", address(1)).expect("it is too early");
        waits.push(wait.as_secs());
        advance(wait - Duration::from_millis(1)).await;
        assert!(fail(&backoff, "ann", address(1)).is_some(), "still early");
        advance(Duration::from_millis(1)).await;
        assert_eq!(fail(&backoff, "ann", address(1)), None);
    }
    assert_eq!(waits[..9], [1, 2, 4, 8, 16, 32, 64, 128, 256]);
    assert_eq!(waits[15..], [300; 5], "{waits:?}");
    assert_eq!(fail(&backoff, "ben", address(2)), None, "another account");
}

#[tokio::test(start_paused = true)]
async fn an_account_is_guarded_whatever_the_address_and_an_address_whatever_the_account() {
    let backoff = Backoff::new(true);
    for last in 0..5 {
        assert_eq!(fail(&backoff, "ann", address(last)), None);
    }
    assert!(fail(&backoff, "ann", address(99)).is_some());
    for account in 0..20 {
        let account = account.to_string();
        assert_eq!(fail(&backoff, &account, address(100)), None);
    }
    assert!(fail(&backoff, "cleo", address(100)).is_some());
    // Of IPv6, a /64 is one address.
    let v6 = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]);
    for account in 0..20 {
        fail(&backoff, &format!("v6 {account}"), v6(account));
    }
    assert!(fail(&backoff, "cleo", v6(99)).is_some());
    assert_eq!(fail(&backoff, "cleo", address(101)), None);
}

#[tokio::test(start_paused = true)]
async fn whoever_has_signed_in_before_is_not_held_off_by_others() {
    let backoff = Backoff::new(true);
    succeed(&backoff, "ann", address(1));
    exhaust(&backoff, "ann", address(2));
    // Others at the same address have forgotten their passwords.
    for account in 0..20 {
        fail(&backoff, &account.to_string(), address(1));
    }
    assert!(fail(&backoff, "ben", address(1)).is_some());
    assert!(fail(&backoff, "ann", address(3)).is_some());
    succeed(&backoff, "ann", address(1));
    // Guesses from there are slowed down too, but less.
    let mut longest = Duration::ZERO;
    for _ in 0..30 {
        let wait = exhaust(&backoff, "ann", address(1));
        longest = longest.max(wait);
        advance(wait).await;
    }
    assert_eq!(longest, Duration::from_secs(30));
    succeed(&backoff, "ann", address(1));
    assert_eq!(fail(&backoff, "ann", address(1)), None);
}

#[tokio::test(start_paused = true)]
async fn failures_are_forgotten_with_time() {
    let backoff = Backoff::new(true);
    exhaust(&backoff, "ann", address(1));
    advance(FORGET_AFTER).await;
    assert_eq!(fail(&backoff, "ann", address(1)), None);
    assert!(fail(&backoff, "ann", address(1)).is_some());
    advance(FORGET_AFTER * 5).await;
    for _ in 0..5 {
        assert_eq!(fail(&backoff, "ann", address(1)), None);
    }
    advance(FORGET_AFTER * 30).await;
    backoff.sweep(Instant::now());
    let tries = backoff.lock();
    assert_eq!(tries.by_account.len(), 0);
    assert_eq!((tries.by_address.len(), tries.by_pair.len()), (0, 0));
}

#[tokio::test(start_paused = true)]
async fn success_forgives_the_slips_of_that_person_alone() {
    let backoff = Backoff::new(true);
    // A class, everyone of which needs three attempts.
    for pupil in 0..60 {
        let pupil = format!("pupil {pupil}");
        assert_eq!(fail(&backoff, &pupil, address(1)), None);
        assert_eq!(fail(&backoff, &pupil, address(1)), None);
        succeed(&backoff, &pupil, address(1));
    }
    // Somebody's own account does not help to guess at others.
    for account in 0..20 {
        assert_eq!(fail(&backoff, &account.to_string(), address(1)), None);
        succeed(&backoff, "pupil 1", address(1));
    }
    assert!(fail(&backoff, "dora", address(1)).is_some());
}

#[tokio::test(start_paused = true)]
async fn attempts_at_once_are_no_way_around() {
    let backoff = Backoff::new(true);
    let now = Instant::now();
    let attempts: Vec<_> = (0..50)
        .map_while(|_| backoff.attempt("ann", address(1), now).ok())
        .collect();
    assert_eq!(attempts.len(), 5);
    for attempt in attempts {
        attempt.withdrawn();
    }
    // What the server could not judge does not count.
    for _ in 0..5 {
        assert_eq!(fail(&backoff, "ann", address(1)), None);
    }
    assert!(fail(&backoff, "ann", address(1)).is_some());
    assert_eq!(
        backoff
            .lock()
            .by_address
            .find(&Network::of(address(1)))
            .map(|it| it.failures),
        Some(5)
    );
}

#[tokio::test(start_paused = true)]
async fn behind_a_proxy_only_accounts_count() {
    let proxy = IpAddr::from(Ipv4Addr::LOCALHOST);
    let backoff = Backoff::new(true);
    succeed(&backoff, "ann", proxy);
    for account in 0..100 {
        assert_eq!(fail(&backoff, &account.to_string(), proxy), None);
    }
    for _ in 0..5 {
        assert_eq!(fail(&backoff, "ann", proxy), None);
    }
    assert!(fail(&backoff, "ann", proxy).is_some(), "it proves nothing");
    let without = Backoff::new(false);
    for account in 0..20 {
        fail(&without, &account.to_string(), proxy);
    }
    assert!(fail(&without, "ann", proxy).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_names_is_bounded_and_does_not_push_out_what_is_guessed_at() {
    let backoff = Backoff::new(true);
    exhaust(&backoff, "ann", address(1));
    for number in 0..3 * REMEMBERED_MAX {
        let [a, b, c, d] = (number as u32 + (10 << 24)).to_be_bytes();
        fail(&backoff, &number.to_string(), IpAddr::from([a, b, c, d]));
        if number == REMEMBERED_MAX {
            assert!(fail(&backoff, "ann", address(2)).is_some());
        }
    }
    let tries = backoff.lock();
    for len in [
        tries.by_account.len(),
        tries.by_address.len(),
        tries.by_pair.len(),
    ] {
        assert!(len <= REMEMBERED_MAX, "{len}");
    }
    drop(tries);
    assert!(fail(&backoff, "ann", address(2)).is_some());
}

#[tokio::test(start_paused = true)]
async fn an_account_knows_the_latest_of_its_addresses() {
    let backoff = Backoff::new(true);
    for last in 0..20 {
        succeed(&backoff, "ann", address(last));
        advance(Duration::from_secs(1)).await;
    }
    exhaust(&backoff, "ann", address(99));
    assert!(fail(&backoff, "ann", address(11)).is_some());
    assert_eq!(fail(&backoff, "ann", address(12)), None);
}
