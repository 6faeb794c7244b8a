//! The letters that people get, as they get them.

use licensing::{
    ContactName, Licence, Policy, ProductKind, Timestamp,
    account::AccountRole,
    event::{GivenAs, Why},
    request::{Asked, Nobody},
    roles::{Benefit, Role},
};
use mail::{
    About, Context, JoinFacts, Language, Letter, Listing, OnLicence, Outsider, Permission, Rendered, SHOWN, render,
};
use proptest::prelude::*;

const SITE: &str = "https://portal.example";
const TOKEN: &str = "q8Zk1vT7mYx3Rw5nB9cDfg";
const CODE: &str = "493027";

/// What is put where letters take a fact from outside.
#[derive(Clone)]
struct Facts {
    product: String,
    customer: String,
    account: String,
    other: String,
    reason: String,
    name: String,
}

impl Facts {
    fn plain() -> Self {
        Self {
            product: "Cloud Mail Plan 2".into(),
            customer: "Contoso Ltd".into(),
            account: "Contoso Production".into(),
            other: "Contoso Europe".into(),
            reason: "The seats belong to the European company".into(),
            name: "Åsa Berg".into(),
        }
    }

    fn all(text: &str) -> Self {
        let text = || text.to_owned();
        Self { product: text(), customer: text(), account: text(), other: text(), reason: text(), name: text() }
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn link(page: &str) -> String {
    format!("{SITE}/{page}#t={TOKEN}")
}

fn licence(key: &str) -> Licence {
    key.parse().unwrap()
}

fn about(facts: &Facts, kind: ProductKind) -> About {
    About {
        product: facts.product.clone(),
        kind,
        customer: facts.customer.clone(),
        quantity: 1250,
        licence: licence("enterprise/88590039"),
    }
}

fn listing(facts: &Facts, key: &str, contacts: &[ContactName]) -> Listing {
    Listing { licence: licence(key), customer: facts.customer.clone(), contacts: contacts.to_vec() }
}

fn activation_link(facts: &Facts, why: Why, kind: ProductKind) -> Letter {
    let contact = match (why, kind) {
        (Why::Fallback, _) | (_, ProductKind::Consumption) => ContactName::Notices,
        _ => ContactName::OnlineServicesManager,
    };
    Letter::ActivationLink {
        about: about(facts, kind),
        contact,
        link: link("activate"),
        expires_at: at("2027-05-11T00:00:00Z"),
        why,
    }
}

fn reminder(facts: &Facts, days: u32) -> Letter {
    Letter::Reminder {
        about: about(facts, ProductKind::OnlineService),
        contact: ContactName::OnlineServicesManager,
        days,
        link: link("activate"),
        expires_at: at("2027-05-11T00:00:00Z"),
    }
}

fn activated(facts: &Facts, kind: ProductKind) -> Letter {
    Letter::Activated {
        about: about(facts, kind),
        account_name: facts.account.clone(),
        at: at("2026-11-22T14:05:09Z"),
        undo_until: Some(at("2026-11-25T14:05:09Z")),
        portal: format!("{SITE}/activations"),
    }
}

fn asking(facts: &Facts) -> JoinFacts {
    JoinFacts {
        account: facts.account.clone(),
        address: "osm@contoso.example".parse().unwrap(),
        product: facts.product.clone(),
        customer: facts.customer.clone(),
    }
}

fn remap_ended(facts: &Facts, declined: bool) -> Letter {
    let About { product, licence, .. } = about(facts, ProductKind::OnlineService);
    Letter::RemapEnded {
        product,
        licence,
        to: declined.then(|| facts.other.clone()),
        declined,
        portal: format!("{SITE}/activations"),
    }
}

fn join_decided(facts: &Facts, role: Option<AccountRole>, message: &str) -> Letter {
    Letter::JoinDecided { asking: asking(facts), role, message: message.into(), portal: format!("{SITE}/activations") }
}

fn join_handled(facts: &Facts, role: Option<AccountRole>) -> Letter {
    Letter::JoinHandled {
        asking: asking(facts),
        role,
        by: "boss@contoso.example".parse().unwrap(),
        at: at("2026-11-22T14:05:09Z"),
        portal: format!("{SITE}/joins"),
    }
}

/// What somebody asks for: a role that says what it does, one with benefits, and one with a permission.
fn asked() -> Asked {
    Asked {
        roles: [Role::Administrator, Role::SoftwareAssuranceManager, Role::OnlineServicesManager].into(),
        benefits: [Benefit::ELearning, Benefit::HomeUse].into(),
        reservations: true,
        until: Some("2027-03-31".parse().unwrap()),
    }
}

/// A part of it.
fn a_part() -> Asked {
    Asked {
        roles: [Role::SoftwareAssuranceManager, Role::OnlineServicesManager].into(),
        benefits: [Benefit::HomeUse].into(),
        reservations: false,
        until: Some("2027-01-31".parse().unwrap()),
    }
}

fn permission(facts: &Facts) -> Permission {
    Permission {
        licence: licence("enterprise/88590039"),
        customer: facts.customer.clone(),
        address: "asa@contoso.example".parse().unwrap(),
        asked: asked(),
    }
}

fn outsiders(count: usize) -> Vec<Outsider> {
    let one = |n: usize| Outsider {
        address: format!("someone-{n}@fabrikam.example").parse().unwrap(),
        asked: if n == 1 { asked() } else { Asked { roles: [Role::LicensingInfo].into(), ..Asked::default() } },
        link: link("r"),
    };
    (1..=count).map(one).collect()
}

fn digest(facts: &Facts, shown: usize, others: u64) -> Letter {
    Letter::PermissionDigest {
        licence: licence("enterprise/88590039"),
        customer: facts.customer.clone(),
        requests: outsiders(shown),
        others,
        portal: format!("{SITE}/requests"),
    }
}

fn permission_decided(facts: &Facts, granted: Option<Asked>, message: &str) -> Letter {
    let portal = format!("{SITE}/permissions");
    Letter::PermissionDecided { of: permission(facts), granted, message: message.into(), portal }
}

/// The letters about permissions.
fn permission_letters(facts: &Facts) -> Vec<(&'static str, Letter)> {
    let (asked_at, ends_at) = (at("2026-11-22T14:05:00Z"), at("2026-12-22T14:05:00Z"));
    let portal = || format!("{SITE}/permissions");
    let of = || permission(facts);
    let ask = |changed: bool| Letter::PermissionAsked {
        of: of(),
        name: facts.name.clone(),
        comment: if changed { String::new() } else { facts.reason.clone() },
        ends_at,
        link: link("r"),
        changed,
    };
    let reminder = |outsider: bool| Letter::PermissionReminder {
        of: of(),
        outsider,
        asked_at,
        ends_at,
        link: link("r"),
        by_asker: outsider,
    };
    let undecided =
        |outsider: bool| Letter::PermissionUndecided { of: of(), outsider, asked_at, ends_at, link: link("r") };
    let handled = |granted: Option<Asked>| Letter::PermissionHandled {
        of: of(),
        granted,
        by: "boss@contoso.example".parse().unwrap(),
        at: at("2026-11-26T09:30:00Z"),
        portal: format!("{SITE}/requests"),
    };
    let ended = |with_agreement: bool| Letter::PermissionEnded { of: of(), with_agreement, portal: portal() };
    let nobody = |why: Nobody| Letter::NobodyDecides { of: of(), why, portal: portal() };
    let changed = |made: bool| Letter::AdministratorChanged {
        licence: licence("enterprise/88590039"),
        customer: facts.customer.clone(),
        address: "asa@contoso.example".parse().unwrap(),
        made,
        loaded: true,
    };
    vec![
        ("permission-asked", ask(false)),
        ("permission-asked-changed", ask(true)),
        ("permission-reminder", reminder(false)),
        ("permission-reminder-by-asker", reminder(true)),
        ("permission-digest", digest(facts, 2, 0)),
        ("permission-digest-one", digest(facts, 1, 0)),
        ("permission-undecided", undecided(false)),
        ("permission-undecided-outsider", undecided(true)),
        ("permission-withdrawn", Letter::PermissionWithdrawn { of: of(), at: at("2026-11-26T09:30:00Z") }),
        ("permission-handled", handled(Some(asked()))),
        ("permission-handled-part", handled(Some(a_part()))),
        ("permission-handled-denied", handled(None)),
        ("permission-approved", permission_decided(facts, Some(asked()), "")),
        ("permission-approved-part", permission_decided(facts, Some(a_part()), &facts.reason)),
        ("permission-denied", permission_decided(facts, None, &facts.reason)),
        ("permission-ended", ended(false)),
        ("permission-ended-with-agreement", ended(true)),
        ("nobody-decides-unknown", nobody(Nobody::Unknown)),
        ("nobody-decides-no-administrator", nobody(Nobody::NoAdministrator)),
        ("nobody-decides-unreachable", nobody(Nobody::Unreachable)),
        ("gave-up", gave_up(facts, &[])),
        ("gave-up-in-part", gave_up(facts, &[Role::Administrator, Role::OnlineServicesManager])),
        ("administrator-made", changed(true)),
        ("administrator-removed", changed(false)),
        (
            "administrator-made-in-portal",
            Letter::AdministratorChanged {
                licence: licence("enterprise/88590039"),
                customer: facts.customer.clone(),
                address: "asa@contoso.example".parse().unwrap(),
                made: true,
                loaded: false,
            },
        ),
        ("permission-given-invites", given(facts, GivenAs::Assigned, true)),
        ("permission-given-edited", given(facts, GivenAs::Edited, false)),
        ("permission-given-again", given(facts, GivenAs::InvitedAgain, true)),
        ("permission-taken", taken(facts, false)),
        ("permission-taken-here", taken(facts, true)),
        ("grant-denied", denied(facts, false, false)),
        ("grant-denied-claim-undone", denied(facts, true, true)),
        ("ends-soon-own", ends_soon(facts, true)),
        ("ends-soon", ends_soon(facts, false)),
        (
            "invitation-ended",
            Letter::InvitationEnded { of: on_licence(facts), ended: some_given(), portal: format!("{SITE}/licences") },
        ),
    ]
}

fn on_licence(facts: &Facts) -> OnLicence {
    OnLicence {
        licence: licence("enterprise/88590039"),
        customer: facts.customer.clone(),
        address: "asa@contoso.example".parse().unwrap(),
    }
}

fn some_given() -> Vec<Asked> {
    let until = Some("2027-06-30".parse().unwrap());
    vec![
        Asked { roles: [Role::OnlineServicesManager].into(), reservations: true, until, ..Asked::default() },
        Asked { roles: [Role::LicensingInfo].into(), ..Asked::default() },
    ]
}

fn given(facts: &Facts, said: GivenAs, invites: bool) -> Letter {
    Letter::PermissionGiven {
        of: on_licence(facts),
        given: some_given(),
        said,
        invited_until: invites.then(|| at("2026-12-22T14:05:00Z")),
        portal: format!("{SITE}/sign-in"),
    }
}

fn taken(facts: &Facts, here_only: bool) -> Letter {
    let keeps = if here_only { [Role::LicensingInfo].into() } else { [].into() };
    Letter::PermissionTaken { of: on_licence(facts), keeps, here_only, portal: format!("{SITE}/request") }
}

fn denied(facts: &Facts, claim: bool, undone: bool) -> Letter {
    Letter::GrantDenied { of: on_licence(facts), claim, undone, portal: format!("{SITE}/request") }
}

fn ends_soon(facts: &Facts, own: bool) -> Letter {
    let ends = some_given().into_iter().take(1).collect();
    Letter::EndsSoon { of: on_licence(facts), ends, own, portal: format!("{SITE}/request") }
}

/// Whether the letter goes to who asked for permission.
const fn is_to_asker(letter: &Letter) -> bool {
    matches!(letter, Letter::PermissionDecided { .. } | Letter::PermissionEnded { .. } | Letter::NobodyDecides { .. })
}

fn gave_up(facts: &Facts, keeps: &[Role]) -> Letter {
    Letter::GaveUp {
        licence: licence("enterprise/88590039"),
        customer: facts.customer.clone(),
        address: "asa@contoso.example".parse().unwrap(),
        keeps: keeps.iter().copied().collect(),
        portal: format!("{SITE}/permissions"),
    }
}

fn address_to_move(is_last: bool) -> Letter {
    Letter::AddressToMove {
        address: "licensing@fabrikam.example".parse().unwrap(),
        to_masked: "o•••@contoso.example".into(),
        moves_at: at("2026-11-25T09:30:00Z"),
        is_last,
        sign_in: format!("{SITE}/sign-in"),
    }
}

/// Every letter in every variety of its wording, with the name of its snapshot.
fn letters(facts: &Facts) -> Vec<(String, Letter)> {
    use ContactName as C;
    let online = ProductKind::OnlineService;
    let portal = || format!("{SITE}/activations");
    let mut all = vec![
        (
            "sign-in-code",
            Letter::SignInCode {
                address: "osm@contoso.example".parse().unwrap(),
                code: CODE.into(),
                link: link("sign-in"),
                expires_at: at("2026-11-22T14:05:00Z"),
            },
        ),
        (
            "prove-address",
            Letter::ProveAddress {
                address: "licensing@fabrikam.example".parse().unwrap(),
                profile_address_masked: "o•••@contoso.example".into(),
                code: CODE.into(),
                link: link("prove"),
                expires_at: at("2026-11-24T09:30:00Z"),
            },
        ),
        ("address-to-move", address_to_move(false)),
        ("address-to-move-last", address_to_move(true)),
        (
            "welcome",
            Letter::Welcome {
                address: "osm@contoso.example".parse().unwrap(),
                listings: vec![
                    listing(facts, "enterprise/88590039", &[C::Primary, C::Notices, C::OnlineServicesManager]),
                    listing(facts, "open-value/V4410872", &[C::SoftwareAssuranceManager, C::SubscriptionsManager]),
                    listing(facts, "master/M7702215", &[C::BillTo]),
                ],
                more: false,
                sign_in: format!("{SITE}/sign-in"),
            },
        ),
        ("reminder-30-days", reminder(facts, 30)),
        ("reminder-1-day", reminder(facts, 1)),
        (
            "link-expired",
            Letter::LinkExpired {
                about: about(facts, online),
                expired_at: at("2027-05-11T00:00:00Z"),
                portal: portal(),
            },
        ),
        (
            "key-notice",
            Letter::KeyNotice { about: about(facts, ProductKind::KeyedService), portal: format!("{SITE}/licences") },
        ),
        (
            "assigned",
            Letter::Assigned {
                about: about(facts, online),
                account_name: facts.account.clone(),
                undo_until: Some(at("2026-11-25T14:05:00Z")),
                portal: portal(),
            },
        ),
        ("activated", activated(facts, online)),
        ("activated-consumption", activated(facts, ProductKind::Consumption)),
        ("activation-link-consumption", activation_link(facts, Why::First, ProductKind::Consumption)),
        (
            "set-up-refused",
            Letter::SetUpRefused {
                about: about(facts, online),
                account_name: facts.account.clone(),
                reason: facts.reason.clone(),
                at: at("2026-11-23T14:05:00Z"),
                portal: portal(),
            },
        ),
        (
            "undone",
            Letter::Undone {
                about: about(facts, online),
                account_name: facts.account.clone(),
                by_you: false,
                portal: portal(),
            },
        ),
        (
            "undone-by-you",
            Letter::Undone {
                about: about(facts, online),
                account_name: facts.account.clone(),
                by_you: true,
                portal: portal(),
            },
        ),
        (
            "remap-proposed",
            Letter::RemapProposed {
                about: about(facts, online),
                from: Some(facts.account.clone()),
                to: Some(facts.other.clone()),
                ends_at: at("2026-12-22T14:05:00Z"),
                portal: portal(),
            },
        ),
        (
            "remap-proposed-by-strangers",
            Letter::RemapProposed {
                about: about(facts, online),
                from: None,
                to: Some(facts.other.clone()),
                ends_at: at("2026-12-22T14:05:00Z"),
                portal: portal(),
            },
        ),
        (
            "revival-declined",
            Letter::RevivalAnswered {
                about: about(facts, online),
                granted: false,
                reason: facts.reason.clone(),
                portal: portal(),
            },
        ),
        (
            "revival-granted",
            Letter::RevivalAnswered {
                about: about(facts, online),
                granted: true,
                reason: String::new(),
                portal: portal(),
            },
        ),
        ("remap-declined", remap_ended(facts, true)),
        ("remap-ended", remap_ended(facts, false)),
        (
            "join-asked",
            Letter::JoinAsked { asking: asking(facts), ends_at: at("2026-12-22T14:05:00Z"), link: link("join") },
        ),
        ("join-granted", join_decided(facts, Some(AccountRole::BillingAdministrator), &facts.reason)),
        ("join-granted-all", join_decided(facts, Some(AccountRole::GlobalAdministrator), "")),
        ("join-denied", join_decided(facts, None, &facts.reason)),
        ("join-handled", join_handled(facts, Some(AccountRole::BillingAdministrator))),
        ("join-handled-denied", join_handled(facts, None)),
        ("join-ended", Letter::JoinEnded { asking: asking(facts), portal: portal() }),
        (
            "remap-done",
            Letter::RemapDone {
                about: about(facts, online),
                from: facts.account.clone(),
                to: facts.other.clone(),
                portal: portal(),
            },
        ),
    ];
    for (name, why) in [
        ("activation-link-first", Why::First),
        ("activation-link-fallback", Why::Fallback),
        ("activation-link-contact-changed", Why::ContactChanged),
        ("activation-link-resent", Why::Resent),
        ("activation-link-asked-again", Why::AskedAgain),
        ("activation-link-revived", Why::Revived),
        ("activation-link-undone", Why::Undone),
    ] {
        all.push((name, activation_link(facts, why, online)));
    }
    all.extend(permission_letters(facts));
    all.into_iter().map(|(name, letter)| (name.to_owned(), letter)).collect()
}

fn in_language(letter: &Letter, language: Language, policy: &Policy) -> Rendered {
    render(letter, &Context { publisher: &policy.publisher, policy, site: SITE, language })
}

fn in_every_language(facts: &Facts) -> Vec<(String, Rendered)> {
    let policy = Policy::default();
    let mut all = Vec::new();
    for (name, letter) in letters(facts) {
        for language in Language::ALL {
            all.push((format!("{name}.{language}"), in_language(&letter, *language, &policy)));
        }
    }
    all
}

fn english(letter: &Letter) -> Rendered {
    in_language(letter, Language::En, &Policy::default())
}

/// SAFE-04 every letter in every language as text and HTML, in review: one file a letter, so that a new letter is one more file.
#[test]
fn safe_04_the_letters_are_as_they_were_approved() {
    let redacted = |text: &str| text.replace(TOKEN, "[token]").replace(CODE, "[code]");
    let policy = Policy::default();
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        for (name, letter) in letters(&Facts::plain()) {
            let rendered: Vec<(Language, Rendered)> =
                Language::ALL.iter().map(|language| (*language, in_language(&letter, *language, &policy))).collect();
            let texts = rendered.iter().map(|(language, it)| format!("=== {language}, text\n{}\n\n{}", it.subject, it.text));
            let pages = rendered.iter().map(|(language, it)| format!("=== {language}, HTML\n{}", it.html));
            let whole: Vec<String> = texts.chain(pages).collect();
            insta::assert_snapshot!(name, redacted(&whole.join("\n")));
        }
    });
}

/// The longest sentence that a letter may have.
const WORDS_IN_A_SENTENCE: usize = 20;

/// Sentences that may be longer, by the letter's name and how they begin. It may only get shorter.
const LONGER_SENTENCES: &[(&str, &str)] = &[];

/// The sentences of a letter's text, the subject first. The point of a German day ("10. Mai") ends none.
fn sentences(letter: &Rendered) -> Vec<String> {
    let mut all = Vec::new();
    for line in std::iter::once(&*letter.subject).chain(letter.text.lines()) {
        let mut sentence = String::new();
        for word in line.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)) {
            sentence.push_str(word);
            let day = word.strip_suffix('.').is_some_and(|day| day.len() <= 2 && day.parse::<u8>().is_ok());
            if word.ends_with(['.', '?', '!']) && !day {
                all.push(std::mem::take(&mut sentence));
            } else {
                sentence.push(' ');
            }
        }
        all.push(sentence.trim_end().to_owned());
    }
    all
}

/// UI-03 letters are read once: no sentence is longer than twenty words, names of products and people included.
#[test]
fn ui_03_no_sentence_of_a_letter_is_long() {
    let mut long = Vec::new();
    for (name, letter) in in_every_language(&Facts::plain()) {
        for sentence in sentences(&letter) {
            let is_long = sentence.split(' ').count() > WORDS_IN_A_SENTENCE;
            let may = LONGER_SENTENCES.iter().any(|(of, begins)| name == *of && sentence.starts_with(begins));
            if is_long && !may {
                long.push(format!("{name}: {} words: {sentence}", sentence.split(' ').count()));
            }
        }
    }
    assert!(long.is_empty(), "shorten these sentences:\n{}", long.join("\n"));
}

/// UI-03 the message is an email and goes to an email address; nobody is told that something "was mailed".
#[test]
fn ui_03_letters_say_email() {
    for (name, letter) in in_every_language(&Facts::all("Contoso")) {
        let text = format!("{}\n{}", letter.subject, letter.text).to_lowercase();
        let words: Vec<&str> = text.split(|c: char| !c.is_alphanumeric() && c != '-').collect();
        for never in ["mail", "mails", "mailed", "e-mails", "somebody"] {
            assert!(!words.contains(&never), "{name} says {never}:\n{text}");
        }
        assert!(
            !(name.rsplit_once('.').is_some_and(|(_, language)| language == "en") && words.contains(&"e-mail")),
            "{name} says e-mail:\n{text}"
        );
    }
}

/// SAFE-04 nothing in a letter is fetched or run, and it is readable in the dark.
#[test]
fn safe_04_no_letter_loads_runs_or_tracks_anything() {
    for (name, letter) in in_every_language(&Facts::plain()) {
        let html = letter.html.to_lowercase();
        for never in [
            "<img",
            "<script",
            "<link",
            "<iframe",
            "<object",
            "<form",
            "<input",
            "<base",
            "src=",
            "url(",
            "@import",
            "@font-face",
            "background=",
            "javascript:",
            " onload",
            " onclick",
            "<table",
        ] {
            assert!(!html.contains(never), "{name} holds {never}");
        }
        assert!(html.contains("<meta name=\"color-scheme\" content=\"light dark\">"), "{name}");
        assert!(html.contains("@media (prefers-color-scheme:dark)"), "{name}");
    }
}

/// SAFE-04 every link leads to the portal and stands in both forms.
#[test]
fn safe_04_links_lead_to_the_portal_only() {
    for (name, letter) in in_every_language(&Facts::plain()) {
        for form in [&letter.text, &letter.html] {
            let links = form.matches("http").count();
            assert!(links > 0 && links == form.matches(&format!("{SITE}/")).count(), "{name}: {form}");
        }
        let hrefs: Vec<&str> = letter.html.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let buttons = match name.rsplit_once('.').map_or(&*name, |(letter, _)| letter) {
            "permission-digest" => 2,
            "permission-withdrawn"
            | "administrator-made"
            | "administrator-made-in-portal"
            | "administrator-removed" => 0,
            _ => 1,
        };
        assert_eq!(hrefs.len(), 2 * buttons, "{name}: each button, and the address that can be copied");
        assert!(hrefs.iter().all(|href| letter.text.contains(href)), "{name}");
    }
}

/// SAFE-04 a link that leads elsewhere, by whatever mistake, is not written.
#[test]
fn safe_04_a_link_to_another_site_is_not_written() {
    for elsewhere in [
        "https://contoso.example/x",
        "https://portal.example.contoso.example/x",
        "https://portal.example@contoso.example/",
        "javascript:alert(1)",
        "https://portal.example/\"><b>",
        "https://portal.example/a b",
        "",
    ] {
        let letter = english(&Letter::KeyNotice {
            about: about(&Facts::plain(), ProductKind::KeyedService),
            portal: elsewhere.into(),
        });
        assert!(letter.html.contains("href=\"https://portal.example\""), "{elsewhere}");
        assert!(elsewhere.is_empty() || !letter.text.contains(elsewhere) && !letter.html.contains(elsewhere));
    }
}

/// SAFE-04 subjects come back in delivery notices, and debug prints end in logs: neither shows a code or a link.
#[test]
fn safe_04_subjects_and_debug_prints_open_nothing() {
    let policy = Policy::default();
    for (name, letter) in letters(&Facts::plain()) {
        for language in Language::ALL {
            let rendered = in_language(&letter, *language, &policy);
            let shown = format!("{} {letter:?} {rendered:?}", rendered.subject);
            assert!(!shown.contains(TOKEN) && !shown.contains(CODE) && !shown.contains("http"), "{name}: {shown}");
        }
    }
}

/// LINK-01 ACT-02 no letter shows a whole Licensing ID, but those to the person who typed it; each names it in its subject.
#[test]
fn link_01_the_licensing_id_is_masked() {
    let policy = Policy::default();
    for (name, letter) in letters(&Facts::plain()) {
        for language in Language::ALL {
            let rendered = in_language(&letter, *language, &policy);
            for number in ["88590039", "V4410872", "M7702215"] {
                let shown = rendered.text.contains(number) || rendered.html.contains(number);
                assert_eq!(shown, is_to_asker(&letter) && number == "88590039", "{name}");
            }
        }
    }
    for (name, letter) in permission_letters(&Facts::plain()) {
        let number = if is_to_asker(&letter) { "Enterprise 88590039" } else { "Enterprise ••••0039" };
        assert!(english(&letter).subject.contains(number), "{name}");
    }
    assert!(english(&reminder(&Facts::plain(), 7)).text.contains("Enterprise ••••0039"));
}

/// REG-03 the sign-in letter says who signs in and until when, and shows the code and the link.
#[test]
fn reg_03_the_code_letter_says_as_whom_and_until_when() {
    let letter = english(&letters(&Facts::plain())[0].1);
    for part in ["signing in as osm@contoso.example", "works until 14:05 UTC", CODE, &link("sign-in")] {
        assert!(letter.text.contains(part), "{part}");
    }
    assert!(letter.html.contains(CODE) && letter.html.contains(&link("sign-in")));
}

/// REG-07 the proof letter names the profile that asks by its business address, the code, the time, and the way to say "this
/// was not me"; it says nothing that its asker typed.
#[test]
fn reg_07_the_proof_letter_names_who_asks() {
    let letter = english(&letters(&Facts::plain())[1].1);
    for part in ["o•••@contoso.example", CODE, "48 hours", "24 November 2026, 09:30 UTC", "This was not me"] {
        assert!(letter.text.contains(part), "{part}");
    }
}

/// REG-09 who holds an address learns who asks for it, from when on it moves, what that means, and how to keep it; nothing that
/// who asks typed.
#[test]
fn reg_09_the_holder_learns_when_an_address_moves_and_how_to_keep_it() {
    for (is_last, said) in [(false, "Your other addresses stay"), (true, "nobody can sign in to it any more")] {
        let letter = english(&address_to_move(is_last));
        let parts = ["o•••@contoso.example", "Can move from: 25 November 2026, 09:30 UTC", "/sign-in", said];
        for part in parts.into_iter().chain(["Sign in with licensing@fabrikam.example.", "stops the move"]) {
            assert!(letter.text.contains(part), "{part}: {}", letter.text);
        }
    }
}

/// ACT-17 the digest says what each listing allows (ROLE-03), names 20 and counts the others.
#[test]
fn act_17_the_welcome_digest_names_twenty_and_counts_the_rest() {
    let facts = Facts::plain();
    let digest = |count: usize, more: bool| {
        let listings: Vec<Listing> =
            (0..count).map(|n| listing(&facts, &format!("select/{n:08}"), &[ContactName::Primary])).collect();
        english(&Letter::Welcome {
            address: "osm@contoso.example".parse().unwrap(),
            listings,
            more,
            sign_in: format!("{SITE}/sign-in"),
        })
    };
    let points = |letter: &Rendered| letter.text.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(points(&digest(20, false)), 20);
    assert!(!digest(20, false).text.contains("more"));
    let long = digest(1_250, false);
    assert_eq!(points(&long), 21);
    assert!(long.text.contains("- And 1,230 more: see My licences.") && long.html.contains("And 1,230 more"));

    assert!(digest(43, false).text.contains("- And 23 more: see My licences."));
    assert!(digest(1_000, true).text.contains("- And at least 980 more: see My licences."));
    assert!(digest(7, true).text.contains("- And at least 1 more: see My licences."));

    let all: Vec<ContactName> = ContactName::ALL.to_vec();
    let letter = english(&Letter::Welcome {
        address: "osm@contoso.example".parse().unwrap(),
        listings: vec![listing(&facts, "select/12345678", &all)],
        more: false,
        sign_in: format!("{SITE}/sign-in"),
    });
    assert!(
        letter
            .text
            .contains("As primary contact and notices contact and online administrator, you may see the licence")
    );
    assert!(letter.text.contains("As bill-to contact, you have no permissions"));
    assert!(letter.text.contains("Register"));
}

/// ACT-04 who activates a consumption product is told how to add others; who activates another one is not.
#[test]
fn act_04_the_first_administrator_is_told_how_to_add_others() {
    let facts = Facts::plain();
    assert!(english(&activated(&facts, ProductKind::Consumption)).text.contains("Add others"));
    assert!(!english(&activated(&facts, ProductKind::OnlineService)).text.contains("Add others"));
}

/// ACT-05 the key notice has no key and no link that activates, and says who gives the key.
#[test]
fn act_05_the_key_notice_only_tells_how_to_get_the_key() {
    let (_, letter) = letters(&Facts::plain()).into_iter().find(|(name, _)| name == "key-notice").unwrap();
    let letter = english(&letter);
    assert!(letter.text.contains("To get it, write to support@northwind.example"));
    assert!(letter.text.contains("/licences") && !letter.text.contains("/activate") && !letter.text.contains(TOKEN));
}

/// ACT-05 ACT-17 no letter promises a page that the portal does not have.
#[test]
fn act_17_no_letter_promises_a_page_that_is_not_there() {
    let mut all = in_every_language(&Facts::plain());
    let everybody = Letter::Welcome {
        address: "osm@contoso.example".parse().unwrap(),
        listings: vec![listing(&Facts::plain(), "select/12345678", ContactName::ALL)],
        more: false,
        sign_in: format!("{SITE}/sign-in"),
    };
    for language in Language::ALL {
        all.push((format!("welcome.{language}"), in_language(&everybody, *language, &Policy::default())));
    }
    let promises = [
        "under product keys",
        "go to product keys",
        "redeem",
        "download",
        "who else may do",
        "reports",
        "benefits",
        "assign and",
        "unter „produktschlüssel“",
        "zu den produktschlüsseln",
        "einlösen",
        "eingelöst",
        "herunterladen",
        "wer sonst was",
        "berichte",
        "vorteile",
        "zuweisen",
    ];
    for (name, letter) in all {
        let text = letter.text.to_lowercase();
        for promise in promises {
            assert!(!text.contains(promise), "{name} speaks of a page that is not there: {promise}\n{text}");
        }
    }
}

/// ACT-03 ACT-14 ACT-15 LINK-08 LINK-10 each letter with a link says honestly what became of an earlier one.
#[test]
fn act_14_each_reason_says_what_became_of_the_earlier_link() {
    let text = |why| english(&activation_link(&Facts::plain(), why, ProductKind::OnlineService)).text;
    for why in [Why::Fallback, Why::ContactChanged, Why::Resent] {
        assert!(text(why).contains("no longer works"), "{why:?}");
    }
    assert!(text(Why::AskedAgain).contains("the same link as before"));
    assert!(text(Why::Revived).contains("had expired"));
    assert!(!text(Why::First).contains("no longer") && !text(Why::Undone).contains("no longer"));
}

/// ORG-04 APR-02 who decides learns who asks for what, until when, and that denying needs no sign-in.
#[test]
fn org_04_the_letter_to_administrators_says_who_asks_for_what() {
    let letter = english(&letters(&Facts::plain()).into_iter().find(|(name, _)| name == "join-asked").unwrap().1);
    for part in [
        "osm@contoso.example asks to join the account Contoso Production",
        "Decide by: 22 December 2026, 14:05 UTC",
        "You can deny the request without signing in",
        &link("join"),
    ] {
        assert!(letter.text.contains(part), "{part} in\n{}", letter.text);
    }
}

/// APR-05 ORG-04 who asked learns the outcome and what the administrator said, and not who that was; the other
/// administrators do.
#[test]
fn apr_05_who_asked_learns_the_outcome_and_no_names() {
    let facts = Facts::plain();
    let granted = english(&join_decided(&facts, Some(AccountRole::GlobalAdministrator), "Welcome"));
    assert!(granted.text.contains("You are now its global administrator") && granted.text.contains("Welcome"));
    let denied = english(&join_decided(&facts, None, ""));
    assert!(denied.text.contains("denied your request") && !denied.text.contains("Message"));
    let handled = english(&join_handled(&facts, None));
    for letter in [granted, denied] {
        assert!(!letter.text.contains("boss@contoso.example"));
    }
    assert!(handled.text.contains("Decided by: boss@contoso.example") && handled.text.contains("Outcome: denied"));
}

fn permission_letter(name: &str) -> Rendered {
    let (_, letter) = permission_letters(&Facts::plain()).into_iter().find(|(it, _)| *it == name).expect("it is there");
    english(&letter)
}

/// REQ-03 APR-02 an Administrator learns who of their colleagues asks for what, until when, and that denying needs no sign-in.
#[test]
fn req_03_administrators_learn_who_asks_for_what() {
    let letter = permission_letter("permission-asked");
    for part in [
        "asa@contoso.example asks for permission on a licence of Contoso Ltd",
        "Name: Åsa Berg",
        "Comment: The seats belong to the European company",
        "- Administrator: everything",
        "- Software Assurance Manager: e-learning, home use",
        "- Online Services Manager, with permission to manage reservations",
        "Permission until: the end of 31 March 2027 (UTC)",
        "Decide by: 22 December 2026, 14:05 UTC",
        "You can deny the request without signing in. To approve all or a part of it, sign in there.",
        "If nobody decides, the request ends by itself.",
        &link("r"),
    ] {
        assert!(letter.text.contains(part), "{part} in\n{}", letter.text);
    }
    let changed = permission_letter("permission-asked-changed").text;
    assert!(changed.contains("They no longer ask for what they asked for before") && !changed.contains("Comment:"));
}

/// REQ-01 a comment is emailed whole, however long one may be.
#[test]
fn req_01_a_comment_is_whole() {
    let comment = "word ".repeat(200);
    let longest = Policy::default().requests.comment_characters;
    assert_eq!(u32::try_from(comment.chars().count()), Ok(longest));
    let letter = english(&Letter::PermissionAsked {
        of: permission(&Facts::plain()),
        name: String::new(),
        comment: comment.clone(),
        ends_at: at("2026-12-22T14:05:00Z"),
        link: link("r"),
        changed: false,
    });
    assert!(letter.text.contains(comment.trim_end()) && !letter.text.contains("Name:"));
}

/// REQ-03 outsiders' requests come together, each with its link; the email says that these are strangers, and counts those
/// that it does not show.
#[test]
fn req_03_the_digest_of_outsiders_warns_and_counts_the_others() {
    let letter = permission_letter("permission-digest");
    assert_eq!(
        letter.subject,
        "Please decide: 2 requests from outside for permission on Enterprise ••••0039, Contoso Ltd"
    );
    for part in [
        "None of their email addresses is at a domain of your organisation",
        "someone-1@fabrikam.example",
        "someone-2@fabrikam.example",
        "Names and comments are shown after you sign in",
    ] {
        assert!(letter.text.contains(part), "{part} in\n{}", letter.text);
    }
    let links = |letter: &Rendered| letter.text.matches(&link("r")).count();
    assert_eq!(links(&letter), 2);
    let many = english(&digest(&Facts::plain(), SHOWN, 1_214));
    assert_eq!(links(&many), SHOWN);
    assert!(many.text.contains("And 1,214 more: sign in to see them") && many.text.contains("/requests"));
    assert!(many.subject.contains("1,234 requests from outside"));
    assert!(permission_letter("permission-digest-one").subject.contains("1 request from outside"));
}

/// REQ-03 reminders about a stranger warn as the email of the day did; those about a colleague don't.
#[test]
fn req_03_reminders_warn_of_strangers() {
    for (name, warns) in [
        ("permission-reminder", false),
        ("permission-reminder-by-asker", true),
        ("permission-undecided", false),
        ("permission-undecided-outsider", true),
    ] {
        assert_eq!(permission_letter(name).text.contains("This person is from outside"), warns, "{name}");
    }
    assert!(permission_letter("permission-reminder-by-asker").text.contains("They asked us to remind"));
    assert!(permission_letter("permission-undecided").subject.contains("for 10 days"));
}

/// APR-05 ROLE-09 who asked learns what they have, until when, and what was not approved.
#[test]
fn apr_05_a_part_says_what_was_granted_and_what_was_not() {
    let (given, rest) = permission_letter("permission-approved-part")
        .text
        .split_once("This was not approved:")
        .map(|(given, rest)| (given.to_owned(), rest.to_owned()))
        .expect("both are told");
    for part in [
        "approved a part of your request",
        "Your new permissions work from now on",
        "- Software Assurance Manager: home use",
        "- Online Services Manager\n",
        "Permission until: the end of 31 January 2027 (UTC)",
        "Message: The seats belong to the European company",
    ] {
        assert!(given.contains(part), "{part} in\n{given}");
    }
    for part in [
        "- Administrator: everything",
        "- As Software Assurance Manager: e-learning",
        "- As Online Services Manager: permission to manage reservations",
    ] {
        assert!(rest.contains(part) && !given.contains(part), "{part} in\n{rest}");
    }
    let all = permission_letter("permission-approved").text;
    assert!(all.contains("approved your request") && !all.contains("not approved") && !all.contains("Message"));
    assert!(permission_letter("permission-handled-part").text.contains("Outcome: approved in part"));
    assert!(permission_letter("permission-handled").text.contains("Outcome: approved\n"));
    assert!(permission_letter("permission-handled-denied").text.contains("Outcome: denied\n"));
}

/// REQ-02 REQ-03 who asked learns from no letter who decides, nor whose licence it is before something was granted.
#[test]
fn req_02_who_asked_learns_nothing_that_they_did_not_know() {
    for (name, letter) in permission_letters(&Facts::plain()) {
        let text = english(&letter).text;
        if is_to_asker(&letter) {
            assert!(!text.contains("boss@contoso.example"), "{name}");
            assert_eq!(text.contains("Contoso Ltd"), name.starts_with("permission-approved"), "{name}");
        }
    }
    // Of an unknown number, and of a known one that nobody decided on, who asked reads the same.
    let ended = |customer: &str| {
        let of = Permission { customer: customer.into(), ..permission(&Facts::plain()) };
        english(&Letter::PermissionEnded { of, with_agreement: false, portal: format!("{SITE}/permissions") })
    };
    assert_eq!(ended("Contoso Ltd"), ended(""));
    assert!(permission_letter("permission-handled").text.contains("Decided by: boss@contoso.example"));
}

/// REQ-05 REQ-07 where nobody decides, who asked learns why and what helps.
#[test]
fn req_07_who_asked_learns_why_nobody_decides() {
    for (name, why, help) in [
        ("nobody-decides-unknown", "We know no licence with this number", "Check the programme and the number"),
        ("nobody-decides-no-administrator", "has no Administrator who could decide", "have an Administrator named"),
        ("nobody-decides-unreachable", "our emails reach none of them", "tell them of your request"),
        ("permission-ended", "Nobody decided within 30 days", "who the Administrators of the licence are"),
        ("permission-ended-with-agreement", "because the agreement has ended", "which agreement follows"),
    ] {
        let text = permission_letter(name).text;
        for part in [why, help, "write to support@northwind.example"] {
            assert!(text.contains(part), "{name}: {part} in\n{text}");
        }
    }
}

/// ROLE-01 each role and benefit has a name of its own in each language.
#[test]
fn role_01_roles_and_benefits_have_names_in_every_language() {
    for language in Language::ALL {
        let points = |asked: Asked| {
            let of = Permission { asked: asked.clone(), ..permission(&Facts::plain()) };
            let letter = Letter::PermissionWithdrawn { of, at: at("2026-11-26T09:30:00Z") };
            let text = in_language(&letter, *language, &Policy::default()).text;
            text.lines().filter(|line| line.starts_with("- ")).map(str::to_owned).collect::<Vec<_>>()
        };
        let all = points(Asked { roles: Role::ALL.iter().copied().collect(), ..Asked::default() });
        assert_eq!(all.len(), Role::ALL.len());
        let benefits = Benefit::ALL.iter().map(|benefit| {
            let (roles, benefits) = ([Role::SoftwareAssuranceManager].into(), [*benefit].into());
            points(Asked { roles, benefits, ..Asked::default() }).remove(0)
        });
        let names: std::collections::BTreeSet<String> = all.into_iter().chain(benefits).collect();
        assert_eq!(names.len(), Role::ALL.len() + Benefit::ALL.len(), "{names:?}");
    }
}

/// PERM-02 PERM-04 who gave up learns what is lost, what does not bring it back, and how to ask again.
#[test]
fn perm_02_who_gave_up_learns_what_is_lost() {
    let text = permission_letter("gave-up").text;
    for part in [
        "You gave up all permissions that your email address had on a licence of Contoso Ltd",
        "being named on the agreement don’t bring back what you gave up",
        "Request permission in the portal",
        "Not you? Write to support@northwind.example",
    ] {
        assert!(text.contains(part), "{part} in\n{text}");
    }
    assert!(!text.contains("You keep"));
    let text = permission_letter("gave-up-in-part").text;
    assert!(!text.contains("all permissions"), "{text}");
    let kept = "You keep these permissions, because an agreement above this one gives them to you:\n\n- Administrator: everything, and other people’s permissions\n- Online Services Manager\n";
    assert!(text.contains(kept), "{text}");
}

/// ACT-01 the notices and the primary contact learn whom a load made or removed as Administrator.
#[test]
fn act_01_contacts_learn_of_administrators_that_a_load_made() {
    let made = permission_letter("administrator-made").text;
    assert!(made.contains("asa@contoso.example is now an Administrator of a licence of Contoso Ltd."));
    assert!(made.contains("data that Northwind Software loaded"));
    let removed = permission_letter("administrator-removed").text;
    assert!(removed.contains("asa@contoso.example is no longer an Administrator of a licence of Contoso Ltd."));
}

/// EXP-06 a reminder repeats the same link and says how long it is still good.
#[test]
fn exp_06_a_reminder_repeats_the_link() {
    for (days, words) in [(30, "30 days"), (7, "7 days"), (1, "1 day")] {
        let letter = english(&reminder(&Facts::plain(), days));
        assert!(letter.subject.starts_with(&format!("{words} left")), "{}", letter.subject);
        assert!(letter.text.contains(&format!("expires in {words}.")) && letter.text.contains(&link("activate")));
        assert!(letter.text.contains("Link works until: the end of 10 May 2027 (UTC)"));
    }
}

/// Numbers in letters are those of the policy.
#[test]
fn letters_take_their_numbers_from_the_policy() {
    let mut policy = Policy::default();
    policy.links.undo_hours = 5;
    policy.links.revival_days = 1;
    policy.addresses.proof_hours = 1;
    policy.publisher.name = "Fabrikam".into();
    let all: Vec<String> =
        letters(&Facts::plain()).iter().map(|(_, letter)| in_language(letter, Language::En, &policy).text).collect();
    for words in ["undo it for 5 hours", "works for 1 day.", "for 1 hour: until", "Fabrikam runs this"] {
        assert!(all.iter().any(|text| text.contains(words)), "{words}");
    }
}

/// A language is found by its tag; what is not here is English.
#[test]
fn an_unknown_language_is_english() {
    let read = |tag: &str| serde_json::from_value::<Language>(tag.into()).unwrap();
    for (tag, language) in [
        ("en", Language::En),
        ("de", Language::De),
        ("de-AT", Language::De),
        ("DE", Language::De),
        ("fr", Language::En),
        ("", Language::En),
        ("deutsch", Language::En),
    ] {
        assert_eq!(read(tag), language, "{tag}");
    }
    assert_eq!(serde_json::to_value(Language::De).unwrap(), "de");
}

/// The tags of HTML with their attributes, without the texts between them.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag)).collect()
}

fn is_direction(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Facts that try to be something else change no tag, no line and no direction, and become no link.
fn assert_harmless(text: &str) {
    for ((name, plain), (_, letter)) in
        in_every_language(&Facts::plain()).iter().zip(in_every_language(&Facts::all(text)))
    {
        assert_eq!(tags(&letter.html), tags(&plain.html), "{name}");
        assert_eq!(letter.text.lines().count(), plain.text.lines().count(), "{name}");
        assert!(!letter.subject.chars().any(|c| c.is_control() || is_direction(c)), "{name}");
        for form in [&letter.text, &letter.html] {
            assert!(!form.chars().any(|c| c.is_control() && c != '\n' || is_direction(c)), "{name}");
            assert!(!form.contains(['\u{2028}', '\u{2029}']), "{name}");
            assert_eq!(form.matches("://").count(), plain_links(plain, form == &letter.html), "{name}: {form}");
            let lower = form.to_lowercase();
            assert!(!lower.split("www.").skip(1).any(|rest| rest.starts_with(char::is_alphanumeric)), "{name}: {form}");
        }
        let quotes = |html: &str| html.matches('"').count();
        assert_eq!(quotes(&letter.html), quotes(&plain.html), "{name}");
    }
}

fn plain_links(plain: &Rendered, html: bool) -> usize {
    if html { &plain.html } else { &plain.text }.matches("://").count()
}

/// SAFE-04 names that were made to deceive.
#[test]
fn safe_04_facts_from_outside_stay_facts() {
    for text in [
        "<b>x</b>",
        "</p><script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "'; x",
        "A & B &lt;",
        "a\r\nBcc: everyone@contoso.example",
        "a\u{2028}b\u{2029}c\u{85}d\u{b}e",
        "\u{202e}txet\u{202c} \u{2066}x\u{2069}\u{200f}",
        "https://contoso.example/pay now",
        "HTTP://WWW.CONTOSO.EXAMPLE",
        "www.contoso.example",
        "mailto:osm@contoso.example",
        "x\u{0}\u{7}\u{1b}[31m",
        "\u{2068}<bdi>\u{2069}",
        "-->]]><!--",
        "{about} {{}} {0}",
        &"long ".repeat(60),
    ] {
        assert_harmless(text);
    }
    let letter = english(&activated(&Facts::all("O'Neill & Söhne <AG>"), ProductKind::OnlineService));
    assert!(letter.subject.starts_with("Activated: O'Neill & Söhne <AG> for"), "{}", letter.subject);
    assert!(letter.text.contains("You activated O'Neill & Söhne <AG> for"));
    assert!(letter.html.contains("<bdi>O&#39;Neill &amp; Söhne &lt;AG&gt;</bdi>"));
}

/// SAFE-04 a name that a mail program would make a link of is joined invisibly; an ordinary one is left as it is.
#[test]
fn safe_04_names_become_no_links() {
    let text = |name: &str| english(&activated(&Facts::all(name), ProductKind::OnlineService)).text;
    assert!(!text("contoso.example").contains("contoso.example "));
    assert!(text("contoso.example").contains("contoso.\u{2060}example"));
    assert!(text("Contoso Ltd., Dept. 4 / Berlin").contains("activated Contoso Ltd., Dept. 4 / Berlin for"));
}

/// A fact with nothing to show is a dash, or left out where the letter can do without it.
#[test]
fn a_blank_fact_leaves_no_hole() {
    for blank in ["", " \r\n", "\u{202e}\u{200b}\u{feff}"] {
        for (name, letter) in in_every_language(&Facts::all(blank)) {
            let names_something =
                ["–", "Northwind", "Enterprise 88590039"].iter().any(|it| letter.subject.contains(it));
            assert!(names_something, "{name}: {}", letter.subject);
            assert!(!letter.html.contains("<bdi></bdi>"), "{name}");
            assert!(!letter.text.contains("Reason given") && !letter.text.contains("“–”"), "{name}");
        }
    }
}

/// A subject stays readable in a list of mails.
#[test]
fn a_subject_is_short_however_long_the_names_are() {
    for (name, letter) in in_every_language(&Facts::all(&"Übermäßig ".repeat(20))) {
        assert!(letter.subject.chars().count() <= 180, "{name}: {}", letter.subject);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// SAFE-04 whatever a fact holds, the letter's structure stays as it is.
    #[test]
    fn safe_04_no_fact_changes_a_letter(text in any::<String>()) {
        assert_harmless(&format!("{text}x"));
    }

    /// SAFE-04 the same for texts made of what has a meaning in HTML, headers and addresses.
    #[test]
    fn safe_04_no_mark_up_changes_a_letter(text in "([<>\"'&;/=:.@\\-!\\r\\n\t\u{202e}\u{2066}\u{2069} ]|www|http|script|a){1,60}") {
        assert_harmless(&format!("{text}x"));
    }
}
