//! `/s`: the sign-in link of a mail (REG-03). In the browser that asked it signs in at once; in another one the person first
//! types the address, so that a forwarded or scanned mail opens nothing.

use api::sign_in::{LinkShown as SignInLinkShown, LinkToken, SignIn};
use leptos::prelude::*;
use licensing::Address;

use crate::{
    behind::{self, Behind},
    browser,
    client::{self, Answered, Trouble, read},
    components::{
        Draw, code,
        form::{Field, Form},
        html::{actions, around, button_link, h1, lead, line, p, quiet_link, strong},
        load::draw,
    },
    messages as m, route,
};

/// Where the sign-in page of this browser wanted to go on.
pub(crate) const KEPT_WAY_ON: &str = "way-on";

const KEPT: &str = "sign-in-link";

pub(crate) const PAGE: Behind = Behind { kept: KEPT, ask: client::sign_in_link, shown, broken };

fn shown(token: LinkToken, came: Answered<String>) -> Answered<Draw> {
    match came.and_then(|text| read::<SignInLinkShown>(&text)) {
        Ok(shown) => draw(move || match shown.address {
            Some(address) => signing_in(token, address),
            None => whose(token),
        }),
        Err(trouble) if !trouble.may_pass() => draw(move || dead(&trouble)),
        Err(trouble) => Err(trouble),
    }
}

/// The link is not whole; the code of the same mail does as well.
fn broken() -> AnyView {
    browser::keep(KEPT, "");
    let again = actions(vec![quiet_link("/sign-in", m::ASK_FOR_NEW_MAIL)]);
    behind::broken(m::BROKEN_SIGN_IN, vec![with_address(None), again].into_any())
}

/// Asks for the address, and for the code of the mail where there is no link.
fn with_address(token: Option<LinkToken>) -> AnyView {
    let form = Form::new();
    let code = if token.is_none() { code::field(form, m::CODE_WHERE) } else { ().into_any() };
    let fields = vec![form.field(Field::address("address", m::WORK_ADDRESS)), code, form.button(m::SIGN_IN)];
    form.view(fields, move |filled| {
        let Ok(address) = Address::typed(&filled.text("address")) else {
            form.fault("address", m::ADDRESS_MALFORMED);
            return;
        };
        form.send(enter(match &token {
            Some(link) => SignIn::Link { token: link.token.clone(), address: Some(address) },
            None => {
                let Some(code) = code::typed(form, &filled) else { return };
                SignIn::Code { address, code }
            }
        }));
    })
}

/// The link is over.
fn dead(trouble: &Trouble) -> AnyView {
    browser::keep(KEPT, "");
    vec![
        h1(trouble.title.clone()),
        p(trouble.detail.clone()),
        actions(vec![button_link("/sign-in", m::ASK_FOR_NEW_MAIL)]),
    ]
    .into_any()
}

fn signing_in(token: LinkToken, address: Address) -> AnyView {
    let form = Form::new();
    let send = move || form.send(enter(SignIn::Link { token: token.token.clone(), address: None }));
    send();
    form.view(
        vec![
            h1(m::SIGNING_IN),
            line(vec![around(m::YOU_ARE_SIGNING_IN_AS, strong(address.as_str().to_owned()))]),
            form.button(m::SIGN_IN),
        ],
        move |_| send(),
    )
}

fn whose(token: LinkToken) -> AnyView {
    vec![h1(m::TYPE_YOUR_ADDRESS), lead(m::OTHER_BROWSER), with_address(Some(token))].into_any()
}

async fn enter(how: SignIn) -> Answered<()> {
    client::enter(&how).await?;
    browser::keep(KEPT, "");
    let way_on = browser::kept_by_browser(KEPT_WAY_ON).unwrap_or_default();
    browser::keep_in_browser(KEPT_WAY_ON, "");
    browser::leave_for(route::safe_way_on(&way_on).unwrap_or("/"));
    Ok(())
}
