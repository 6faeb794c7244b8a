//! The letters in German.

mod people;
mod permission;

use licensing::{ContactName, Programme, Timestamp, account::AccountRole, event::Why, rights::Role};

use crate::{
    letter::{About, Context, JoinFacts, LISTED, Letter, Listing, Others},
    sheet::{Block, Sheet, brief, day, fact, grouped, is_blank, is_midnight, own, time},
};

const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

pub(crate) fn write(letter: &Letter, context: &Context<'_>) -> Sheet {
    let publisher = fact(&context.publisher.name);
    let (subject, blocks) = match letter {
        Letter::SignInCode { address, code, link, expires_at } => (
            format!("Ihr Code zur Anmeldung bei {}", brief(&context.publisher.name)),
            vec![
                para(format!("Sie melden sich an als {}.", own(&address.in_full()))),
                para(format!("Geben Sie diesen Code ein. Er gilt bis {}:", clock(*expires_at))),
                Block::Code(own(code)),
                para(
                    "Oder melden Sie sich mit dem Link an. In einem anderen Browser fragt die Seite zuerst nach Ihrer E-Mail-Adresse.",
                ),
                action("Anmelden", link),
                para(format!(
                    "Waren Sie das nicht? Dann tun Sie nichts: Ohne den Code oder den Link kann sich niemand anmelden. Nennen Sie den Code niemandem, auch nicht {publisher}."
                )),
            ],
        ),
        Letter::ProveAddress { address, profile_address_masked, code, link, expires_at } => (
            format!("Bestätigen Sie Ihre E-Mail-Adresse für {}", brief(&context.publisher.name)),
            vec![
                para(format!(
                    "Jemand ist als {} angemeldet und möchte {} zum eigenen Profil hinzufügen.",
                    own(profile_address_masked),
                    own(&address.in_full())
                )),
                para(format!(
                    "Ist das Ihr Profil? Dann geben Sie diesen Code dort ein, wo Sie ihn angefordert haben: unter „My profile“. Er gilt einmal, {} lang: {}.",
                    hours(context.policy.addresses.proof_hours),
                    until(*expires_at)
                )),
                Block::Code(own(code)),
                para("Oder öffnen Sie diesen Link in dem Browser, in dem Sie angemeldet sind, und bestätigen Sie:"),
                action("Anfrage ansehen", link),
                para(
                    "Waren Sie das nicht? Öffnen Sie den Link und wählen Sie „This was not me“ (das war ich nicht), oder tun Sie nichts. Ohne den Code oder den Link wird nichts hinzugefügt. Nennen Sie den Code niemandem.",
                ),
            ],
        ),
        Letter::AddressToMove { address, to_masked, moves_at, is_last, sign_in } => (
            format!(
                "Jemand möchte Ihre E-Mail-Adresse bei {} in ein anderes Profil übernehmen",
                brief(&context.publisher.name)
            ),
            address_to_move(&own(&address.in_full()), to_masked, *moves_at, *is_last, sign_in),
        ),
        Letter::Welcome { address, listings, more, sign_in } => (
            format!("Sie sind in Verträgen mit {} eingetragen", brief(&context.publisher.name)),
            welcome(&publisher, address.as_str(), listings, *more, sign_in),
        ),
        Letter::ActivationLink { about, contact, link, expires_at, why } => (
            match why {
                Why::First | Why::Fallback | Why::ContactChanged | Why::Undone => {
                    format!("Bitte aktivieren: {}", title(about))
                }
                Why::Resent | Why::Revived => format!("Neuer Link zum Aktivieren: {}", title(about)),
                Why::AskedAgain => format!("Noch einmal Ihr Link zum Aktivieren: {}", title(about)),
            },
            activation_link(context, about, *contact, link, *expires_at, *why),
        ),
        Letter::Reminder { about, contact, days, link, expires_at } => (
            format!("Noch {}: {} aktivieren", self::days(*days), title(about)),
            vec![
                para(format!(
                    "{} für {} ist noch nicht aktiviert. Der Link gilt noch {}. Sie erhalten diese Erinnerung, weil Sie als {} eingetragen sind.",
                    fact(&about.product),
                    fact(&about.customer),
                    self::days(*days),
                    contact_word(*contact)
                )),
                facts(about, vec![("Link gültig", until(*expires_at))]),
                para("Es ist derselbe Link wie zuvor."),
                action("Aktivieren", link),
                para("Sobald das Produkt aktiviert ist, erinnern wir nicht mehr."),
            ],
        ),
        Letter::LinkExpired { about, expired_at, portal } => (
            format!("Der Link ist abgelaufen: {}", title(about)),
            vec![
                para(format!(
                    "Der Link, mit dem Sie {} für {} aktivieren konnten, ist abgelaufen. Er galt {}. Die Lizenz selbst ist nicht verloren.",
                    fact(&about.product),
                    fact(&about.customer),
                    until(*expired_at)
                )),
                facts(about, Vec::new()),
                para(format!(
                    "Sie können es noch aktivieren. Melden Sie sich im Portal an und bitten Sie um einen neuen Link. Stimmt {publisher} zu, senden wir einen Link, der {} gilt.",
                    self::days(context.policy.links.revival_days)
                )),
                action("Neuen Link anfordern", portal),
            ],
        ),
        Letter::KeyNotice { about, portal } => (
            format!("Produktschlüssel: {}", title(about)),
            vec![
                para(format!(
                    "{} hat {} gekauft. Man aktiviert es mit einem Produktschlüssel, nicht mit einem Link.",
                    fact(&about.customer),
                    fact(&about.product)
                )),
                facts(about, Vec::new()),
                para(format!(
                    "Der Schlüssel steht nicht in dieser E-Mail. Schreiben Sie an {}, um ihn zu bekommen, und nennen Sie die Lizenz-ID.",
                    own(&context.publisher.support)
                )),
                action("Ihre Lizenzen ansehen", portal),
            ],
        ),
        Letter::Assigned { about, account_name, undo_until, portal } => (
            format!("Zugeordnet: {}", title(about)),
            vec![
                para(format!(
                    "Wir haben {} für {} dem Konto {} zugeordnet. Es ist das einzige, das der Kontakt für Online-Dienste dieser Lizenz verwaltet. Sie können es sofort nutzen und brauchen nichts zu tun.",
                    fact(&about.product),
                    fact(&about.customer),
                    fact(account_name)
                )),
                facts(about, vec![("Konto", fact(account_name))]),
                undo(*undo_until),
                action("Aktivierung ansehen", portal),
            ],
        ),
        Letter::Activated { about, account_name, at, undo_until, portal } => {
            let mut blocks = vec![
                para(format!("Sie haben {} für {} aktiviert.", fact(&about.product), fact(&about.customer))),
                facts(about, vec![("Konto", fact(account_name)), ("Aktiviert am", moment(*at))]),
            ];
            if about.is_consumption() {
                blocks.push(heading("Weitere Personen hinzufügen"));
                blocks.push(para(format!(
                    "Nur wer das Konto {} verwaltet, hat Zugriff darauf. So treten andere bei:",
                    fact(account_name)
                )));
                blocks.push(Block::Steps(vec![
                    "Wer für diese Lizenz aktivieren darf, öffnet die Aktivierung im Portal und bittet um Beitritt zum Konto.".into(),
                    "Wer das Konto mit globalen Rechten verwaltet, bekommt eine E-Mail und entscheidet: keine Aufnahme, Abrechnungsrechte oder globale Rechte.".into(),
                    "Von da an darf die Person Gekauftes auf das Konto legen.".into(),
                ]));
            }
            blocks.push(undo(*undo_until));
            blocks.push(action("Aktivierung ansehen", portal));
            (format!("Aktiviert: {}", title(about)), blocks)
        }
        Letter::SetUpRefused { about, account_name, reason, at, portal } => {
            let mut rows = vec![("Konto", fact(account_name)), ("Abgelehnt am", moment(*at))];
            if !is_blank(reason) {
                rows.push(("Begründung", fact(reason)));
            }
            (
                format!("Nicht eingerichtet: {}", title(about)),
                vec![
                    para(format!(
                        "Sie können {} für {} noch nicht nutzen: Es wurde bestätigt, konnte aber nicht eingerichtet werden.",
                        fact(&about.product),
                        fact(&about.customer)
                    )),
                    facts(about, rows),
                    para(format!(
                        "Können Sie den Grund beheben? Dann tun Sie das und schreiben Sie an {}: Wir lassen es noch einmal versuchen. Oder nehmen Sie die Aktivierung im Portal zurück und wählen ein anderes Konto. Die Lizenz ist nicht verloren.",
                        own(&context.publisher.support)
                    )),
                    action("Aktivierung ansehen", portal),
                ],
            )
        }
        Letter::Undone { about, account_name, by_you, portal } => (
            format!("Zurückgenommen: {}", title(about)),
            vec![
                para(if *by_you {
                    format!(
                        "Sie haben die Aktivierung von {} für {} zurückgenommen.",
                        fact(&about.product),
                        fact(&about.customer)
                    )
                } else {
                    format!(
                        "Jemand, der die Lizenz verwaltet, hat Ihre Aktivierung von {} für {} zurückgenommen.",
                        fact(&about.product),
                        fact(&about.customer)
                    )
                }),
                facts(about, vec![("Nicht mehr auf dem Konto", fact(account_name))]),
                para(
                    "Solange der Link gilt, kann es wieder aktiviert werden: mit diesem Link oder im Portal. Ist er abgelaufen, bitten Sie im Portal um einen neuen.",
                ),
                action("Aktivierung ansehen", portal),
            ],
        ),
        Letter::RemapProposed { about, from, to, ends_at, portal } => {
            let mut rows = Vec::new();
            rows.extend(from.as_ref().map(|from| ("Vom Konto", fact(from))));
            rows.extend(to.as_ref().map(|to| ("Zum Konto", fact(to))));
            rows.push(("Entscheidung möglich", until(*ends_at)));
            (
                format!("Bitte entscheiden: Umzug von {}", title(about)),
                vec![
                    para(format!(
                        "Jemand, der ein anderes Konto verwaltet, möchte {} für {} zwischen seinem Konto und Ihrem verlegen.",
                        fact(&about.product),
                        fact(&about.customer)
                    )),
                    facts(about, rows),
                    para(
                        "Nichts wird verlegt, bevor jemand zustimmt, der Ihr Konto mit globalen Rechten verwaltet. Melden Sie sich an, sehen Sie den Vorschlag an, und stimmen Sie zu oder lehnen Sie ab. Entscheidet niemand, endet der Vorschlag von selbst.",
                    ),
                    action("Vorschlag ansehen", portal),
                ],
            )
        }
        Letter::RevivalAnswered { about, granted: true, portal, .. } => (
            format!("Zugestimmt: neuer Link zum Aktivieren: {}", title(about)),
            vec![
                para(format!(
                    "Sie haben um einen neuen Link gebeten, um {} für {} zu aktivieren. {publisher} hat zugestimmt. Wir senden den Link der Person, die aktivieren soll.",
                    fact(&about.product),
                    fact(&about.customer)
                )),
                facts(about, Vec::new()),
                action("Aktivierung ansehen", portal),
            ],
        ),
        Letter::RevivalAnswered { about, granted: false, reason, portal } => (
            format!("Abgelehnt: neuer Link zum Aktivieren: {}", title(about)),
            vec![
                para(format!(
                    "Sie haben um einen neuen Link gebeten, um {} für {} zu aktivieren. {publisher} hat das abgelehnt.",
                    fact(&about.product),
                    fact(&about.customer)
                )),
                facts(about, vec![("Begründung", fact(reason))]),
                para("Wenn sich seitdem etwas geändert hat, können Sie noch einmal darum bitten."),
                action("Aktivierung ansehen", portal),
            ],
        ),
        Letter::RemapEnded { product, licence, to, declined, portal } => {
            let number = own(&licence.masked_number());
            let mut rows = vec![
                ("Produkt".to_owned(), fact(product)),
                ("Lizenz-ID".to_owned(), format!("{} {number}", programme(licence.programme))),
            ];
            rows.extend(to.as_ref().map(|to| ("Zum Konto".to_owned(), fact(to))));
            (
                format!("Nicht verlegt: {}", brief(product)),
                vec![
                    para(if *declined {
                        format!(
                            "Ihr Vorschlag, {} zu verlegen, wurde abgelehnt. Es wurde nichts verlegt.",
                            fact(product)
                        )
                    } else {
                        format!(
                            "Niemand hat rechtzeitig zugestimmt, {} zu verlegen. Ihr Vorschlag ist beendet. Es wurde nichts verlegt.",
                            fact(product)
                        )
                    }),
                    Block::Facts(rows),
                    action("Portal öffnen", portal),
                ],
            )
        }
        Letter::RemapDone { about, from, to, portal } => (
            format!("Verlegt: {}", title(about)),
            vec![
                para(format!(
                    "{} für {} liegt jetzt auf einem anderen Konto.",
                    fact(&about.product),
                    fact(&about.customer)
                )),
                facts(about, vec![("Vom Konto", fact(from)), ("Zum Konto", fact(to))]),
                action("Aktivierung ansehen", portal),
            ],
        ),
        Letter::JoinAsked { asking, ends_at, link } => (
            format!(
                "Bitte entscheiden: {} möchte dem Konto {} beitreten",
                own(asking.address.as_str()),
                brief(&asking.account)
            ),
            vec![
                para(format!(
                    "{} möchte dem Konto {} beitreten. Sie verwalten es mit globalen Rechten.",
                    own(asking.address.as_str()),
                    fact(&asking.account)
                )),
                join_facts(asking, vec![("Entscheidung möglich", until(*ends_at))]),
                para("Sie können:"),
                Block::Points(vec![
                    "Die Person mit Abrechnungsrechten aufnehmen. Sie darf dann Gekauftes auf das Konto legen.".into(),
                    "Die Person mit globalen Rechten aufnehmen. Sie entscheidet dann auch, wer sonst beitritt.".into(),
                    "Ablehnen. Tun Sie das, wenn Sie die Person nicht kennen.".into(),
                ]),
                action("Anfrage ansehen", link),
                para(
                    "Das Öffnen des Links ändert nichts. Ablehnen können Sie ohne Anmeldung. Um die Person aufzunehmen, melden Sie sich dort an. Wir haben alle gefragt, die das Konto mit globalen Rechten verwalten: Die erste Entscheidung gilt.",
                ),
            ],
        ),
        Letter::JoinDecided { asking, role, message, portal } => {
            let account = fact(&asking.account);
            let mut rows = vec![("Konto", account.clone()), ("Ihre E-Mail-Adresse", own(asking.address.as_str()))];
            if !is_blank(message) {
                rows.push(("Nachricht", fact(message)));
            }
            let rows = rows.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            match role {
                Some(role) => (
                    format!("Sie sind dem Konto {} beigetreten", brief(&asking.account)),
                    vec![
                        para(format!(
                            "Jemand, der das Konto {account} verwaltet, hat Sie {} aufgenommen. {}",
                            role_word(*role),
                            role_may(*role)
                        )),
                        Block::Facts(rows),
                        para(format!(
                            "Sie können dieses Konto wählen, wenn Sie etwas für {} aktivieren.",
                            fact(&asking.customer)
                        )),
                        action("Weiter zur Aktivierung", portal),
                    ],
                ),
                None => (
                    format!("Abgelehnt: Ihr Beitritt zum Konto {}", brief(&asking.account)),
                    vec![
                        para(format!(
                            "Jemand, der das Konto {account} verwaltet, hat Ihre Bitte um Beitritt abgelehnt."
                        )),
                        Block::Facts(rows),
                        para(format!(
                            "Hat noch niemand {} für {} aktiviert, können Sie es weiterhin. Wählen Sie dieses Konto, ohne es zu verwalten, oder ein anderes.",
                            fact(&asking.product),
                            fact(&asking.customer)
                        )),
                        action("Weiter zur Aktivierung", portal),
                    ],
                ),
            }
        }
        Letter::JoinHandled { asking, role, by, at, portal } => {
            let outcome = match role {
                Some(role) => format!("aufgenommen, {}", role_word(*role)),
                None => "abgelehnt".to_owned(),
            };
            (
                format!("Entschieden: {} und das Konto {}", own(asking.address.as_str()), brief(&asking.account)),
                vec![
                    para(format!(
                        "Jemand hat entschieden, ob {} dem Konto {} beitritt. Sie brauchen nichts zu tun.",
                        own(asking.address.as_str()),
                        fact(&asking.account)
                    )),
                    join_facts(
                        asking,
                        vec![
                            ("Ergebnis", outcome),
                            ("Entschieden von", own(by.as_str())),
                            ("Entschieden am", moment(*at)),
                        ],
                    ),
                    action("Anfragen an das Konto ansehen", portal),
                ],
            )
        }
        Letter::JoinEnded { asking, portal } => (
            format!("Niemand hat entschieden: Ihr Beitritt zum Konto {}", brief(&asking.account)),
            vec![
                para(format!(
                    "Ihre Bitte, dem Konto {} beizutreten, ist abgelaufen. Innerhalb der Frist ({}) hat niemand entschieden.",
                    fact(&asking.account),
                    self::days(context.policy.joins.days)
                )),
                para(format!(
                    "Sie können noch einmal fragen. Oder Sie aktivieren {} für {} ohne Beitritt: auf diesem Konto oder auf einem anderen.",
                    fact(&asking.product),
                    fact(&asking.customer)
                )),
                action("Weiter zur Aktivierung", portal),
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
        format!(
            "{publisher} betreibt dieses Lizenzportal. Seine Links beginnen mit {}",
            own(&format!("{}/", context.site))
        ),
        format!("Fragen? Schreiben Sie an {}.", own(&context.publisher.support)),
    ];
    Sheet { subject, blocks, footer }
}

fn address_to_move(address: &str, to: &str, moves_at: Timestamp, is_last: bool, sign_in: &str) -> Vec<Block> {
    let mut blocks = vec![
        para(format!(
            "Jemand ist als {} angemeldet und hat bestätigt, das Postfach von {address} zu lesen. Diese Person möchte die Adresse aus Ihrem Profil in das eigene übernehmen.",
            own(to)
        )),
        Block::Facts(vec![
            ("Adresse".to_owned(), address.to_owned()),
            ("Übernahme möglich ab".to_owned(), moment(moves_at)),
        ]),
        heading("Wenn Sie die Adresse behalten möchten"),
        para(format!(
            "Melden Sie sich mit {address} an. Damit bestätigen Sie, dass sie Ihnen gehört, und sie bleibt in Ihrem Profil."
        )),
        action("Anmelden", sign_in),
        heading("Was sonst geschieht"),
        para(
            "Ab sofort können Sie die Berechtigungen dieser Adresse nicht nutzen, bis Sie sich mit ihr anmelden. Nach der Übernahme gehören sie zu dem anderen Profil. Wo Sie mit dieser Adresse angemeldet sind, melden wir Sie dann ab.",
        ),
    ];
    blocks.push(if is_last {
        para("Ihr Profil hat keine andere Adresse. Nach der Übernahme kann sich niemand mehr dort anmelden.")
    } else {
        para("Ihre anderen Adressen bleiben, wie sie sind.")
    });
    blocks.push(para("Gehört Ihnen die Adresse nicht mehr? Dann müssen Sie nichts tun."));
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
                    format!("Als {} {}.", contacts.join(" und "), may(role))
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
        let count = grouped(others.count, '.');
        let at_least = if others.at_least { "mindestens " } else { "" };
        points.push(format!("Und {at_least}{count} weitere: siehe „My licences“."));
    }
    vec![
        para(format!(
            "{publisher} hat Verträge hinzugefügt, in denen {} eingetragen ist. Das dürfen Sie dort:",
            own(address)
        )),
        Block::Points(points),
        heading("Registrieren oder anmelden"),
        para(
            "Melden Sie sich mit dieser E-Mail-Adresse im Lizenzportal an. Beim ersten Mal sind Sie damit registriert. Wir senden Ihnen einen Code: Es gibt kein Passwort. Ihre Berechtigungen gelten, sobald Sie angemeldet sind.",
        ),
        action("Registrieren oder anmelden", sign_in),
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
            "{customer} hat {product} gekauft. Vor der Nutzung muss es aktiviert werden. Sie erhalten den Link, weil Sie für diese Lizenz als {contact} eingetragen sind."
        ),
        Why::Fallback => format!(
            "{customer} hat {product} gekauft. Vor der Nutzung muss es aktiviert werden. Sie erhalten den Link als {contact}, weil vor Ihnen niemand zu erreichen war. Falls jemand anderes zuvor einen Link erhielt, gilt er nicht mehr."
        ),
        Why::ContactChanged => format!(
            "{product} für {customer} wartet auf die Aktivierung. Die Kontakte dieser Lizenz haben sich geändert: Sie erhalten den Link, weil Sie jetzt {contact} sind. Falls jemand anderes zuvor einen Link erhielt, gilt er nicht mehr."
        ),
        Why::Resent => format!(
            "Hier ist der neue Link, um {product} für {customer} zu aktivieren, wie angefordert. Der frühere Link gilt nicht mehr. Das Ende der Frist bleibt gleich."
        ),
        Why::AskedAgain => format!(
            "Jemand hat Ihren Link geöffnet und um eine neue E-Mail an Sie gebeten. Hier ist derselbe Link wie zuvor, um {product} für {customer} zu aktivieren."
        ),
        Why::Revived => format!(
            "Der Link, um {product} für {customer} zu aktivieren, war abgelaufen. Hier ist ein neuer Link. Der frühere gilt nicht mehr."
        ),
        Why::Undone => format!(
            "Jemand hat die Aktivierung von {product} für {customer} zurückgenommen. Sie ist also wieder offen. Sie erhalten den Link, weil Sie für diese Lizenz als {contact} eingetragen sind."
        ),
    };
    let mut steps: Vec<String> = vec![
        "Öffnen Sie den Link. Er zeigt, was gekauft wurde. Das Öffnen ändert nichts.".into(),
        "Melden Sie sich mit Ihrer beruflichen E-Mail-Adresse an. Wir senden Ihnen einen Code: Es gibt kein Passwort."
            .into(),
        "Wählen Sie das Konto Ihrer Organisation, oder legen Sie ein neues an.".into(),
        "Prüfen Sie, was geschehen wird, und bestätigen Sie.".into(),
    ];
    if about.is_consumption() {
        steps.push(
            "Wenn Sie ein Konto anlegen, verwalten Sie es als erste Person. Wir sagen Ihnen dann, wie andere beitreten."
                .into(),
        );
    }
    vec![
        para(first),
        facts(about, vec![("Link gültig", until(expires_at))]),
        action("Aktivieren", link),
        heading("So geht es"),
        Block::Steps(steps),
        para(format!(
            "Danach können Sie es {} lang zurücknehmen. Außer Ihnen kann den Link nur benutzen, wer diese Lizenz oder ihre Online-Dienste verwaltet.",
            hours(context.policy.links.undo_hours)
        )),
    ]
}

fn undo(until: Option<Timestamp>) -> Block {
    para(match until {
        Some(at) => format!("Stimmt das nicht? Es kann im Portal {} zurückgenommen werden.", self::until(at)),
        None => "Stimmt das nicht? Die Seite der Aktivierung sagt, was möglich ist.".into(),
    })
}

fn join_facts(asking: &JoinFacts, more: Vec<(&str, String)>) -> Block {
    let mut rows = vec![
        ("Konto".to_owned(), fact(&asking.account)),
        ("E-Mail-Adresse".to_owned(), own(asking.address.as_str())),
        ("Anlass".to_owned(), fact(&asking.product)),
        ("Gekauft von".to_owned(), fact(&asking.customer)),
    ];
    rows.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Block::Facts(rows)
}

/// After "aufgenommen" and before it.
const fn role_word(role: AccountRole) -> &'static str {
    match role {
        AccountRole::BillingAdministrator => "mit Abrechnungsrechten",
        AccountRole::GlobalAdministrator => "mit globalen Rechten",
    }
}

const fn role_may(role: AccountRole) -> &'static str {
    match role {
        AccountRole::BillingAdministrator => "Sie dürfen Gekauftes auf das Konto legen.",
        AccountRole::GlobalAdministrator => {
            "Sie dürfen Gekauftes auf das Konto legen und entscheiden, wer sonst beitritt."
        }
    }
}

fn title(about: &About) -> String {
    format!("{} für {}", brief(&about.product), brief(&about.customer))
}

fn facts(about: &About, more: Vec<(&str, String)>) -> Block {
    let mut rows = vec![
        ("Produkt".to_owned(), fact(&about.product)),
        ("Organisation".to_owned(), fact(&about.customer)),
        ("Menge".to_owned(), grouped(about.quantity, '.')),
        (
            "Lizenz-ID".to_owned(),
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
        otherwise: "Oder kopieren Sie diese Adresse in Ihren Browser:".into(),
    }
}

fn programme(programme: Programme) -> &'static str {
    match programme {
        Programme::Enterprise => "Enterprise",
        Programme::Select => "Select",
        Programme::SelectPlus => "Select Plus",
        Programme::OpenValue => "Open Value",
        Programme::OpenLicence => "Open Licence",
        Programme::Master => "Rahmenvertrag",
    }
}

/// After "als".
fn contact_word(contact: ContactName) -> &'static str {
    match contact {
        ContactName::Primary => "Hauptkontakt",
        ContactName::Notices => "Kontakt für Mitteilungen",
        ContactName::OnlineAdministrator => "Kontakt für die Online-Verwaltung",
        ContactName::SoftwareAssuranceManager => "Kontakt für Software Assurance",
        ContactName::OnlineServicesManager => "Kontakt für Online-Dienste",
        ContactName::SubscriptionsManager => "Kontakt für Abonnements",
        ContactName::BillTo => "Rechnungskontakt",
    }
}

/// What the portal lets them do now: what comes with pages that are not there yet is not promised.
fn may(role: Option<Role>) -> &'static str {
    match role {
        Some(Role::Administrator) => {
            "dürfen Sie die Lizenz und ihr Protokoll sehen, aktivieren und Aktivierungen verwalten"
        }
        Some(Role::OnlineServicesManager) => "dürfen Sie Online-Dienste aktivieren und ihre Aktivierungen verwalten",
        Some(
            Role::LicensingInfo
            | Role::Download
            | Role::ProductKeys
            | Role::SoftwareAssuranceManager
            | Role::SubscriptionsManager,
        ) => "dürfen Sie die Lizenz im Portal sehen",
        None => "haben Sie im Portal keine Berechtigungen",
    }
}

/// After "gilt noch", "noch" and where a span is told: `1 Tag`, `7 Tage`.
fn days(days: u32) -> String {
    if days == 1 { "1 Tag".into() } else { format!("{days} Tage") }
}

fn hours(hours: u32) -> String {
    if hours == 1 { "1 Stunde".into() } else { format!("{hours} Stunden") }
}

/// `14:05 Uhr (UTC)`.
fn clock(at: Timestamp) -> String {
    format!("{} Uhr (UTC)", time(at))
}

/// `10. Mai 2027, 14:05 Uhr (UTC)`.
fn moment(at: Timestamp) -> String {
    format!("{}, {}", date(at), clock(at))
}

/// `bis 10. Mai 2027, 14:05 Uhr (UTC)`, where midnight is the end of the day before.
fn until(at: Timestamp) -> String {
    if is_midnight(at) {
        format!("bis einschließlich {} (UTC)", date(licensing::when::less_hours(at, 24)))
    } else {
        format!("bis {}", moment(at))
    }
}

fn date(at: Timestamp) -> String {
    let (year, month, day) = day(at);
    format!("{day}. {} {year}", MONTHS[month])
}
