//! Public mail providers: domains that anybody can have an address at, so that they say nothing of an organisation
//! (REG-02, ACT-01, ACT-15).

/// One domain a line after the comments, sorted by bytes.
const DOMAINS: &str = include_str!("public_mail_domains.txt");

/// Whether a domain is a public mail provider's, however it is written: in capitals, with a dot at its end, in letters of
/// any script or as `xn--…`. What lies below a provider's domain is the provider's as well (`vip.qq.com`).
pub fn is_public(domain: &str) -> bool {
    let domain = normal(domain);
    let mut rest = domain.as_str();
    while let Some((_, above)) = rest.split_once('.') {
        if is_listed(rest) {
            return true;
        }
        rest = above;
    }
    false
}

/// In lower-case ASCII. What is no domain name of IDNA stays as it is: it can't be listed.
fn normal(domain: &str) -> String {
    let domain = domain.trim();
    let ascii = idna::domain_to_ascii(domain).unwrap_or_else(|_| domain.to_ascii_lowercase());
    ascii.trim_end_matches('.').to_owned()
}

/// Looks a line up by halving the text.
fn is_listed(domain: &str) -> bool {
    let mut text = DOMAINS;
    while !text.is_empty() {
        let half = text.len() / 2;
        let start = text.as_bytes()[..half].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let end = text.as_bytes()[half..].iter().position(|byte| *byte == b'\n').map_or(text.len(), |at| half + at);
        match text[start..end].cmp(domain) {
            std::cmp::Ordering::Equal => return true,
            std::cmp::Ordering::Less => text = text.get(end + 1..).unwrap_or_default(),
            std::cmp::Ordering::Greater => text = &text[..start],
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn listed() -> Vec<&'static str> {
        DOMAINS.lines().filter(|line| !line.starts_with('#')).collect()
    }

    /// REG-02 more than 500 domains, each written as it is looked up, once, in order.
    #[test]
    fn reg_02_the_list_is_long_sorted_and_normal() {
        let listed = listed();
        assert!(listed.len() > 500, "{}", listed.len());
        assert!(DOMAINS.lines().is_sorted_by_key(|line| !line.starts_with('#')), "comments come first");
        assert!(listed.windows(2).all(|pair| pair[0] < pair[1]), "no repeats");
        for domain in listed {
            assert_eq!(normal(domain), domain);
            assert!(domain.contains('.') && is_listed(domain) && is_public(domain), "{domain}");
        }
    }

    /// REG-02 what is below a listed domain counts with it, so it is not listed itself.
    #[test]
    fn reg_02_no_listed_domain_is_below_another() {
        for domain in listed() {
            assert!(!is_public(domain.split_once('.').unwrap().1), "{domain}");
        }
    }

    /// REG-02 well-known providers, in whatever spelling.
    #[test]
    fn reg_02_providers_are_known_however_they_are_written() {
        let spellings = "gmail.com|GMail.COM|gmail.com.| gmail.com|ｇｍａｉｌ.com|gmail。com|outlook.com|hotmail.co.uk|yahoo.co.jp|\
            icloud.com|web.de|gmx.net|t-online.de|qq.com|vip.qq.com|163.com|mail.ru|yandex.ru|seznam.cz|orange.fr|libero.it|\
            naver.com|proton.me|posteo.de|tuta.com|mailinator.com|anyone.zzn.com|müllmail.com|MÜLLMAIL.com|mu\u{308}llmail.com|\
            xn--mllmail-n2a.com|XN--MLLMAIL-N2A.COM.";
        for domain in spellings.split('|') {
            assert!(is_public(domain), "{domain}");
        }
    }

    /// REG-02 organisations' own domains are not taken for providers, nor is what merely resembles one.
    #[test]
    fn reg_02_other_domains_are_not_public() {
        let others = "contoso.example|fabrikam.example|gmail.com.contoso.example|notgmail.com|gmail|com|co.uk||.|..|-|#|\
            # To refresh|xn--|xn--\u{0}|gmail.com/x|müllmail.example";
        for domain in others.split('|') {
            assert!(!is_public(domain), "{domain}");
        }
    }

    proptest! {
        /// REG-02 a lookup finds what is listed and nothing else, and takes any text.
        #[test]
        fn reg_02_a_lookup_agrees_with_the_list(text in "\\PC{0,40}", label in "[a-z0-9-]{1,12}", which in any::<prop::sample::Index>()) {
            let _ = is_public(&text);
            let all = listed();
            let domain = *which.get(&all);
            prop_assert!(is_public(&domain.to_uppercase()));
            let other = format!("{label}{domain}");
            prop_assert_eq!(is_listed(&other), all.contains(&other.as_str()));
        }
    }
}
