//! `/activate`: the wizard that brings a product into use (LINK-02 … LINK-06), for a mailed link that this tab has taken over
//! or for an activation of the portal: choose the account, check the answers, confirm; then what was done.
//!
//! Which step it is stands in the query, so that going back and loading anew work; what was chosen stays in this tab.

use api::{
    Code, Problem,
    activations::{Account, Choice as Chosen, Confirm, Confirmed, Effect, Preview, Previewed, Target, Which},
};
use leptos::prelude::*;
use licensing::AccountId;

use crate::{
    browser,
    client::{self, Answered},
    components::{
        dialog::Dialog,
        form::{Choice, Field, Filled, Form},
        html::{
            actions, around, button, button_link, done, fact, facts, h1, h2, inset, lead, line, link, p, quiet_link,
            section, steps, strong, text, time, warning,
        },
        load::{Draw, draw, loaded, what_helps},
        words,
    },
    messages as m,
    portal::{App, KEPT_LINK, app},
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
    let step = move || {
        let step = wizard.app.query.with(|query| route::said(query, "step"));
        let wizard = wizard.clone();
        match step.as_deref() {
            Some("check") => wizard.check_page(),
            Some("done") => wizard.done_page(),
            _ => wizard.choose_page(),
        }
    };
    step.into_any()
}

fn without_link() -> AnyView {
    vec![
        h1(m::LINK_LOST.t()),
        p(m::LINK_LOST_HELP.t()),
        actions(vec![button_link("/activations", m::TO_ACTIVATIONS.t())]),
    ]
    .into_any()
}

impl Wizard {
    fn path(&self, step: &str) -> String {
        client::with_query(&Route::Activate(self.which.clone()).path(), &route::query(&[("step", step)]))
    }

    /// The key of what this tab keeps for this activation.
    fn kept_as(&self, what: &str) -> String {
        match &self.which {
            Some(which) => format!("{what} {}/{}", which.licence, which.product),
            None => format!("{what} link"),
        }
    }

    fn chosen(&self) -> Option<Chosen> {
        serde_json::from_str(&browser::kept(&self.kept_as(KEPT_CHOICE))?).ok()
    }

    fn confirmed(&self) -> Option<Confirmed> {
        serde_json::from_str(&browser::kept(&self.kept_as(KEPT_DONE))?).ok()
    }

    async fn preview(&self, choice: Option<Chosen>) -> Result<Previewed, Problem> {
        client::preview(&Preview { target: self.target.clone(), choice }).await
    }

    // ---- choose ----

    fn choose_page(self) -> AnyView {
        loaded(move || {
            let wizard = self.clone();
            async move {
                match wizard.preview(None).await {
                    Ok(found) => draw(move || wizard.choose(found)),
                    Err(problem) => wizard.stopped(problem),
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
        let (mine, others): (Vec<&Account>, Vec<&Account>) =
            found.accounts.iter().partition(|account| account.administered);
        let mut options: Vec<Choice> = mine
            .iter()
            .map(|account| Choice::new(account.id.as_str(), account.name.clone()).hint(account_hint(account)))
            .collect();
        let name = Field {
            value: new_name,
            hint: Some(m::NEW_ACCOUNT_NAME_HINT.t().into()),
            autocomplete: "organization",
            ..Field::text("name", m::NEW_ACCOUNT_NAME)
        };
        options.push(Choice::new("new", m::NEW_ACCOUNT.t()).hint(m::NEW_ACCOUNT_HINT.t()).inner(form.field(name)));
        let not_mine = (!others.is_empty()).then(|| not_administered(&others));

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
            browser::keep(&wizard.kept_as(KEPT_CHOICE), &serde_json::to_string(&chosen).unwrap_or_default());
            wizard.app.go(&wizard.path("check"));
        };
        vec![
            form.view(
                vec![
                    h1(m::ACTIVATE_PRODUCT.with(&[("product", &found.product_name)])),
                    line(vec![around(m::YOU_ACT_AS, strong(found.acts_as.as_str().to_owned()))]),
                    about(&found),
                    not_mine.into_any(),
                    form.choice("choice", m::WHICH_ACCOUNT.t(), kept_value.as_deref(), options),
                    form.button(m::GO_ON.t()),
                ],
                send,
            ),
            line(vec![self.switch()]),
        ]
        .into_any()
    }

    fn switch(&self) -> AnyView {
        let app = self.app;
        match self.which {
            None => button("link", m::SWITCH_ACCOUNT.t(), move || app.sign_out("/sign-in?next=/activate")),
            Some(_) => link("/activations", m::NOT_NOW.t()),
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
                    Err(problem) => wizard.stopped(problem),
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
        let wizard = self.clone();
        let send = move |filled: Filled| match filled.text("confirm").as_str() {
            "yes" => {
                let (wizard, choice) = (wizard.clone(), choice.clone());
                form.send(async move { wizard.confirm(choice).await });
            }
            "no" => wizard.app.go(&wizard.path("")),
            _ => form.fault("confirm", m::CHOOSE_TO_ACTIVATE),
        };
        let yes = Choice::new("yes", m::ACTIVATE_YES.t()).hint(sentence.clone());
        let no = Choice::new("no", m::ACTIVATE_NO.t());
        form.view(
            vec![
                h1(m::CHECK_ANSWERS.t()),
                facts(vec![
                    fact(m::PRODUCT_COLUMN.t(), text(found.product_name.clone())),
                    fact(m::ORGANISATION.t(), text(found.customer_name.clone())),
                    fact(m::LICENSING_ID.t(), text(words::licence(&found.which.licence))),
                    fact(m::QUANTITY.t(), text(words::quantity(effect.quantity))),
                    fact(
                        m::ACCOUNT.t(),
                        view! { <span>{effect.account_name.clone()} " " {link(change, m::CHANGE.t())}</span> }
                            .into_any(),
                    ),
                    fact(m::YOUR_ADDRESS.t(), text(effect.acts_as.as_str().to_owned())),
                ]),
                section(vec![h2(m::WHAT_HAPPENS.t()), inset(vec![p(sentence)]), consequences]),
                form.choice("confirm", m::ACTIVATE_QUESTION.t(), None, vec![yes, no]),
                form.button(m::CONFIRM.t()),
            ],
            send,
        )
    }

    /// Confirms, with a key that outlives reloading: a second click, or the same page opened again, activates nothing twice.
    async fn confirm(self, choice: Chosen) -> Answered<()> {
        let kept_as = self.kept_as(KEPT_CONFIRM);
        let written = serde_json::to_string(&choice).unwrap_or_default();
        let kept = browser::kept(&kept_as).and_then(|kept| {
            let (key, of) = kept.split_once(' ')?;
            (of == written).then(|| key.to_owned())
        });
        let key = kept.unwrap_or_else(browser::random_key);
        browser::keep(&kept_as, &format!("{key} {written}"));
        match client::confirm(&Confirm { target: self.target.clone(), choice }, &key).await {
            Ok(confirmed) => {
                browser::keep(&self.kept_as(KEPT_DONE), &serde_json::to_string(&confirmed).unwrap_or_default());
                browser::keep(&self.kept_as(KEPT_CHOICE), "");
                self.app.go_instead(&self.path("done"));
                Ok(())
            }
            Err(problem) => {
                // Only where it isn't known whether it was done is the same key of use.
                if (400..500).contains(&problem.status) && problem.code != Code::SignInNeeded {
                    browser::keep(&kept_as, "");
                }
                Err(problem)
            }
        }
    }

    // ---- done ----

    fn done_page(self) -> AnyView {
        let Some(confirmed) = self.confirmed() else {
            self.app.go_instead(&self.path(""));
            return ().into_any();
        };
        let undone = RwSignal::new(false);
        let which = confirmed.which.clone();
        let (kept_done, kept_confirm) = (self.kept_as(KEPT_DONE), self.kept_as(KEPT_CONFIRM));
        (move || {
            if undone.get() {
                browser::keep(&kept_done, "");
                browser::keep(&kept_confirm, "");
                return done(
                    m::UNDONE.t(),
                    vec![
                        p(m::UNDO_DONE.t()),
                        actions(vec![button_link(Route::Activation(which.clone()).path(), m::OPEN_ACTIVATION.t())]),
                    ],
                );
            }
            activated(&confirmed, undone)
        })
        .into_any()
    }

    // ---- where it stops ----

    /// Why it can't go on, and what helps (LINK-08).
    fn stopped(self, problem: Problem) -> Answered<Draw> {
        let code = problem.code;
        let known = matches!(
            code,
            Code::WrongPerson
                | Code::LinkReplaced
                | Code::LinkExpired
                | Code::AlreadyActivated
                | Code::NotInvited
                | Code::BadLink
                | Code::NotAllowed
        );
        if !known {
            return Err(problem);
        }
        draw(move || {
            if code == Code::BadLink {
                browser::keep(KEPT_LINK, "");
            }
            let app = self.app;
            let who = app.who.with_untracked(|who| who.me().map(|me| me.signed_in_as.as_str().to_owned()));
            let who = who.map(|who| line(vec![around(m::YOU_ARE_SIGNED_IN_AS, strong(who))]));
            let switch = matches!(code, Code::WrongPerson | Code::NotAllowed).then(|| {
                button("", m::SWITCH_ACCOUNT.t(), move || {
                    app.sign_out("/sign-in?next=/activate");
                })
            });
            let one =
                self.which.clone().map(|which| button_link(Route::Activation(which).path(), m::OPEN_ACTIVATION.t()));
            vec![
                h1(problem.title.clone()),
                what_helps(&problem),
                who.into_any(),
                actions(vec![switch.into_any(), one.into_any(), quiet_link("/activations", m::TO_ACTIVATIONS.t())]),
            ]
            .into_any()
        })
    }
}

fn about(found: &Previewed) -> AnyView {
    facts(vec![
        fact(m::ORGANISATION.t(), text(found.customer_name.clone())),
        fact(m::LICENSING_ID.t(), text(words::licence(&found.which.licence))),
        fact(m::QUANTITY.t(), text(words::quantity(found.quantity))),
        fact(m::KIND.t(), text(words::kind(found.kind).t())),
    ])
}

fn account_hint(account: &Account) -> String {
    let domains = account.domains.join(", ");
    let linked = if account.linked { m::ACCOUNT_LINKED.t() } else { "" };
    [domains.as_str(), linked].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

/// The customer has accounts that the person doesn't administer (LINK-03).
fn not_administered(accounts: &[&Account]) -> AnyView {
    let names: Vec<AnyView> = accounts
        .iter()
        .map(|account| {
            let hint = account_hint(account);
            view! { <li>{strong(account.name.clone())} " " <span class="hint">{hint}</span></li> }.into_any()
        })
        .collect();
    warning(vec![p(m::NOT_ADMINISTERED.t()), view! { <ul>{names}</ul> }.into_any(), p(m::NOT_ADMINISTERED_HELP.t())])
}

/// `Attach 250 seats of X to account Y as Z` (LINK-04).
fn effect_sentence(effect: &Effect) -> String {
    let text = match (effect.creates_account, effect.becomes_global_administrator) {
        (true, _) => m::EFFECT_NEW,
        (false, true) => m::EFFECT_BECOMES,
        (false, false) => m::EFFECT_EXISTING,
    };
    text.with(&[
        ("quantity", &words::quantity(effect.quantity)),
        ("product", &effect.product_name),
        ("account", &effect.account_name),
        ("address", effect.acts_as.as_str()),
    ])
}

fn consequences(effect: &Effect) -> AnyView {
    let domain = effect.associates_domain.as_ref().map(|domain| p(m::EFFECT_DOMAIN.with(&[("domain", domain)])));
    vec![domain.into_any(), p(m::EFFECT_UNDO.with(&[("hours", &effect.undo_hours.to_string())]))].into_any()
}

fn activated(confirmed: &Confirmed, undone: RwSignal<bool>) -> AnyView {
    let title = if confirmed.by_you { m::DONE_TITLE } else { m::DONE_BEFORE_TITLE };
    let sentence = m::DONE_SENTENCE.with(&[
        ("quantity", &words::quantity(confirmed.quantity)),
        ("product", &confirmed.product_name),
        ("account", &confirmed.account_name),
    ]);
    let next = if confirmed.consumption {
        steps(vec![text(m::DONE_CONSUMPTION_1.t()), text(m::DONE_CONSUMPTION_2.t())])
    } else {
        steps(vec![text(m::DONE_NEXT_1.t()), text(m::DONE_NEXT_2.t())])
    };
    let undo = confirmed.undo_until.as_ref().filter(|at| browser::millis(&at.0) > browser::now()).map(|until| {
        let which = confirmed.which.clone();
        let form = Form::new();
        let dialog = Dialog {
            title: m::UNDO.t().into(),
            inner: vec![p(m::UNDO_ASKS.t())],
            yes: m::UNDO.t().into(),
            class: "quiet",
        };
        section(vec![
            h2(m::UNDO_TITLE.t()),
            p(m::UNDO_HELP.with(&[("time", &browser::date_and_time(&until.0))])),
            dialog.view(form, move |_| {
                let which = which.clone();
                Some(async move {
                    client::undo(&which).await?;
                    undone.set(true);
                    Ok(())
                })
            }),
        ])
    });
    vec![
        done(title.with(&[("product", &confirmed.product_name)]), vec![lead(sentence)]),
        facts(vec![
            fact(m::PRODUCT_COLUMN.t(), text(confirmed.product_name.clone())),
            fact(m::LICENSING_ID.t(), text(words::licence(&confirmed.which.licence))),
            fact(m::QUANTITY.t(), text(words::quantity(confirmed.quantity))),
            fact(m::ACCOUNT.t(), text(confirmed.account_name.clone())),
            fact(m::ACTIVATED_AT.t(), time(&confirmed.at)),
        ]),
        section(vec![h2(m::WHAT_HAPPENS_NEXT.t()), next]),
        undo.into_any(),
        actions(vec![
            button_link(Route::Activation(confirmed.which.clone()).path(), m::OPEN_ACTIVATION.t()),
            quiet_link("/activations", m::TO_ACTIVATIONS.t()),
        ]),
    ]
    .into_any()
}
