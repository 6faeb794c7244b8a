//! The field for the six digits of a mail.

use leptos::prelude::AnyView;
use licensing::digits::six_digits;

use super::{
    Words,
    form::{Field, Filled, Form},
};
use crate::messages as m;

const CODE: &str = "code";

/// The field.
pub(crate) fn field(form: Form, hint: impl Into<Words>) -> AnyView {
    form.field(Field {
        hint: Some(hint.into()),
        inputmode: "numeric",
        autocomplete: "one-time-code",
        class: "narrow",
        ..Field::text(CODE, m::CODE)
    })
}

/// The digits that were typed or pasted. What is no six digits is said at the field, and nothing is sent.
pub(crate) fn typed(form: Form, filled: &Filled) -> Option<String> {
    let text = filled.text(CODE);
    let digits = six_digits(&text);
    if digits.is_none() {
        form.fault(CODE, if text.is_empty() { m::CODE_EMPTY } else { m::CODE_MALFORMED });
    }
    digits
}
