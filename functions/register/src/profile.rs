//! The profile: who is signed in, names, language, phone, country (REG-06, REG-11).

use api::{Code, Problem, me};
use gateway::{
    ApiError, App, Conflict, Request, Response, Who,
    answer::ok,
    request::{RequestParts, typed},
};
use licensing::{audit::Note, limit::hit};
use store::Write;

use crate::mine::{Mine, me};

/// Minutes of a day.
const DAY: u32 = 24 * 60;

/// The languages of pages and mails, the default first.
pub(crate) const LANGUAGES: [&str; 2] = ["en", "de"];

/// Who is signed in: one call, and every ten minutes a second one that notes that the session is used.
pub(crate) async fn show(app: &App, request: &Request) -> Result<Response, Conflict> {
    let who = Who::of(app, request).await?;
    who.touch(app).await?;
    Ok(ok(&me(app, &who.profile, &who.id, &who.session, app.now())))
}

/// Saves what the person says of themselves.
pub(crate) async fn save(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    let mine = Mine::read(app, request).await?;
    let said = checked(request.json(app)?)?;
    let mut after = mine.next();
    (after.first_name, after.last_name) = (said.first_name, said.last_name);
    (after.language, after.phone) = (said.language, said.phone);
    let now = app.now();
    let before = &mine.who.profile;
    let changed: Vec<&str> = [
        ("first-name", after.first_name != before.first_name),
        ("last-name", after.last_name != before.last_name),
        ("language", after.language != before.language),
        ("phone", after.phone != before.phone),
    ]
    .into_iter()
    .filter_map(|(name, changed)| changed.then_some(name))
    .collect();
    // Saved twice is saved once: nothing is written and nothing is noted.
    if !changed.is_empty() {
        after.saves = Some(hit(after.saves, now, DAY, app.policy.profiles.saves_a_day)?);
        let note = Note::new("profile.changed", mine.who.actor()).fact("fields", changed.join(" "));
        mine.keep(app, &after, Write::new(), note, now).await?;
    }
    Ok(ok(&me(app, &after, &mine.who.id, &mine.who.session, now)))
}

/// Confirms the organisation's country; afterwards only an operator can change it.
pub(crate) async fn confirm_country(app: &App, request: &Request) -> Result<Response, Conflict> {
    request.must_be_ours(app)?;
    let mine = Mine::read(app, request).await?;
    let me::ConfirmCountry { country } = request.json(app)?;
    let now = app.now();
    match mine.who.profile.country {
        Some(confirmed) if confirmed != country => {
            return Err(Problem::new(Code::CountryConfirmed).field("country").into());
        }
        Some(_) => return Ok(ok(&me(app, &mine.who.profile, &mine.who.id, &mine.who.session, now))),
        None => {}
    }
    let mut after = mine.next();
    after.country = Some(country);
    let note = Note::new("profile.country-confirmed", mine.who.actor()).fact("country", country);
    mine.keep(app, &after, Write::new(), note, now).await?;
    Ok(ok(&me(app, &after, &mine.who.id, &mine.who.session, now)))
}

fn checked(said: me::Profile) -> Result<me::Profile, ApiError> {
    if !LANGUAGES.contains(&said.language.as_str()) {
        return Err(Problem::new(Code::BadField)
            .field("language")
            .detail("Choose `en` or `de`. We saved nothing.")
            .into());
    }
    Ok(me::Profile {
        first_name: typed("first_name", &said.first_name, 100)?,
        last_name: typed("last_name", &said.last_name, 100)?,
        phone: typed("phone", &said.phone, 40)?,
        language: said.language,
    })
}
