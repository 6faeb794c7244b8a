//! The letters in English.

mod people;
mod permission;

use licensing::{ContactName, Programme, Timestamp, account::AccountRole, event::Why, rights::Role};

use crate::{
    letter::{About, Context, JoinFacts, LISTED, Letter, Listing, Others},
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
                para(format!("Enter this code to sign in. It works until {}:", clock(*expires_at))),
                Block::Code(own(code)),
                para("Or sign in with the link. In a different browser, the page first asks for your email address."),
                action("Sign in", link),
                para(format!(
                    "Not you? Ignore this email: nobody can sign in without the code or the link. Never tell anyone the code, not even {publisher}."
                )),
            ],
        ),
        Letter::ProveAddress { address, profile_address_masked, code, link, expires_at } => (
            format!("Confirm your email address for {}", brief(&context.publisher.name)),
            vec![
                para(format!(
                    "Someone signed in as {} wants to add {} to their profile.",
                    own(profile_address_masked),
                    own(&address.in_full())
                )),
                para(format!(
                    "Is this your profile? Enter this code under My profile, where you asked for it. It works once, for {}: until {}.",
                    hours(context.policy.addresses.proof_hours),
                    until(*expires_at)
                )),
                Block::Code(own(code)),
                para("Or open this link in the browser where you are signed in, and confirm:"),
                action("See the request", link),
                para(
                    "Not you? Open the link and choose “This was not me”, or ignore this email. Without the code or the link, nothing is added. Never tell anyone the code.",
                ),
            ],
        ),
        Letter::AddressToMove { address, to_masked, moves_at, is_last, sign_in } => (
            format!("Someone asks to move your email address to another profile at {}", brief(&context.publisher.name)),
            address_to_move(&own(&address.in_full()), to_masked, *moves_at, *is_last, sign_in),
        ),
        Letter::Welcome { address, listings, more, sign_in } => (
            format!("You are named on agreements with {}", brief(&context.publisher.name)),
            welcome(&publisher, address.as_str(), listings, *more, sign_in),
        ),
        Letter::ActivationLink { about, contact, link, expires_at, why } => (
            match why {
                Why::First | Why::Fallback | Why::ContactChanged | Why::Undone => format!("Activate {}", title(about)),
                Why::Resent | Why::Revived => format!("New link: activate {}", title(about)),
                Why::AskedAgain => format!("Your link again: activate {}", title(about)),
            },
            activation_link(context, about, *contact, link, *expires_at, *why),
        ),
        Letter::Reminder { about, contact, days, link, expires_at } => (
            format!("{} left: activate {}", self::days(*days), title(about)),
            vec![
                para(format!(
                    "{} for {} has not been activated yet. The link expires in {}. You get this reminder because you are the {}.",
                    fact(&about.product),
                    fact(&about.customer),
                    self::days(*days),
                    contact_word(*contact)
                )),
                facts(about, vec![("Link works until", until(*expires_at))]),
                para("This is the same link as before."),
                action("Activate", link),
                para("Once the product is activated, we send no more reminders."),
            ],
        ),
        Letter::LinkExpired { about, expired_at, portal } => (
            format!("The link to activate {} has expired", title(about)),
            vec![
                para(format!(
                    "Your link to activate {} for {} has expired. It worked until {}. The licence itself is not lost.",
                    fact(&about.product),
                    fact(&about.customer),
                    until(*expired_at)
                )),
                facts(about, Vec::new()),
                para(format!(
                    "You can still activate it. Sign in to the portal and ask for a new link. If {publisher} agrees, we email a link that works for {}.",
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
                    "The key is not in this email. To get it, write to {} and give the Licensing ID.",
                    own(&context.publisher.support)
                )),
                action("See your licences", portal),
            ],
        ),
        Letter::Assigned { about, account_name, undo_until, portal } => (
            format!("Assigned: {}", title(about)),
            vec![
                para(format!(
                    "We put {} for {} on the account {}. It is the only account that the online services manager administers. It’s ready to use, and you don’t need to do anything.",
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
                para(format!("You activated {} for {}.", fact(&about.product), fact(&about.customer))),
                facts(about, vec![("Account", fact(account_name)), ("Activated", moment(*at))]),
            ];
            if about.is_consumption() {
                blocks.push(heading("Add others"));
                blocks.push(para(format!(
                    "Only administrators of the account {} can manage it. Here is how others join them:",
                    fact(account_name)
                )));
                blocks.push(Block::Steps(vec![
                    "A colleague who may activate for this licence opens the activation in the portal and asks to join.".into(),
                    "We email the account’s global administrators. They decide whether your colleague joins, as billing administrator or as global administrator.".into(),
                    "From then on, your colleague can put purchases on the account.".into(),
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
                        "You can’t use {} for {} yet: it was confirmed but could not be set up.",
                        fact(&about.product),
                        fact(&about.customer)
                    )),
                    facts(about, rows),
                    para(format!(
                        "Can you remove the reason? Then do, and write to {}: our operators can have it tried again. Or undo the activation in the portal and choose another account. The licence is not lost.",
                        own(&context.publisher.support)
                    )),
                    action("See the activation", portal),
                ],
            )
        }
        Letter::Undone { about, account_name, by_you, portal } => (
            format!("Undone: {}", title(about)),
            vec![
                para(if *by_you {
                    format!("You undid the activation of {} for {}.", fact(&about.product), fact(&about.customer))
                } else {
                    format!(
                        "An administrator of the licence undid your activation of {} for {}.",
                        fact(&about.product),
                        fact(&about.customer)
                    )
                }),
                facts(about, vec![("No longer on the account", fact(account_name))]),
                para(
                    "While the link works, it can be activated again: with that link, or in the portal. If the link has expired, ask for a new one in the portal.",
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
                        "Nothing moves unless you or another global administrator of your account agrees. Sign in to see the proposal, then agree or decline. If nobody decides, the proposal ends by itself.",
                    ),
                    action("See the proposal", portal),
                ],
            )
        }
        Letter::RevivalAnswered { about, granted: true, portal, .. } => (
            format!("Granted: new link to activate {}", title(about)),
            vec![
                para(format!(
                    "You asked for a new link to activate {} for {}. {publisher} agreed. We email the link to the person who is to activate it.",
                    fact(&about.product),
                    fact(&about.customer)
                )),
                facts(about, Vec::new()),
                action("See the activation", portal),
            ],
        ),
        Letter::RevivalAnswered { about, granted: false, reason, portal } => (
            format!("Declined: new link to activate {}", title(about)),
            vec![
                para(format!(
                    "You asked for a new link to activate {} for {}. {publisher} declined.",
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
                        format!("Your proposal to move {} was declined. Nothing was moved.", fact(product))
                    } else {
                        format!(
                            "Nobody agreed in time to move {}, so your proposal has ended. Nothing was moved.",
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
                para(format!("{} for {} is now on another account.", fact(&about.product), fact(&about.customer))),
                facts(about, vec![("From the account", fact(from)), ("To the account", fact(to))]),
                action("See the activation", portal),
            ],
        ),
        Letter::JoinAsked { asking, ends_at, link } => (
            format!("Please decide: {} asks to join {}", own(asking.address.as_str()), brief(&asking.account)),
            vec![
                para(format!(
                    "{} asks to join the account {}. You are one of its global administrators.",
                    own(asking.address.as_str()),
                    fact(&asking.account)
                )),
                join_facts(asking, vec![("Decide by", until(*ends_at))]),
                para("You can:"),
                Block::Points(vec![
                    "Let the person join as billing administrator. They can then put purchases on the account.".into(),
                    "Let the person join as global administrator. They can then also decide who else joins.".into(),
                    "Deny the request. Do this if you don’t know the person.".into(),
                ]),
                action("See the request", link),
                para(
                    "Opening the link changes nothing. You can deny the request without signing in. To let the person join, sign in there. We also asked the account’s other global administrators: the first decision counts.",
                ),
            ],
        ),
        Letter::JoinDecided { asking, role, message, portal } => {
            let account = fact(&asking.account);
            let mut rows = vec![("Account", account.clone()), ("Your email address", own(asking.address.as_str()))];
            if !is_blank(message) {
                rows.push(("Message", fact(message)));
            }
            let rows = rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            match role {
                Some(role) => (
                    format!("You have joined the account {}", brief(&asking.account)),
                    vec![
                        para(format!(
                            "An administrator of the account {account} let you join. You are now its {}. {}",
                            role_word(*role),
                            role_may(*role)
                        )),
                        Block::Facts(rows),
                        para(format!(
                            "You can choose this account when you activate something for {}.",
                            fact(&asking.customer)
                        )),
                        action("Continue to the activation", portal),
                    ],
                ),
                None => (
                    format!("Denied: your request to join {}", brief(&asking.account)),
                    vec![
                        para(format!("An administrator of the account {account} denied your request to join it.")),
                        Block::Facts(rows),
                        para(format!(
                            "If nobody has activated {} for {} yet, you still can. Choose that account without administering it, or another one.",
                            fact(&asking.product),
                            fact(&asking.customer)
                        )),
                        action("Continue to the activation", portal),
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
                format!("Decided: {} and the account {}", own(asking.address.as_str()), brief(&asking.account)),
                vec![
                    para(format!(
                        "An administrator decided on the request of {} to join the account {}. You don’t need to do anything.",
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
            format!("Nobody decided on your request to join {}", brief(&asking.account)),
            vec![
                para(format!(
                    "Your request to join the account {} has ended. None of its administrators decided within {}.",
                    fact(&asking.account),
                    self::days(context.policy.joins.days)
                )),
                para(format!(
                    "You can ask again. Or activate {} for {} without joining: on that account, or on another one.",
                    fact(&asking.product),
                    fact(&asking.customer)
                )),
                action("Continue to the activation", portal),
            ],
        ),
        Letter::PermissionAsked { of, name, comment, ends_at, link, changed } => {
            permission::asked(of, (name, comment), *ends_at, link, *changed)
        }
        Letter::PermissionReminder { of, outsider, asked_at, ends_at, link, by_asker } => {
            permission::reminder(of, *outsider, (*asked_at, *ends_at), link, *by_asker)
        }
        Letter::PermissionDigest { licence, customer, requests, others, portal } => {
            permission::digest(licence, customer, requests, *others, portal)
        }
        Letter::PermissionUndecided { of, outsider, asked_at, ends_at, link } => {
            permission::undecided(context, of, *outsider, (*asked_at, *ends_at), link)
        }
        Letter::PermissionWithdrawn { of, at } => permission::withdrawn(of, *at),
        Letter::PermissionHandled { of, granted, by, at, portal } => {
            permission::handled(of, granted.as_ref(), by, *at, portal)
        }
        Letter::PermissionDecided { of, granted, message, portal } => {
            permission::decided(of, granted.as_ref(), message, portal)
        }
        Letter::PermissionEnded { of, with_agreement, portal } => {
            permission::ended(context, of, *with_agreement, portal)
        }
        Letter::NobodyDecides { of, why, portal } => permission::nobody_decides(context, of, *why, portal),
        Letter::GaveUp { licence, customer, address, keeps, portal } => {
            permission::gave_up(context, licence, customer, (address, keeps), portal)
        }
        Letter::AdministratorChanged { licence, customer, address, made, loaded } => {
            permission::administrator_changed(context, licence, customer, address, (*made, *loaded))
        }
        Letter::PermissionGiven { of, given, said, invited_until, portal } => {
            people::given(of.parts(), given, (*said, *invited_until), portal)
        }
        Letter::PermissionTaken { of, keeps, here_only, portal } => {
            people::taken(of.parts(), (keeps, *here_only), portal)
        }
        Letter::GrantDenied { of, claim, undone, portal } => people::denied(of.parts(), (*claim, *undone), portal),
        Letter::EndsSoon { of, ends, own, portal } => people::ends_soon(of.parts(), (ends, *own), portal),
        Letter::InvitationEnded { of, ended, portal } => people::invitation_ended(of.parts(), ended, portal),
    };
    let footer = vec![
        format!("{publisher} runs this licensing portal. Its links begin with {}", own(&format!("{}/", context.site))),
        format!("Questions? Write to {}.", own(&context.publisher.support)),
    ];
    Sheet { subject, blocks, footer }
}

fn address_to_move(address: &str, to: &str, moves_at: Timestamp, is_last: bool, sign_in: &str) -> Vec<Block> {
    let mut blocks = vec![
        para(format!(
            "Someone signed in as {} has confirmed that they read the mailbox of {address}. They ask to move this address from your profile to theirs.",
            own(to)
        )),
        Block::Facts(vec![("Address".to_owned(), address.to_owned()), ("Can move from".to_owned(), moment(moves_at))]),
        heading("If you want to keep the address"),
        para(format!("Sign in with {address}. This confirms that it is yours, and stops the move.")),
        action("Sign in", sign_in),
        heading("What happens otherwise"),
        para(
            "From now on, you can’t use this address’s permissions until you sign in with it. After the move, they belong to the other profile. We then sign you out where you signed in with this address.",
        ),
    ];
    blocks.push(if is_last {
        para("Your profile has no other address. After the move, nobody can sign in to it any more.")
    } else {
        para("Your other addresses stay as they are.")
    });
    blocks.push(para("If the address is no longer yours, you don’t need to do anything."));
    blocks
}

fn welcome(publisher: &str, address: &str, listings: &[Listing], more: bool, sign_in: &str) -> Vec<Block> {
    let mut points: Vec<String> = listings
        .iter()
        .take(LISTED)
        .map(|listing| {
            let roles: Vec<String> = listing
                .by_role()
                .into_iter()
                .map(|(role, contacts)| {
                    let contacts: Vec<&str> = contacts.into_iter().map(contact_word).collect();
                    format!("As {}, {}.", contacts.join(" and "), may(role))
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
    if let Some(others) = Others::of(listings, more) {
        let count = grouped(others.count, ',');
        points.push(format!("And {}{count} more: see My licences.", if others.at_least { "at least " } else { "" }));
    }
    vec![
        para(format!("{publisher} has added agreements that name {}. This is what you may do:", own(address))),
        Block::Points(points),
        heading("Register or sign in"),
        para(
            "Sign in to the licensing portal with this email address. The first time, that registers you. We email you a code: there is no password. Your permissions work as soon as you have signed in.",
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
            "{customer} has bought {product}. It must be activated before it can be used. You get this because you are the {contact} of this licence."
        ),
        Why::Fallback => format!(
            "{customer} has bought {product}. It must be activated before it can be used. You get this because you are the {contact} and nobody before you could be reached. If someone else got a link before, that link no longer works."
        ),
        Why::ContactChanged => format!(
            "{product} for {customer} is waiting to be activated. The contacts of this licence changed: you get this because you are now the {contact}. If someone else got a link before, that link no longer works."
        ),
        Why::Resent => format!(
            "Here is the new link to activate {product} for {customer}, as asked for. The earlier link no longer works. The end date stays the same."
        ),
        Why::AskedAgain => format!(
            "Someone opened your link to activate {product} for {customer} and asked us to send it again. Here it is: the same link as before."
        ),
        Why::Revived => format!(
            "The link to activate {product} for {customer} had expired. Here is a new link. The earlier one no longer works."
        ),
        Why::Undone => format!(
            "Someone undid the activation of {product} for {customer}, so it is open again. You get this because you are the {contact} of this licence."
        ),
    };
    let mut steps: Vec<String> = vec![
        "Open the link. It shows what was bought. Opening it changes nothing.".into(),
        "Sign in with your work email address. We email you a code: there is no password.".into(),
        "Choose your organisation’s account, or create a new one.".into(),
        "Check what will happen, and confirm.".into(),
    ];
    if about.is_consumption() {
        steps.push(
            "If you create an account, you become its first administrator. We then tell you how others join.".into(),
        );
    }
    vec![
        para(first),
        facts(about, vec![("Link works until", until(expires_at))]),
        action("Activate", link),
        heading("How it works"),
        Block::Steps(steps),
        para(format!(
            "You can undo it for {} afterwards. Apart from you, only Administrators and online services managers of this licence can use the link.",
            hours(context.policy.links.undo_hours)
        )),
    ]
}

fn undo(until: Option<Timestamp>) -> Block {
    para(match until {
        Some(at) => format!("Not right? It can be undone in the portal until {}.", self::until(at)),
        None => "Not right? See the activation in the portal: it says what you can do.".into(),
    })
}

fn join_facts(asking: &JoinFacts, more: Vec<(&str, String)>) -> Block {
    let mut rows = vec![
        ("Account".to_owned(), fact(&asking.account)),
        ("Email address".to_owned(), own(asking.address.as_str())),
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
        AccountRole::BillingAdministrator => "You can put purchases on it.",
        AccountRole::GlobalAdministrator => "You can put purchases on it, and decide who else joins.",
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
        Some(Role::Administrator) => "you may see the licence and its log, and start and manage activations",
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
