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
    SHOW "Show";
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
    OFFLINE "The service can’t be reached";
    OFFLINE_HELP "Check your connection, then try again. What you saved is not lost.";
    UNAVAILABLE "The service is not reachable right now";
    UNAVAILABLE_HELP "Try again in a moment; what you saved is not lost.";
    TOO_OFTEN "That was too often";
    TOO_OFTEN_HELP "Wait a minute, then try again.";
    REFUSED "This was refused";
    REFUSED_HELP "Load the page anew and try again. If it stays, write to support.";
    NOT_FOUND "There is nothing here";
    NOT_FOUND_HELP "Check the address, or start from the home page.";
    BROKEN "Something went wrong on our side";
    BROKEN_HELP "Try again. If it stays, write to support and say what you were doing.";
    NOT_UNDERSTOOD "The answer of the service was not understood";
    NOT_UNDERSTOOD_HELP "The portal was probably updated a moment ago. Load the page anew.";
    SIGN_IN_AGAIN "Please sign in";
    SIGN_IN_AGAIN_HELP "Sign in and you come back to this place.";
    WE_TRY_AGAIN "The service is busy right now. This page goes on by itself at {time}; you need not do anything.";

    // ---- Signing in ----

    SIGN_IN_OR_REGISTER "Sign in or register";
    SIGN_IN_LEAD "Type your work e-mail address. We mail you a code; there is no password.";
    WORK_ADDRESS "Work e-mail address";
    WORK_ADDRESS_HINT "The address at which your organisation reaches you, such as the one that the activation mail went to.";
    ADDRESS_EMPTY "Type your work e-mail address";
    ADDRESS_MALFORMED "Type an e-mail address of the form name@organisation.example";
    ADDRESS_LOCAL_PART "Before the @, type the letters a to z, as your email system writes your address";
    ADDRESS_TOO_LONG "Type an address of at most 200 characters";
    WHO_CAN_SIGN_IN "Who can sign in?";
    WHO_CAN_SIGN_IN_1 "Anybody with a work address. Registering is the same as signing in for the first time; what you may see depends on the agreements that name your address.";
    WHO_CAN_SIGN_IN_2 "Addresses of public mail providers are taken only where an agreement, an order or an account names that very address.";
    SESSION_ENDED "Your session has ended. Sign in again and you come back to where you were.";
    CHECK_YOUR_MAIL "Check your mail";
    YOU_ARE_SIGNING_IN_AS "You are signing in as {}.";
    CODE "Code of six digits";
    CODE_WHERE "It is in the email that we sent you.";
    CODE_HINT "It is in the mail that we have just sent, and good until {time}.";
    CODE_EMPTY "Type the six digits from the mail";
    CODE_MALFORMED "The code has six digits";
    SIGN_IN "Sign in";
    OTHER_ADDRESS "Use another address";
    NO_MAIL "No mail after a minute?";
    NO_MAIL_JUNK "Look in the junk folder for a mail from {sender}.";
    NO_MAIL_LINK "The link in the mail signs you in as well; this page notices and goes on.";
    NO_MAIL_TYPO "Check the address above for a typing error.";
    ASK_FOR_CODE_AGAIN "Mail the code again";
    MAILED_NOW "The same code was mailed again just now.";
    ALREADY_SIGNED_IN "You are signed in";
    YOU_ARE_SIGNED_IN_AS "You are signed in as {}.";
    SWITCH_ACCOUNT "Sign in as somebody else";
    THE_PUBLISHER "the publisher";
    COUNTRY_TITLE "In which country or region is your organisation?";
    COUNTRY_LEAD "We ask once. It is kept with your profile.";
    COUNTRY_LABEL "Country or region";
    CHOOSE_COUNTRY "Choose …";
    COUNTRY_EMPTY "Choose the country or region of your organisation";
    COUNTRY_ONCE "You can’t change it afterwards by yourself.";

    // ---- Mailed links ----

    BROKEN_LINK "This link is not complete";
    BROKEN_LINK_HELP "Part of it is missing or was changed. In the email, click the link once more, or copy all of it into the address bar.";
    BROKEN_ACTIVATION "The link in our email lets you activate a product that your organisation bought. You can also sign in and find it in the list.";
    BROKEN_SIGN_IN "The link in our email signs you in. You can also type the code from that email here.";
    BROKEN_PROOF "The link in our email confirms that an email address is yours. You can also type the code in that email here, in the browser where you are signed in, or ask for a new one in your profile.";
    BROKEN_JOIN "The link in our email shows a request to join your organisation’s account. You can also sign in and find it in the list.";
    ACTIVATE_PRODUCT "Activate {product}";
    LINK_GOOD "{publisher} has this ready for {customer}. Looking at this page changes nothing; you activate at the end, after a summary.";
    LINK_REPLACED_TITLE "A newer mail was sent for {product}";
    LINK_REPLACED "This link no longer works: a newer one was mailed, perhaps to another contact. If you got it, use it; or sign in to see what you can activate.";
    LINK_EXPIRED_TITLE "The link for {product} has ended";
    LINK_EXPIRED "It was not used in time. What {customer} bought is not lost.";
    LINK_EXPIRED_HELP "The addressee and the Administrators of the licence can sign in and ask for the link to be revived. If the publisher’s support agrees, a new one is mailed.";
    LINK_USED_TITLE "{product} is activated already";
    LINK_USED "It was activated for {customer}, with a link or in the portal. Who may see it finds the account there.";
    LINK_PROVISIONING_TITLE "{product} is being set up";
    LINK_PROVISIONING "It was confirmed for {customer}, and is being set up. This page shows when that is done.";
    LINK_WAITING_TITLE "{product} can’t be activated with this link now";
    LINK_WAITING "The contacts of {customer} could not be reached, or a new mail goes out later. Administrators and Online Services Managers can activate it in the portal.";
    SIGN_IN_TO_GO_ON "Sign in with your work address. A code is mailed to you; then you choose the account and confirm.";
    SIGN_IN_AND_GO_ON "Sign in and continue";
    SIGN_IN_TO_PORTAL "Sign in to the portal";
    TO_ACTIVATIONS "Go to your activations";
    ASK_AGAIN_SUMMARY "Do you need the mail again?";
    ASK_AGAIN_HELP "The mail with the link can be sent again to the person whom it is addressed to now. Nothing changes by that, and it can be done about once a day.";
    ASK_AGAIN_QUESTION "Should the mail be sent again?";
    ASK_AGAIN_YES "Yes, send it again to the person whom it is addressed to";
    ASK_AGAIN "Send the mail again";
    CHOOSE_TO_ASK "Choose “Yes” if the mail should be sent again";
    MAILED_AGAIN "The mail is on its way";
    MAILED_AGAIN_TO "It goes to {address}.";
    LOOK_IN_JUNK "If it is not there within a few minutes, look in the junk folder.";
    SIGNING_IN "Signing you in";
    ASK_FOR_NEW_MAIL "Ask for a new mail";
    TYPE_YOUR_ADDRESS "Type your address";
    OTHER_BROWSER "This link was asked for in another browser. So that nobody else can use it, type the address that the mail went to.";
    PROVE_TITLE "Is this your address?";
    PROVE_PROFILE "Profile that wants to add it";
    PROVE_QUESTION "What do you want to do?";
    PROVE_YES "Add {address} to my profile";
    PROOF_SIGN_IN "You are not signed in. After you sign in, we email you a new link and code: this link works only in the session that asked for it.";
    PROOF_SIGN_IN_YES "Sign in as {profile}";
    PROOF_OTHER "You are signed in as somebody else. Open the link where you asked for it, or sign in as {profile} and ask for a new one under Profile.";
    PROOF_ASK_AGAIN "You have signed in again since you asked, or you asked in another browser. This link works only there. Ask for a new email to confirm the address here.";
    PROOF_ASK_AGAIN_YES "Email me a new link and code";
    THE_ADDRESS "The address";
    PROOF_CODE_TITLE "Check your email";
    PROOF_CODE_HINT "It is in the email that we sent to {address}.";
    PROVE_ADDRESS "Confirm address";
    PROOF_SWITCH_YES "Sign in as {profile} instead";
    NOT_ME "This was not me";
    NOT_ME_HINT "Nothing is added, and the link stops working.";
    CHOOSE_ONE "Choose one of the answers";
    PROVED "The address is added";
    PROVED_HELP "{address} belongs to your profile from now on. What agreements give to it is yours at once.";
    NOT_ME_DONE "Thank you, nothing was added";
    NOT_ME_DONE_HELP "The link no longer works. If such mails come again, write to support.";
    PROOF_ENDED "This link has ended";
    PROOF_ENDED_HELP "It ran out, was used already, or a newer one was mailed. A new one can be asked for in your profile.";
    TO_PROFILE "Go to your profile";
    LINK_LOST "The link is not here any more";
    LINK_LOST_HELP "It was opened in another window or tab. Open the link in the mail again, or choose what you want to activate from the list.";

    // ---- Home ----

    WELCOME "Welcome";
    WELCOME_NAME "Welcome, {name}";
    TO_ACTIVATE "To activate";
    NOTHING_TO_ACTIVATE "Nothing waits to be activated.";
    NOTHING_TO_ACTIVATE_HELP "What can be activated by you appears here as soon as it is bought.";
    SOME_TO_ACTIVATE "Ready to be activated: {count}.";
    SOME_END_SOON "Ready to be activated: {count}. Of these, {soon} must be used within 30 days.";
    ALL_TO_ACTIVATE "Show all that can be activated";
    ALSO_THERE "Also there";
    SOME_STUCK "{count} where nobody could be written to";
    SOME_EXPIRED "{count} with a link that has ended";
    SOME_SCHEDULED "{count} where the mail goes out later";
    NEXT_STEP "Next step";
    ACTIVATE "Activate";

    // ---- Licences ----

    LICENCES_TITLE "My licences";
    LICENCES_LEAD "The agreements that name one of your addresses, and what you may do there.";
    LICENSING_ID "Licensing ID";
    ROLES "Roles";
    LISTED_AS "Listed as";
    RUNS "Runs";
    AUDIT_SHORT "Log";
    SEARCH_LICENCES "Number, organisation or address";
    NO_LICENCES_TITLE "Nothing is here for you yet";
    NO_LICENCES_LEAD "No agreement names any of these addresses:";
    NO_LICENCES_WHY "Permissions come from agreements that name a person as a contact. The address there may be another one of yours, or the agreement was not loaded yet.";
    WHAT_YOU_CAN_DO "What you can do";
    NO_LICENCES_ADD "Are you reached at another work address as well? Add it: what agreements give to that address is yours as soon as it is proven.";
    NO_LICENCES_LISTED "Does nobody know you there yet? Ask whoever made the agreement for your organisation, or your reseller, to name you as a contact.";
    NO_LICENCES_ASK "Does it still not fit? Write to {} with the number of the agreement.";

    // ---- Activations ----

    ACTIVATIONS_TITLE "Manage activations";
    ACTIVATIONS_LEAD "Services that were bought under your licences, and how far each has come.";
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
    NONE_FOUND "Nothing fits what you are looking for.";
    NONE_SO_FAR "Nothing fits so far, and there is more to look through.";
    NO_MORE "There is nothing more.";
    SEARCH_ON "Look on";
    SHOW_ALL "Show all";
    NO_ACTIVATIONS "There is nothing to activate.";
    NO_ACTIVATIONS_HELP "An activation appears when an online service is bought under a licence on which you are Administrator or Online Services Manager.";
    FIRST_PAGE "First page";
    NEXT_PAGE "Next page";
    EXPORT_CSV "Export as CSV";
    FETCHING_PART "The file is long: part {count} is being fetched …";
    FILE_SAVED "The file is complete, and was handed to your browser.";
    NOT_SAVED "The file could not be saved";
    NOT_SAVED_HELP "Your browser did not take it. Try again, or with another browser.";
    INVITED "Ready to activate";
    SCHEDULED "Scheduled";
    PROVISIONING "Being set up";
    ACTIVATED "Activated";
    EXPIRED "Link ended";
    STUCK "Nobody reached";
    LINK_ENDS "Link is good until";
    LINK_ENDED "Link ended on";
    MAIL_GOES_OUT "Mail goes out";
    MAILED_AT "Mailed";
    CONFIRMED_AT "Confirmed on";
    ACTIVATED_AT "Activated on";
    CONFIRMED_BY "Confirmed by";
    ACTIVATED_BY "Activated by";
    STUCK_SINCE "Since";
    UNDO_UNTIL "Can be taken back until";
    REVIVALS "Times revived";
    REVIVAL_ASKED_BY_YOU "You asked on {time} for this link to be revived. Support decides, and we email you the answer.";
    REVIVAL_ASKED_BY "{who} asked on {time} for this link to be revived. Support decides.";
    REVIVAL_ASKED "Somebody asked on {time} for this link to be revived. Support decides.";
    REVIVAL_DECLINED_YOU "You asked on {time} for this link to be revived. Support declined on {declined}: {reason}";
    REVIVAL_DECLINED_BY "{who} asked on {time} for this link to be revived. Support declined on {declined}: {reason}";
    REVIVAL_DECLINED "Somebody asked on {time} for this link to be revived. Support declined on {declined}: {reason}";
    MAILED_TO "Addressed to";
    MOVING_TO "A move to {account} is proposed. It happens when the other side agrees, and the proposal ends at {time}.";
    STATE_CHANGED "The state has changed.";
    NEXT_INVITED "The link was mailed. The addressee uses it, or you activate here: both lead to the same.";
    NEXT_SCHEDULED "The mail with the link goes out by itself, shortly before the usage starts.";
    NEXT_PROVISIONING "It was confirmed and is being set up. This page shows when that is done. You may close it, or load it anew: it goes on by itself.";
    SETTING_UP_LONG "This takes longer than usual. Our operators see it, and it goes on by itself; you need not do anything.";
    SETTING_UP_REFUSED "It could not be set up. The reason that was given: {reason}";
    SETTING_UP_REFUSED_HELP "Nothing is in use. Take it back and choose anew, or write to {support}: our operators see it, and can have it tried again.";
    NEXT_ACTIVATED "It is in use. Further orders of the same product under this licence join this account by themselves.";
    NEXT_EXPIRED "The link was not used in time. The addressee or an Administrator can ask for it to be revived; if the publisher’s support agrees, a new one is mailed.";
    NEXT_STUCK "None of the contacts of this licence could be written to. A corrected contact lets it go on by itself; write to {support}.";
    OPEN_ACTIVATION "Open this activation";

    // ---- Where is my activation? ----

    WHERE_TITLE "Where is my activation?";
    WHERE_LEAD "What {customer} has bought under {licence}, and how far each product has come.";
    AS_OF "As of {time}. This page renews itself while you look at it.";
    AS_OF_STILL "As of {time}. It could not be renewed since; it is tried again by itself.";
    BOUGHT "{quantity}, bought on {purchased}, to be used from {usage-starts}";
    IN_ALL "{quantity} in all";
    FOR_ORGANISATION "{quantity} for {customer}";
    NOW_IN_USE "It is in use on the account {account}. It was activated on {activated-at}.";
    NOW_MAILED "The link was mailed to the {contact}, {to}, on {mailed-at}.";
    NOW_GOOD_UNTIL "The link is good until {link-ends}.";
    NOW_ENDED "It was not used, and ended on {link-ends}. What was bought is not lost.";
    NOW_WAITS "The mail with the link goes to the {contact}, {to}, on {mail-goes-out}.";
    NOW_PROVISIONING "Confirmed on {confirmed-at} for the account {account}. It is being set up.";
    NOW_REFUSED "Setting it up was refused on {set-up-refused-at}: {set-up-refused-because}";
    NOW_STUCK "Nobody could be written to since {stuck-since}.";
    NOW_NOTICE_TO "The mail goes to the {contact}, {to}.";
    MAIL_IS_QUEUED "The mail is being written right now.";
    MAIL_WAS_ACCEPTED "The mail was sent on {mail-reported-at}; that it arrived was not reported yet. Look in the junk folder as well: it comes from {look-in-junk-for-sender}, with the subject “{look-in-junk-for-subject}”.";
    MAIL_WAS_DELIVERED "The mail arrived on {mail-reported-at}. Not in the inbox? Look in the junk folder: it comes from {look-in-junk-for-sender}, with the subject “{look-in-junk-for-subject}”.";
    MAIL_WAS_PUT_OFF "The email was not delivered yet, as reported on {mail-reported-at}.";
    MAIL_WAS_GIVEN_UP "The email could not be delivered, as reported on {mail-reported-at}. It is not tried again.";
    MAIL_WAS_BOUNCED "The mail was refused by the receiving server on {mail-reported-at}.";
    MAIL_WAS_COMPLAINED "The mail was marked as unwanted on {mail-reported-at}.";
    MAIL_WAS_SUPPRESSED "The mail was not sent, because mail to this address failed before, or was marked as unwanted.";
    IS_ONLINE_SERVICE "It is an online service.";
    IS_KEYED_SERVICE "It is a service with a product key.";
    IS_CONSUMPTION "It is cloud consumption.";
    IS_ON_PREMISES "It is used on premises.";
    BECAUSE_IN_USE "The quantity went to the same account at once.";
    BECAUSE_NOT_IN_USE "It was not in use when the order came in.";
    BECAUSE_OPEN "The quantity was added to it, without a second mail.";
    BECAUSE_NONE_OPEN "None was waiting when the order came in.";
    BECAUSE_ONE_ACCOUNT "The Online Services Manager, {online-services-manager}, administered exactly one.";
    BECAUSE_ONE_ACCOUNT_NOW "The Online Services Manager, {online-services-manager}, administers one account now, but did not when the order came in.";
    BECAUSE_NO_ACCOUNT "The Online Services Manager, {online-services-manager}, administers no account.";
    BECAUSE_SEVERAL_ACCOUNTS "The Online Services Manager, {online-services-manager}, administers several accounts now, so a person has to choose.";
    BECAUSE_NO_MANAGER "No Online Services Manager is named.";
    BECAUSE_LATER "Usage starts on {usage-starts}, so the mail waits until {mail-goes-out}.";
    BECAUSE_NOT_LATER "Usage starts on {usage-starts}, so the mail could go out at once.";
    BECAUSE_CONSUMPTION "Whoever activates it on a new account becomes the first administrator of that account.";
    BECAUSE_NAMED "The link goes to them.";
    BECAUSE_NEXT "It went to the next contact who could be reached.";
    BECAUSE_NOBODY "Nobody is left who could be written to.";
    PASSED_BOUNCED "The mail to the {contact}, {to}, was refused by the receiving server.";
    PASSED_FAILING "Mail to the {contact}, {to}, failed before, or was marked as unwanted.";
    PASSED_SILENT "No delivery to the {contact}, {to}, was reported in time.";
    PASSED_GIVEN_UP "The email to the {contact}, {to}, could not be delivered.";
    PASSED_NOT_NAMED "No {contact} is named on the agreement.";
    WHERE_ALL "All orders of this Licensing ID";
    NO_LINES "No order is known for it: it was activated before the data came here.";
    NO_ORDERS "No order is loaded";
    NO_ORDERS_WHY "No order was loaded for this Licensing ID, so there is nothing that could be activated, and no mail was sent.";
    NO_ORDERS_RESELLER "Ask your reseller whether the order was placed, and under which number.";
    NO_ORDERS_NUMBER "Compare the number on the order papers with the one above: an order may be on another agreement.";
    NO_ORDERS_LATER "When the order comes in, it appears here, and the mail goes out by itself.";
    ORDER_LINE "Order {order}, line {line}";
    WHY_SO "Why? All that was asked";
    OUTCOME_NONE "It is used on premises: there is nothing to activate, and nothing is sent.";
    OUTCOME_KEY_NOTICE "It is activated with a product key. We email the contact how to get it.";
    OUTCOME_JOINED "It was in use already: the quantity joined the same account at once.";
    OUTCOME_ADDED "An activation was open already: the quantity was added to it, without a second mail.";
    OUTCOME_ASSIGNED "It was assigned at once to the only account of the Online Services Manager.";
    OUTCOME_STUCK "Nobody could be written to.";
    OUTCOME_SCHEDULED "The mail with the link goes out by itself before the usage starts.";
    OUTCOME_MAIL "A mail with a link was sent.";
    OUTCOME_WAITING "The order is being taken in.";
    ASKS_ACT_02 "Could the Online Services Manager be written to?";
    ASKS_ACT_03 "Did it have to go to another contact, or was nobody left?";
    ASKS_ACT_04 "Is it cloud consumption, for which the Notices contact is written to?";
    ASKS_ACT_05 "Is it activated with a product key instead of a link?";
    ASKS_ACT_06 "Does the usage start later, so that the mail has to wait?";
    ASKS_ACT_07 "Was the product in use already under this Licensing ID?";
    ASKS_ACT_08 "Does the Online Services Manager administer exactly one account, so that it is assigned at once?";
    ASKS_ACT_09 "Is it used on premises, so that there is nothing to activate?";
    ASKS_ACT_10 "Was an activation open already, to which the quantity is added?";
    MAILS "Mails";
    NO_MAILS "No mail with its newest link is known.";
    NO_MAILS_HELP "As soon as one goes out, it is listed here with what became of it.";
    LOOK_FOR_MAIL "Not in the inbox? Look in the junk folder for a mail from {sender} with this subject.";
    MAIL_TO "To";
    MAIL_SUBJECT "Subject";
    MAIL_WRITTEN "Written";
    MAIL_OUTCOME "What became of it";
    MAIL_QUEUED "Being written";
    MAIL_ACCEPTED "Sent";
    MAIL_DELIVERED "Delivered";
    MAIL_PUT_OFF "Not delivered yet";
    MAIL_GIVEN_UP "Could not be delivered";
    MAIL_BOUNCED "Refused";
    MAIL_COMPLAINED "Marked as unwanted";
    MAIL_SUPPRESSED "Not sent: mail to it failed or was unwanted";
    RESEND "Send a new link";
    RESEND_ASKS "A mail with a new link goes to {address}. The link in the mail before stops working; the date until which it is good does not move.";
    RESEND_DONE "A mail with a new link is on its way to {address}. It is good until {time}.";
    THE_ADDRESSEE "the addressee";
    UNDO "Take it back";
    UNDO_ASKS "The product is taken off the account. It can be activated again while its link is good. Who activated it is mailed.";
    UNDO_DONE "It was taken back, and is no longer on the account.";
    ASK_REVIVAL "Ask for a new link";
    ASK_REVIVAL_ASKS "Your wish is put before the publisher’s support. If they agree, a new link is mailed to the contact of this licence.";
    ASK_REVIVAL_DONE "Support sees that you ask. If they agree, a new link is mailed to the contact.";
    REMAP "Move to another account";
    REMAP_ASKS "Administrators of both accounts have to agree. If you administer only one of them, we email the administrators of the other.";
    REMAP_TO "Which account should get it?";
    REMAP_PROPOSED "You proposed the move to {account}. We email the other account’s administrators.";
    REMAP_DONE "It was moved to {account}.";
    CONFIRM_REMAP "Agree to the move";
    CONFIRM_REMAP_ASKS "It is moved to {account} at once.";
    DECLINE_REMAP "Cancel the proposed move";
    DECLINE_REMAP_ASKS "Nothing is moved. If somebody else proposed it, we email them that you declined.";
    DECLINE_REMAP_DONE "The move is no longer proposed. Nothing was moved.";
    ONLY_PROPOSED "Another account’s administrator wants to move this to your account. If you agree, it is yours at once.";

    // ---- The wizard ----

    YOU_ACT_AS "You act as {}.";
    WHICH_ACCOUNT "On which organisation account should it be?";
    NEW_ACCOUNT "A new account";
    NEW_ACCOUNT_HINT "You become its global administrator.";
    NEW_ACCOUNT_NAME "Name of the new account";
    NEW_ACCOUNT_NAME_HINT "Usually the name of the organisation. Only needed for a new account.";
    NEW_ACCOUNT_NAME_EMPTY "Type a name for the new account";
    NEW_ACCOUNT_NAME_LONG "Type a name of at most 200 characters";
    ACCOUNT_LINKED "linked to this organisation";
    CHOOSE_ACCOUNT "Choose an account";
    ACCOUNT_NOT_YOURS "you do not administer it";
    NOT_NOW "Not now";
    CHECK_ANSWERS "Check before you activate";
    YOUR_ADDRESS "Your address";
    WHAT_HAPPENS "What will happen";
    EFFECT_NEW "Attach {quantity} of {product} to the new account {account}, as {address}, who becomes its global administrator.";
    EFFECT_EXISTING "Attach {quantity} of {product} to the account {account}, as {address}, one of its administrators.";
    EFFECT_LINKED "Attach {quantity} of {product} to the account {account}, as {address}, who does not administer it.";
    EFFECT_DOMAIN "The domain {domain} is associated with the new account, because you have proven an address there.";
    EFFECT_SET_UP "It is set up first, which can take some minutes. You are mailed when it can be used.";
    EFFECT_UNDO "You can take it back within {hours} hours.";
    ACTIVATE_QUESTION "Do you want to activate it now?";
    ACTIVATE_YES "Yes, activate";
    ACTIVATE_NO "No, change something first";
    CHOOSE_TO_ACTIVATE "Choose whether to activate it now";
    DONE_TITLE "{product} is activated";
    DONE_SENTENCE "{quantity} of {product} are attached to the account {account}.";
    WHAT_HAPPENS_NEXT "What happens next";
    DONE_SETUP_TITLE "{product} is confirmed and being set up";
    DONE_SETUP_SENTENCE "{quantity} of {product} go to the account {account} as soon as they are set up.";
    DONE_SETUP_1 "Setting it up can take some minutes. Its page shows how far that is; you need not wait there.";
    DONE_SETUP_2 "A mail tells you as soon as it can be used. Until then you can take it back on its page.";
    DONE_NEXT_1 "It can be used at once. A mail with this summary is on its way to you.";
    DONE_NEXT_2 "Further orders of the same product under this licence join this account by themselves.";
    DONE_CONSUMPTION_1 "The administrators of the account manage what was bought. Sign in to the service with your work address.";
    DONE_CONSUMPTION_2 "Colleagues who may activate for this licence can ask to join the account. Let one in, so that it does not depend on you alone.";
    DONE_BY_OTHERS "Somebody else has activated it. Its page shows who, and what can be done.";
    UNDO_TITLE "Was this a mistake?";
    UNDO_HELP "You, or an Administrator of the licence, can take it back until {time}.";
    UNDONE "It is taken back";

    // ---- Joining an account ----

    NAMED "{name} ({address})";
    JOIN_TITLE "Joining the account {account}";
    JOIN_HELP "Your organisation has this account already, and you do not administer it. You can ask its administrators to let you join; activating does not wait for them.";
    JOIN_ASK "Ask to join";
    JOIN_ASK_ASKS "We email your address to the account’s global administrators; they see your name once they sign in. They decide whether you join, and as what. If nobody decides, the request ends by itself, and you are told.";
    JOIN_WAITS "You asked on {asked}. The account’s administrators were mailed. If nobody decides, the request ends on {ends}.";
    JOIN_WAS_DENIED "Your request was denied on {ended}.";
    JOIN_WAS_SAID "The administrator wrote: {message}";
    JOIN_WAS_WITHDRAWN "You withdrew your request on {ended}.";
    JOIN_HAS_ENDED "Nobody decided on your request. It ended on {ended}.";
    JOIN_WAS_GRANTED "You have joined the account. Load the page anew.";
    JOIN_NOBODY "None of the account’s administrators can be reached by mail, so nobody would decide on a request. You can put it on this account without administering it, choose another account or a new one, or write to {support}.";
    JOIN_WITHDRAW "Withdraw the request";
    JOIN_WITHDRAW_ASKS "Nobody can decide on it any more. You can ask again later.";
    JOIN_ASKED_DONE "The account’s administrators were asked.";
    JOIN_WITHDRAWN_DONE "The request is withdrawn.";
    JOIN_QUESTION "Should this person join?";
    JOIN_ASKS "{who} asks to join {account}";
    JOIN_LOOKING "Looking at this page changes nothing. If you do not know the person, deny it.";
    JOIN_WHO "Who asks";
    JOIN_PRODUCT "Because of";
    JOIN_ASKED_AT "Asked on";
    JOIN_ENDS_AT "Ends on";
    JOIN_BILLING "Yes, as billing administrator";
    JOIN_BILLING_HINT "May put on the account what was bought.";
    JOIN_GLOBAL "Yes, as global administrator";
    JOIN_GLOBAL_HINT "May also decide who else joins, and what is moved to and from the account.";
    JOIN_DENY "No, deny the request";
    JOIN_DENY_HINT "This works without signing in.";
    JOIN_SIGN_IN "Sign in to let the person join";
    JOIN_SIGN_IN_HINT "Letting somebody join takes a global administrator of the account who is signed in.";
    JOIN_MESSAGE "Message to the person (optional)";
    JOIN_MESSAGE_HINT "One line. It stands in the mail about your decision.";
    JOIN_CHOOSE "Choose whether the person should join";
    JOIN_MESSAGE_LONG "Write at most 200 characters";
    JOIN_DECIDE "Decide";
    JOIN_NOT_YOURS "You can’t decide on this request: it is your own, or you no longer administer the account.";
    JOINED_NOW "{who} has joined {account}";
    JOINED_AS_BILLING "As billing administrator, since {ended}.";
    JOINED_AS_GLOBAL "As global administrator, since {ended}.";
    DENIED_NOW "The request of {who} was denied";
    DENIED_AT "Denied on {ended}.";
    JOIN_DECIDED_BEFORE "Another administrator decided before you.";
    JOIN_DECIDED_BY_YOU "You decided this. The person was mailed.";
    WITHDRAWN_NOW "The request of {who} was withdrawn";
    WITHDRAWN_AT "Withdrawn on {ended}. There is nothing to decide any more.";
    ENDED_NOW "The request of {who} has ended";
    ENDED_AT "Nobody decided before {ended}.";
    JOINS_TITLE "Requests to join";
    JOINS_LEAD "People who ask to join an account of which you are a global administrator. The first decision counts.";
    JOINS_WAIT "{count} waiting for your decision: people who ask to join your accounts.";
    NO_JOINS "Nobody asks to join it.";
    NO_ACCOUNTS "You are not a global administrator of any account.";
    NO_ACCOUNTS_HELP "When you are one, requests to join the account appear here, and you are mailed.";
    JOINS_LOG "The account’s log:";
    TO_JOINS "All requests to join";

    // ---- Profile ----

    PROFILE_TITLE "My profile";
    ABOUT_YOU "About you";
    FIRST_NAME "First name";
    LAST_NAME "Last name";
    LANGUAGE "Language of mails";
    LANGUAGE_HINT "The pages are in English so far.";
    ENGLISH "English";
    GERMAN "Deutsch";
    PHONE "Phone (optional)";
    NAME_TOO_LONG "Type a name of at most 100 characters";
    PHONE_TOO_LONG "Type a phone number of at most 40 characters";
    SAVED "Your profile is saved.";
    ADDRESSES "Addresses";
    ADDRESSES_LEAD "What agreements give to any of these addresses is yours, whichever you sign in with.";
    ADDRESS "Address";
    PROVEN "Proven";
    NOT_PROVEN "Not confirmed yet";
    PROVEN_SINCE "Proven since";
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
    REMOVE_ADDRESS_ASKS "What agreements give to this address is no longer yours, and where you signed in with it you are signed out. You can add it again later.";
    REMOVE_PENDING_ASKS "The link that was mailed to it stops working.";
    REMOVE_HERE "You signed in with this address here, so you are signed out of this browser as well.";
    ADDRESS_REMOVED "The address {address} was removed.";
    NEW_ADDRESS "New work e-mail address";
    REPEAT_ADDRESS "The same address again";
    ADDRESSES_DIFFER "Type the same address in both fields";
    PROOF_MAILED "We have emailed a code and a link to {address}. Either works once, until {time}.";
    PROOF_MAILED_HELP "Type the code below, or open the link in this browser. An earlier email to this address no longer works.";
    PROOF_CODE "Confirm an address";
    PROOF_CODE_WHERE "It is in the newest email that we sent to the address.";
    PROOF_ELSEWHERE "You have signed in again since you asked to add {address}, or you asked in another browser. To confirm it here, send a new email.";
    SEND_NEW_MAIL "Send a new email";
    ADDRESS_PROVEN "The address is confirmed. You see everything that any of your addresses may see.";
    COUNTRY "Country";
    COUNTRY_CHANGE "It was confirmed when you registered. If it is wrong, write to {} and give the reason.";
    SESSIONS "Where you are signed in";
    SESSIONS_LEAD "End what you do not know.";
    SESSIONS_HINT "“Last seen” is noted every few minutes.";
    BROWSER "Browser";
    SINCE "Signed in";
    LAST_SEEN "Last seen";
    BROWSER_ON "{program} on {system}";
    UNKNOWN_BROWSER "A browser that does not say its name";
    THIS_BROWSER "This browser";
    END_SESSION "End it";
    SESSION_IS_ENDED "The session was ended.";
    SIGN_OUT_HERE "Sign out here";
    SIGN_OUT_EVERYWHERE "Sign out everywhere";
    SIGN_OUT_EVERYWHERE_ASKS "All your sessions end, this one too.";

    // ---- The log ----

    AUDIT_TITLE "Log of a licence";
    AUDIT_LEAD "{licence}: what was done, by whom and when. Entries are only ever added.";
    MY_AUDIT_TITLE "My own log";
    MY_AUDIT_LEAD "What was done to your profile and with it. What you do to a licence or an account stands in the log of that. Entries are only ever added.";
    NO_AUDIT "Nothing was written down yet.";
    NO_AUDIT_HELP "Every change is written down here in the moment in which it is made.";
    SEARCH_AUDIT "Address, product, order or what was done";
    NUMBER_COLUMN "Number";
    WHEN "When";
    WHAT "What";
    WHO "Who";
    FACTS "Details";
    SEALED_COLUMN "Seal";
    SEALED "Sealed";
    NOT_SEALED "Not yet";
    SEALED_HINT "Seals are signed at intervals with a key of their own. With the JSON lines and the published key, anybody can check that nothing was changed or left out.";
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
    WITH_CODE "the mailed code";
    WITH_LINK "the mailed link";
    DECIDED_ACT_02 "mail to the Online Services Manager";
    DECIDED_ACT_03 "mail to the next contact who can be reached";
    DECIDED_ACT_04 "mail to the Notices contact";
    DECIDED_ACT_05 "activated with a product key";
    DECIDED_ACT_06 "usage starts later";
    DECIDED_ACT_07 "in use already";
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
