//! The field for the six digits of a mail.

use leptos::prelude::AnyView;

use super::{
    Words,
    form::{Field, Filled, Form},
};
use crate::{browser, messages as m};

const CODE: &str = "code";

/// Six digits of any script, whatever stands between and around them: white space, dashes of any kind, and what nobody sees.
/// The browser knows all scripts, so that this program carries no table of them; what was typed is sent as it is, and
/// `licensing::digits` makes digits of it, which also examines it once more.
const SIX_DIGITS: &str = r"^(?:[\s\p{C}\p{DI}\p{Pd}˗⁃⁻₋−⠀ー]*\p{Nd}){6}[\s\p{C}\p{DI}\p{Pd}˗⁃⁻₋−⠀ー]*$";

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

/// The digits as they were typed or pasted. What is no six digits is said at the field, and nothing is sent.
pub(crate) fn typed(form: Form, filled: &Filled) -> Option<String> {
    let text = filled.text(CODE);
    if browser::fits(&text, SIX_DIGITS) {
        return Some(text);
    }
    form.fault(CODE, if text.is_empty() { m::CODE_EMPTY } else { m::CODE_MALFORMED });
    None
}
