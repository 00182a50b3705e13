//! Where a web hook's deliveries go.

use std::net::{IpAddr, Ipv4Addr};

use engine_interfaces::Rule;
use reqwest::Url;

use super::addresses::Addresses;

/// The most characters of a URL.
const LONGEST: usize = 2_048;
/// The first port that is no well-known service's.
const FIRST_FREE_PORT: u16 = 1_024;

/// Where a web hook's deliveries go: a URL of an allowed form, whose host may be asked as far as its text
/// tells. What a name leads to is looked at when it is connected to.
#[derive(Clone)]
pub(crate) struct Target(Url);

impl Target {
    /// Reads a URL, as browsers do: `http://2130706433/` and `http://0x7f.1/` are `http://127.0.0.1/`.
    pub(crate) fn parse(text: &str, addresses: &Addresses) -> Result<Self, Rule> {
        if text.is_empty() {
            return Err(Rule::Blank);
        }
        if text.chars().nth(LONGEST).is_some() {
            return Err(Rule::TooLong);
        }
        if text.contains('\0') {
            return Err(Rule::Nul);
        }
        // The parser drops white space; what is kept is what was given, so there may be none.
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(Rule::Format);
        }
        let url = Url::parse(text).map_err(|_| Rule::Format)?;
        let good = matches!(url.scheme(), "https" | "http")
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none()
            && url.port_or_known_default().is_some_and(may_be_asked)
            && !refused(&url, addresses);
        if good { Ok(Self(url)) } else { Err(Rule::Format) }
    }

    pub(crate) fn url(&self) -> &Url {
        &self.0
    }

    /// What a log may name.
    pub(crate) fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

/// The web's ports, and those that belong to no well-known service: nobody is to greet a mail server.
fn may_be_asked(port: u16) -> bool {
    matches!(port, 80 | 443 | FIRST_FREE_PORT..)
}

/// Is the host an address that may not be reached, or this machine's own name?
fn refused(url: &Url, addresses: &Addresses) -> bool {
    let Some(host) = url.host_str() else { return true };
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = bare.parse::<IpAddr>() {
        return !addresses.allow(address);
    }
    let name = host.trim_end_matches('.');
    let local = name == "localhost" || name.ends_with(".localhost");
    local && !addresses.allow(Ipv4Addr::LOCALHOST.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<Rule> {
        Target::parse(text, &Addresses::default()).err()
    }

    #[test]
    fn is_the_webs_and_names_a_host() {
        for good in [
            "https://example.com/hook",
            "http://example.com",
            "https://example.com:8443/a?b=c",
            "https://bücher.example/x",
            "https://8.8.8.8/",
            "https://[2606:4700:4700::1111]:1024/",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
        for bad in [
            "example.com",
            "/hook",
            "ftp://example.com/",
            "file:///etc/passwd",
            "gopher://example.com/",
            "javascript:alert(1)",
            "https://",
            "https://user@example.com/",
            "https://user:secret@example.com/",
            "https://example.com/#part",
            "https://example.com:0/",
            "http://example.com:22/",
            "http://example.com:25/",
            "http://example.com:1023/",
            "https://example.com:65536/",
            " https://example.com/",
            "https://exa mple.com/",
            "https://example.com/\n",
            "https://exam\tple.com/",
        ] {
            assert_eq!(fault(bad), Some(Rule::Format), "{bad}");
        }
        assert_eq!(fault(""), Some(Rule::Blank));
        assert_eq!(fault("https://example.com/\0"), Some(Rule::Nul));
        let long = |length: usize| format!("https://example.com/{}", "x".repeat(length - 20));
        assert_eq!(fault(&long(LONGEST)), None);
        assert_eq!(fault(&long(LONGEST + 1)), Some(Rule::TooLong));
    }

    #[test]
    fn an_address_is_refused_however_it_is_spelt() {
        for bad in [
            "http://127.0.0.1/",
            "http://127.1/",
            "http://127.0.0.1./",
            "http://2130706433/",
            "http://017700000001/",
            "http://0177.0.0.1/",
            "http://0x7f000001/",
            "http://0x7f.0.0.1/",
            "http://127.0.0.1:8080/",
            "http://①②⑦.⓪.⓪.①/",
            "http://%31%32%37.0.0.1/",
            "http://127。0。0。1/",
            "http://0/",
            "http://10.0.0.1/",
            "http://0xa9fea9fe/latest/meta-data/",
            "http://169.254.169.254/latest/meta-data/",
            "http://[::1]/",
            "http://[::]/",
            "http://[0:0:0:0:0:0:0:1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[::ffff:7f00:1]/",
            "http://[64:ff9b::7f00:1]/",
            "http://[2002:7f00:1::]/",
            "http://[fe80::1]/",
            "http://[fd00:ec2::254]/",
            "http://localhost/",
            "http://LOCALHOST:3000/",
            "http://localhost./",
            "http://a.localhost/",
        ] {
            assert_eq!(fault(bad), Some(Rule::Format), "{bad}");
        }
    }

    #[test]
    fn an_operators_own_network_may_be_named() {
        let addresses = Addresses::new(&["127.0.0.0/8".parse().unwrap()]);
        for good in ["http://127.0.0.1:3000/", "http://localhost:3000/", "http://2130706433/"] {
            assert!(Target::parse(good, &addresses).is_ok(), "{good}");
        }
        assert!(Target::parse("http://[::1]/", &addresses).is_err());
    }
}
