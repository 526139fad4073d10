//! From when until when a certificate holds.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use yasna::tags::TAG_UTCTIME;
use yasna::{ASN1Result, BERReader, Tag};

/// Where there is no less left than this, nobody need be told.
const SOON: Duration = Duration::from_secs(14 * 86_400);

/// As the certificate says (RFC 5280, section 4.1.2.5), in seconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Validity {
    not_before_s: i64,
    not_after_s: i64,
}

impl Validity {
    /// Of a certificate in DER; `None` where that is not one.
    pub(super) fn of(certificate: &[u8]) -> Option<Self> {
        yasna::parse_der(certificate, |reader| {
            reader.read_sequence(|certificate| {
                let validity = certificate.next().read_sequence(|body| {
                    body.read_optional(|reader| {
                        reader.read_tagged(Tag::context(0), |version| version.read_der())
                    })?;
                    for _serial_algorithm_issuer in 0..3 {
                        body.next().read_der()?;
                    }
                    let validity = body.next().read_sequence(|times| {
                        Ok(Self {
                            not_before_s: time(times.next())?,
                            not_after_s: time(times.next())?,
                        })
                    })?;
                    while body.read_optional(|rest| rest.read_der())?.is_some() {}
                    Ok(validity)
                })?;
                for _algorithm_signature in 0..2 {
                    certificate.next().read_der()?;
                }
                Ok(validity)
            })
        })
        .ok()
    }

    /// When two thirds of its time are over, and another one is due.
    pub(super) fn renewed_at(&self) -> SystemTime {
        let whole_s = self.not_after_s.saturating_sub(self.not_before_s).max(0);
        moment(self.not_before_s.saturating_add(whole_s / 3 * 2))
    }

    /// For operators: what is the matter with it now, or soon.
    pub(super) fn trouble(&self, now: SystemTime) -> Option<String> {
        let (begins, ends) = (moment(self.not_before_s), moment(self.not_after_s));
        if now < begins {
            return Some("its time has not begun; is the clock right?".to_owned());
        }
        match ends.duration_since(now) {
            Err(_) => Some("its time is over; clients refuse it".to_owned()),
            Ok(left) if left < SOON => {
                let days = left.as_secs() / 86_400;
                Some(format!("its time is over in {days} days; renew it"))
            }
            Ok(_) => None,
        }
    }
}

fn moment(seconds: i64) -> SystemTime {
    let seconds = u64::try_from(seconds).unwrap_or_default();
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn time(reader: BERReader<'_, '_>) -> ASN1Result<i64> {
    Ok(if reader.lookahead_tag()? == TAG_UTCTIME {
        reader.read_utctime()?.datetime().unix_timestamp()
    } else {
        let time = reader.read_generalized_time()?;
        time.datetime().unix_timestamp()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, date_time_ymd};

    use super::*;

    const DAY_S: i64 = 86_400;

    fn of(from: (i32, u8, u8), to: (i32, u8, u8)) -> Validity {
        let mut params = CertificateParams::new(["a.example".to_owned()]).unwrap();
        params.not_before = date_time_ymd(from.0, from.1, from.2);
        params.not_after = date_time_ymd(to.0, to.1, to.2);
        let key = KeyPair::generate().unwrap();
        Validity::of(params.self_signed(&key).unwrap().der()).unwrap()
    }

    #[test]
    fn the_times_are_those_of_the_certificate() {
        // 2026-01-01, and 90 days after it.
        let begins = 1_767_225_600;
        let validity = of((2026, 1, 1), (2026, 4, 1));
        assert_eq!(validity.not_before_s, begins);
        assert_eq!(validity.not_after_s, begins + 90 * DAY_S);
        assert_eq!(validity.renewed_at(), moment(begins + 60 * DAY_S));
        let after = |days: i64| validity.trouble(moment(begins + days * DAY_S));
        assert!(after(-1).unwrap().contains("not begun"));
        assert_eq!((after(0), after(75)), (None, None));
        assert!(after(77).unwrap().contains("in 13 days"));
        assert!(after(91).unwrap().contains("is over; clients refuse"));
        // Years from 2050 on are written in another way.
        let late = of((2049, 1, 1), (2051, 1, 1));
        assert_eq!(late.not_after_s - late.not_before_s, 730 * DAY_S);
    }

    #[test]
    fn what_is_no_certificate_has_no_times() {
        for bytes in [&b""[..], b"\x30\x80", b"\x30\x03\x02\x01\x00", &[0xFF; 64]] {
            assert_eq!(Validity::of(bytes), None);
        }
    }
}
