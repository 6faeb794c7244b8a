//! The letters in English.

use licensing::{ContactName, Programme, Timestamp, account::AccountRole, event::Why, rights::Role};

use crate::{
    letter::{About, Asking, Context, LISTED, Letter, Listing},
    sheet::{Block, Sheet, brief, day, fact, grouped, is_blank, is_midnight, own, time},
};

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

pub(crate) fn write(letter: &Letter, context: &Context<'_>) -> Sheet {
    let publisher = fact(&context.publisher.name);
    let (subject, blocks) = match letter {
        Letter::SignInCode { address, code, link, expires_at } => (
            format!("Your code to sign in to {}", brief(&context.publisher.name)),
            vec![
                para(format!("You are signing in as {}.", own(&address.in_full()))),
                para(format!("Your code, good until {}:", clock(*expires_at))),
                Block::Code(own(code)),
                para(
                    "Or sign in with the link. In another browser than the one where you asked for it, the page asks for your address first.",
                ),
                action("Sign in", link),
                para(format!(
                    "If it was not you, ignore this mail: nobody can sign in without the code or the link. Never tell anyone the code, not even {publisher}."
                )),
            ],
        ),
        Letter::ProveAddress { address, profile_address_masked, code, link, expires_at } => (
            format!("Confirm your address for {}", brief(&context.publisher.name)),
            vec![
                para(format!(
                    "The profile of {} asks to add {} to its addresses.",
                    own(profile_address_masked),
                    own(&address.in_full())
                )),
                para(format!(
                    "If this is your profile, type this code under My profile, where you asked for it. It works once, for {}: until {}.",
                    hours(context.policy.addresses.proof_hours),
                    until(*expires_at)
                )),
                Block::Code(own(code)),
                para("Or open this link in the browser where you are signed in, and confirm:"),
                action("Look at the request", link),
                para(
                    "If this was not you, open the link and choose “This was not me”, or ignore this email: without the code or the link nothing is added. Never tell anyone the code.",
                ),
            ],
        ),
        Letter::Welcome { address, listings, sign_in } => (
            format!("You are named on agreements with {}", brief(&context.publisher.name)),
            welcome(&publisher, address.as_str(), listings, sign_in),
        ),
        Letter::ActivationLink { about, contact, link, expires_at, why } => (
            match why {
                Why::First | Why::Fallback | Why::ContactChanged | Why::Undone => format!("Activate {}", title(about)),
                Why::Resent | Why::Revived => format!("New link: activate {}", title(about)),
                Why::AskedAgain => format!("Your link once more: activate {}", title(about)),
            },
            activation_link(context, about, *contact, link, *expires_at, *why),
        ),
        Letter::Reminder { about, contact, days, link, expires_at } => (
            format!("{} left: activate {}", self::days(*days), title(about)),
            vec![
                para(format!(
                    "{} for {} has not been activated yet. The link ends in {}. You get this reminder as the {}.",
                    fact(&about.product),
                    fact(&about.customer),
                    self::days(*days),
                    contact_word(*contact)
                )),
                facts(about, vec![("Link good until", until(*expires_at))]),
                para("This is the link that was mailed to you before."),
                action("Activate", link),
                para("After it has been used, no more reminders are sent."),
            ],
        ),
        Letter::LinkExpired { about, expired_at, portal } => (
            format!("The link to activate {} has ended", title(about)),
            vec![
                para(format!(
                    "The link to activate {} for {} was not used. It was good until {}. The licence itself is not lost.",
                    fact(&about.product),
                    fact(&about.customer),
                    until(*expired_at)
                )),
                facts(about, Vec::new()),
                para(format!(
                    "To activate it after all, sign in to the portal and ask for the link to be revived. If {publisher} agrees, a new link is mailed, good for {}.",
                    self::days(context.policy.links.revival_days)
                )),
                action("Ask for a new link", portal),
            ],
        ),
        Letter::KeyNotice { about, portal } => (
            format!("Product key: {}", title(about)),
            vec![
                para(format!(
                    "{} has bought {}. It is activated with a product key, not with a link.",
                    fact(&about.customer),
                    fact(&about.product)
                )),
                facts(about, Vec::new()),
                para(format!(
                    "The key is not in this email. To get it, write to {} and name the Licensing ID.",
                    own(&context.publisher.support)
                )),
                action("See your licences", portal),
            ],
        ),
        Letter::Assigned { about, account_name, undo_until, portal } => (
            format!("Assigned: {}", title(about)),
            vec![
                para(format!(
                    "{} for {} was assigned to the account {}, because it is the one account that the online services manager administers. It can be used at once; there is nothing that you have to do.",
                    fact(&about.product),
                    fact(&about.customer),
                    fact(account_name)
                )),
                facts(about, vec![("Account", fact(account_name))]),
                undo(*undo_until),
                action("See the activation", portal),
            ],
        ),
        Letter::Activated { about, account_name, at, undo_until, portal } => {
            let mut blocks = vec![
                para(format!("You have activated {} for {}.", fact(&about.product), fact(&about.customer))),
                facts(about, vec![("Account", fact(account_name)), ("Activated", moment(*at))]),
            ];
            if about.is_consumption() {
                blocks.push(heading("Add others"));
                blocks.push(para(format!(
                    "Only the administrators of the account {} can manage it. Others ask them to join:",
                    fact(account_name)
                )));
                blocks.push(Block::Steps(vec![
                    "A colleague who may activate for this licence opens the activation in the portal and asks to join the account.".into(),
                    "The account’s global administrators get a mail and decide, also as what: billing administrator or global administrator.".into(),
                    "From that moment your colleague can put on the account what was bought.".into(),
                ]));
            }
            blocks.push(undo(*undo_until));
            blocks.push(action("See the activation", portal));
            (format!("Activated: {}", title(about)), blocks)
        }
        Letter::SetUpRefused { about, account_name, reason, at, portal } => {
            let mut rows = vec![("Account", fact(account_name)), ("Refused", moment(*at))];
            if !is_blank(reason) {
                rows.push(("Reason given", fact(reason)));
            }
            (
                format!("Not set up: {}", title(about)),
                vec![
                    para(format!(
                        "{} for {} was confirmed, but it could not be set up. It is not in use.",
                        fact(&about.product),
                        fact(&about.customer)
                    )),
                    facts(about, rows),
                    para(format!(
                        "If the reason is something that you can change, change it and write to {}: our operators see the refusal, and can have it tried again. Or take it back in the portal and choose another account. What was bought is not lost.",
                        own(&context.publisher.support)
                    )),
                    action("See the activation", portal),
                ],
            )
        }
        Letter::Undone { about, account_name, by_you, portal } => (
            format!("Taken back: {}", title(about)),
            vec![
                para(if *by_you {
                    format!(
                        "You have taken back the activation of {} for {}.",
                        fact(&about.product),
                        fact(&about.customer)
                    )
                } else {
                    format!(
                        "The activation of {} for {}, which you had made, was taken back by an administrator of the licence.",
                        fact(&about.product),
                        fact(&about.customer)
                    )
                }),
                facts(about, vec![("No longer on the account", fact(account_name))]),
                para(
                    "While its link is good, it can be activated again: with that link, or in the portal. If it has ended, a new one can be asked for there.",
                ),
                action("See the activation", portal),
            ],
        ),
        Letter::RemapProposed { about, from, to, ends_at, portal } => {
            let mut rows = Vec::new();
            rows.extend(from.as_ref().map(|from| ("From the account", fact(from))));
            rows.extend(to.as_ref().map(|to| ("To the account", fact(to))));
            rows.push(("Decide by", until(*ends_at)));
            (
                format!("Please decide: move {}", title(about)),
                vec![
                    para(format!(
                        "An administrator of another account wants to move {} for {} between their account and yours.",
                        fact(&about.product),
                        fact(&about.customer)
                    )),
                    facts(about, rows),
                    para(
                        "Nothing moves unless you or another global administrator of your account agrees. Sign in to see the proposal, and agree or decline there. If nobody decides, the proposal ends by itself.",
                    ),
                    action("Look at the proposal", portal),
                ],
            )
        }
        Letter::RevivalAnswered { about, granted: true, portal, .. } => (
            format!("Revived: {}", title(about)),
            vec![
                para(format!(
                    "You asked for the link to activate {} for {} to be revived. {publisher} has revived it, and we email the new link to the person who is to activate.",
                    fact(&about.product),
                    fact(&about.customer)
                )),
                facts(about, Vec::new()),
                action("See the activation", portal),
            ],
        ),
        Letter::RevivalAnswered { about, granted: false, reason, portal } => (
            format!("Not revived: {}", title(about)),
            vec![
                para(format!(
                    "You asked for the link to activate {} for {} to be revived. {publisher} has declined.",
                    fact(&about.product),
                    fact(&about.customer)
                )),
                facts(about, vec![("Reason", fact(reason))]),
                para("If something has changed since, you can ask again."),
                action("See the activation", portal),
            ],
        ),
        Letter::RemapEnded { product, licence, to, declined, portal } => {
            let number = own(&licence.masked_number());
            let mut rows = vec![
                ("Product".to_owned(), fact(product)),
                ("Licensing ID".to_owned(), format!("{} {number}", programme(licence.programme))),
            ];
            rows.extend(to.as_ref().map(|to| ("To the account".to_owned(), fact(to))));
            (
                format!("Not moved: {}", brief(product)),
                vec![
                    para(if *declined {
                        format!("The move of {} that you proposed was declined. Nothing was moved.", fact(product))
                    } else {
                        format!(
                            "Nobody agreed in time to the move of {} that you proposed, so the proposal has ended. Nothing was moved.",
                            fact(product)
                        )
                    }),
                    Block::Facts(rows),
                    action("Open the portal", portal),
                ],
            )
        }
        Letter::RemapDone { about, from, to, portal } => (
            format!("Moved: {}", title(about)),
            vec![
                para(format!("{} for {} was moved to another account.", fact(&about.product), fact(&about.customer))),
                facts(about, vec![("From the account", fact(from)), ("To the account", fact(to))]),
                action("See the activation", portal),
            ],
        ),
        Letter::JoinAsked { asking, ends_at, link } => (
            format!("Please decide: {} asks to join {}", own(asking.address.as_str()), brief(&asking.account)),
            vec![
                para(format!(
                    "{} asks to join the account {}, of which you are a global administrator.",
                    own(asking.address.as_str()),
                    fact(&asking.account)
                )),
                join_facts(asking, vec![("Decide by", until(*ends_at))]),
                para(
                    "You can let the person join as billing administrator, who may put on the account what was bought, or as global administrator, who may also decide who else joins. Or you deny it. If you do not know the person, deny it.",
                ),
                action("Look at the request", link),
                para(
                    "Opening the link changes nothing. Denying works on that page without signing in; to let somebody join, you sign in there. The account’s other global administrators were asked as well: the first decision counts.",
                ),
            ],
        ),
        Letter::JoinDecided { asking, role, message, portal } => {
            let account = fact(&asking.account);
            let mut rows = vec![("Account", account.clone()), ("Your address", own(asking.address.as_str()))];
            if !is_blank(message) {
                rows.push(("Message", fact(message)));
            }
            let rows = rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            match role {
                Some(role) => (
                    format!("You have joined the account {}", brief(&asking.account)),
                    vec![
                        para(format!(
                            "One of its administrators has let you join the account {account}. You are its {} from now on: {}.",
                            role_word(*role),
                            role_may(*role)
                        )),
                        Block::Facts(rows),
                        para(format!(
                            "You can choose the account when you activate something for {}.",
                            fact(&asking.customer)
                        )),
                        action("Go on to the activation", portal),
                    ],
                ),
                None => (
                    format!("Not joined: the account {}", brief(&asking.account)),
                    vec![
                        para(format!(
                            "One of the administrators of the account {account} has denied your request to join it."
                        )),
                        Block::Facts(rows),
                        para(format!(
                            "If it is not activated yet, you can still activate {} for {}: on that account, without administering it, or on another one.",
                            fact(&asking.product),
                            fact(&asking.customer)
                        )),
                        action("Go on to the activation", portal),
                    ],
                ),
            }
        }
        Letter::JoinHandled { asking, role, by, at, portal } => {
            let outcome = match role {
                Some(role) => format!("joined as {}", role_word(*role)),
                None => "denied".to_owned(),
            };
            (
                format!("Decided: {} and {}", own(asking.address.as_str()), brief(&asking.account)),
                vec![
                    para(format!(
                        "The request of {} to join the account {} is decided. There is nothing that you have to do.",
                        own(asking.address.as_str()),
                        fact(&asking.account)
                    )),
                    join_facts(
                        asking,
                        vec![("Outcome", outcome), ("Decided by", own(by.as_str())), ("Decided", moment(*at))],
                    ),
                    action("See the account’s requests", portal),
                ],
            )
        }
        Letter::JoinEnded { asking, portal } => (
            format!("Nobody decided: the account {}", brief(&asking.account)),
            vec![
                para(format!(
                    "Your request to join the account {} has ended after {}: none of its administrators has decided.",
                    fact(&asking.account),
                    self::days(context.policy.joins.days)
                )),
                para(format!(
                    "You can ask again, or activate {} for {} without it: on that account, without administering it, or on another one.",
                    fact(&asking.product),
                    fact(&asking.customer)
                )),
                action("Go on to the activation", portal),
            ],
        ),
    };
    let footer = vec![
        format!("{publisher} runs this licensing portal. Its links begin with {}", own(&format!("{}/", context.site))),
        format!("Questions? Write to {}.", own(&context.publisher.support)),
    ];
    Sheet { subject, blocks, footer }
}

fn welcome(publisher: &str, address: &str, listings: &[Listing], sign_in: &str) -> Vec<Block> {
    let mut points: Vec<String> = listings
        .iter()
        .take(LISTED)
        .map(|listing| {
            let roles: Vec<String> = listing
                .by_role()
                .into_iter()
                .map(|(role, contacts)| {
                    let contacts: Vec<&str> = contacts.into_iter().map(contact_word).collect();
                    format!("As {} {}.", contacts.join(" and "), may(role))
                })
                .collect();
            format!(
                "{}, {} {}. {}",
                fact(&listing.customer),
                programme(listing.licence.programme),
                own(&listing.licence.masked_number()),
                roles.join(" ")
            )
        })
        .collect();
    if listings.len() > LISTED {
        points.push(format!("And {} more, in the portal.", grouped((listings.len() - LISTED) as u64, ',')));
    }
    vec![
        para(format!(
            "{publisher} has loaded agreements on which {} is named. This is what you may do on them:",
            own(address)
        )),
        Block::Points(points),
        heading("Register or sign in"),
        para(
            "Sign in to the licensing portal with this address; the first time, that registers you. You get a code by mail. There is no password, and your permissions take effect as soon as you have entered the code.",
        ),
        action("Register or sign in", sign_in),
    ]
}

fn activation_link(
    context: &Context<'_>,
    about: &About,
    contact: ContactName,
    link: &str,
    expires_at: Timestamp,
    why: Why,
) -> Vec<Block> {
    let (product, customer, contact) = (fact(&about.product), fact(&about.customer), contact_word(contact));
    let first = match why {
        Why::First => format!(
            "{customer} has bought {product}. It has to be activated before it can be used. The link comes to you because you are the {contact} of this licence."
        ),
        Why::Fallback => format!(
            "{customer} has bought {product}, which has to be activated before it can be used. The link goes to the contacts of this licence in their order, as far as they are named and can be reached by mail; it comes to you as the {contact}. If a link was mailed to somebody else before, it no longer works."
        ),
        Why::ContactChanged => format!(
            "{product} for {customer} is waiting to be activated. The contacts of this licence were changed, and you are now the {contact}, so the link comes to you. If a link was mailed to somebody else before, it no longer works."
        ),
        Why::Resent => format!(
            "Here is the new link to activate {product} for {customer} that was asked for. The earlier link no longer works; the end date is the same."
        ),
        Why::AskedAgain => format!(
            "Somebody who opened your link to activate {product} for {customer} asked for it to be mailed to you once more. Here it is: the same link as before."
        ),
        Why::Revived => format!(
            "The link to activate {product} for {customer} had ended. It was revived: here is a new link. The earlier one no longer works."
        ),
        Why::Undone => format!(
            "The activation of {product} for {customer} was taken back, so it is open again. The link to activate it comes to you because you are the {contact} of this licence."
        ),
    };
    let mut steps: Vec<String> = vec![
        "Open the link. It shows what was bought; opening it changes nothing.".into(),
        "Sign in with your work address. You get a code by mail; there is no password.".into(),
        "Choose the account of your organisation, or create a new one.".into(),
        "Check what will happen, and confirm.".into(),
    ];
    if about.is_consumption() {
        steps.push(
            "If you create a new account, you become its first administrator, and are told how others join it.".into(),
        );
    }
    vec![
        para(first),
        facts(about, vec![("Link good until", until(expires_at))]),
        action("Activate", link),
        heading("How it goes"),
        Block::Steps(steps),
        para(format!(
            "You can take it back for {} afterwards. Besides you, only Administrators and online services managers of this licence can activate with the link.",
            hours(context.policy.links.undo_hours)
        )),
    ]
}

fn undo(until: Option<Timestamp>) -> Block {
    para(match until {
        Some(at) => format!("If this is not right, it can be taken back in the portal until {}.", self::until(at)),
        None => "If this is not right, look at the activation in the portal: it says what can be done.".into(),
    })
}

fn join_facts(asking: &Asking, more: Vec<(&str, String)>) -> Block {
    let mut rows = vec![
        ("Account".to_owned(), fact(&asking.account)),
        ("Address".to_owned(), own(asking.address.as_str())),
        ("Because of".to_owned(), fact(&asking.product)),
        ("Bought by".to_owned(), fact(&asking.customer)),
    ];
    rows.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Block::Facts(rows)
}

const fn role_word(role: AccountRole) -> &'static str {
    match role {
        AccountRole::BillingAdministrator => "billing administrator",
        AccountRole::GlobalAdministrator => "global administrator",
    }
}

const fn role_may(role: AccountRole) -> &'static str {
    match role {
        AccountRole::BillingAdministrator => "you may put on it what was bought",
        AccountRole::GlobalAdministrator => "you may put on it what was bought, and decide who else joins",
    }
}

fn title(about: &About) -> String {
    format!("{} for {}", brief(&about.product), brief(&about.customer))
}

fn facts(about: &About, more: Vec<(&str, String)>) -> Block {
    let mut rows = vec![
        ("Product".to_owned(), fact(&about.product)),
        ("Organisation".to_owned(), fact(&about.customer)),
        ("Quantity".to_owned(), grouped(about.quantity, ',')),
        (
            "Licensing ID".to_owned(),
            format!("{} {}", programme(about.licence.programme), own(&about.licence.masked_number())),
        ),
    ];
    rows.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Block::Facts(rows)
}

fn para(text: impl Into<String>) -> Block {
    Block::Para(text.into())
}

fn heading(text: &str) -> Block {
    Block::Heading(text.into())
}

fn action(label: &str, link: &str) -> Block {
    Block::Action {
        label: label.into(),
        link: link.into(),
        otherwise: "Or copy this address into your browser:".into(),
    }
}

fn programme(programme: Programme) -> &'static str {
    match programme {
        Programme::Enterprise => "Enterprise",
        Programme::Select => "Select",
        Programme::SelectPlus => "Select Plus",
        Programme::OpenValue => "Open Value",
        Programme::OpenLicence => "Open Licence",
        Programme::Master => "Master agreement",
    }
}

fn contact_word(contact: ContactName) -> &'static str {
    match contact {
        ContactName::Primary => "primary contact",
        ContactName::Notices => "notices contact",
        ContactName::OnlineAdministrator => "online administrator",
        ContactName::SoftwareAssuranceManager => "software assurance manager",
        ContactName::OnlineServicesManager => "online services manager",
        ContactName::SubscriptionsManager => "subscriptions manager",
        ContactName::BillTo => "bill-to contact",
    }
}

/// What the portal lets them do now: what comes with pages that are not there yet is not promised.
fn may(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Administrator) => {
            "you may see the licence and its log, and start and manage activations of online services"
        }
        Some(Role::OnlineServicesManager) => "you may start and manage activations of online services",
        Some(
            Role::LicensingInfo
            | Role::Download
            | Role::ProductKeys
            | Role::SoftwareAssuranceManager
            | Role::SubscriptionsManager,
        ) => "you may see the licence in the portal",
        None => "you have no permissions in the portal",
    }
}

fn days(days: u32) -> String {
    if days == 1 { "1 day".into() } else { format!("{days} days") }
}

fn hours(hours: u32) -> String {
    if hours == 1 { "1 hour".into() } else { format!("{hours} hours") }
}

/// `14:05 UTC`.
fn clock(at: Timestamp) -> String {
    format!("{} UTC", time(at))
}

/// `10 May 2027, 14:05 UTC`.
fn moment(at: Timestamp) -> String {
    format!("{}, {}", date(at), clock(at))
}

/// As [`moment`], where midnight is the end of the day before.
fn until(at: Timestamp) -> String {
    if is_midnight(at) { format!("the end of {} (UTC)", date(licensing::when::less_hours(at, 24))) } else { moment(at) }
}

fn date(at: Timestamp) -> String {
    let (year, month, day) = day(at);
    format!("{day} {} {year}", MONTHS[month])
}
