//! `/activate`: the wizard that brings a product into use (LINK-02 … LINK-06), for a mailed link that this tab has taken over
//! or for an activation of the portal: choose the account, check the answers, confirm; then what was done.
//!
//! Which step it is stands in the query, so that going back and loading anew work; what was chosen stays in this tab.

use api::{
    Code, Instant,
    activations::{Account, Choice as Chosen, Confirm, Confirmed, Effect, Preview, Previewed, Target, Which},
};
use leptos::prelude::*;
use licensing::AccountId;

use super::joining::joining;
use crate::{
    app::{App, KEPT_LINK, app},
    browser,
    client::{self, Answered, Trouble},
    components::{
        Draw, Place, changing,
        cures::domains_of,
        dialog::Dialog,
        form::{Choice, Field, Filled, Form},
        html::{
            actions, around, button, button_link, done, fact, facts, h1, h2, inset, lead, line, link, p, quiet_link,
            section, steps, strong, text, time,
        },
        load::{draw, loaded, what_helps},
        words,
    },
    json, messages as m,
    route::{self, Route},
};

const KEPT_CHOICE: &str = "choice";
const KEPT_CONFIRM: &str = "confirm";
const KEPT_DONE: &str = "done";

/// What this tab keeps belongs to one activation: another one starts afresh.
#[derive(Clone)]
struct Wizard {
    app: App,
    which: Option<Which>,
    target: Target,
}

pub(crate) fn page(which: Option<Which>) -> AnyView {
    let target = match &which {
        Some(which) => Some(Target::Portal(which.clone())),
        None => browser::kept(KEPT_LINK).map(Target::Link),
    };
    let Some(target) = target else { return without_link() };
    let wizard = Wizard { app: app(), which, target };
    changing(move || {
        let step = wizard.app.query.with(|query| route::said(query, "step"));
        let wizard = wizard.clone();
        match step.as_deref() {
            Some("check") => wizard.check_page(),
            Some("done") => wizard.done_page(),
            _ => wizard.choose_page(),
        }
    })
}

fn without_link() -> AnyView {
    vec![h1(m::LINK_LOST), p(m::LINK_LOST_HELP), actions(vec![button_link("/activations", m::TO_ACTIVATIONS)])]
        .into_any()
}

impl Wizard {
    fn path(&self, step: &str) -> String {
        client::with_query(&Route::Activate(self.which.clone()).path(), &route::query(&[("step", step)]))
    }

    /// The key of what this tab keeps for this activation: a link's is its token, so that a second link in the same tab starts
    /// afresh.
    fn kept_as(&self, what: &str) -> String {
        match &self.target {
            Target::Portal(which) => format!("{what} {}/{}", which.licence, which.product),
            Target::Link(token) => format!("{what} link {token}"),
        }
    }

    fn chosen(&self) -> Option<Chosen> {
        json::read(&browser::kept(&self.kept_as(KEPT_CHOICE))?)
    }

    fn confirmed(&self) -> Option<Confirmed> {
        json::read(&browser::kept(&self.kept_as(KEPT_DONE))?)
    }

    fn preview(&self, choice: Option<Chosen>) -> impl Future<Output = Answered<Previewed>> + use<> {
        client::preview(&Preview { target: self.target.clone(), choice })
    }

    // ---- choose ----

    fn choose_page(self) -> AnyView {
        loaded(move || {
            let wizard = self.clone();
            async move {
                match wizard.preview(None).await {
                    Ok(found) => draw(move || wizard.choose(found)),
                    Err(trouble) => wizard.stopped(trouble).await,
                }
            }
        })
    }

    fn choose(self, found: Previewed) -> AnyView {
        let form = Form::new();
        let kept = self.chosen();
        let kept_value = match &kept {
            Some(Chosen::Existing(account)) => Some(account.to_string()),
            Some(Chosen::New(_)) => Some("new".to_owned()),
            None => None,
        };
        let new_name = match kept {
            Some(Chosen::New(name)) => name,
            _ => found.new_account_name.clone(),
        };
        let mut options: Vec<Choice> = found
            .accounts
            .iter()
            .map(|account| Choice::new(account.id.as_str(), account.name.clone()).hint(account_hint(account)))
            .collect();
        let name = Field {
            value: new_name,
            hint: Some(m::NEW_ACCOUNT_NAME_HINT.into()),
            autocomplete: "organization",
            ..Field::text("name", m::NEW_ACCOUNT_NAME)
        };
        options.push(Choice {
            inner: Some(form.field(name)),
            ..Choice::new("new", m::NEW_ACCOUNT).hint(m::NEW_ACCOUNT_HINT)
        });

        let wizard = self.clone();
        let send = move |filled: Filled| {
            let chosen = match filled.text("choice").as_str() {
                "" => return form.fault("choice", m::CHOOSE_ACCOUNT),
                "new" => match filled.text("name") {
                    name if name.is_empty() => return form.fault("name", m::NEW_ACCOUNT_NAME_EMPTY),
                    name if name.chars().count() > 200 => return form.fault("name", m::NEW_ACCOUNT_NAME_LONG),
                    name => Chosen::New(name),
                },
                id => match id.parse::<AccountId>() {
                    Ok(id) => Chosen::Existing(id),
                    Err(_) => return form.fault("choice", m::CHOOSE_ACCOUNT),
                },
            };
            browser::keep(&wizard.kept_as(KEPT_CHOICE), &json::written(&chosen));
            wizard.app.go(&wizard.path("check"));
        };
        let mut parts = vec![
            h1(m::ACTIVATE_PRODUCT.with(&[("product", &found.product_name)])),
            line(vec![around(m::YOU_ACT_AS, strong(found.acts_as.as_str().to_owned()))]),
            about(&found),
        ];
        parts.push(form.choice("choice", m::WHICH_ACCOUNT, kept_value.as_deref(), options));
        parts.push(form.button(m::GO_ON));
        vec![form.view(parts, send), self.joinings(&found, None), line(vec![self.switch()])].into_any()
    }

    /// The customer has an account that the person doesn't administer: all of them, or the one that was chosen (LINK-03).
    fn joinings(&self, found: &Previewed, chosen: Option<&AccountId>) -> AnyView {
        let wanted = found.joinings.iter().filter(|it| chosen.is_none_or(|chosen| *chosen == it.account));
        wanted.map(|it| joining(it.clone(), self.target.clone())).collect::<Vec<_>>().into_any()
    }

    fn switch(&self) -> AnyView {
        let app = self.app;
        match self.which {
            None => button("link", m::SWITCH_ACCOUNT, move || app.sign_out("/sign-in?next=/activate")),
            Some(_) => link("/activations", m::CANCEL),
        }
    }

    // ---- check ----

    fn check_page(self) -> AnyView {
        loaded(move || {
            let wizard = self.clone();
            async move {
                let Some(choice) = wizard.chosen() else {
                    wizard.app.go_instead(&wizard.path(""));
                    return draw(|| ().into_any());
                };
                match wizard.preview(Some(choice.clone())).await {
                    Ok(found) => draw(move || wizard.check(choice, found)),
                    Err(trouble) => wizard.stopped(trouble).await,
                }
            }
        })
    }

    fn check(self, choice: Chosen, found: Previewed) -> AnyView {
        let Some(effect) = found.effect.clone() else { return self.choose(found) };
        let form = Form::new();
        let change = self.path("");
        let sentence = effect_sentence(&effect);
        let consequences = consequences(&effect);
        let chosen = match &choice {
            Chosen::Existing(account) => self.joinings(&found, Some(account)),
            Chosen::New(_) => ().into_any(),
        };
        let wizard = self.clone();
        let send = move |filled: Filled| match filled.text("confirm").as_str() {
            "yes" => {
                let (wizard, choice) = (wizard.clone(), choice.clone());
                form.send(async move { wizard.confirm(choice).await });
            }
            "no" => wizard.app.go(&wizard.path("")),
            _ => form.fault("confirm", m::CHOOSE_TO_ACTIVATE),
        };
        let yes = Choice::new("yes", m::ACTIVATE_YES);
        let no = Choice::new("no", m::ACTIVATE_NO);
        let form = form.view(
            vec![
                h1(m::CHECK_ANSWERS),
                facts(vec![
                    fact(m::PRODUCT_COLUMN, text(found.product_name.clone())),
                    fact(m::ORGANISATION, text(found.customer_name.clone())),
                    fact(m::LICENSING_ID, text(words::licence(&found.which.licence))),
                    fact(m::QUANTITY, text(words::quantity(effect.quantity))),
                    fact(
                        m::ACCOUNT,
                        view! { <span>{effect.account_name.clone()} " " {link(change, m::CHANGE)}</span> }.into_any(),
                    ),
                    fact(m::YOUR_ADDRESS, text(effect.acts_as.as_str().to_owned())),
                ]),
                section(vec![h2(m::WHAT_HAPPENS), inset(vec![p(sentence)]), consequences]),
                form.choice("confirm", m::ACTIVATE_QUESTION, None, vec![yes, no]),
                form.button(m::CONFIRM),
            ],
            send,
        );
        vec![form, chosen].into_any()
    }

    /// Confirms, with a key that outlives reloading: a second click, or the same page opened again, activates nothing twice.
    async fn confirm(self, choice: Chosen) -> Answered<()> {
        let kept_as = self.kept_as(KEPT_CONFIRM);
        let written = json::written(&choice);
        let kept = browser::kept(&kept_as).and_then(|kept| {
            let (key, of) = kept.split_once(' ')?;
            (of == written).then(|| key.to_owned())
        });
        let key = kept.unwrap_or_else(browser::random_key);
        browser::keep(&kept_as, &format!("{key} {written}"));
        match client::confirm(&Confirm { target: self.target.clone(), choice }, &key).await {
            Ok(confirmed) => {
                browser::keep(&self.kept_as(KEPT_DONE), &json::written(&confirmed));
                // The key ends with what it was for: if that is taken back, the next confirmation is another one.
                browser::keep(&self.kept_as(KEPT_CHOICE), "");
                browser::keep(&kept_as, "");
                self.app.go_instead(&self.path("done"));
                Ok(())
            }
            Err(trouble) => {
                // Only where it isn't known whether it was done is the same key of use.
                if !trouble.may_pass() && !trouble.is(Code::SignInNeeded) {
                    browser::keep(&kept_as, "");
                }
                Err(trouble)
            }
        }
    }

    // ---- done ----

    fn done_page(self) -> AnyView {
        let Some(confirmed) = self.confirmed() else {
            self.app.go_instead(&self.path(""));
            return ().into_any();
        };
        let place = Place::new();
        place.show(move || self.activated(&confirmed, place));
        place.view()
    }

    fn activated(self, confirmed: &Confirmed, place: Place) -> AnyView {
        let title = match (confirmed.provisioning, confirmed.by_you) {
            (true, _) => m::DONE_SETUP_TITLE,
            (false, true) => m::DONE_TITLE,
            (false, false) => m::LINK_USED_TITLE,
        };
        let sentence = if confirmed.provisioning { m::DONE_SETUP_SENTENCE } else { m::DONE_SENTENCE };
        let sentence = sentence.with(&[
            ("quantity", &words::quantity(confirmed.quantity)),
            ("product", &confirmed.product_name),
            ("account", &confirmed.account_name),
        ]);
        let next: &[_] = match (confirmed.by_you, confirmed.provisioning, confirmed.consumption) {
            (false, ..) => &[m::DONE_BY_OTHERS],
            (true, true, _) => &[m::DONE_SETUP_1, m::DONE_SETUP_2],
            (true, false, true) => &[m::DONE_CONSUMPTION_1, m::DONE_CONSUMPTION_2],
            (true, false, false) => &[m::DONE_NEXT_1, m::DONE_NEXT_2],
        };
        let mut parts = vec![
            done(title.with(&[("product", &confirmed.product_name)]), vec![lead(sentence)]),
            facts(vec![
                fact(m::PRODUCT_COLUMN, text(confirmed.product_name.clone())),
                fact(m::LICENSING_ID, text(words::licence(&confirmed.which.licence))),
                fact(m::QUANTITY, text(words::quantity(confirmed.quantity))),
                fact(m::ACCOUNT, text(confirmed.account_name.clone())),
                fact(if confirmed.provisioning { m::CONFIRMED_AT } else { m::ACTIVATED_AT }, time(&confirmed.at)),
            ]),
            section(vec![h2(m::WHAT_HAPPENS_NEXT), steps(next.iter().copied().map(text).collect())]),
        ];
        let open = button_link(Route::Activation(confirmed.which.clone()).path(), m::OPEN_ACTIVATION);
        // Whether somebody else's may be taken back, its page knows.
        let until =
            confirmed.undo_until.as_ref().filter(|at| confirmed.by_you && browser::millis(&at.0) > browser::now());
        parts.extend(until.map(|until| self.undo(confirmed.which.clone(), until, place)));
        parts.push(actions(vec![open, quiet_link("/activations", m::TO_ACTIVATIONS)]));
        parts.into_any()
    }

    fn undo(self, which: Which, until: &Instant, place: Place) -> AnyView {
        let dialog =
            Dialog { title: m::UNDO.into(), inner: vec![p(m::UNDO_ASKS)], yes: m::UNDO.into(), class: "quiet" };
        let dialog = dialog.view(Form::new(), move |_| {
            let (wizard, which) = (self.clone(), which.clone());
            Some(async move {
                client::undo(&which).await?;
                browser::keep(&wizard.kept_as(KEPT_DONE), "");
                place.show(move || {
                    let open = button_link(Route::Activation(which).path(), m::OPEN_ACTIVATION);
                    done(m::UNDONE, vec![p(m::UNDO_DONE), actions(vec![open])])
                });
                Ok(())
            })
        });
        section(vec![h2(m::UNDO_TITLE), p(m::UNDO_HELP.with(&[("time", &browser::date_and_time(&until.0))])), dialog])
    }

    // ---- where it stops ----

    /// Whether it stops because it was confirmed here, and still is: then what was done is shown, as it stands now. So whoever
    /// goes back after confirming, or loads the page anew, finds the way to undo it.
    async fn was_done_here(&self, trouble: &Trouble) -> bool {
        let Some(mut done) = self.confirmed().filter(|_| trouble.is(Code::AlreadyActivated)) else { return false };
        let Ok((_, now)) = client::activation(&done.which).await else { return false };
        if now.activated_at.as_ref() != Some(&done.at) {
            return false;
        }
        done.provisioning = now.setting_up.is_some();
        done.undo_until = now.undo_until;
        done.account_name = now.row.account_name.unwrap_or(done.account_name);
        browser::keep(&self.kept_as(KEPT_DONE), &json::written(&done));
        true
    }

    /// Why it can't go on, and what helps (LINK-08).
    async fn stopped(self, trouble: Box<Trouble>) -> Answered<Draw> {
        if self.was_done_here(&trouble).await {
            self.app.go_instead(&self.path("done"));
            return draw(|| ().into_any());
        }
        let wrong_person = trouble.is(Code::WrongPerson) || trouble.is(Code::NotAllowed);
        let known = wrong_person
            || trouble.is(Code::LinkReplaced)
            || trouble.is(Code::LinkExpired)
            || trouble.is(Code::AlreadyActivated)
            || trouble.is(Code::NotInvited)
            || trouble.is(Code::BadLink);
        if !known {
            return Err(trouble);
        }
        draw(move || {
            if trouble.is(Code::BadLink) {
                browser::keep(KEPT_LINK, "");
            }
            let app = self.app;
            let mut parts = vec![h1(trouble.title.clone()), what_helps(&trouble)];
            let mut ways_on = Vec::new();
            if wrong_person {
                let who = app.me.peek(|me| me.as_ref().map(|me| me.signed_in_as.as_str().to_owned()));
                parts.extend(who.map(|who| line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(who))])));
                ways_on.push(button("", m::SWITCH_ACCOUNT, move || app.sign_out("/sign-in?next=/activate")));
            }
            if let Some(which) = self.which.clone() {
                ways_on.push(button_link(Route::Activation(which).path(), m::OPEN_ACTIVATION));
            }
            ways_on.push(quiet_link("/activations", m::TO_ACTIVATIONS));
            parts.push(actions(ways_on));
            parts.into_any()
        })
    }
}

fn about(found: &Previewed) -> AnyView {
    facts(vec![
        fact(m::ORGANISATION, text(found.customer_name.clone())),
        fact(m::LICENSING_ID, text(words::licence(&found.which.licence))),
        fact(m::QUANTITY, text(words::quantity(found.quantity))),
        fact(m::KIND, text(words::kind(found.kind).t())),
    ])
}

fn account_hint(account: &Account) -> String {
    let domains = domains_of(account);
    let linked = if account.linked { m::ACCOUNT_LINKED.t() } else { "" };
    let not_yours = if account.administered { "" } else { m::ACCOUNT_NOT_YOURS.t() };
    browser::joined([domains.as_str(), linked, not_yours].into_iter().filter(|part| !part.is_empty()), " · ")
}

/// `Attach 250 seats of X to account Y as Z` (LINK-04).
fn effect_sentence(effect: &Effect) -> String {
    let text = match (effect.creates_account, effect.administered) {
        (true, _) => m::EFFECT_NEW,
        (false, true) => m::EFFECT_EXISTING,
        (false, false) => m::EFFECT_LINKED,
    };
    text.with(&[
        ("quantity", &words::quantity(effect.quantity)),
        ("product", &effect.product_name),
        ("account", &effect.account_name),
        ("address", effect.acts_as.as_str()),
    ])
}

fn consequences(effect: &Effect) -> AnyView {
    let mut parts = Vec::new();
    if let Some(domain) = &effect.associates_domain {
        parts.push(p(m::EFFECT_DOMAIN.with(&[("domain", domain)])));
    }
    if effect.set_up_first {
        parts.push(p(m::EFFECT_SET_UP));
    }
    parts.push(p(m::EFFECT_UNDO.with(&[("hours", &effect.undo_hours.to_string())])));
    parts.into_any()
}
