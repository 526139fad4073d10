use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};

use super::*;

/// Who issues certificates that everybody can verify.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    roots: Roots,
}

fn authority() -> Authority {
    let key = KeyPair::generate().expect("a key");
    let mut params = called_as_a_root(CertificateParams::default());
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = params.self_signed(&key).expect("a root");
    let mut roots = RootCertStore::empty();
    roots.add(root.der().clone()).expect("a root");
    Authority {
        roots: verifier_of(roots),
        issuer: Issuer::new(params, key),
    }
}

fn called_as_a_root(mut params: CertificateParams) -> CertificateParams {
    params.distinguished_name.push(DnType::CommonName, "Root");
    params
}

fn params(name: &str) -> CertificateParams {
    CertificateParams::new([name.to_owned()]).expect("a name")
}

impl Authority {
    fn issue(&self, params: &CertificateParams) -> CertificateDer<'static> {
        let key = KeyPair::generate().expect("a key");
        let issued = params.signed_by(&key, &self.issuer);
        issued.expect("a certificate").der().clone()
    }

    fn verify(
        &self,
        known: Option<Known>,
        stated: Option<Fingerprint>,
        certificate: &CertificateDer<'_>,
        host: &str,
    ) -> Verdict {
        let verifier = Verifier {
            given_roots: Some(self.roots.clone()),
            ..Verifier::new(stated, known)
        };
        let name = ServerName::try_from(host.to_owned()).expect("a name");
        // In 2026.
        let now = UnixTime::since_unix_epoch(Duration::from_secs(1_770_000_000));
        let verified = verifier.verify_server_cert(certificate, &[], &name, &[], now);
        let verdict = verifier.verdict().expect("a verdict");
        assert_eq!(verified.is_ok(), verdict.is_ok());
        verdict
    }
}

fn self_signed(params: &CertificateParams) -> CertificateDer<'static> {
    let key = KeyPair::generate().expect("a key");
    let signed = params.self_signed(&key);
    signed.expect("a certificate").der().clone()
}

fn pinned(certificate: &CertificateDer<'_>) -> Known {
    Known::Pinned {
        fingerprint: fingerprint_of(certificate),
    }
}

fn refused(verdict: Verdict, says: &[&str]) {
    let refusal = verdict.expect_err("refused");
    for part in says {
        assert!(refusal.contains(part), "{part:?} is not in {refusal}");
    }
}

#[test]
fn a_public_certificate_for_the_name_is_enough() {
    let authority = authority();
    let good = authority.issue(&params("chat.example"));
    let other = self_signed(&params("chat.example"));
    for known in [
        None,
        Some(Known::Plain),
        Some(Known::Public),
        Some(pinned(&other)),
    ] {
        let verdict = authority.verify(known, None, &good, "chat.example");
        assert_eq!(verdict, Ok(Secured::Public), "{known:?}");
    }
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_trusted_the_first_time_only() {
    let authority = authority();
    let (first, second) = (
        self_signed(&params("mill.local")),
        self_signed(&params("mill.local")),
    );
    let shown = fingerprint_of(&first);
    let accepted = |is_new| {
        Ok(Secured::Pinned {
            fingerprint: shown,
            is_new,
        })
    };
    let verify = |known, certificate| authority.verify(known, None, certificate, "mill.local");
    assert_eq!(verify(None, &first), accepted(true));
    assert_eq!(verify(Some(Known::Plain), &first), accepted(true));
    assert_eq!(verify(Some(pinned(&first)), &first), accepted(false));
    let both = [&*shown.to_string(), &*fingerprint_of(&second).to_string()];
    let accept = format!("--fingerprint {}", fingerprint_of(&second));
    refused(verify(Some(pinned(&first)), &second), &both);
    refused(
        verify(Some(pinned(&first)), &second),
        &["another one than before", &accept],
    );
    refused(
        verify(Some(Known::Public), &second),
        &["verified by everybody before", &accept],
    );
    // An authority's own certificate is no server's.
    let mut authoritative = params("mill.local");
    authoritative.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let namesake = called_as_a_root(params("mill.local"));
    for certificate in [authoritative, namesake].map(|params| self_signed(&params)) {
        let verdict = authority.verify(None, None, &certificate, "mill.local");
        assert!(verdict.is_ok(), "{verdict:?}");
    }
}

#[test]
fn a_certificate_for_another_name_is_refused_unless_it_is_known() {
    let authority = authority();
    for certificate in [
        authority.issue(&params("other.example")),
        self_signed(&params("other.example")),
    ] {
        let verify = |known, stated| authority.verify(known, stated, &certificate, "chat.example");
        let shown = fingerprint_of(&certificate).to_string();
        let says = ["for other.example, not for chat.example", &shown];
        refused(verify(None, None), &says);
        refused(verify(Some(Known::Plain), None), &says);
        assert!(verify(Some(pinned(&certificate)), None).is_ok());
        let stated = Some(fingerprint_of(&certificate));
        let accepted = verify(None, stated);
        assert!(matches!(accepted, Ok(Secured::Pinned { is_new: true, .. })));
    }
    // A server hardly knows the addresses it is reached by.
    let certificate = self_signed(&params("other.example"));
    assert!(
        authority
            .verify(None, None, &certificate, "192.0.2.7")
            .is_ok()
    );
    let public = authority.issue(&params("other.example"));
    refused(
        authority.verify(None, None, &public, "192.0.2.7"),
        &["not for 192.0.2.7"],
    );
}

#[test]
fn what_is_out_of_date_is_refused() {
    let authority = authority();
    let mut over = params("chat.example");
    over.not_after = date_time_ymd(2025, 1, 1);
    let mut early = params("chat.example");
    early.not_before = date_time_ymd(2030, 1, 1);
    for (params, says) in [(over, "time is over"), (early, "has not begun")] {
        for certificate in [authority.issue(&params), self_signed(&params)] {
            refused(
                authority.verify(None, None, &certificate, "chat.example"),
                &[says, "--fingerprint"],
            );
        }
    }
}

#[test]
fn a_stated_fingerprint_goes_before_everything() {
    let authority = authority();
    let (public, own) = (
        authority.issue(&params("chat.example")),
        self_signed(&params("chat.example")),
    );
    let stated = Some(fingerprint_of(&own));
    for known in [
        None,
        Some(Known::Public),
        Some(pinned(&public)),
        Some(pinned(&own)),
    ] {
        let refusal = authority.verify(known, stated, &public, "chat.example");
        let both = [fingerprint_of(&public), fingerprint_of(&own)].map(|one| one.to_string());
        refused(refusal, &[&both[0], &both[1], "stated"]);
        let accepted = authority.verify(known, stated, &own, "chat.example");
        assert!(matches!(accepted, Ok(Secured::Pinned { .. })));
    }
    // It is renewed, so its fingerprint is not what to remember.
    let stated = Some(fingerprint_of(&public));
    let accepted = authority.verify(None, stated, &public, "chat.example");
    assert_eq!(accepted, Ok(Secured::Public));
}

#[test]
fn without_roots_nothing_is_public() {
    let authority = authority();
    let good = authority.issue(&params("chat.example"));
    let without = Authority {
        roots: None,
        ..authority
    };
    let verdict = without.verify(None, None, &good, "chat.example");
    assert!(matches!(verdict, Ok(Secured::Pinned { is_new: true, .. })));
}
