//! The buttons that help with an activation (ACT-12): each asks first, then says what was done.

use api::activations::{Account, Cure, Later, Remap, Which};
use leptos::prelude::*;
use licensing::AccountId;

use super::{
    dialog::Dialog,
    form::{Choice, Filled, Form},
    html::{actions, button_link, link, p},
    load::again_at,
};
use crate::{browser, client, messages as m, route::Route};

/// What the buttons need to know.
#[derive(Clone, PartialEq)]
pub(crate) struct Curable {
    /// Which activation.
    pub(crate) which: Which,
    /// What the reader may do.
    pub(crate) cures: Vec<Cure>,
    /// What a limit takes away for now.
    pub(crate) later: Vec<Later>,
    /// The masked address that a mail goes to.
    pub(crate) to: Option<String>,
    /// The accounts that it can be moved to; empty where this page doesn't know them.
    pub(crate) accounts: Vec<Account>,
    /// The account of a move that waits for the other side: its key and its name.
    pub(crate) moving_to: Option<(AccountId, String)>,
}

/// The buttons. What was done is told to `done` as a sentence.
pub(crate) fn buttons(curable: &Curable, done: fn(String)) -> AnyView {
    let all = curable.cures.iter().map(|cure| button(*cure, curable, done)).collect();
    let later =
        curable.later.iter().map(|it| p(m::USED_UP.with(&[("button", label(it.cure).t())]) + " " + &again_at(&it.at)));
    vec![actions(all), later.collect::<Vec<_>>().into_any()].into_any()
}

/// What its button says.
const fn label(cure: Cure) -> m::Text {
    match cure {
        Cure::Activate => m::ACTIVATE,
        Cure::Resend => m::RESEND,
        Cure::Undo => m::UNDO,
        Cure::AskRevival => m::ASK_REVIVAL,
        Cure::Remap => m::REMAP,
        Cure::ConfirmRemap => m::CONFIRM_REMAP,
        Cure::DeclineRemap => m::DECLINE_REMAP,
    }
}

fn button(cure: Cure, curable: &Curable, done: fn(String)) -> AnyView {
    let which = curable.which.clone();
    let form = Form::new();
    let title = label(cure).t();
    let dialog = |inner: Vec<AnyView>| Dialog { title: title.into(), inner, yes: title.into(), class: "quiet" };
    match cure {
        Cure::Activate => button_link(Route::Activate(Some(which)).path(), title),
        Cure::Resend => {
            let to = curable.to.clone().unwrap_or_else(|| m::THE_ADDRESSEE.t().to_owned());
            dialog(vec![p(m::RESEND_ASKS.with(&[("address", &to)]))]).view(form, move |_| {
                let which = which.clone();
                Some(async move {
                    let mailed = client::resend(&which).await?;
                    let until = browser::date_and_time(&mailed.expires_at.0);
                    done(m::RESEND_DONE.with(&[("address", &mailed.to), ("time", &until)]));
                    Ok(())
                })
            })
        }
        Cure::Undo => dialog(vec![p(m::UNDO_ASKS)]).view(form, move |_| {
            let which = which.clone();
            Some(async move {
                client::undo(&which).await?;
                done(m::UNDO_DONE.t().to_owned());
                Ok(())
            })
        }),
        Cure::AskRevival => dialog(vec![p(m::ASK_REVIVAL_ASKS)]).view(form, move |_| {
            let which = which.clone();
            Some(async move {
                client::ask_revival(&which).await?;
                done(m::ASK_REVIVAL_DONE.t().to_owned());
                Ok(())
            })
        }),
        Cure::Remap if curable.accounts.is_empty() => link(Route::Activation(which).path(), title),
        Cure::Remap => {
            let options = curable
                .accounts
                .iter()
                .map(|account| Choice::new(account.id.as_str(), account.name.clone()).hint(domains_of(account)))
                .collect();
            let choice = form.choice("account", m::REMAP_TO, None, options);
            dialog(vec![p(m::REMAP_ASKS), choice]).view(form, move |filled: Filled| {
                let Ok(account) = filled.text("account").parse::<AccountId>() else {
                    form.fault("account", m::CHOOSE_ACCOUNT);
                    return None;
                };
                Some(move_to(which.clone(), account, done))
            })
        }
        Cure::ConfirmRemap => {
            let (account, name) = curable.moving_to.clone().unzip();
            let asks = m::CONFIRM_REMAP_ASKS.with(&[("account", &name.unwrap_or_default())]);
            dialog(vec![p(asks)])
                .view(form, move |_| account.clone().map(|account| move_to(which.clone(), account, done)))
        }
        Cure::DeclineRemap => {
            let account = curable.moving_to.clone().map(|(account, _)| account);
            dialog(vec![p(m::DECLINE_REMAP_ASKS)])
                .view(form, move |_| account.clone().map(|account| decline(which.clone(), account, done)))
        }
    }
}

/// The domains of an account, one after the other.
pub(crate) fn domains_of(account: &Account) -> String {
    browser::joined(account.domains.iter().map(String::as_str), ", ")
}

async fn decline(which: Which, account: AccountId, done: fn(String)) -> client::Answered<()> {
    client::decline_remap(&Remap { licence: which.licence, product: which.product, account }).await?;
    done(m::DECLINE_REMAP_DONE.t().to_owned());
    Ok(())
}

async fn move_to(which: Which, account: AccountId, done: fn(String)) -> client::Answered<()> {
    let after = client::remap(&Remap { licence: which.licence, product: which.product, account }).await?;
    let said = if after.done { m::REMAP_DONE } else { m::REMAP_PROPOSED };
    done(said.with(&[("account", &after.account_name)]));
    Ok(())
}
