//! The one catalogue of texts.
//!
//! Each text is a constant of its own, so that a program carries only the texts of its pages. `{name}` stands for a value,
//! `{}` for a part of the page. Another language is a table from these texts to its own, asked in [`Text::t`].

use std::borrow::Cow;

/// A text of the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Text(&'static str);

impl Text {
    /// The text in the reader's language.
    pub(crate) const fn t(self) -> &'static str {
        self.0
    }

    /// The names of the values that it has places for.
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        self.t().split('{').skip(1).filter_map(|rest| Some(rest.split_once('}')?.0))
    }

    /// The text with values in their places.
    pub(crate) fn with(self, values: &[(&str, &str)]) -> String {
        let mut filled = String::new();
        let mut rest = self.t();
        while let Some((before, after)) = rest.split_once('{') {
            let (name, behind) = after.split_once('}').unwrap_or((after, ""));
            filled.push_str(before);
            filled.push_str(values.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value));
            rest = behind;
        }
        filled.push_str(rest);
        filled
    }
}

impl From<Text> for Cow<'static, str> {
    fn from(text: Text) -> Self {
        Cow::Borrowed(text.t())
    }
}

macro_rules! catalogue {
    ($($(#[$doc:meta])* $name:ident $text:literal;)+) => {
        $($(#[$doc])* pub(crate) const $name: Text = Text($text);)+

        #[cfg(test)]
        const ALL: &[(&str, Text)] = &[$((stringify!($name), $name)),+];
    };
}

catalogue! {
    // ---- The frame ----

    PRODUCT "Countersign";
    ERROR_MARK "Error: ";
    MAIN_NAVIGATION "Main";
    HOME "Home";
    ACTIVATIONS "Activations";
    LICENCES "Licences";
    PROFILE "Profile";
    MY_AUDIT "My log";
    SIGNED_IN_AS "Signed in as";
    SIGN_OUT "Sign out";
    SUPPORT "Questions? Write to {}.";
    TO_HOME "Home page";
    TO_PORTAL "Open the portal";
    DASH "–";
    WARNING "Important";
    CANCEL "Cancel";
    GO_ON "Continue";
    CONFIRM "Confirm";
    CHANGE "Change";
    SAVE "Save";
    SHOW "Search";
    MORE "More";
    YES "Yes.";
    NO "No.";

    // ---- Waiting and what goes wrong ----

    LOADING "Loading …";
    SENDING "Sending …";
    TRY_AGAIN "Try again";
    TRY_AGAIN_AT "Try again at {time}.";
    TRY_AGAIN_ON "Try again on {time}.";
    CASE "Case reference, if you write to support:";
    THERE_IS_A_PROBLEM "There is a problem";
    OFFLINE "We can’t reach the service";
    OFFLINE_HELP "Check your connection, then try again. What you saved is not lost.";
    UNAVAILABLE "The service is not available right now";
    UNAVAILABLE_HELP "Try again in a moment. What you saved is not lost.";
    TOO_OFTEN "Too many requests";
    TOO_OFTEN_HELP "Wait a minute, then try again.";
    REFUSED "We refused this request";
    REFUSED_HELP "Reload the page and try again. If it keeps happening, write to support.";
    NOT_FOUND "This page does not exist";
    NOT_FOUND_HELP "Check the address, or start from the home page.";
    BROKEN "Something went wrong on our side";
    BROKEN_HELP "Try again. If it keeps happening, write to support and say what you were doing.";
    NOT_UNDERSTOOD "The page did not understand the service’s answer";
    NOT_UNDERSTOOD_HELP "We probably updated the portal a moment ago. Reload the page.";
    SIGN_IN_AGAIN "Please sign in";
    SIGN_IN_AGAIN_HELP "After you sign in, you come back to this page.";
    WE_TRY_AGAIN "The service is busy right now. This page tries again at {time}. You don’t need to do anything.";

    // ---- Signing in ----

    SIGN_IN_OR_REGISTER "Sign in or register";
    SIGN_IN_LEAD "Type your work email address. We email you a code. You don’t need a password.";
    WORK_ADDRESS "Work email address";
    WORK_ADDRESS_HINT "Use the address that your organisation writes to, such as the one our activation email went to.";
    ADDRESS_EMPTY "Type your work email address";
    ADDRESS_MALFORMED "Type an email address like name@organisation.example";
    ADDRESS_LOCAL_PART "Before the @, type the letters a to z, as your email system writes your address";
    ADDRESS_TOO_LONG "Type an address of at most 200 characters";
    WHO_CAN_SIGN_IN "Who can sign in?";
    WHO_CAN_SIGN_IN_1 "Anyone with a work address. To register, just sign in for the first time. What you see depends on the agreements that name your address.";
    WHO_CAN_SIGN_IN_2 "We accept an address at a public email provider only if an agreement, order or account names it.";
    SESSION_ENDED "Your session has ended. Sign in again, and you come back to where you were.";
    CHECK_YOUR_MAIL "Check your email";
    YOU_ARE_SIGNING_IN_AS "You are signing in as {}.";
    CODE "Code of six digits";
    CODE_WHERE "It is in the email that we sent you.";
    CODE_HINT "It is in the email that we have just sent. You can use it until {time}.";
    CODE_EMPTY "Type the six digits from the email";
    CODE_MALFORMED "The code has six digits";
    SIGN_IN "Sign in";
    OTHER_ADDRESS "Use another address";
    NO_MAIL "No email after a minute?";
    NO_MAIL_JUNK "Look in the junk folder for an email from {sender}.";
    NO_MAIL_LINK "Or use the link in the email: it signs you in, and this page continues.";
    NO_MAIL_TYPO "Check the address above for typing errors.";
    ASK_FOR_CODE_AGAIN "Email the code again";
    MAILED_NOW "We have just emailed the same code again.";
    ALREADY_SIGNED_IN "You are signed in";
    YOU_ARE_SIGNED_IN_AS "You are signed in as {}.";
    SWITCH_ACCOUNT "Sign in as someone else";
    THE_PUBLISHER "the publisher";
    COUNTRY_TITLE "In which country or region is your organisation?";
    COUNTRY_LEAD "We ask this once, and keep it with your profile.";
    COUNTRY_LABEL "Country or region";
    CHOOSE_COUNTRY "Choose …";
    COUNTRY_EMPTY "Choose the country or region of your organisation";
    COUNTRY_ONCE "You can’t change it yourself afterwards.";

    // ---- Mailed links ----

    BROKEN_LINK "This link is not complete";
    BROKEN_LINK_HELP "Part of it is missing or was changed. Click the link in the email again, or copy all of it into the address bar.";
    BROKEN_ACTIVATION "The link in our email lets you activate a product that your organisation bought. You can also sign in and find it in the list.";
    BROKEN_SIGN_IN "The link in our email signs you in. You can also type the code from that email here.";
    BROKEN_PROOF "The link in our email confirms that an email address is yours. You can also type the code from that email here. Use the browser in which you are signed in, or ask for a new code in your profile.";
    BROKEN_JOIN "The link in our email shows a request to join your organisation’s account. You can also sign in and find it in the list.";
    ACTIVATE_PRODUCT "Activate {product}";
    LINK_GOOD "{publisher} has this ready for {customer}. Opening this page changes nothing. You see a summary before you activate.";
    LINK_REPLACED_TITLE "We sent a newer email for {product}";
    LINK_REPLACED "This link no longer works. We sent a newer one, perhaps to another contact. If you got it, use it. Otherwise sign in to see what you can activate.";
    LINK_EXPIRED_TITLE "The link for {product} has expired";
    LINK_EXPIRED "It is not activated. What {customer} bought is not lost.";
    LINK_EXPIRED_HELP "Its recipient, or an Administrator of the licence, can sign in and ask for a new link. If the publisher’s support agrees, we email one.";
    LINK_USED_TITLE "{product} is already activated";
    LINK_USED "Someone activated it for {customer}, with a link or in the portal. Sign in to see which account has it.";
    LINK_PROVISIONING_TITLE "{product} is being set up";
    LINK_PROVISIONING "Someone confirmed it for {customer}, and we are setting it up. This page shows when it is ready.";
    LINK_WAITING_TITLE "You can’t activate {product} with this link now";
    LINK_WAITING "We could not reach the contacts of {customer}, or we send a new email later. Administrators and Online Services Managers can activate it in the portal.";
    SIGN_IN_TO_GO_ON "Sign in with your work address. We email you a code. Then you choose the account and confirm.";
    SIGN_IN_AND_GO_ON "Sign in and continue";
    SIGN_IN_TO_PORTAL "Sign in to the portal";
    TO_ACTIVATIONS "Go to your activations";
    ASK_AGAIN_SUMMARY "Need the email again?";
    ASK_AGAIN_HELP "We can send the email with the link again, to the person who should activate it now. Nothing else changes. You can ask about once a day.";
    ASK_AGAIN_QUESTION "Should we send the email again?";
    ASK_AGAIN_YES "Yes, send it again to the person who should activate it";
    ASK_AGAIN "Send the email again";
    CHOOSE_TO_ASK "Choose “Yes” if we should send the email again";
    MAILED_AGAIN "The email is on its way";
    MAILED_AGAIN_TO "It goes to {address}.";
    LOOK_IN_JUNK "If you don’t see it within a few minutes, look in the junk folder.";
    SIGNING_IN "Signing you in";
    ASK_FOR_NEW_MAIL "Ask for a new email";
    TYPE_YOUR_ADDRESS "Type your address";
    OTHER_BROWSER "You asked for this link in another browser. Type the address that the email went to, so that nobody else can use the link.";
    PROVE_TITLE "Is this your address?";
    PROVE_PROFILE "Profile that asks";
    PROVE_QUESTION "What do you want to do?";
    PROVE_YES "Add {address} to my profile";
    PROOF_SIGN_IN "You are not signed in. This link works only in the session that asked for it. After you sign in, we email you a new link and code.";
    PROOF_SIGN_IN_YES "Sign in as {profile}";
    PROOF_OTHER "You are signed in as someone else. Open the link where you asked for it. Or sign in as {profile} and ask for a new one under Profile.";
    PROOF_ASK_AGAIN "You have signed in again since you asked, or you asked in another browser. This link works only there. Ask for a new email to confirm the address here.";
    PROOF_ASK_AGAIN_YES "Email me a new link and code";
    THE_ADDRESS "The address";
    PROOF_CODE_HINT "It is in the email that we sent to {address}.";
    PROVE_ADDRESS "Confirm address";
    PROOF_SWITCH_YES "Sign in as {profile} instead";
    TAKEN_TITLE "Another profile has this address";
    MOVE_ASKS "If you ask, we email the person who has it now. They can keep it if they sign in with it.";
    MOVE_ASK "Ask to move it to my profile";
    MOVE_ASKED "You asked to move the address";
    MOVE_ASKED_HELP "We have emailed the person who has {address} now. Your profile shows when you can move it.";
    MOVE_WARNING "Don’t sign in with this address before then. That signs you in to the other profile, and stops the move.";
    NOT_ME "This was not me";
    NOT_ME_HINT "We change nothing, and the link stops working.";
    CHOOSE_ONE "Choose one of the answers";
    PROVED "You confirmed the address";
    PROVED_HELP "{address} belongs to your profile. You see everything that this address may see.";
    NOT_ME_DONE "Thank you, we changed nothing";
    NOT_ME_DONE_HELP "The link no longer works. If you get more such emails, write to support.";
    PROOF_ENDED "This link no longer works";
    PROOF_ENDED_HELP "It expired, was already used, or a newer one was sent. You can ask for a new one in your profile.";
    TO_PROFILE "Go to your profile";
    LINK_LOST "The link is not here any more";
    LINK_LOST_HELP "You opened it in another window or tab. Open the link in the email again, or choose the product from the list.";

    // ---- Home ----

    WELCOME "Welcome";
    WELCOME_NAME "Welcome, {name}";
    TO_ACTIVATE "To activate";
    NOTHING_TO_ACTIVATE "You have nothing to activate.";
    NOTHING_TO_ACTIVATE_HELP "When your organisation buys something that you can activate, it appears here.";
    SOME_TO_ACTIVATE "Ready to activate: {count}.";
    SOME_END_SOON "Ready to activate: {count}. The links of {soon} expire within 30 days.";
    SEATS_IN_USE "Seats in use: {activated} of {bought}.";
    COUNTED_ON "Counted on {count} of your licences. You have more.";
    END_FIRST "Links that end first";
    ALL_TO_ACTIVATE "Show everything you can activate";
    ALSO_THERE "Other activations";
    SOME_STUCK "{count} with nobody we can reach";
    SOME_EXPIRED "{count} with an expired link";
    SOME_SCHEDULED "{count} scheduled";
    NEXT_STEP "Next step";
    ACTIVATE "Activate";

    // ---- Licences ----

    LICENCES_TITLE "My licences";
    LICENCES_LEAD "The licences on which one of your addresses has a role, and what you may do there.";
    LICENSING_ID "Licensing ID";
    ROLES "Roles";
    RUNS "Runs";
    RUNS_LATER "Begins later";
    RUNS_NOW "Active";
    RUNS_OUT "Ends soon";
    RAN_OUT "Ended";
    BELOW "below {licence}";
    ALL_BELOW_TITLE "Below {licence}";
    ALL_BELOW_LEAD "The licences directly below {}, as far as you have a role there.";
    AUDIT_SHORT "Log";
    SEARCH_LICENCES "Number, organisation, product or address";
    NO_LICENCES_TITLE "There is nothing here for you yet";
    NO_LICENCES_LEAD "None of these addresses has a role on a licence:";
    NO_LICENCES_WHY "You get permissions from agreements that name you as a contact, or from an Administrator. The agreement may name another address of yours, or we have not loaded it yet.";
    WHAT_YOU_CAN_DO "What you can do";
    NO_LICENCES_ADD "Do you have another work address? Add it. As soon as you confirm it, you see everything that it may see.";
    NO_LICENCES_LISTED "Not named on an agreement? Ask your reseller, or the person who made the agreement, to name you as a contact.";
    NO_LICENCES_ASK "Still stuck? Write to {} with the number of the agreement.";

    NO_LICENCES_REQUEST "Do you know the number of the licence? Ask its Administrators for permission.";
    MISSING_TITLE "Is a licence missing?";
    MISSING_NUMBER "Find its number on the order confirmation or the licence certificate, and search for it above.";
    MISSING_REQUEST "If it is not there, request permission. Its Administrators decide.";
    MISSING_ADDRESS "The agreement may name another address of yours. Add that address to your profile.";

    // ---- One licence ----

    FIRST_DAY "First day";
    FINAL_DAY "Last day";
    RESELLER "Reseller of the newest order";
    YOU_CAN "What you can do here";
    ONLY_NAMED "The agreement names you, but that gives you no role here.";
    ABOVE_AND_BELOW "Agreements above and below";
    THIS_LICENCE "(this licence)";
    NOTHING_ABOVE "No agreement stands above it.";
    NOTHING_BELOW "No licence below it gives you a role.";
    NOTHING_BELOW_HELP "When we get an agreement below it that gives you a role, you see it here.";
    ALL_BELOW "Search what is below this licence";
    CONTACTS "Contacts";
    CONTACTS_MASKED "Only Administrators see the whole email addresses of others.";
    NO_CONTACTS "The agreement names no contacts.";
    NO_CONTACTS_HELP "When your reseller names contacts for it, you see them here.";
    THAT_IS_YOU "This is you.";
    CONTACT_GAVE_UP "Gave this licence up. We email the next contact instead.";
    PEOPLE "People";
    PEOPLE_LEAD "Everyone with a role here, and who gave theirs up. An address leads to the reasons.";
    SEARCH_PEOPLE "Email address or role";
    NO_PEOPLE "Nobody has a role here.";
    NO_PEOPLE_HELP "When the agreement names someone, or an Administrator grants a role, you see them here.";
    GAVE_UP_SINCE "Gave up on";

    // ---- Activations ----

    ACTIVATIONS_TITLE "Manage activations";
    ACTIVATIONS_LEAD "The services that your organisation bought, and the state of each.";
    RESULTS "Results";
    STATE "State";
    ALL_STATES "All";
    SEARCH_ACTIVATIONS "Product, organisation or number";
    PRODUCT_COLUMN "Product";
    ORGANISATION "Organisation";
    PUBLISHER "Publisher";
    QUANTITY "Quantity";
    ACCOUNT "Account";
    DATE "Date";
    KIND "Kind";
    ONE_SEAT "1 seat";
    SEATS "{count} seats";
    ROWS_FOUND "{count} shown";
    NONE_FOUND "No results";
    NONE_SO_FAR "No results so far. There is more to search.";
    NO_MORE "There is nothing more.";
    SEARCH_ON "Search further";
    SHOW_ALL "Show all";
    NO_ACTIVATIONS_HELP "You see an activation when your organisation buys an online service. You must be Administrator or Online Services Manager of that licence.";
    FIRST_PAGE "First page";
    NEXT_PAGE "Next page";
    EXPORT_CSV "Export as CSV";
    FETCHING_PART "The file is long. We are fetching part {count} …";
    FILE_SAVED "The file is complete. Your browser saves it.";
    NOT_SAVED "The file was not saved";
    NOT_SAVED_HELP "Your browser did not accept it. Try again, or use another browser.";
    INVITED "Ready to activate";
    SCHEDULED "Scheduled";
    PROVISIONING "Being set up";
    ACTIVATED "Activated";
    EXPIRED "Link expired";
    STUCK "Nobody reached";
    LINK_ENDS "Link works until";
    LINK_ENDED "Link expired on";
    MAIL_GOES_OUT "We send the email on";
    MAILED_AT "Email sent";
    CONFIRMED_AT "Confirmed on";
    ACTIVATED_AT "Activated on";
    CONFIRMED_BY "Confirmed by";
    ACTIVATED_BY "Activated by";
    STUCK_SINCE "Since";
    UNDO_UNTIL "You can undo until";
    REVIVALS "Times renewed";
    REVIVAL_ASKED_BY_YOU "You asked for a new link on {time}. Support decides, and we email you the answer.";
    REVIVAL_ASKED_BY "{who} asked for a new link on {time}. Support decides.";
    REVIVAL_ASKED "Someone asked for a new link on {time}. Support decides.";
    REVIVAL_DECLINED_YOU "You asked for a new link on {time}. Support declined on {declined}: {reason}";
    REVIVAL_DECLINED_BY "{who} asked for a new link on {time}. Support declined on {declined}: {reason}";
    REVIVAL_DECLINED "Someone asked for a new link on {time}. Support declined on {declined}: {reason}";
    MAILED_TO "Email goes to";
    MOVING_TO "Someone proposed a move to {account}. It happens when the other side agrees. The proposal expires on {time}.";
    STATE_CHANGED "The state has changed.";
    NEXT_INVITED "We emailed the link. The recipient can use it, or you can activate here: either works.";
    NEXT_SCHEDULED "We email the link shortly before the usage starts.";
    NEXT_PROVISIONING "Someone confirmed it, and we are setting it up. This page shows when it is ready. You can close or reload this page at any time.";
    SETTING_UP_LONG "This takes longer than usual. Our operators can see it, and we keep trying. You don’t need to do anything.";
    SETTING_UP_REFUSED "We could not set it up. The reason: {reason}";
    SETTING_UP_REFUSED_HELP "Nobody can use it yet. Undo the activation and choose again, or write to {support}. Our operators can see it and can try again.";
    NEXT_ACTIVATED "It is in use. If you order more of the same product under this licence, we add it to this account.";
    NEXT_EXPIRED "The link has expired. The recipient or an Administrator can ask for a new one. If the publisher’s support agrees, we email it.";
    NEXT_STUCK "We could not reach any contact of this licence. Ask {support} to correct a contact: then we try again.";
    OPEN_ACTIVATION "Open this activation";

    // ---- Where is my activation? ----

    WHERE_TITLE "Where is my activation?";
    WHERE_LEAD "What {customer} bought under {licence}, and the state of each product.";
    AS_OF "As of {time}. This page refreshes while you look at it.";
    AS_OF_STILL "As of {time}. We could not refresh it since then, and keep trying.";
    OLDER_ORDERS "Older orders";
    NEWEST_ORDERS "Newest orders";
    BOUGHT "{quantity}, bought on {purchased}, for use from {usage-starts}";
    IN_ALL "{quantity} in all";
    FOR_ORGANISATION "{quantity} for {customer}";
    NOW_IN_USE "It is in use on the account {account}. Someone activated it on {activated-at}.";
    NOW_MAILED "We emailed the link to the {contact}, {to}, on {mailed-at}.";
    NOW_GOOD_UNTIL "The link works until {link-ends}.";
    NOW_ENDED "The link expired on {link-ends}. What you bought is not lost.";
    NOW_WAITS "We email the link to the {contact}, {to}, on {mail-goes-out}.";
    NOW_PROVISIONING "Someone confirmed it on {confirmed-at} for the account {account}. We are setting it up.";
    NOW_REFUSED "We could not set it up on {set-up-refused-at}: {set-up-refused-because}";
    NOW_STUCK "We have not reached anyone since {stuck-since}.";
    NOW_NOTICE_TO "We email the {contact}, {to}.";
    MAIL_IS_QUEUED "We are sending the email right now.";
    MAIL_WAS_ACCEPTED "We sent the email on {mail-reported-at}, and don’t know yet whether it arrived. Also look in the junk folder. It comes from {look-in-junk-for-sender}, with the subject “{look-in-junk-for-subject}”.";
    MAIL_WAS_DELIVERED "The email arrived on {mail-reported-at}. Not in the inbox? Look in the junk folder. It comes from {look-in-junk-for-sender}, with the subject “{look-in-junk-for-subject}”.";
    MAIL_WAS_PUT_OFF "The email had not arrived by {mail-reported-at}.";
    MAIL_WAS_GIVEN_UP "We could not deliver the email by {mail-reported-at}, and don’t try again.";
    MAIL_WAS_BOUNCED "The receiving server bounced the email on {mail-reported-at}.";
    MAIL_WAS_COMPLAINED "The email was marked as spam on {mail-reported-at}.";
    MAIL_WAS_SUPPRESSED "We did not send the email. An earlier one to this address bounced or was marked as spam.";
    IS_ONLINE_SERVICE "It is an online service.";
    IS_KEYED_SERVICE "It is a service with a product key.";
    IS_CONSUMPTION "It is cloud consumption.";
    IS_ON_PREMISES "It is used on premises.";
    BECAUSE_IN_USE "We added the quantity to the same account.";
    BECAUSE_NOT_IN_USE "It was not in use when the order came in.";
    BECAUSE_OPEN "We added the quantity to it and sent no second email.";
    BECAUSE_NONE_OPEN "There was none when the order came in.";
    BECAUSE_ONE_ACCOUNT "The Online Services Manager, {online-services-manager}, administered exactly one.";
    BECAUSE_ONE_ACCOUNT_NOW "The Online Services Manager, {online-services-manager}, administers one account now, but did not when the order came in.";
    BECAUSE_NO_ACCOUNT "The Online Services Manager, {online-services-manager}, administers no account.";
    BECAUSE_SEVERAL_ACCOUNTS "The Online Services Manager, {online-services-manager}, administers several accounts now. So someone has to choose.";
    BECAUSE_NO_MANAGER "The agreement names no Online Services Manager.";
    BECAUSE_LATER "Usage starts on {usage-starts}, so we send the email on {mail-goes-out}.";
    BECAUSE_NOT_LATER "Usage starts on {usage-starts}, so we could send the email at once.";
    BECAUSE_CONSUMPTION "The person who activates it on a new account becomes the first administrator of that account.";
    BECAUSE_NAMED "We send them the link.";
    BECAUSE_NEXT "We sent it to the next contact we could reach.";
    BECAUSE_NOBODY "There is nobody left whom we can reach.";
    PASSED_BOUNCED "The email to the {contact}, {to}, bounced.";
    PASSED_FAILING "An earlier email to the {contact}, {to}, bounced or was marked as spam.";
    PASSED_SILENT "We got no report in time that the email to the {contact}, {to}, arrived.";
    PASSED_GIVEN_UP "We could not deliver the email to the {contact}, {to}.";
    PASSED_NOT_NAMED "The agreement names no {contact}.";
    WHERE_ALL "All orders of this Licensing ID";
    NO_LINES "We know no order for it. It was activated before we got its data.";
    NO_ORDERS "We have no order";
    NO_ORDERS_WHY "We got no order for this Licensing ID. So there is nothing to activate, and we sent no email.";
    NO_ORDERS_RESELLER "Ask your reseller whether they placed the order, and under which number.";
    NO_ORDERS_NUMBER "Compare the number on your order papers with the one above. The order may be on another agreement.";
    NO_ORDERS_LATER "When the order comes in, you see it here, and we send the email.";
    ORDER_LINE "Order {order}, line {line}";
    WHY_SO "How we decided";
    OUTCOME_NONE "You use it on premises. There is nothing to activate, and we send nothing.";
    OUTCOME_KEY_NOTICE "You activate it with a product key. We email the contact how to get it.";
    OUTCOME_JOINED "It was already in use. We added the quantity to the same account.";
    OUTCOME_ADDED "It was ready to activate. We added the quantity and sent no second email.";
    OUTCOME_ASSIGNED "We assigned it to the only account of the Online Services Manager.";
    OUTCOME_STUCK "We could not reach anyone.";
    OUTCOME_SCHEDULED "We email the link before the usage starts.";
    OUTCOME_MAIL "We sent an email with a link.";
    OUTCOME_WAITING "We are processing the order.";
    ASKS_ACT_02 "Can we reach the Online Services Manager?";
    ASKS_ACT_03 "Did we have to email another contact, or was nobody left?";
    ASKS_ACT_04 "Is it cloud consumption, for which we email the Notices contact?";
    ASKS_ACT_05 "Do you activate it with a product key instead of a link?";
    ASKS_ACT_06 "Does the usage start later, so that the email has to wait?";
    ASKS_ACT_07 "Was the product already in use under this Licensing ID?";
    ASKS_ACT_08 "Does the Online Services Manager administer exactly one account, so that we can assign it at once?";
    ASKS_ACT_09 "Do you use it on premises, so that there is nothing to activate?";
    ASKS_ACT_10 "Was an activation open already, so that we could add the quantity to it?";
    MAILS "Emails";
    NO_MAILS "We have sent no email with the newest link.";
    NO_MAILS_HELP "As soon as we send one, you see it here, and whether it arrived.";
    LOOK_FOR_MAIL "Not in the inbox? Look in the junk folder for an email from {sender} with this subject.";
    MAIL_TO "To";
    MAIL_SUBJECT "Subject";
    MAIL_WRITTEN "Written";
    MAIL_OUTCOME "Delivery";
    MAIL_QUEUED "Sending";
    MAIL_ACCEPTED "Sent";
    MAIL_DELIVERED "Delivered";
    MAIL_PUT_OFF "Not delivered yet";
    MAIL_GIVEN_UP "Not delivered";
    MAIL_BOUNCED "Bounced";
    MAIL_COMPLAINED "Marked as spam";
    MAIL_SUPPRESSED "Not sent: an earlier email bounced or was marked as spam";
    RESEND "Send a new link";
    RESEND_ASKS "We email a new link to {address}. The earlier link stops working. The end date stays the same.";
    RESEND_DONE "An email with a new link is on its way to {address}. The link works until {time}.";
    THE_ADDRESSEE "the recipient";
    UNDO "Undo activation";
    UNDO_ASKS "We take the product off the account. You can activate it again while its link works. We email the person who activated it.";
    UNDO_DONE "The product is no longer on the account.";
    ASK_REVIVAL "Ask for a new link";
    ASK_REVIVAL_ASKS "We ask the publisher’s support. If they agree, we email a new link to the contact of this licence.";
    ASK_REVIVAL_DONE "We have told support. They usually answer within 24 hours.";
    REMAP "Move to another account";
    REMAP_ASKS "Administrators of both accounts must agree. If you administer only one of them, we email the administrators of the other.";
    REMAP_TO "Which account should get it?";
    REMAP_PROPOSED "You proposed the move to {account}. We email the other account’s administrators.";
    REMAP_DONE "We moved it to {account}.";
    CONFIRM_REMAP "Agree to the move";
    CONFIRM_REMAP_ASKS "We move it to {account} at once.";
    DECLINE_REMAP "Cancel the proposed move";
    DECLINE_REMAP_ASKS "We move nothing. If someone else proposed the move, we email them that you declined.";
    DECLINE_REMAP_DONE "The proposal is cancelled. We moved nothing.";
    USED_UP "“{button}” was used as often as one day allows.";
    ONLY_PROPOSED "Another account’s administrator wants to move this to your account. If you agree, you have it at once.";

    // ---- The wizard ----

    YOU_ACT_AS "Signed in as {}.";
    WHICH_ACCOUNT "Which account should get these seats?";
    NEW_ACCOUNT "A new account";
    NEW_ACCOUNT_HINT "You become its global administrator.";
    NEW_ACCOUNT_NAME "Name of the new account";
    NEW_ACCOUNT_NAME_HINT "Usually the name of the organisation. You need it only for a new account.";
    NEW_ACCOUNT_NAME_EMPTY "Type a name for the new account";
    NEW_ACCOUNT_NAME_LONG "Type a name of at most 200 characters";
    ACCOUNT_LINKED "linked to this organisation";
    CHOOSE_ACCOUNT "Choose an account";
    ACCOUNT_NOT_YOURS "you do not administer it";
    CHECK_ANSWERS "Check before you activate";
    YOUR_ADDRESS "Your address";
    WHAT_HAPPENS "What will happen";
    EFFECT_NEW "Attach {quantity} of {product} to the new account {account}. You, {address}, become its global administrator.";
    EFFECT_EXISTING "Attach {quantity} of {product} to the account {account}. You, {address}, are one of its administrators.";
    EFFECT_LINKED "Attach {quantity} of {product} to the account {account}. You, {address}, don’t administer it.";
    EFFECT_DOMAIN "We link the domain {domain} to the new account, because you have confirmed an address there.";
    EFFECT_SET_UP "We set it up first, which can take some minutes. We email you when it is ready to use.";
    EFFECT_UNDO "You can undo this within {hours} hours.";
    ACTIVATE_QUESTION "Do you want to activate it now?";
    ACTIVATE_YES "Yes, activate";
    ACTIVATE_NO "No, change something first";
    CHOOSE_TO_ACTIVATE "Choose whether to activate it now";
    DONE_TITLE "{product} is activated";
    DONE_SENTENCE "The account {account} now has {quantity} of {product}.";
    WHAT_HAPPENS_NEXT "What happens next";
    DONE_SETUP_TITLE "{product} is confirmed, and we are setting it up";
    DONE_SETUP_SENTENCE "The account {account} gets {quantity} of {product} when we have set them up.";
    DONE_SETUP_1 "This can take some minutes. You can follow progress on its page, or wait for the email.";
    DONE_SETUP_2 "We email you as soon as it is ready to use. Until then you can undo the activation on its page.";
    DONE_NEXT_1 "It’s ready to use. We email you this summary.";
    DONE_NEXT_2 "If you order more of the same product under this licence, we add it to this account.";
    DONE_CONSUMPTION_1 "The account’s administrators manage what you bought. Sign in to the service with your work address.";
    DONE_CONSUMPTION_2 "Colleagues who may activate for this licence can ask to join the account. Let one of them in, so that it does not depend on you alone.";
    DONE_BY_OTHERS "Someone else has activated it. Its page shows who, and what you can do.";
    UNDO_TITLE "Was this a mistake?";
    UNDO_HELP "You, or an Administrator of the licence, can undo the activation until {time}.";
    UNDONE "The activation is undone";

    // ---- Joining an account ----

    NAMED "{name} ({address})";
    JOIN_TITLE "Joining the account {account}";
    JOIN_HELP "Your organisation already has this account, and you don’t administer it. You can ask its administrators to let you join. You can activate without waiting for them.";
    JOIN_ASK "Ask to join";
    JOIN_ASK_ASKS "We email your address to the account’s global administrators. They see your name once they sign in. They decide whether you join, and in which role. If nobody decides, the request expires, and we tell you.";
    JOIN_WAITS "You asked on {asked}, and we emailed the account’s administrators. If nobody decides, the request expires on {ends}.";
    JOIN_ASK_AGAIN "You can ask again from {time}.";
    JOIN_WAS_DENIED "An administrator denied your request on {ended}.";
    JOIN_WAS_SAID "The administrator wrote: {message}";
    JOIN_WAS_WITHDRAWN "You withdrew your request on {ended}.";
    JOIN_HAS_ENDED "Nobody decided on your request. It expired on {ended}.";
    JOIN_WAS_GRANTED "You have joined the account. Reload the page.";
    JOIN_NOBODY "We can’t reach any of the account’s administrators by email, so nobody would decide. You can still choose this account without administering it. Or choose another account or a new one, or write to {support}.";
    JOIN_WITHDRAW "Withdraw the request";
    JOIN_WITHDRAW_ASKS "Then nobody can decide on it. You can ask again later.";
    JOIN_ASKED_DONE "We emailed the account’s administrators.";
    JOIN_WITHDRAWN_DONE "You withdrew the request.";
    JOIN_QUESTION "Should this person join?";
    JOIN_ASKS "{who} asks to join {account}";
    JOIN_LOOKING "Opening this page changes nothing. If you don’t know the person, deny the request.";
    JOIN_WHO "Who asks";
    JOIN_PRODUCT "Because of";
    JOIN_ASKED_AT "Asked on";
    JOIN_ENDS_AT "Expires on";
    JOIN_BILLING "Yes, as billing administrator";
    JOIN_BILLING_HINT "Can add purchases to the account.";
    JOIN_GLOBAL "Yes, as global administrator";
    JOIN_GLOBAL_HINT "Can also decide who joins, and what moves to and from the account.";
    JOIN_DENY "No, deny the request";
    JOIN_DENY_HINT "You can do this without signing in.";
    JOIN_SIGN_IN "Sign in to let the person join";
    JOIN_SIGN_IN_HINT "Only a signed-in global administrator can let someone join.";
    JOIN_MESSAGE "Message to the person (optional)";
    JOIN_MESSAGE_HINT "One line. We put it in the email about your decision.";
    JOIN_CHOOSE "Choose whether the person should join";
    JOIN_MESSAGE_LONG "Write at most 200 characters";
    JOIN_OPEN "Open request";
    JOIN_DECIDE "Send decision";
    JOIN_NOT_YOURS "You can’t decide on this request. It is your own, or you no longer administer the account.";
    JOINED_NOW "{who} has joined {account}";
    JOINED_AS_BILLING "As billing administrator, since {ended}.";
    JOINED_AS_GLOBAL "As global administrator, since {ended}.";
    DENIED_NOW "An administrator denied the request of {who}";
    DENIED_AT "Denied on {ended}.";
    JOIN_DECIDED_BEFORE "Another administrator decided before you.";
    JOIN_DECIDED_BY_YOU "You decided this. We emailed the person.";
    WITHDRAWN_NOW "{who} withdrew the request";
    WITHDRAWN_AT "Withdrawn on {ended}. You don’t need to decide any more.";
    ENDED_NOW "The request of {who} has expired";
    ENDED_AT "Nobody decided before {ended}.";
    JOINS_TITLE "Requests to join";
    JOINS_LEAD "People who ask to join an account of which you are a global administrator. The first decision counts.";
    JOINS_WAIT "Waiting for your decision: {count}. Someone asks to join your accounts.";
    NO_JOINS "Nobody asks to join it.";
    NO_ACCOUNTS "You are not a global administrator of any account.";
    NO_ACCOUNTS_HELP "When you become one, you see requests to join the account here, and we email you.";
    JOINS_LOG "The account’s log:";
    TO_JOINS "All requests to join";

    // ---- Requests for permission ----

    REQUESTS "Requests";
    APPROVALS "Approvals";
    ARE_WAITING "waiting";
    REQUEST_PERMISSION "Request permission";
    REQUEST_MORE "Request more permissions";
    REQUEST_LEAD "Tell us which licence you need. Its Administrators decide, and we email you the answer.";
    PROGRAMME "Programme";
    PROGRAMME_EMPTY "Choose the programme of the licence";
    NUMBER "Number of the licence";
    NUMBER_WHERE "You find it on the order confirmation or the licence certificate.";
    NUMBER_EMPTY "Type the number of the licence";
    NUMBER_MALFORMED "Check the number: a licence can’t have this one";
    REQUEST_WHICH_ADDRESS "Which of your addresses should have the permissions?";
    REQUEST_ROLES_TITLE "What do you need to do?";
    REQUEST_ROLES "Roles that you ask for";
    CHOOSE_SEVERAL "You can choose more than one.";
    CHOOSE_ROLE "Choose at least one role";
    WHICH_BENEFITS "Which benefits?";
    CHOOSE_BENEFIT "Choose at least one benefit";
    RESERVATIONS "Reservations";
    MAY_RESERVE "May manage reservations";
    MAY_RESERVE_HINT "Reserve online services before they are ordered.";
    LAST_DAY "Last day (optional)";
    LAST_DAY_FACT "Until";
    LAST_DAY_MALFORMED "Choose a day, or leave the field empty";
    LAST_DAY_OVER "Choose a day that is not over yet";
    NO_LAST_DAY "No end date";
    UNTIL_THE_END "the end of {day} (UTC)";
    UNTIL "{what}, until {until}";
    ROLE_WITH "{role}: {with}";
    ROLE_WITH_RESERVATIONS "{role}, with reservations";
    REQUEST_UNTIL_HINT "Only if you need the permissions for a limited time.";
    COMMENT "Comment";
    REQUEST_COMMENT "Comment (optional)";
    REQUEST_COMMENT_HINT "Say why you need it. The Administrators see this.";
    REQUEST_COMMENT_LONG "Write at most 1,000 characters";
    CHARACTERS_LEFT "Characters left: {count}";
    CHARACTERS_OVER "Characters too many: {count}";
    CHANGE_LICENCE "Change the licence";
    CHANGE_ROLES "Change the roles";
    CHANGE_LAST_DAY "Change the last day";
    CHANGE_COMMENT "Change the comment";
    REQUEST_CHECK "Check before you send";
    REQUEST_EFFECT "We send your request to the Administrators of this licence, if we know it. One of them decides.";
    REQUEST_EFFECT_SEE "They see your name, your email address and your comment.";
    REQUEST_NO_NAMES "We don’t show you who the Administrators are.";
    REQUEST_SEND "Send request";
    REQUEST_DONE "We have your request";
    REQUEST_DONE_FOR "It is for {licence}.";
    REQUEST_LEFT_OUT "You already have the following, so we left it out: {roles}.";
    REQUEST_ANSWER "As soon as an Administrator decides, we email you.";
    TO_REQUESTS "All my requests";
    REQUESTS_TITLE "My requests";
    REQUESTS_LEAD "What you asked for, how far it is, and what was decided.";
    NO_REQUESTS "You have not requested any permissions.";
    NO_REQUESTS_HELP "When you request permission on a licence, you see here how far it is.";
    TOO_MANY_WAIT "{most} of your requests wait, and you can’t have more. Withdraw one that you no longer need.";
    IS_PENDING "Waiting";
    IS_GRANTED "Approved";
    IS_GRANTED_IN_PART "Approved in part";
    IS_DENIED "Denied";
    IS_WITHDRAWN "Withdrawn";
    IS_REPLACED "Replaced";
    IS_ENDED "Expired";
    ASKED_FOR "You asked for";
    ASKS_FOR "Asks for";
    SENT_TO_ONE "We sent it to 1 Administrator.";
    SENT_TO "We sent it to {count} Administrators.";
    SENT_IF_KNOWN "We sent it to the Administrators, if we know such a licence.";
    NOBODY_UNKNOWN "We don’t know this licence. Check the number, or write to {support}.";
    NOBODY_ADMINISTERS "This licence has no Administrator who could decide. Write to {support}.";
    NOBODY_REACHED "We can’t reach any Administrator of this licence by email. Write to {support}.";
    REMINDED_ON "We remind the Administrators on {time}.";
    UNDECIDED_ON "If nobody has decided by {time}, we tell the notices contact.";
    ENDS_ON "If nobody decides, the request expires on {time}.";
    REMIND_FROM "You can send a reminder yourself from {time}.";
    REMIND "Send a reminder";
    REMIND_ASKS "We email the Administrators again. You can do this once for a request.";
    REMIND_DONE "We have reminded the Administrators.";
    REQUEST_DENIED_AT "An Administrator denied it on {ended}.";
    YOU_WITHDREW_AT "You withdrew it on {ended}.";
    YOU_REPLACED_AT "You asked for something else instead on {ended}.";
    REQUEST_WAS_SAID "The Administrator wrote: {message}";
    WAS_GRANTED "Approved:";
    WAS_GRANTED_UNTIL "It counts until {until}.";
    WAS_NOT_GRANTED "Not approved:";

    // ---- Deciding on them ----

    BROKEN_REQUEST "The link in our email shows a request for permission. You can also sign in and find it in the list.";
    APPROVALS_TITLE "Requests for permission";
    APPROVALS_LEAD "People who ask for permission on licences of which you are Administrator. The first decision counts.";
    APPROVALS_WAIT "Waiting for your decision: {count}. Someone asks for permission on your licences.";
    NO_APPROVALS "Nobody asks for permission.";
    NO_APPROVALS_HELP "When someone asks on a licence of which you are Administrator, you see it here, and we email you.";
    FROM_COLLEAGUES "From colleagues";
    FROM_OUTSIDERS "From outside";
    FROM_OUTSIDERS_HELP "Their email addresses have nothing in common with the organisation. Find out who they are before you approve anything.";
    TO_APPROVALS "All requests for permission";
    DECIDE "Decide";
    DECIDE_ON "Decide on the request of {who} for {licence}";
    REQUEST_HAS_CHANGED "The person has asked for something else since you looked. This is the new request.";
    APPROVE_ASKS "{who} asks for permission on {licence}";
    OUTSIDER "This email address has nothing in common with {customer}. Find out who it is before you approve anything.";
    OUTSIDER_HIDDEN "You see the person’s name and comment once you sign in.";
    APPROVE_NOT_YOURS "You can’t decide on this request. It is your own, you are no longer Administrator of the licence, or the agreement has ended.";
    APPROVE_QUESTION "Should this person get these permissions?";
    APPROVE_ALL "Yes, all of them";
    APPROVE_PART "Yes, but only some of them";
    APPROVE_WHICH "Which of them?";
    APPROVE_UNTIL "Only if you approve something, and for a limited time.";
    APPROVE_UNTIL_ASKED "The person asked until {until}. You can choose an earlier day.";
    APPROVE_SIGN_IN "Sign in to approve";
    APPROVE_SIGN_IN_HINT "Only a signed-in Administrator of the licence can approve.";
    APPROVE_CHOOSE "Choose whether the person should get the permissions";
    GRANTED_NOW "{who} has permission on {licence}";
    GRANTED_AT "An Administrator approved it on {ended}.";
    GRANTED_IN_PART_AT "An Administrator approved a part of it on {ended}.";
    REPLACED_NOW "{who} has asked for something else";
    REPLACED_AT "A new request took its place on {ended}.";
    ENDED_WITH_AGREEMENT_AT "The agreement ended on {ended}, and the request with it.";
    ASKED_AGAIN "The person has asked again since. You find the new request in the list.";

    // ---- Managing users ----

    MANAGE_USERS "Manage users";
    MANAGE_TITLE "Manage users of {licence}";
    MANAGE_LEAD "Who may do what here, and whether they have registered. An address leads to all that you can change.";
    TO_USERS "All users";
    TO_LICENCE "This licence";
    THIS_PERSON "This person";
    BACK "Back";
    ROLE "Role";
    PICK "Tick";
    PICK_PERSON "Tick {address}";
    PICK_HELP "Tick people to change several at once.";
    PICK_NONE "Untick all";
    PICKED "Ticked: {count}";
    PICKED_TOO_MANY "You can change at most {most} people at once. Untick some first.";
    GIVE_PICKED "Assign permissions to them";
    REMOVE_PICKED "Remove them";
    PERSON_REGISTERED "Registered";
    PERSON_INVITED "Invited";
    PERSON_BOUNCED "Email bounced";
    PERSON_EXPIRED "Invitation expired";
    PERSON_NEVER_REGISTERED "Never registered";
    PERSON_GAVE_UP "Gave up or removed";
    PERSON_REMOVED_HERE "Removed here only";
    PERSON_DENIED "Denied in part";
    SINCE_TIME "Since {time}.";
    INVITATION_ENDS "The invitation works until {time}.";
    INVITATION_ENDED "The invitation expired on {time}.";
    ENDED_WITH_INVITATION "Ended with the invitation";
    DENIED_TO_THEM "Denied to them";
    DENIED_ORDERS "What orders give. You can undo this until {time}.";
    DENIED_CLAIM "What the claim gives. You can undo this until {time}.";
    WHY_CAN_THEY "Why can they do this?";
    PERSON_HAS_NOTHING "This address has nothing on {licence}.";
    PERSON_HAS_NOTHING_HELP "When you assign permissions to it, you see them here.";
    OWN_RIGHTS "This is your own address. Nobody changes their own permissions: ask another Administrator. You can give up the whole licence.";
    EDIT_PERMISSIONS "Change permissions";
    ASSIGN_MORE "Assign more";
    GIVE_AGAIN "Assign again what ended";
    INVITE "Send an invitation";
    INVITE_AGAIN "Send the invitation again";
    INVITED_DONE "We sent an invitation to {address}. It works until {time}.";
    THEY_STAY_PRIMARY "You can’t remove this person: they are the primary contact. Ask your reseller to name someone else first.";
    THEY_STAY_NOTICES "You can’t remove this person: they are the notices contact. Ask your reseller to name someone else first.";
    THEY_STAY_ABOVE "You can’t remove this person: they are the primary or notices contact of an agreement above. Someone else must be named there first.";
    BOUNCED_HELP "Email to this address fails, so we can’t invite it. If it is mistyped, remove it and assign the right one.";
    REMOVED_HERE_HELP "Someone removed this person here. An Administrator of the agreement above can undo that.";
    NOTHING_TO_EDIT "Nothing was granted to this person in the portal, so there is nothing to change. Agreements and orders give what they have.";
    IS_LAST_ADMINISTRATOR "This is the last Administrator";
    CAN_T_BE_REMOVED "This person can’t be removed";

    ASSIGN_PERMISSIONS "Assign permissions";
    ASSIGN_TITLE "Assign permissions on {licence}";
    ASSIGN_LEAD "Choose who gets permissions, and which. You see what this does before anything happens.";
    ASSIGN_ANOTHER "Assign to someone else";
    PERSON_ADDRESS "Email address of the person";
    PERSON_ADDRESS_HINT "Their work email address. If they have not registered, we invite them.";
    PERSON_ADDRESS_EMPTY "Type the email address of the person";
    ROLES_TO_GIVE "Roles to assign";
    ASSIGN_UNTIL_HINT "Only if the person needs the permissions for a limited time.";
    MEANT_ADDRESS "Is {address} mistyped? Others here have a very similar domain. You may mean {meant}.";
    CHANGE_ADDRESS "Change the address";
    CHANGE_ANSWERS "Change these answers";
    GAVE_UP_BEFORE "This person gave the licence up, or was removed. They get only what you assign now.";
    LISTINGS_TITLE "Earlier permissions";
    LISTINGS_COUNT "Also bring back what agreements and orders give";
    LISTINGS_COUNT_HINT "Contact lists, agreements above and orders count again for this person.";
    LISTINGS_SHOW "Show what that gives";
    EDIT_TITLE "Permissions of {address} on {licence}";
    EDIT_LEAD "Tick what they should have from now on. Each role can have its own last day.";
    EDIT_ONLY_GRANTED "You see only what was granted in the portal. What agreements, orders and claims give stays as it is.";
    EDIT_WANTED "From now on, granted in the portal:";
    LAST_DAY_OF "Last day of {role} (optional)";
    ENDS_BEFORE_ITS_ROLE "Counts until {until}, less long than the role. That stays so.";

    ASSIGN_CHECK "Check before you assign";
    ASSIGN_YES "Assign";
    ASSIGN_DONE "{address} has these permissions now";
    EDIT_CHECK "Check before you change";
    EDIT_YES "Save changes";
    EDIT_DONE "We saved the permissions of {address}";
    REMOVE_CHECK "Remove {address}?";
    REMOVE_YES "Remove person";
    REMOVE_DONE "{address} is removed";
    INHERIT_CHECK "Should {address} inherit permissions again?";
    INHERIT_YES "Let them inherit again";
    INHERIT_DONE "{address} inherits permissions again";
    DENY_ORDERS "Deny what orders give";
    DENY_CLAIM "Deny what the claim gives";
    DENY_ORDERS_CHECK "Deny {address} what orders give?";
    DENY_CLAIM_CHECK "Deny {address} what the claim gives?";
    DENY_YES "Deny";
    DENY_DONE "{address} is denied this";
    UNDO_DENIAL_ORDERS "Let orders count again";
    UNDO_DENIAL_CLAIM "Let the claim count again";
    UNDO_DENIAL_CHECK "Undo what {address} was denied?";
    UNDO_DENIAL_YES "Undo the denial";
    UNDO_DENIAL_DONE "The denial of {address} is undone";
    CHANGED_MEANWHILE "Someone has changed this person’s permissions since you looked. What you chose is kept. This is what it does now.";
    NOTHING_TO_CHANGE "They have all of this already. There is nothing to do.";
    WHAT_CHANGES "What changes";
    WHAT_CHANGED "What changed";
    THEY_GET "They get";
    THEY_LOSE "They lose";
    THEY_HAVE_THEN "They then have";
    THEY_HAVE_NOTHING "Nothing on this licence";
    CUT_TO "Your own role counts until {until}, so this does as well.";
    CHILDREN_WITHOUT "Agreements below that then have no Administrator: {count}. Assign one there first.";
    CHILDREN_WITHOUT_AT_LEAST "Agreements below that then have no Administrator: at least {count}. Assign one there first.";
    EFFECT_MAIL "We email {address} what they may do.";
    EFFECT_INVITES "Nobody has registered with {address}. We email an invitation.";
    EFFECT_INVITATION_ENDS "The invitation works until {time}. If nobody registers by then, what you assign now ends.";
    EFFECT_REMOVED_MAIL "We email {address} that they were removed.";
    EFFECT_REMOVED "This lasts: contact lists, orders and agreements above don’t bring it back. You can assign permissions again.";
    EFFECT_REMOVED_HERE "They stay Administrator of the agreement above. An Administrator of that agreement can undo this.";
    EFFECT_DENIED_MAIL "We email {address} that this was denied.";
    EFFECT_DENIED "You can undo this until {time}.";
    EFFECT_TELLS_CONTACTS "We tell the notices and primary contacts, because an Administrator was added or removed.";
    NEXT_REGISTERS "As soon as they register with this address, they can use what you assigned. The list of users shows when that is.";

    SEVERAL_TITLE "Several people";
    SEVERAL_NOBODY "Nobody is ticked.";
    SEVERAL_GIVE_LEAD "All who are ticked get the same. You see what this does for each before anything happens.";
    SEVERAL_TRYING "Finding out what would happen";
    SEVERAL_MAKING "Making the changes";
    SEVERAL_PROGRESS "{done} of {count}";
    SEVERAL_STAY "Keep this page open until it is complete.";
    SEVERAL_STOP "Stop";
    SEVERAL_GIVE_CHECK "Check before you assign to all";
    SEVERAL_REMOVE_CHECK "Check before you remove all";
    SEVERAL_GIVE_MAILS "We email each of them what they may do. Who has not registered gets an invitation.";
    SEVERAL_REMOVE_MAILS "We email each of them that they were removed. Agreements and orders don’t bring it back.";
    SEVERAL_GIVE_YES "Assign to all: {count}";
    SEVERAL_REMOVE_YES "Remove all: {count}";
    SEVERAL_NOTHING "There is nothing that can be done for the people who are ticked.";
    SEVERAL_DONE "All changes are made";
    SEVERAL_NOT_DONE "Some changes are not made yet";
    SEVERAL_COUNTS "Changed: {made}. Already so: {unchanged}. Not possible: {refused}.";
    SEVERAL_REST "You stopped, or we could not reach the service. Continue with the rest: nothing is done twice.";
    SEVERAL_GO_ON "Continue with the rest";
    SEVERAL_CHANGED "Where someone else changed a person meanwhile, we changed nothing. Look at that person, and decide again.";
    ROW_NOT_TRIED "Not looked at";
    ROW_READY "Ready";
    ROW_UNCHANGED "Already so";
    ROW_REFUSED "Not possible";
    ROW_MADE "Done";
    ROW_UNCLEAR "Not clear";
    ROW_GETS "Gets: {roles}";
    ROW_LOSES "Loses: {roles}";
    ROW_INVITES "We send an invitation.";

    // ---- Why can I do this? ----

    WHY_CAN_I "Why can I do this?";
    ACCESS_TITLE "What you can do on {licence}";
    ACCESS_TITLE_OTHER "Who can do what on {licence}";
    ACCESS_LEAD "Permissions belong to an email address. Each has a reason, and some have several.";
    AGREEMENT_ABOVE "Agreement above";
    NO_ACCESS "None of your addresses can do anything here.";
    NO_ACCESS_HELP "When an agreement names you, or an Administrator grants you a role, you see it here.";
    GAVE_UP_AT "This address gave the licence up, or was removed, on {time}. What it was given since still counts.";
    ADDRESS_HAS_NOTHING "This address can do nothing here.";
    WHY "Why";
    SOURCES_TITLE "What would change";
    SOURCES_HELP "For each reason: the roles it gives, and those that would be gone without it.";
    GIVES "Gives";
    GOES_WITHOUT "Gone without it";
    GOES_NOTHING "Nothing: other reasons give the same.";
    BECAUSE_CONTACT "You are the {contact} of this agreement.";
    BECAUSE_CONTACT_OTHER "{contact} of this agreement.";
    BECAUSE_GRANTED_ON "Someone granted it to you on {time}.";
    BECAUSE_GRANTED_ON_OTHER "Granted on {time}.";
    BECAUSE_GRANTED "Someone granted it to you.";
    BECAUSE_GRANTED_OTHER "Someone granted it.";
    BECAUSE_GIVEN_BY "Given by {who}.";
    GIVEN_BY_ROW "the publisher’s data";
    BECAUSE_MIGRATED "It was taken over from an earlier portal.";
    BECAUSE_ORDER "Orders name this address as their reseller.";
    BECAUSE_CLAIM "This address added the licence with the numbers of its papers.";
    BECAUSE_PARENT "You are Administrator of the agreement above, {licence}.";
    BECAUSE_PARENT_OTHER "Administrator of the agreement above, {licence}.";
    BECAUSE_ABOVE "You are the primary or notices contact of an agreement above, {licence}.";
    BECAUSE_ABOVE_OTHER "Primary or notices contact of an agreement above, {licence}.";
    STAYS_PRIMARY "You can’t give this licence up: you are its primary contact. Ask your reseller to name someone else first.";
    STAYS_NOTICES "You can’t give this licence up: you are its notices contact. Ask your reseller to name someone else first.";
    STAYS_ABOVE "You can’t give this licence up: you are the primary or notices contact of an agreement above it.";
    STAYS_LAST_ADMINISTRATOR "You can’t give this licence up: you are its last Administrator. Someone else must become Administrator first.";
    STAYS_NOTHING "There is nothing to give up here.";
    GIVE_UP "Give up this licence";
    GIVE_UP_TITLE "Give up {licence}";
    YOU_LOSE "You lose";
    YOU_KEEP "You keep";
    YOU_KEEP_NOTHING "Nothing on this licence.";
    YOU_KEEP_FROM_ABOVE "You keep this because of an agreement above.";
    GIVE_UP_OTHERS "Your other licences and your other addresses stay as they are.";
    GIVE_UP_LASTS "This lasts: agreements, orders and agreements above don’t give it back to you.";
    GIVE_UP_AGAIN "You can request permission again, and an Administrator decides.";
    GIVE_UP_QUESTION "Do you want to give it up?";
    GIVE_UP_YES "Yes, give it up";
    GIVE_UP_NO "No, keep it";
    GIVE_UP_CHOOSE "Choose whether to give it up";
    GIVEN_UP "You gave up {licence}";
    GIVEN_UP_FOR "{address} no longer has the roles that it had there.";

    // ---- Profile ----

    PROFILE_TITLE "My profile";
    ABOUT_YOU "About you";
    FIRST_NAME "First name";
    LAST_NAME "Last name";
    LANGUAGE "Language of emails";
    LANGUAGE_HINT "The pages are in English so far.";
    ENGLISH "English";
    GERMAN "Deutsch";
    PHONE "Phone (optional)";
    NAME_TOO_LONG "Type a name of at most 100 characters";
    PHONE_TOO_LONG "Type a phone number of at most 40 characters";
    SAVED "We saved your profile.";
    ADDRESSES "Addresses";
    ADDRESSES_LEAD "You see everything that any of these addresses may see.";
    ADDRESS "Address";
    PROVEN "Confirmed";
    NOT_PROVEN "Not confirmed yet";
    PROVEN_SINCE "Confirmed since";
    MAIL_BOUNCED_AT "We can’t reach {address}: an email bounced on {time}, so we don’t send any there.";
    MAIL_BOUNCES "We can’t reach {address}: an email bounced, so we don’t send any there.";
    MAIL_COMPLAINED_AT "An email to {address} was marked as spam on {time}.";
    MAIL_COMPLAINED_ABOUT "An email to {address} was marked as spam.";
    ONLY_SECURITY_MAIL "We only send sign-in codes and links that confirm an address there.";
    MAIL_TRIED_AGAIN "We try again from {time}.";
    LIFT_MAIL "Send emails to {address} again";
    MAIL_LIFTED "Emails go to {address} again.";
    ADD_ADDRESS "Add an address";
    ADD_ADDRESS_LEAD "We email a code and a link to the new address. Type the code here, or open the link in this browser.";
    REMOVE "Remove";
    REMOVE_ADDRESS "Remove {address}";
    REMOVE_ADDRESS_ASKS "You no longer see what this address may see. We sign you out where you signed in with it. You can add it again later.";
    REMOVE_PENDING_ASKS "The link that we emailed to it stops working.";
    REMOVE_HERE "You signed in with this address here, so we sign you out of this browser as well.";
    ADDRESS_REMOVED "We removed the address {address}.";
    NEW_ADDRESS "New work email address";
    REPEAT_ADDRESS "The same address again";
    ADDRESSES_DIFFER "Type the same address in both fields";
    PROOF_MAILED "We have emailed a code and a link to {address}. Either works once, until {time}.";
    PROOF_MAILED_HELP "Type the code below, or open the link in this browser. An earlier email to this address no longer works.";
    PROOF_CODE "Confirm an address";
    PROOF_CODE_WHERE "It is in the newest email that we sent to the address.";
    PROOF_ELSEWHERE "You have signed in again since you asked to confirm {address}, or you asked in another browser. To confirm it here, send a new email.";
    SEND_NEW_MAIL "Send a new email";
    ADDRESS_REFUSED "Someone who reads {address} told us that you are not them. We email nothing there for you until {time}.";
    AN_ADDRESS "one of the addresses that you asked for";
    ADDRESS_PROVEN "The address is confirmed. You see everything that any of your addresses may see.";
    CONFIRM_AGAIN "Confirm again";
    ADDRESS_LAPSED "You last confirmed {address} too long ago. You can’t use its permissions until you confirm it again: sign in with it, or send a new email.";
    ADDRESS_DOUBTED "Someone else reads the mailbox of {address}. You can’t use its permissions until you confirm it again: sign in with it, or send a new email.";
    ADDRESS_LEAVING "On {asked}, {profile} asked to move {address} to their profile. They can do that from {time} on. If you confirm it again, you keep it.";
    ADDRESS_ARRIVING "On {asked}, you asked to move {address} to your profile. You can do that from {time} on, unless {profile} keeps it.";
    ADDRESS_ARRIVED "You can move {address} to your profile until {time}.";
    ADDRESS_STOPPED "{address} stays where it is. {profile} has confirmed it again.";
    TAKE_ADDRESS "Move {address} to my profile";
    FORGET_MOVE "Don’t move {address}";
    FORGET_STOPPED "Hide this";
    ADDRESS_TAKEN "{address} now belongs to your profile.";
    MOVE_FORGOTTEN "You no longer ask for {address}.";
    COUNTRY "Country";
    COUNTRY_CHANGE "You confirmed it when you registered. If it is wrong, write to {} and give the reason.";
    SESSIONS "Where you are signed in";
    SESSIONS_LEAD "End any session you don’t recognise.";
    SESSIONS_HINT "We update “Last seen” every few minutes.";
    BROWSER "Browser";
    SINCE "Signed in";
    LAST_SEEN "Last seen";
    BROWSER_ON "{program} on {system}";
    UNKNOWN_BROWSER "A browser that does not say its name";
    THIS_BROWSER "This browser";
    END_SESSION "End session";
    SESSION_IS_ENDED "We ended the session.";
    SIGN_OUT_HERE "Sign out here";
    SIGN_OUT_EVERYWHERE "Sign out everywhere";
    SIGN_OUT_EVERYWHERE_ASKS "This ends all your sessions, including this one.";

    // ---- The log ----

    AUDIT_TITLE "Log of a licence";
    AUDIT_LEAD "{}: who did what, and when. We only ever add entries.";
    MY_AUDIT_TITLE "My own log";
    MY_AUDIT_LEAD "What was done to your profile and with it. What you do to a licence or an account is in the log of that. We only ever add entries.";
    NO_AUDIT "The log is empty.";
    NO_AUDIT_HELP "We write every change here at the moment it is made.";
    SEARCH_AUDIT "Address, product, order or action";
    NUMBER_COLUMN "Number";
    WHEN "When";
    WHAT "What";
    WHO "Who";
    FACTS "Details";
    SEALED_COLUMN "Seal";
    SEALED "Sealed";
    NOT_SEALED "Not yet";
    SEALED_HINT "We sign seals at intervals with a separate key. Anyone can check that nothing was changed or left out. They need the JSON lines and our published key.";
    EXPORT_JSONL "Export as JSON lines";
    FACT_CONTACT "Contact";
    FACT_DAYS "Days before the end";
    FACT_FIELDS "Changed";
    FACT_FROM "From";
    FACT_LINE "Order line";
    FACT_LINK "Link";
    FACT_ORDER "Order";
    FACT_REASON "Reason";
    FACT_RULE "Decided";
    FACT_WITH "With";
    WITH_CODE "the emailed code";
    WITH_LINK "the emailed link";
    DECIDED_ACT_02 "email to the Online Services Manager";
    DECIDED_ACT_03 "email to the next contact we can reach";
    DECIDED_ACT_04 "email to the Notices contact";
    DECIDED_ACT_05 "activated with a product key";
    DECIDED_ACT_06 "usage starts later";
    DECIDED_ACT_07 "already in use";
    DECIDED_ACT_08 "assigned to the manager’s only account";
    DECIDED_ACT_09 "used on premises";
    DECIDED_ACT_10 "added to an open activation";
    ACTOR_PERSON "A person";
    ACTOR_OPERATOR "Support";
    ACTOR_LINK_HOLDER "Holder of the link";
    ACTOR_ADMINISTRATOR "An administrator of the account";
    ACTOR_SERVICE "The service itself";

    // ---- Programmes, contacts, roles and kinds ----

    ENTERPRISE "Enterprise";
    SELECT "Select";
    SELECT_PLUS "Select Plus";
    OPEN_VALUE "Open Value";
    OPEN_LICENCE "Open Licence";
    MASTER "Master agreement";
    PRIMARY_CONTACT "Primary contact";
    NOTICES_CONTACT "Notices contact";
    ONLINE_ADMINISTRATOR "Online Administrator";
    SOFTWARE_ASSURANCE_MANAGER "Software Assurance Manager";
    ONLINE_SERVICES_MANAGER "Online Services Manager";
    SUBSCRIPTIONS_MANAGER "Subscriptions Manager";
    BILL_TO_CONTACT "Bill-to contact";
    ADMINISTRATOR "Administrator";
    LICENSING_INFO "Licensing Info";
    DOWNLOAD "Download";
    PRODUCT_KEYS "Product Keys";
    ALLOWS_ADMINISTRATOR "Everything below. Also decides who may do what.";
    ALLOWS_LICENSING_INFO "See licence details and reports.";
    ALLOWS_DOWNLOAD "Download licensed software.";
    ALLOWS_PRODUCT_KEYS "See product keys. We log who looked.";
    ALLOWS_SOFTWARE_ASSURANCE_MANAGER "Manage the software assurance benefits that are chosen.";
    ALLOWS_ONLINE_SERVICES_MANAGER "Start and manage activations of online services.";
    ALLOWS_SUBSCRIPTIONS_MANAGER "Assign developer subscriptions to people.";
    PLANNING_SERVICES "Planning services";
    TRAINING_VOUCHERS "Training vouchers";
    E_LEARNING "E-learning";
    EMPLOYEE_PURCHASE "Employee purchase";
    HOME_USE "Home use";
    TECHNICAL_SUBSCRIPTION "Technical subscription";
    SUPPORT_24X7 "24x7 support";
    SOFTWARE "Software";
    ONLINE_SERVICE "Online service";
    KEYED_SERVICE "Service with a product key";
    CONSUMPTION "Cloud consumption";
    ON_PREMISES "On premises";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_their_places() {
        let text = Text("Attach {quantity} of {product} to {account}.");
        assert_eq!(
            text.with(&[("account", "A {b}"), ("product", "P"), ("quantity", "250 seats")]),
            "Attach 250 seats of P to A {b}."
        );
        assert_eq!(Text("plain").with(&[]), "plain");
    }

    /// Texts with a sentence over 20 words, and why. This list may only shrink.
    const LONG: &[(&str, &str)] = &[];

    /// How many words a text's longest sentence has. A value in its place counts as one word.
    fn longest_sentence(text: &str) -> usize {
        let ends = |word: &&str| word.trim_end_matches(['”', ')']).ends_with(['.', '!', '?']);
        let words: Vec<&str> = text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).collect();
        words.split_inclusive(|word| ends(word)).map(<[&str]>::len).max().unwrap_or_default()
    }

    /// UI-03 no sentence of a page has more than 20 words, so that none has to be read twice.
    #[test]
    fn ui_03_sentences_are_short() {
        assert_eq!(longest_sentence("One two. Three {four} five! “Six.”"), 3);
        for (name, text) in ALL {
            let words = longest_sentence(text.t());
            let is_long = LONG.iter().any(|(long, _)| long == name);
            assert_eq!(words > 20, is_long, "{name} has a sentence of {words} words: {}", text.t());
        }
    }

    /// UI-03 all texts are in one catalogue, each once and whole.
    #[test]
    fn ui_03_every_text_is_whole_and_there_once() {
        let mut seen = std::collections::BTreeMap::new();
        for (name, text) in ALL {
            let text = text.t();
            assert!(!text.trim().is_empty(), "{name}");
            assert_eq!(text.matches('{').count(), text.matches('}').count(), "{name}");
            assert!(!text.contains("  "), "{name}");
            assert_eq!(seen.insert(text, name), None, "{name} says the same as another one: use that");
        }
    }
}
