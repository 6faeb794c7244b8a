//! Where others may be called (LINK-11): subscribers of webhooks and provisioning endpoints, at public HTTPS addresses only.
//!
//! An operator writes down an [`Endpoint`]; whoever calls it resolves its name and asks [`is_public`] about every address
//! that the name leads to, for a name that looks harmless may lead into the deployment's own network.

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// An address that others gave us to call.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Endpoint {
    text: String,
    host: String,
    port: u16,
    loopback: bool,
}

/// Longer addresses are refused, bytes.
const LONGEST: usize = 500;

/// The only port of HTTPS that is called.
pub const HTTPS: u16 = 443;

impl Endpoint {
    /// The address, with its host in lower case: `https://host/path?query`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The host's name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Path and query.
    pub fn target(&self) -> &str {
        let rest = self.text.split_once("://").map_or("", |(_, rest)| rest);
        rest.find('/').map_or("/", |at| &rest[at..])
    }

    /// Whether it is a program on this very machine, without TLS: for the portal on one machine only.
    pub const fn is_loopback(&self) -> bool {
        self.loopback
    }
}

impl FromStr for Endpoint {
    type Err = &'static str;

    /// `https://host/path`, or `http://127.0.0.1:port/path`, which only the portal on one machine calls.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        if text.len() > LONGEST || !text.bytes().all(|byte| byte.is_ascii_graphic() && !br#"\"<>^`{|}"#.contains(&byte))
        {
            return Err("has at most 500 characters, all of them such as an address takes (%-encoded where needed)");
        }
        let (scheme, rest) = text.split_once("://").ok_or("begins with https://")?;
        let (authority, target) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
        if target.contains('#') {
            return Err("has no part after #");
        }
        if authority.contains('@') {
            return Err("has no name or password in it: what is sent is signed");
        }
        let slash = if target.starts_with('/') { "" } else { "/" };
        if scheme.eq_ignore_ascii_case("http") {
            let port = authority.strip_prefix("127.0.0.1:").and_then(|port| port.parse().ok());
            let port = port.filter(|port| *port > 0).ok_or("begins with https://")?;
            let text = format!("http://127.0.0.1:{port}{slash}{target}");
            return Ok(Self { text, host: "127.0.0.1".into(), port, loopback: true });
        }
        if !scheme.eq_ignore_ascii_case("https") {
            return Err("begins with https://");
        }
        let host = match authority.split_once(':') {
            None => authority,
            Some((host, "443")) => host,
            Some(_) => return Err("uses HTTPS's own port, 443"),
        };
        if !is_name(host) {
            return Err("has a host's full name, such as hooks.example.com: no number, no name of one word");
        }
        let host = host.to_ascii_lowercase();
        Ok(Self { text: format!("https://{host}{slash}{target}"), host, port: HTTPS, loopback: false })
    }
}

impl TryFrom<String> for Endpoint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Endpoint> for String {
    fn from(endpoint: Endpoint) -> Self {
        endpoint.text
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A host's full name: at least two labels, the last one no number.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let last = host.rsplit('.').next().unwrap_or_default();
    host.len() <= 253
        && host.contains('.')
        && host.split('.').all(label)
        && last.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'-')
            | last.to_ascii_lowercase().starts_with("xn--")
}

/// Whether an address is one of the public internet: nothing of this machine, of its network, or of a carrier's; no group,
/// no example, nothing reserved; none that is one of these in another form. What IANA's registries of special-purpose
/// addresses list is not public, and of IPv6 only what is given out for the internet (`2000::/3`) is.
pub fn is_public(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// Networks that are not public, as address and length.
const NOT_PUBLIC_V4: [(Ipv4Addr, u32); 17] = [
    // This network, private networks, carriers' networks.
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    // Link-local: what clouds tell about their machines stands at 169.254.169.254.
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    // Protocols' own, examples, old relays between IPv4 and IPv6, measurements.
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Groups, and all that is reserved behind them.
    (Ipv4Addr::new(224, 0, 0, 0), 3),
];

/// Answers machines of one cloud about themselves, although it looks like any other address.
const WIRE_SERVER: Ipv4Addr = Ipv4Addr::new(168, 63, 129, 16);

fn is_public_v4(address: Ipv4Addr) -> bool {
    let is_in = |(network, length): &(Ipv4Addr, u32)| (address.to_bits() ^ network.to_bits()) >> (32 - length) == 0;
    address != WIRE_SERVER && !NOT_PUBLIC_V4.iter().any(is_in)
}

/// What is not public within `2000::/3`.
const NOT_PUBLIC_V6: [(Ipv6Addr, u32); 5] = [
    // Protocols' own, among them Teredo, which leads to an IPv4 address.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    // Examples.
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
    // 6to4, which leads to an IPv4 address.
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
];

fn is_public_v6(address: Ipv6Addr) -> bool {
    let is_in = |(network, length): &(Ipv6Addr, u32)| (address.to_bits() ^ network.to_bits()) >> (128 - length) == 0;
    // In a network without IPv4, names lead to public hosts by this prefix (NAT64): what counts is the host behind it.
    if is_in(&(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0), 96)) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    is_in(&(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3)) && !NOT_PUBLIC_V6.iter().any(is_in)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// LINK-11 addresses of every special kind, first and last of their networks, and their neighbours.
    #[test]
    fn link_11_only_addresses_of_the_public_internet_are_called() {
        let inside = [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.0",
            "192.0.0.192",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.1",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "100.100.100.200",
            "168.63.129.16",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::ffff:169.254.169.254",
            "::7f00:1",
            "64:ff9b::7f00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::1",
            "100::1",
            "2001::1",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::1",
            "2002:0808:0808::1",
            "3fff::1",
            "fc00::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "5f00::1",
            "4000::1",
        ];
        for address in inside {
            assert!(!is_public(address.parse().expect("an address")), "{address} is not public");
        }
        let outside = [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.1",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "168.63.129.15",
            "2606:4700::1111",
            "2a00::1",
            "::ffff:1.1.1.1",
            "64:ff9b::101:101",
            "2001:200::1",
            "3ffe::1",
        ];
        for address in outside {
            assert!(is_public(address.parse().expect("an address")), "{address} is public");
        }
    }

    proptest! {
        /// LINK-11 an IPv4 address in another form is judged as what it is, or refused.
        #[test]
        fn link_11_no_other_form_makes_an_address_public(bits: u32) {
            let v4 = Ipv4Addr::from_bits(bits);
            let [a, b, c, d] = v4.octets().map(u16::from);
            let (high, low) = (a << 8 | b, c << 8 | d);
            let public = is_public(v4.into());
            prop_assert_eq!(is_public(v4.to_ipv6_mapped().into()), public);
            prop_assert_eq!(is_public(Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low).into()), public);
            prop_assert!(!is_public(Ipv6Addr::new(0, 0, 0, 0, 0, 0, high, low).into()));
            prop_assert!(!is_public(Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1).into()));
            // What the standard library knows to be special is special here.
            let special = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified();
            prop_assert!(!(special && public));
        }

        /// LINK-11 IPv6 likewise.
        #[test]
        fn link_11_special_ipv6_addresses_are_not_public(bits: u128) {
            let v6 = Ipv6Addr::from_bits(bits);
            let special = v6.is_loopback() || v6.is_unspecified() || v6.is_multicast() || v6.is_unique_local()
                || v6.is_unicast_link_local();
            prop_assert!(!(special && is_public(v6.into())));
        }

        /// LINK-11 what is taken reads the same again, and names one host.
        #[test]
        fn link_11_an_endpoint_that_is_taken_stays_itself(text in "https?://[a-zA-Z0-9.:@/?#%_-]{0,40}") {
            if let Ok(endpoint) = text.parse::<Endpoint>() {
                prop_assert_eq!(endpoint.as_str().parse::<Endpoint>(), Ok(endpoint.clone()));
                prop_assert!(endpoint.target().starts_with('/'));
                prop_assert!(endpoint.is_loopback() || endpoint.port() == 443 && is_name(endpoint.host()));
            }
        }
    }

    /// LINK-11 what an operator may write down, and what is refused with a reason.
    #[test]
    fn link_11_an_endpoint_is_a_full_https_address() {
        for (text, host, target) in [
            ("https://Hooks.Contoso.example/In?a=1", "hooks.contoso.example", "/In?a=1"),
            ("https://hooks.contoso.example", "hooks.contoso.example", "/"),
            ("https://hooks.contoso.example:443?x", "hooks.contoso.example", "/?x"),
            ("https://a.xn--p1ai/%20", "a.xn--p1ai", "/%20"),
        ] {
            let endpoint: Endpoint = text.parse().expect(text);
            assert_eq!((endpoint.host(), endpoint.target(), endpoint.port()), (host, target, 443));
            let whole = format!("https://{host}{target}");
            assert_eq!((endpoint.as_str(), endpoint.to_string()), (whole.as_str(), whole.clone()));
            assert_eq!(serde_json::to_value(&endpoint).unwrap(), whole, "it is kept as it is called");
            assert!(!endpoint.is_loopback());
        }
        let local: Endpoint = "http://127.0.0.1:8401/demo".parse().expect("this machine");
        assert!(local.is_loopback() && local.port() == 8401 && local.target() == "/demo");
        for text in [
            "",
            "hooks.contoso.example",
            "http://hooks.contoso.example/",
            "ftp://hooks.contoso.example/",
            "https://hooks.contoso.example:8443/",
            "https://ann:secret@hooks.contoso.example/",
            "https://hooks.contoso.example/#part",
            "https://localhost/",
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://[::1]/",
            "https://0x7f.1/",
            "https://hooks.contoso.example./",
            "https://-a.example/",
            "https://hooks..example/",
            "https://höhe.example/",
            "https://hooks.contoso.example/a b",
            "https://hooks.contoso.example/\r\nx: y",
            "https://hooks.contoso.example/<x>",
            "http://127.0.0.1/",
            "http://127.0.0.1:0/",
            "http://127.0.0.2:80/",
            "http://localhost:1/",
            "https:///path",
            "https://hooks.contoso.example\\@evil.example/",
        ] {
            assert!(text.parse::<Endpoint>().is_err(), "{text}");
        }
        let of_length = |length: usize| format!("https://a.example/{}", "x".repeat(length - 18)).parse::<Endpoint>();
        assert!(of_length(500).is_ok() && of_length(501).is_err());
    }

    /// LINK-11 a host's name is taken as names are written: any length that names have, and any script's top-level domain.
    #[test]
    fn link_11_a_hosts_name_has_the_form_of_names() {
        let long =
            |label: usize| format!("{}.{}.{}.{}", "a".repeat(63), "b".repeat(63), "c".repeat(63), "d".repeat(label));
        for name in ["a.example", "a_b.c-d.example", "a.xn--abc", "a.xn--p1ai", "a.XN--P1AI", "1.2.example", &long(61)]
        {
            assert!(is_name(name), "{name}");
            assert_eq!(format!("https://{name}/").parse::<Endpoint>().unwrap().host(), name.to_ascii_lowercase());
        }
        for name in [
            "",
            "a",
            "a.",
            ".example",
            "a..example",
            "-a.example",
            "a-.example",
            "a.example-",
            "a.4",
            "a.0x7f",
            "a b.example",
            &long(62),
        ] {
            assert!(!is_name(name), "{name}");
            assert!(format!("https://{name}/").parse::<Endpoint>().is_err(), "{name}");
        }
    }
}
