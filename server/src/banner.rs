//! What a server says when it has started: where it is, by what it is known, who comes first, and what it means that
//! others than this machine can reach it.

use std::fmt::Write as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use shared::{Fingerprint, Secret};

/// What there is to say.
pub(crate) struct Banner {
    pub(crate) http: SocketAddr,
    pub(crate) tcp: SocketAddr,
    pub(crate) is_tls: bool,
    pub(crate) fingerprint: Option<Fingerprint>,
    /// Where browsers find it, where the operator said so.
    pub(crate) public_url: Option<String>,
    /// By which somebody becomes the owner, where nobody is.
    pub(crate) owners_link: Option<Secret>,
    pub(crate) qr_code: QrStyle,
}

/// Whether and how to draw the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QrStyle {
    None,
    /// In black on white, whatever colours the terminal has, where another device can use it.
    Terminal,
    /// In plain characters, for dark backgrounds.
    Plain,
}

impl Banner {
    /// All of it. The first two lines are for programs too.
    pub(crate) fn text(&self) -> String {
        let here = self.address(on_this_machine(self.http));
        let with = if self.is_tls { " with TLS" } else { "" };
        let mut said = format!(
            "Chinwag is open at {here}\nnative TCP on {}{with}\n",
            self.tcp
        );
        let elsewhere = self.elsewhere();
        if let Some(elsewhere) = &elsewhere
            && *elsewhere != here
        {
            let _ = writeln!(said, "on other devices: {elsewhere}");
        }
        if let Some(fingerprint) = self.fingerprint {
            let _ = writeln!(said, "certificate fingerprint (SHA-256): {fingerprint}");
        }
        if let Some(code) = self.drawn(elsewhere.as_ref().unwrap_or(&here), elsewhere.is_some()) {
            let _ = write!(said, "\n{code}\n");
        }
        if let Some(token) = &self.owners_link {
            let (open, token) = (elsewhere.as_ref().unwrap_or(&here), token.reveal());
            let _ = write!(
                said,
                "\nNobody owns this server yet. Whoever opens this link first makes an account that does; it works \
                 once, until the next start:\n\n    {open}#invite={token}\n\n"
            );
        }
        if let Some(warning) = self.warning() {
            let _ = write!(said, "\nWARNING: {warning}\n\n");
        }
        said
    }

    /// What whoever opens the server to others without TLS should know.
    pub(crate) fn warning(&self) -> Option<String> {
        let is_open = |address: &SocketAddr| !address.ip().to_canonical().is_loopback();
        let open: Vec<String> = [self.http, self.tcp]
            .iter()
            .filter(|address| is_open(address))
            .map(SocketAddr::to_string)
            .collect();
        (!self.is_tls && !open.is_empty()).then(|| {
            format!(
                "open to others WITHOUT TLS on {}: anyone on the network between can read passwords, messages and \
                 files, change them, and act as whoever signs in. Turn TLS on (--tls-self-signed, or --tls-cert and \
                 --tls-key), or listen on 127.0.0.1 behind a proxy with TLS",
                open.join(" and ")
            )
        })
    }

    fn address(&self, at: SocketAddr) -> String {
        let scheme = if self.is_tls { "https" } else { "http" };
        format!("{scheme}://{at}/")
    }

    /// Where others than this machine find it, where they can.
    fn elsewhere(&self) -> Option<String> {
        if let Some(url) = &self.public_url {
            return Some(format!("{url}/"));
        }
        let ip = self.http.ip().to_canonical();
        let ip = if ip.is_unspecified() {
            own_address(ip)?
        } else {
            ip
        };
        let can_be_reached = !ip.is_loopback();
        can_be_reached.then(|| self.address(SocketAddr::new(ip, self.http.port())))
    }

    fn drawn(&self, address: &str, is_elsewhere: bool) -> Option<String> {
        match self.qr_code {
            QrStyle::None => None,
            QrStyle::Terminal if !is_elsewhere => None,
            style => draw(address, style == QrStyle::Terminal),
        }
    }
}

/// As whoever sits at this machine can open it.
fn on_this_machine(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// The address that this machine has on its network. Nothing is sent: the system only says which it would send from.
fn own_address(listening: IpAddr) -> Option<IpAddr> {
    // Addresses for documentation (RFC 5737, RFC 3849), which lead out by the usual way.
    let ways = [
        ("0.0.0.0:0", "192.0.2.1:9", true),
        ("[::]:0", "[2001:db8::1]:9", listening.is_ipv6()),
    ];
    ways.into_iter()
        .filter(|(_, _, is_listened)| *is_listened)
        .find_map(|(from, to, _)| {
            let socket = UdpSocket::bind(from).ok()?;
            socket.connect(to).ok()?;
            let ip = socket.local_addr().ok()?.ip();
            (!ip.is_unspecified() && !ip.is_loopback()).then_some(ip)
        })
}

/// A QR code in half blocks.
fn draw(text: &str, coloured: bool) -> Option<String> {
    let code = QrCode::new(text.as_bytes()).ok()?;
    let mut renderer = code.render::<Dense1x2>();
    if coloured {
        let drawn = renderer.build();
        let line = |line: &str| format!("\x1b[38;5;16;48;5;231m{line}\x1b[0m\n");
        return Some(drawn.lines().map(line).collect());
    }
    let drawn = renderer
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark);
    Some(drawn.build() + "\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn banner(http: &str) -> Banner {
        Banner {
            http: http.parse().unwrap(),
            tcp: "127.0.0.1:7878".parse().unwrap(),
            is_tls: false,
            fingerprint: None,
            public_url: None,
            owners_link: None,
            qr_code: QrStyle::Terminal,
        }
    }

    #[test]
    fn a_server_for_this_machine_says_two_lines() {
        assert_eq!(
            banner("127.0.0.1:8080").text(),
            "Chinwag is open at http://127.0.0.1:8080/\nnative TCP on 127.0.0.1:7878\n"
        );
    }

    #[test]
    fn the_first_link_is_where_others_can_open_it() {
        let mut banner = banner("127.0.0.1:8080");
        banner.owners_link = Some("TOKEN".into());
        let text = banner.text();
        assert!(
            text.contains("\n    http://127.0.0.1:8080/#invite=TOKEN\n"),
            "{text}"
        );
        banner.public_url = Some("https://chat.example/team".to_owned());
        let text = banner.text();
        assert!(
            text.contains("\n    https://chat.example/team/#invite=TOKEN\n"),
            "{text}"
        );
        assert!(
            text.contains("on other devices: https://chat.example/team/\n"),
            "{text}"
        );
    }

    #[test]
    fn what_others_can_reach_is_drawn_and_warned_of() {
        let mut banner = banner("192.0.2.7:80");
        let text = banner.text();
        assert!(
            text.starts_with("Chinwag is open at http://192.0.2.7:80/\n"),
            "{text}"
        );
        assert!(
            text.contains("\x1b[38;5;16;48;5;231m") && text.contains('▀'),
            "{text}"
        );
        assert!(
            text.contains("WARNING: open to others WITHOUT TLS on 192.0.2.7:80"),
            "{text}"
        );
        banner.is_tls = true;
        let text = banner.text();
        assert!(
            text.contains("https://192.0.2.7:80/") && !text.contains("WARNING"),
            "{text}"
        );
        banner.qr_code = QrStyle::None;
        assert_eq!(banner.text().lines().count(), 2);
    }

    #[test]
    fn every_address_of_this_machine_stands_for_one_that_can_be_opened() {
        for (listening, here) in [
            ("0.0.0.0:80", "http://127.0.0.1:80/"),
            ("[::]:80", "http://[::1]:80/"),
        ] {
            let text = banner(listening).text();
            assert!(
                text.starts_with(&format!("Chinwag is open at {here}\n")),
                "{text}"
            );
            assert!(!text.contains(&format!("http://{listening}")), "{text}");
        }
    }

    #[test]
    fn a_plain_drawing_is_the_same_in_other_colours() {
        let plain = draw("http://192.0.2.7:80/", false).unwrap();
        assert!(!plain.contains('\x1b'));
        let width = plain.lines().next().unwrap().chars().count();
        assert!(plain.lines().all(|line| line.chars().count() == width));
        // The quiet zone is light, which is what is drawn here.
        assert!(plain.lines().next().unwrap().chars().all(|c| c == '█'));
        assert!(width < 40, "{width}");
    }
}
