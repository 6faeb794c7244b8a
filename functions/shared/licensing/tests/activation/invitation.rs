//! The link: mailed again, asked for again, and what its page says (ACT-14, LINK-08).

use licensing::{
    activation::{LinkState, Refused},
    event::Why,
    limit::TryAgainAt,
};

use crate::story::{END, START, Story, link, policy, second_before, time};

/// ACT-14 three resends a day: each kills the link before and moves no end; the fourth is told when.
#[test]
fn act_14_three_resends_a_day_kill_the_old_link_and_move_no_end() {
    let mut story = Story::invited();
    for generation in [2, 3, 4] {
        story.pass_minutes(60);
        assert_eq!(story.resend().unwrap(), [link(generation, Why::Resent, 1)]);
        assert_eq!(story.it().link_state(generation - 1, story.now), LinkState::Replaced);
        assert_eq!(story.it().link_state(generation, story.now), LinkState::Good);
        assert_eq!(story.invitation().expires_at, time(END));
    }
    let again = time("2026-11-23T04:00:00Z");
    story.now = second_before(again);
    assert_eq!(story.resend().unwrap_err(), Refused::TooOften(TryAgainAt(again)));
    assert_eq!(story.confirm("osm", Some(3)).unwrap_err(), Refused::Replaced);
    story.now = again;
    assert_eq!(story.resend().unwrap(), [link(5, Why::Resent, 1)]);
    assert_eq!(story.due(), Some(time("2026-11-26T04:00:00Z")), "delivery is waited for from the new mail on");
}

/// ACT-14 ACT-03 the delivery of a resent link is waited for, also where that of the link before was reported.
#[test]
fn act_14_the_delivery_of_a_resent_link_is_waited_for() {
    let mut story = Story::delivered();
    story.resend().unwrap();
    assert!(!story.invitation().delivered);
    assert_eq!(story.sweep_at(time("2026-11-25T03:00:00Z")), Some(vec![link(3, Why::Fallback, 1)]));
}

/// ACT-14 only an open link is resent.
#[test]
fn act_14_only_an_open_link_is_resent() {
    assert_eq!(Story::activated().resend().unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(Story::stuck().resend().unwrap_err(), Refused::NotInvited);
    assert_eq!(Story::scheduled().resend().unwrap_err(), Refused::NotInvited);
    let mut story = Story::invited();
    story.now = second_before(time(END));
    assert!(story.resend().is_ok());
    story.now = time(END);
    assert_eq!(story.resend().unwrap_err(), Refused::Expired);
}

/// LINK-08 asking again mails the same link once a day and voids nothing; an older link's holder gets the newest mailed.
#[test]
fn link_08_asking_again_mails_the_same_link_once_a_day() {
    let mut story = Story::invited();
    let before = story.invitation().clone();
    assert_eq!(story.ask_again().unwrap(), [link(1, Why::AskedAgain, 2)]);
    assert_eq!((story.invitation(), story.it().generation), (&before, 1));
    let again = time("2026-11-23T03:00:00Z");
    story.now = second_before(again);
    assert_eq!(story.ask_again().unwrap_err(), Refused::TooOften(TryAgainAt(again)));
    story.now = again;
    assert_eq!(story.ask_again().unwrap(), [link(1, Why::AskedAgain, 3)]);
    story.resend().unwrap();
    story.now = time("2026-11-24T03:00:00Z");
    let step = story.it().ask_again(1, story.now, &policy()).unwrap();
    assert_eq!(story.take(Some(step)), Some(vec![link(2, Why::AskedAgain, 2)]));
}

/// LINK-08 asking again says why it does not help.
#[test]
fn link_08_asking_again_says_why_it_does_not_help() {
    assert_eq!(Story::activated().ask_again().unwrap_err(), Refused::AlreadyActivated);
    assert_eq!(Story::stuck().ask_again().unwrap_err(), Refused::NotInvited);
    assert_eq!(Story::scheduled().ask_again().unwrap_err(), Refused::NotInvited);
    assert_eq!(Story::expired().ask_again().unwrap_err(), Refused::Expired);
}

/// LINK-08 a link says which it is: good, replaced, expired, used, or waiting for a new contact.
#[test]
fn link_08_a_link_says_which_it_is() {
    let mut story = Story::invited();
    story.resend().unwrap();
    assert_eq!(story.it().link_state(2, second_before(time(END))), LinkState::Good);
    assert_eq!(story.it().link_state(2, time(END)), LinkState::Expired);
    for at in [START, END] {
        assert_eq!(story.it().link_state(1, time(at)), LinkState::Replaced);
    }
    for (story, says) in [
        (Story::stuck(), LinkState::Waiting),
        (Story::activated(), LinkState::Used),
        (Story::expired(), LinkState::Expired),
    ] {
        assert_eq!(story.it().link_state(1, story.now), says);
    }
}
