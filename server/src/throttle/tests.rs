use shared::TimestampMs;
use tokio::time::advance;

use super::*;

fn person(number: u8) -> PersonId {
    PersonId::from_parts(TimestampMs(1), [number; 10])
}

fn on() -> RateLimit {
    RateLimit::default()
}

fn metered(limit: RateLimit, loopback_is_exempt: bool) -> Throttle {
    Throttle::new(limit, loopback_is_exempt, Arc::default())
}

/// How many are let through at once.
fn let_through(mut check: impl FnMut() -> Result<(), RetryAfter>) -> usize {
    (0..10_000).take_while(|_| check().is_ok()).count()
}

#[tokio::test(start_paused = true)]
async fn people_and_classes_are_metered_apart() {
    let throttle = metered(on(), true);
    assert_eq!(
        let_through(|| throttle.check(person(1), Class::Messages)),
        200
    );
    assert_eq!(throttle.check(person(1), Class::Others), Ok(()));
    assert_eq!(throttle.check(person(2), Class::Messages), Ok(()));
    // Somebody who sends twenty a second for good is never refused.
    for _ in 0..2_000 {
        assert_eq!(throttle.check(person(3), Class::Messages), Ok(()));
        advance(Duration::from_millis(50)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn addresses_are_metered_by_network_and_loopback_where_it_is_told_to() {
    let connections = AddressClass::Connections;
    let address = |text: &str| text.parse::<IpAddr>().expect("an address");
    let throttle = metered(on(), true);
    for text in ["2001:db8::1", "192.0.2.1"] {
        let address = address(text);
        let through = let_through(|| throttle.check_address(address, connections));
        assert_eq!(through, 2_000, "{text}");
    }
    assert!(
        throttle
            .check_address(address("2001:db8::2"), connections)
            .is_err()
    );
    assert!(
        throttle
            .check_address(address("2001:db8:1::"), connections)
            .is_ok()
    );
    assert!(
        throttle
            .check_address(address("192.0.2.1"), AddressClass::Requests)
            .is_ok()
    );
    let loopback = address("127.0.0.1");
    assert_eq!(
        let_through(|| throttle.check_address(loopback, connections)),
        10_000
    );
    let strict = metered(on(), false);
    assert_eq!(
        let_through(|| strict.check_address(loopback, connections)),
        2_000
    );
}

#[tokio::test(start_paused = true)]
async fn a_factor_widens_all_and_off_is_off() {
    for (text, expected) in [("off", 10_000), ("2", 400), ("0.5", 100), ("0.001", 1)] {
        let limit = text.parse().expect(text);
        let throttle = metered(limit, false);
        let through = let_through(|| throttle.check(person(1), Class::Messages));
        assert_eq!(through, expected, "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_has_stopped_is_forgotten() {
    let throttle = Arc::new(metered(on(), true));
    let sweeping = tokio::spawn(sweep_regularly(Arc::downgrade(&throttle)));
    for number in 0..100 {
        let _ = throttle.check(person(number), Class::RoomsCreated);
    }
    let _ = throttle.check_address(IpAddr::from([192, 0, 2, 1]), AddressClass::Requests);
    assert_eq!(lock(&throttle.people).len(), 100);
    tokio::time::sleep(SWEEP_EVERY * 2).await;
    assert_eq!(lock(&throttle.people).len(), 0);
    assert_eq!(lock(&throttle.addresses).len(), 0);
    drop(throttle);
    sweeping.await.expect("it ends with the server");
}

#[test]
fn a_wait_is_told_in_whole_milliseconds_and_never_too_short() {
    for (micros, ms) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (999_999, 1_000)] {
        assert_eq!(RetryAfter(Duration::from_micros(micros)).ms(), ms);
    }
}
