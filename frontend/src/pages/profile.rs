//! `/profile`: name, language and phone, addresses, country, and where one is signed in (REG-06, REG-07, REG-11, REG-12).

use api::{
    Code,
    me::{
        AddAddress, Arriving, ArrivingState, ConfirmAgain, EndSession, LiftMail, MailTrouble, Me, MyAddress, Profile,
        ProofMailed, Prove, RefusedAddress, RemoveAddress, Session, TakeAddress, WhyNoMail,
    },
};
use leptos::prelude::*;
use licensing::{
    Address,
    words::{BadAddress, BadWord},
};

use crate::{
    app::{App, app},
    browser,
    client::{self, Answered},
    components::{
        Draw, Place, changing, code,
        dialog::Dialog,
        form::{Field, Filled, Form},
        html::{
            actions, button, fact, facts, h1, h2, h3, hint, in_full, inset, maybe_time, p, section, strong,
            support_line, table, tag, text, time, warning,
        },
        load::{draw, loaded, loaded_part},
    },
    messages as m,
};

const LONGEST_NAME: usize = 100;
const LONGEST_PHONE: usize = 40;

pub(crate) fn page() -> AnyView {
    loaded(fetch)
}

async fn fetch() -> Answered<Draw> {
    let me = client::me().await?;
    app().is(me.clone());
    draw(move || {
        let page = Place::new();
        page.show(move || {
            vec![
                h1(m::PROFILE_TITLE),
                section(vec![h2(m::ABOUT_YOU), about_you(&me.profile)]),
                section(vec![h2(m::ADDRESSES), addresses(&me), mail_troubles(page)]),
                section(vec![h2(m::COUNTRY), country(&me)]),
                section(vec![h2(m::SESSIONS), p(m::SESSIONS_LEAD), sessions(page)]),
            ]
            .into_any()
        });
        page.view()
    })
}

fn about_you(profile: &Profile) -> AnyView {
    let app = app();
    let form = Form::new();
    let saved = Place::new();
    let field = |name, label, value: &str, autocomplete| {
        form.field(Field { value: value.to_owned(), autocomplete, ..Field::text(name, label) })
    };
    let languages = vec![(m::ENGLISH.t().to_owned(), "en".to_owned()), (m::GERMAN.t().to_owned(), "de".to_owned())];
    let phone =
        Field { value: profile.phone.clone(), kind: "tel", autocomplete: "tel", ..Field::text("phone", m::PHONE) };
    let fields = vec![
        field("first_name", m::FIRST_NAME, &profile.first_name, "given-name"),
        field("last_name", m::LAST_NAME, &profile.last_name, "family-name"),
        form.select("language", m::LANGUAGE, Some(m::LANGUAGE_HINT.t().into()), &profile.language, languages),
        form.field(phone),
        form.button(m::SAVE),
        view! { <div role="status">{saved.view()}</div> }.into_any(),
    ];
    form.view(fields, move |filled| {
        saved.clear();
        let profile = Profile {
            first_name: filled.text("first_name"),
            last_name: filled.text("last_name"),
            language: filled.text("language"),
            phone: filled.text("phone"),
        };
        for (name, value, longest, fault) in [
            ("first_name", &profile.first_name, LONGEST_NAME, m::NAME_TOO_LONG),
            ("last_name", &profile.last_name, LONGEST_NAME, m::NAME_TOO_LONG),
            ("phone", &profile.phone, LONGEST_PHONE, m::PHONE_TOO_LONG),
        ] {
            if value.chars().count() > longest {
                form.fault(name, fault);
            }
        }
        if form.has_faults() {
            return;
        }
        form.send(async move {
            app.is(client::save_profile(&profile).await?);
            saved.show(|| inset(vec![p(m::SAVED)]));
            Ok(())
        });
    })
}

/// Where the person's addresses, the field for a code, and what was done last stand.
#[derive(Clone, Copy)]
struct Addresses {
    table: Place,
    moves: Place,
    code: Place,
    news: Place,
    form: Form,
}

fn addresses(me: &Me) -> AnyView {
    let form = Form::new();
    let mine = Addresses {
        table: Place::new(),
        moves: Place::new(),
        code: Place::new(),
        news: Place::new(),
        form: Form::new(),
    };
    mine.is(me);
    let known = me.addresses.clone();
    let send = move |filled: Filled| {
        let address = Address::typed(&filled.text("address"));
        let repeated = Address::typed(&filled.text("repeated"));
        // Of letters that are not of ASCII, only the service can tell whether they are the same.
        let may_be_same = |one: &Address, other: &Address| one == other || !one.as_str().is_ascii();
        match (address, repeated) {
            (Err(BadAddress::Word(BadWord::Empty)), _) => form.fault("address", m::ADDRESS_EMPTY),
            (Err(BadAddress::LocalPart), _) => form.fault("address", m::ADDRESS_LOCAL_PART),
            (Err(_), _) => form.fault("address", m::ADDRESS_MALFORMED),
            (Ok(address), Ok(repeated)) if may_be_same(&address, &repeated) => {
                let adding = client::add_address(&AddAddress { address, repeated });
                let known = known.clone();
                form.send(async move {
                    mine.mailed(&known, adding.await?);
                    Ok(())
                });
            }
            (Ok(_), _) => form.fault("repeated", m::ADDRESSES_DIFFER),
        }
    };
    let add = form.view(
        vec![
            p(m::ADD_ADDRESS_LEAD),
            form.field(Field { autocomplete: "off", ..Field::address("address", m::NEW_ADDRESS) }),
            form.field(Field { autocomplete: "off", ..Field::address("repeated", m::REPEAT_ADDRESS) }),
            form.button(m::ADD_ADDRESS),
        ],
        send,
    );
    vec![
        p(m::ADDRESSES_LEAD),
        mine.form.view(vec![], |_| {}),
        mine.table.view(),
        mine.moves.view(),
        refused(&me.refused),
        view! { <div role="status">{mine.news.view()}</div> }.into_any(),
        mine.code.view(),
        h3(m::ADD_ADDRESS),
        add,
    ]
    .into_any()
}

/// Which mailboxes' readers said "this was not me", and until when nothing is mailed there.
fn refused(all: &[RefusedAddress]) -> AnyView {
    let said = |refused: &RefusedAddress| {
        let address = if refused.address.is_empty() { m::AN_ADDRESS.t() } else { &refused.address };
        let until = browser::date_and_time(&refused.until.0);
        p(m::ADDRESS_REFUSED.with(&[("address", address), ("time", &until)]))
    };
    if all.is_empty() { ().into_any() } else { inset(all.iter().map(said).collect()) }
}

fn full(mine: &MyAddress) -> String {
    in_full(mine.own_letters.as_deref(), mine.address.as_str())
}

impl Addresses {
    fn is(self, me: &Me) {
        self.show(me.addresses.clone());
        self.show_moves(me.arriving.clone());
    }

    fn show(self, all: Vec<MyAddress>) {
        let (asked_here, elsewhere): (Vec<_>, Vec<_>) =
            all.iter().filter(|mine| mine.proof_ends.is_some()).cloned().partition(|mine| mine.asked_here);
        if asked_here.is_empty() && elsewhere.is_empty() {
            self.code.clear();
        } else {
            self.code.show(move || self.code_part(asked_here.is_empty(), &elsewhere));
        }
        self.table.show(move || self.table_of(&all));
    }

    /// A mail with a link and a code went out: what stands here is what the person does next.
    fn mailed(self, known: &[MyAddress], answer: ProofMailed) {
        let mut all = known.to_vec();
        let until = browser::date_and_time(&answer.expires_at.0);
        let sentence = m::PROOF_MAILED
            .with(&[("address", &in_full(answer.own_letters.as_deref(), answer.address.as_str())), ("time", &until)]);
        let proof_ends = Some(answer.expires_at.clone());
        let ProofMailed { address, own_letters, .. } = answer;
        if let Some(mine) = all.iter_mut().find(|mine| mine.address == address) {
            (mine.proof_ends, mine.asked_here) = (proof_ends, true);
        } else {
            all.push(MyAddress {
                address,
                own_letters,
                proven_at: None,
                proof_ends,
                asked_here: true,
                confirm_again: None,
                leaving: None,
            });
        }
        self.show(all);
        self.news.show(move || inset(vec![p(sentence), p(m::PROOF_MAILED_HELP)]));
    }

    /// The field for a code, where this session asked for one; and what helps where another session did.
    fn code_part(self, none_here: bool, elsewhere: &[MyAddress]) -> AnyView {
        let mut parts = Vec::new();
        if !none_here {
            let form = Form::new();
            let fields =
                vec![h3(m::PROOF_CODE), code::field(form, m::PROOF_CODE_WHERE), form.quiet_button(m::PROVE_ADDRESS)];
            parts.push(form.view(fields, move |filled| {
                let Some(code) = code::typed(form, &filled) else { return };
                let how = Prove::Code { code };
                form.send(async move {
                    match client::prove_mine(&how).await {
                        Err(trouble) if trouble.is(Code::AddressTaken) => self.taken(how, trouble.detail),
                        answered => self.now(answered?, m::ADDRESS_PROVEN.t().to_owned()),
                    }
                    Ok(())
                });
            }));
        }
        for mine in elsewhere {
            parts.push(p(m::PROOF_ELSEWHERE.with(&[("address", &full(mine))])));
        }
        parts.into_any()
    }

    /// The person as they are now, and what was done.
    fn now(self, me: Me, done: String) {
        self.is(&me);
        app().is(me);
        self.news.show(move || inset(vec![p(done)]));
    }

    /// Another profile holds the address: who has just proven its mailbox may ask to have it (REG-09).
    fn taken(self, how: Prove, why: String) {
        self.news.show(move || {
            let ask = button("small", m::MOVE_ASK, move || {
                let asking = client::move_to_me(&how);
                self.form.clear();
                self.form.send(async move {
                    self.now(asking.await?, m::MOVE_WARNING.t().to_owned());
                    Ok(())
                });
            });
            inset(vec![p(why), p(m::MOVE_ASKS), actions(vec![ask])])
        });
    }

    /// The addresses that were asked for, and what can be done about each.
    fn show_moves(self, all: Vec<Arriving>) {
        if all.is_empty() {
            return self.moves.clear();
        }
        self.moves.show(move || all.iter().map(|one| self.arriving(one, &all)).collect_view().into_any());
    }

    fn arriving(self, one: &Arriving, all: &[Arriving]) -> AnyView {
        let address = one.address.clone();
        let (said, name) = (arriving(one, browser::date_and_time), address.as_str().to_owned());
        let mut next = Vec::new();
        if one.state == ArrivingState::Ready {
            let (take, name) = (TakeAddress { address: address.clone() }, name.clone());
            next.push(button("small", m::TAKE_ADDRESS.with(&[("address", &name)]), move || {
                let (taking, done) = (client::take_address(&take), m::ADDRESS_TAKEN.with(&[("address", &name)]));
                self.form.clear();
                self.form.send(async move {
                    self.now(taking.await?, done);
                    Ok(())
                });
            }));
        }
        let label = match one.state {
            ArrivingState::Stopped => m::FORGET_STOPPED.t().to_owned(),
            ArrivingState::Waits | ArrivingState::Ready => m::FORGET_MOVE.with(&[("address", &name)]),
        };
        let left: Vec<Arriving> = all.iter().filter(|other| other.address != address).cloned().collect();
        next.push(button("quiet small", label, move || {
            let forgetting = client::remove_address(&RemoveAddress { address: address.clone() });
            let (left, done) = (left.clone(), m::MOVE_FORGOTTEN.with(&[("address", address.as_str())]));
            self.form.clear();
            self.form.send(async move {
                forgetting.await?;
                self.show_moves(left);
                self.news.show(move || inset(vec![p(done)]));
                Ok(())
            });
        }));
        inset(vec![p(said), actions(next)])
    }

    fn table_of(self, all: &[MyAddress]) -> AnyView {
        // The last proven address stays: one signs in by it.
        let proven = all.iter().filter(|mine| mine.proven_at.is_some()).count();
        let rows = all
            .iter()
            .map(|mine| {
                let is_proven = mine.proven_at.is_some();
                let state = match (is_proven, mine.confirm_again) {
                    (true, None) => tag("good", m::PROVEN),
                    (true, Some(_)) => tag("todo", m::CONFIRM_AGAIN),
                    (false, _) => tag("todo", m::NOT_PROVEN),
                };
                let mut next = Vec::new();
                if !is_proven || mine.confirm_again.is_some() {
                    next.push(self.again(mine, all));
                }
                if !is_proven || proven > 1 {
                    next.push(self.remove(mine, all));
                }
                vec![strong(full(mine)), state, maybe_time(mine.proven_at.as_ref()), actions(next)]
            })
            .collect();
        let again = all.iter().filter(|mine| mine.confirm_again.is_some());
        let again = again.map(|mine| warning(confirm_again(mine, browser::date_and_time).into_iter().map(p).collect()));
        let table = table(m::ADDRESSES, &[m::ADDRESS, m::STATE, m::PROVEN_SINCE, m::NEXT_STEP], rows);
        vec![table, again.collect_view().into_any()].into_any()
    }

    /// Mails a new link and code; the address was typed twice when it was added.
    fn again(self, mine: &MyAddress, all: &[MyAddress]) -> AnyView {
        let (address, all) = (mine.address.clone(), all.to_vec());
        button("quiet small", m::SEND_NEW_MAIL, move || {
            let again = AddAddress { address: address.clone(), repeated: address.clone() };
            let (adding, all) = (client::add_address(&again), all.clone());
            self.form.clear();
            self.form.send(async move {
                self.mailed(&all, adding.await?);
                Ok(())
            });
        })
    }

    fn remove(self, mine: &MyAddress, all: &[MyAddress]) -> AnyView {
        let address = mine.address.clone();
        let here = app().me.peek(|me| me.as_ref().is_some_and(|me| me.signed_in_as == address));
        let mut inner = vec![p(if mine.proven_at.is_some() { m::REMOVE_ADDRESS_ASKS } else { m::REMOVE_PENDING_ASKS })];
        if here && mine.proven_at.is_some() {
            inner.push(p(m::REMOVE_HERE));
        }
        let title = m::REMOVE_ADDRESS.with(&[("address", address.as_str())]);
        let dialog = Dialog { title: title.into(), inner, yes: m::REMOVE.into(), class: "quiet small" };
        let left: Vec<MyAddress> = all.iter().filter(|other| other.address != address).cloned().collect();
        dialog.view(Form::new(), move |_| {
            let (said, left) = (RemoveAddress { address: address.clone() }, left.clone());
            Some(async move {
                client::remove_address(&said).await?;
                if here {
                    app().signed_out("/sign-in");
                    return Ok(());
                }
                let sentence = m::ADDRESS_REMOVED.with(&[("address", said.address.as_str())]);
                self.news.show(move || inset(vec![p(sentence)]));
                self.show(left);
                Ok(())
            })
        })
    }
}

/// Why an address has to be confirmed again.
pub(crate) const fn why_again(why: ConfirmAgain) -> m::Text {
    match why {
        ConfirmAgain::Lapsed => m::ADDRESS_LAPSED,
        ConfirmAgain::MoveAsked => m::ADDRESS_DOUBTED,
    }
}

/// Why an address has to be confirmed again, and what else happens to it (REG-09).
fn confirm_again(mine: &MyAddress, when: impl Fn(&str) -> String) -> Vec<String> {
    let address = mine.address.as_str();
    let Some(why) = mine.confirm_again.map(why_again) else { return Vec::new() };
    let leaving = mine.leaving.as_ref().map(|leaving| {
        m::ADDRESS_LEAVING.with(&[
            ("asked", &when(&leaving.asked_at.0)),
            ("profile", &leaving.to),
            ("address", address),
            ("time", &when(&leaving.moves_at.0)),
        ])
    });
    [Some(why.with(&[("address", address)])), leaving].into_iter().flatten().collect()
}

/// How far an address has come that was asked for.
fn arriving(one: &Arriving, when: impl Fn(&str) -> String) -> String {
    let (sentence, time) = match one.state {
        ArrivingState::Waits => (m::ADDRESS_ARRIVING, &one.moves_at),
        ArrivingState::Ready => (m::ADDRESS_ARRIVED, &one.ends_at),
        ArrivingState::Stopped => (m::ADDRESS_STOPPED, &one.ends_at),
    };
    sentence.with(&[
        ("asked", &when(&one.asked_at.0)),
        ("profile", &one.from),
        ("address", &in_full(one.own_letters.as_deref(), one.address.as_str())),
        ("time", &when(&time.0)),
    ])
}

/// To which addresses mail does not go, and a button that lifts it; nothing where it goes to all (SAFE-03).
fn mail_troubles(page: Place) -> AnyView {
    let place = Place::new();
    show_mail_troubles(page, place);
    place.view()
}

fn show_mail_troubles(page: Place, place: Place) {
    place.show(move || {
        loaded_part(page, move || async move {
            let found = client::mail_troubles().await?;
            draw(move || {
                found.addresses.iter().map(|trouble| mail_trouble(trouble, page, place)).collect_view().into_any()
            })
        })
    });
}

fn mail_trouble(trouble: &MailTrouble, page: Place, place: Place) -> AnyView {
    let form = Form::new();
    let address = trouble.address.clone();
    let label = m::LIFT_MAIL.with(&[("address", address.as_str())]);
    let lift = button("small", label, move || {
        let lift = LiftMail { address: address.clone() };
        form.send(async move {
            client::lift_mail(&lift).await?;
            browser::announce(&m::MAIL_LIFTED.with(&[("address", lift.address.as_str())]));
            show_mail_troubles(page, place);
            Ok(())
        });
    });
    let said = no_mail(trouble, browser::date_and_time).into_iter().map(p).collect::<Vec<_>>();
    inset(vec![said.into_any(), form.view(vec![actions(vec![lift])], |_| {})])
}

/// Why mail does not go to an address, since when, and what still does.
fn no_mail(trouble: &MailTrouble, when: impl Fn(&str) -> String) -> Vec<String> {
    let address = trouble.address.as_str();
    let since = trouble.since.as_ref().map(|at| when(&at.0));
    let (dated, undated, then) = match trouble.why {
        WhyNoMail::Bounced => (m::MAIL_BOUNCED_AT, m::MAIL_BOUNCES, None),
        WhyNoMail::Complained => (m::MAIL_COMPLAINED_AT, m::MAIL_COMPLAINED_ABOUT, Some(m::ONLY_SECURITY_MAIL)),
    };
    let first = match &since {
        Some(time) => dated.with(&[("address", address), ("time", time)]),
        None => undated.with(&[("address", address)]),
    };
    let again = trouble.tried_again_at.as_ref().map(|at| m::MAIL_TRIED_AGAIN.with(&[("time", &when(&at.0))]));
    [Some(first), then.map(|text| text.t().to_owned()), again].into_iter().flatten().collect()
}

fn country(me: &Me) -> AnyView {
    let code = me.country.map(|country| country.to_string()).unwrap_or_default();
    let app = app();
    let who = changing(move || {
        let support = app.about.with(|about| about.as_ref().map(|about| about.publisher.support.clone()));
        support.map_or_else(|| ().into_any(), |address| support_line(m::COUNTRY_CHANGE, address))
    });
    vec![facts(vec![fact(m::COUNTRY_LABEL, text(browser::country(&code)))]), who].into_any()
}

fn sessions(page: Place) -> AnyView {
    let place = Place::new();
    show_sessions(page, place);
    place.view()
}

fn show_sessions(page: Place, place: Place) {
    place.show(move || {
        loaded_part(page, move || async move {
            let found = client::sessions().await?;
            draw(move || all_sessions(&found.sessions, page, place))
        })
    });
}

fn all_sessions(sessions: &[Session], page: Place, place: Place) -> AnyView {
    let app = app();
    let form = Form::new();
    let rows = sessions
        .iter()
        .map(|session| {
            let action =
                if session.here { tag("good", m::THIS_BROWSER) } else { end(session.id.clone(), form, page, place) };
            vec![
                text(browser_name(&session.browser)),
                text(session.address.as_str().to_owned()),
                time(&session.since),
                time(&session.seen),
                action,
            ]
        })
        .collect();
    let columns = [m::BROWSER, m::ADDRESS, m::SINCE, m::LAST_SEEN, m::MORE];
    let dialog = Dialog {
        title: m::SIGN_OUT_EVERYWHERE.into(),
        inner: vec![p(m::SIGN_OUT_EVERYWHERE_ASKS)],
        yes: m::SIGN_OUT_EVERYWHERE.into(),
        class: "quiet",
    };
    vec![
        form.view(vec![table(m::SESSIONS, &columns, rows)], |_| {}),
        hint(m::SESSIONS_HINT),
        actions(vec![
            button("quiet", m::SIGN_OUT_HERE, move || app.sign_out("/sign-in")),
            dialog.view(Form::new(), move |_| Some(sign_out_everywhere(app))),
        ]),
    ]
    .into_any()
}

/// A browser as people call it: each claims to be others as well, so the rarer name goes first.
fn browser_name(agent: &str) -> String {
    let called = |names: &[(&str, &'static str)]| {
        names.iter().find(|(mark, _)| browser::has(agent, mark)).map(|(_, name)| *name)
    };
    let program = called(&[
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ]);
    let system = called(&[
        ("Android", "Android"),
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Windows", "Windows"),
        ("Mac OS X", "Mac"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]);
    match (program, system) {
        (Some(program), Some(system)) => m::BROWSER_ON.with(&[("program", program), ("system", system)]),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) if agent.is_empty() => m::UNKNOWN_BROWSER.t().to_owned(),
        (None, None) => agent.to_owned(),
    }
}

fn end(id: String, form: Form, page: Place, place: Place) -> AnyView {
    button("quiet small", m::END_SESSION, move || {
        let session = EndSession { id: id.clone() };
        form.send(async move {
            client::end_session(&session).await?;
            browser::announce(m::SESSION_IS_ENDED.t());
            show_sessions(page, place);
            Ok(())
        });
    })
}

async fn sign_out_everywhere(app: App) -> Answered<()> {
    client::sign_out_everywhere().await?;
    app.signed_out("/sign-in");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// SAFE-03 why mail does not go to an address is said with since when, what still goes there, and when it is tried again.
    #[test]
    fn safe_03_why_mail_does_not_go_to_an_address_is_said() {
        let trouble = |why, since: Option<&str>, again: Option<&str>| MailTrouble {
            address: "osm@contoso.example".parse().unwrap(),
            why,
            since: since.map(|at| api::Instant(at.into())),
            tried_again_at: again.map(|at| api::Instant(at.into())),
        };
        let said = |trouble: &MailTrouble| no_mail(trouble, |at| format!("<{at}>"));
        assert_eq!(
            said(&trouble(WhyNoMail::Bounced, Some("one"), Some("two"))),
            [
                "We can’t reach osm@contoso.example: an email bounced on <one>, so we don’t send any there.",
                "We try again from <two>.",
            ]
        );
        assert_eq!(
            said(&trouble(WhyNoMail::Complained, Some("one"), None)),
            [
                "An email to osm@contoso.example was marked as spam on <one>.",
                "We only send sign-in codes and links that confirm an address there.",
            ]
        );
        for why in [WhyNoMail::Bounced, WhyNoMail::Complained] {
            let undated = said(&trouble(why, None, None));
            assert!(undated[0].contains("osm@contoso.example") && !undated[0].contains('{'), "{undated:?}");
        }
    }

    /// REG-09 what moves away or here is said with since when and from when on, and why an address has to be confirmed again.
    #[test]
    fn reg_09_what_moves_is_said_with_its_times() {
        let at = |text: &str| api::Instant(text.into());
        let said = |at: &str| format!("<{at}>");
        let mut mine = MyAddress {
            address: "ann@contoso.example".parse().unwrap(),
            own_letters: None,
            proven_at: Some(at("0")),
            proof_ends: None,
            asked_here: false,
            confirm_again: None,
            leaving: None,
        };
        assert!(confirm_again(&mine, said).is_empty());
        mine.confirm_again = Some(ConfirmAgain::Lapsed);
        assert!(confirm_again(&mine, said)[0].starts_with("You last confirmed ann@contoso.example too long ago."));
        let leaving = api::me::Leaving { to: "b•••@x.example".into(), asked_at: at("1"), moves_at: at("2") };
        (mine.confirm_again, mine.leaving) = (Some(ConfirmAgain::MoveAsked), Some(leaving));
        let two = confirm_again(&mine, said);
        assert!(two[0].starts_with("Someone else reads the mailbox of ann@contoso.example."));
        let expected =
            "On <1>, b•••@x.example asked to move ann@contoso.example to their profile. They can do that from <2> on.";
        assert!(two[1].starts_with(expected), "{two:?}");

        let mut one = Arriving {
            address: "ann@contoso.example".parse().unwrap(),
            own_letters: None,
            from: "a•••@contoso.example".into(),
            asked_at: at("1"),
            moves_at: at("2"),
            ends_at: at("3"),
            state: ArrivingState::Waits,
        };
        for (state, expected) in [
            (
                ArrivingState::Waits,
                "On <1>, you asked to move ann@contoso.example to your profile. You can do that from <2> on, unless a•••@contoso.example keeps it.",
            ),
            (ArrivingState::Ready, "You can move ann@contoso.example to your profile until <3>."),
            (
                ArrivingState::Stopped,
                "ann@contoso.example stays where it is. a•••@contoso.example has confirmed it again.",
            ),
        ] {
            one.state = state;
            assert_eq!(arriving(&one, said), expected);
        }
    }

    /// REG-12 the list of sessions names browsers as people know them.
    #[test]
    fn reg_12_browsers_have_names() {
        for (agent, name) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36 Edg/12",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:120.0) Gecko/20100101 Firefox/120.0", "Firefox on Mac"),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/604",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "A browser that does not say its name"),
        ] {
            assert_eq!(browser_name(agent), name);
        }
    }
}
