//! The portal's addresses: every page has one, and every address is read back to its page.

use api::{
    activations::Which,
    path::{part, unpart, value, value_of},
};
use licensing::{Licence, Programme, Sku, words::Number};

/// A page of the portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Home,
    SignIn,
    Country,
    Activations,
    Activation(Which),
    Where(Licence),
    /// The wizard: for the link that this tab has taken over, or for an activation of the portal.
    Activate(Option<Which>),
    Licences,
    /// One licence, with what stands above and below it, its contacts and its people.
    Licence(Licence),
    Profile,
    /// Requests to join that wait for the reader's decision.
    Joins,
    /// Asks for permission.
    Request,
    /// The reader's own requests for permission.
    Requests,
    /// Requests for permission that wait for the reader's decision.
    Approvals,
    /// Who may do what on a Licensing ID, and why.
    Access(Licence),
    /// The audit of a Licensing ID, or the reader's own.
    Audit(Option<Licence>),
    /// Managing the users of a Licensing ID: pages of a program beside the portal.
    Manage(Licence, Managing),
    Nowhere,
}

/// A page on which users are managed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Managing {
    /// Who has what.
    People,
    /// Gives somebody something.
    Add,
    /// One person: what they have, and changing that.
    Person,
    /// Several people at once.
    Several,
}

impl Managing {
    const ALL: [Self; 4] = [Self::People, Self::Add, Self::Person, Self::Several];

    /// What stands in the path behind the Licensing ID; nothing for the list.
    const fn part(self) -> &'static str {
        match self {
            Self::People => "",
            Self::Add => "add",
            Self::Person => "person",
            Self::Several => "several",
        }
    }
}

impl Route {
    /// The page at a path.
    pub(crate) fn at(path: &str) -> Self {
        let parts: Option<Vec<String>> = path.split('/').filter(|part| !part.is_empty()).map(unpart).collect();
        let parts = parts.unwrap_or_else(|| vec![String::new()]);
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let found = match parts[..] {
            [] => Some(Self::Home),
            ["sign-in"] => Some(Self::SignIn),
            ["country"] => Some(Self::Country),
            ["activations"] => Some(Self::Activations),
            ["activations", programme, number, product] => which(programme, number, product).map(Self::Activation),
            ["where", programme, number] => licence(programme, number).map(Self::Where),
            ["activate"] => Some(Self::Activate(None)),
            ["activate", programme, number, product] => {
                which(programme, number, product).map(|which| Self::Activate(Some(which)))
            }
            ["licences"] => Some(Self::Licences),
            ["licences", programme, number] => licence(programme, number).map(Self::Licence),
            ["profile"] => Some(Self::Profile),
            ["joins"] => Some(Self::Joins),
            ["request"] => Some(Self::Request),
            ["requests"] => Some(Self::Requests),
            ["approvals"] => Some(Self::Approvals),
            ["access", programme, number] => licence(programme, number).map(Self::Access),
            ["audit"] => Some(Self::Audit(None)),
            ["audit", programme, number] => licence(programme, number).map(|licence| Self::Audit(Some(licence))),
            ["manage", programme, number] => managed(programme, number, ""),
            ["manage", programme, number, what] => managed(programme, number, what),
            _ => None,
        };
        found.unwrap_or(Self::Nowhere)
    }

    /// The path of a page.
    pub(crate) fn path(&self) -> String {
        match self {
            Self::Home | Self::Nowhere => "/".to_owned(),
            Self::SignIn => "/sign-in".to_owned(),
            Self::Country => "/country".to_owned(),
            Self::Activations => "/activations".to_owned(),
            Self::Activation(which) => format!("/activations/{}", which_path(which)),
            Self::Where(licence) => format!("/where/{}", licence_path(licence)),
            Self::Activate(None) => "/activate".to_owned(),
            Self::Activate(Some(which)) => format!("/activate/{}", which_path(which)),
            Self::Licences => "/licences".to_owned(),
            Self::Licence(licence) => format!("/licences/{}", licence_path(licence)),
            Self::Profile => "/profile".to_owned(),
            Self::Joins => "/joins".to_owned(),
            Self::Request => "/request".to_owned(),
            Self::Requests => "/requests".to_owned(),
            Self::Approvals => "/approvals".to_owned(),
            Self::Access(licence) => format!("/access/{}", licence_path(licence)),
            Self::Audit(None) => "/audit".to_owned(),
            Self::Audit(Some(licence)) => format!("/audit/{}", licence_path(licence)),
            Self::Manage(licence, Managing::People) => format!("/manage/{}", licence_path(licence)),
            Self::Manage(licence, what) => format!("/manage/{}/{}", licence_path(licence), what.part()),
        }
    }
}

fn licence(programme: &str, number: &str) -> Option<Licence> {
    Some(Licence { programme: programme.parse::<Programme>().ok()?, number: number.parse::<Number>().ok()? })
}

fn managed(programme: &str, number: &str, what: &str) -> Option<Route> {
    let what = Managing::ALL.into_iter().find(|managing| managing.part() == what)?;
    licence(programme, number).map(|licence| Route::Manage(licence, what))
}

fn which(programme: &str, number: &str, product: &str) -> Option<Which> {
    Some(Which { licence: licence(programme, number)?, product: product.parse::<Sku>().ok()? })
}

fn licence_path(licence: &Licence) -> String {
    format!("{}/{}", licence.programme, part(licence.number.as_str()))
}

fn which_path(which: &Which) -> String {
    format!("{}/{}", licence_path(&which.licence), part(which.product.as_str()))
}

/// What a query says of a key, if it says anything.
pub(crate) fn said(query: &str, key: &str) -> Option<String> {
    let pair = query.split('&').find_map(|pair| pair.strip_prefix(key)?.strip_prefix('='))?;
    value_of(pair).filter(|value| !value.is_empty())
}

/// A query of these pairs, without those that say nothing.
pub(crate) fn query(pairs: &[(&str, &str)]) -> String {
    let said: Vec<String> =
        pairs.iter().filter(|(_, said)| !said.is_empty()).map(|(key, said)| format!("{key}={}", value(said))).collect();
    crate::browser::joined(said.iter().map(String::as_str), "&")
}

/// Where a person goes after signing in. Only a path of this site is followed: browsers skip control characters and read
/// `\` as `/`, so neither may occur, and two slashes at the start would name another site.
pub(crate) fn safe_way_on(next: &str) -> Option<&str> {
    let plain = next.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let here = next.starts_with('/') && !next.starts_with("//");
    let elsewhere = !next.starts_with("/sign-in") && !next.starts_with("/api/");
    (plain && here && elsewhere).then_some(next)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some_licence() -> Licence {
        licence("open-value", "12/34 ü").unwrap()
    }

    /// UI-01 deep links work: every page has an address that leads back to it.
    #[test]
    fn ui_01_every_page_is_found_at_its_address() {
        let which = Which { licence: some_licence(), product: "cloud?#%/1".parse().unwrap() };
        for route in [
            Route::Home,
            Route::SignIn,
            Route::Country,
            Route::Activations,
            Route::Activation(which.clone()),
            Route::Where(some_licence()),
            Route::Activate(None),
            Route::Activate(Some(which)),
            Route::Licences,
            Route::Licence(some_licence()),
            Route::Profile,
            Route::Joins,
            Route::Request,
            Route::Requests,
            Route::Approvals,
            Route::Access(some_licence()),
            Route::Audit(None),
            Route::Audit(Some(some_licence())),
            Route::Manage(some_licence(), Managing::People),
            Route::Manage(some_licence(), Managing::Add),
            Route::Manage(some_licence(), Managing::Person),
            Route::Manage(some_licence(), Managing::Several),
        ] {
            assert_eq!(Route::at(&route.path()), route, "{}", route.path());
        }
    }

    #[test]
    fn what_is_no_page_is_nowhere() {
        for path in [
            "/nothing",
            "/activations/1",
            "/where/unheard-of/1",
            "/where/enterprise/%zz",
            "/activate/enterprise/1",
            "/licences/select",
            "/licences/select/1/2",
            "/manage",
            "/manage/select",
            "/manage/select/1/nothing",
        ] {
            assert_eq!(Route::at(path), Route::Nowhere, "{path}");
        }
        assert_eq!(Route::at("/activations/"), Route::Activations);
    }

    #[test]
    fn a_query_is_read_back() {
        let text = query(&[("state", "invited"), ("q", "a&b=c d"), ("after", "")]);
        assert_eq!(text, "state=invited&q=a%26b%3Dc%20d");
        assert_eq!(said(&text, "q").as_deref(), Some("a&b=c d"));
        assert_eq!(said(&text, "after"), None);
        assert_eq!(said("state=", "state"), None);
        assert_eq!(said("", "state"), None);
    }

    /// UI-01 the way back after signing in never leads to another site.
    #[test]
    fn ui_01_only_paths_of_this_site_are_followed() {
        for good in ["/", "/activations?state=invited", "/where/enterprise/8859"] {
            assert_eq!(safe_way_on(good), Some(good));
        }
        for bad in [
            "",
            "https://elsewhere.example",
            "//elsewhere.example",
            "/\\elsewhere.example",
            "\\\\elsewhere.example",
            "/\t/elsewhere.example",
            "/\n/elsewhere.example",
            "javascript:alert(1)",
            " /",
            "/sign-in?next=/",
            "/api/sign-out",
        ] {
            assert_eq!(safe_way_on(bad), None, "{bad:?}");
        }
    }
}
