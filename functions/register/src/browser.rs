//! What a browser is known by: that it asked for a code (REG-03), and that somebody signed in with it before (REG-05).

use gateway::{
    App, Request,
    request::Ask,
    session::{asked_cookie, cookie, familiar_cookie},
};
use licensing::{
    Address,
    seal::{Link, stored_hash, to_text},
};

/// A browser stays familiar for a year.
const FAMILIAR_SECONDS: i64 = 365 * 24 * 3600;

/// A browser is familiar with so many addresses at once: the newest ones.
const FAMILIAR_ADDRESSES: usize = 4;

/// The secret of a browser that asks for a code. One that it has already stays, so that links of two mails work in it.
pub(crate) struct Asking {
    secret: String,
}

impl Asking {
    /// Of this browser.
    pub(crate) fn of(app: &App, request: &Request) -> Self {
        let has = request.cookie(asked_cookie(&app.site)).filter(|secret| is_secret(secret));
        Self { secret: has.unwrap_or_else(|| to_text(&app.chance.bytes::<32>())) }
    }

    /// What is stored of it.
    pub(crate) fn hash(&self) -> String {
        stored_hash(self.secret.as_bytes())
    }

    /// The cookie, for as long as a code lives.
    pub(crate) fn cookie(&self, app: &App) -> String {
        let seconds = i64::from(app.policy.sign_in.code_minutes) * 60;
        cookie(&app.site, asked_cookie(&app.site), &self.secret, seconds)
    }
}

/// Whether this browser asked for the code whose mail was asked for by `browser`.
pub(crate) fn asked_here(app: &App, request: &Request, browser: &str) -> bool {
    request.cookie(asked_cookie(&app.site)).is_some_and(|secret| stored_hash(secret.as_bytes()) == browser)
}

/// The name of this browser, if somebody signed in as `address` with it before; otherwise empty, as for all strangers.
pub(crate) fn device(app: &App, request: &Request, address: &Address) -> String {
    let all = familiar(app, request);
    all.into_iter().find(|(of, _, _)| of == address).map(|(_, device, _)| device).unwrap_or_default()
}

/// The cookie by which this browser is familiar with `address` from now on, besides those that it was familiar with.
pub(crate) fn familiar_from_now_on(app: &App, request: &Request, address: &Address) -> String {
    let all = familiar(app, request);
    let device = all.iter().find(|(of, _, _)| of == address).map(|(_, device, _)| device.clone());
    let device = device.unwrap_or_else(|| app.chance.name());
    let mut tokens = vec![app.keys.links().seal(&Link::Familiar { address: address.clone(), device })];
    tokens.extend(all.into_iter().filter(|(of, _, _)| of != address).map(|(_, _, token)| token));
    tokens.truncate(FAMILIAR_ADDRESSES);
    cookie(&app.site, familiar_cookie(&app.site), &tokens.join("."), FAMILIAR_SECONDS)
}

fn familiar(app: &App, request: &Request) -> Vec<(Address, String, String)> {
    let tokens = request.cookie(familiar_cookie(&app.site)).unwrap_or_default();
    tokens
        .split('.')
        .take(FAMILIAR_ADDRESSES)
        .filter_map(|token| {
            app.keys.links().open_familiar(token).ok().map(|(of, device)| (of, device, token.to_owned()))
        })
        .collect()
}

fn is_secret(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}
