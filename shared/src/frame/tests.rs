use super::*;

#[test]
fn a_link_gets_the_address_that_its_reader_can_follow() {
    let mut server = ServerInfo {
        name: "Test".to_owned(),
        version: "1".to_owned(),
        public_url: None,
        files_url: None,
        http_port: Some(8080),
        https: false,
    };
    let address = |server: &ServerInfo, host| server.address_of(host, "/files/x").unwrap();
    assert_eq!(address(&server, "::1"), "http://[::1]:8080/files/x");
    server.https = true;
    assert_eq!(
        address(&server, "a.example"),
        "https://a.example:8080/files/x"
    );
    server.public_url = Some("http://b.example/chat/".to_owned());
    assert_eq!(address(&server, "::1"), "http://b.example/chat/files/x");
    server.files_url = Some("https://files.example/".to_owned());
    assert_eq!(address(&server, "::1"), "https://files.example/files/x");
    server.files_url = None;
    server.public_url = None;
    server.http_port = None;
    assert_eq!(server.address_of("a.example", "/files/x"), None);
}
