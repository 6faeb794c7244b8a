//! The letters in German.

use crate::{
    letter::{Context, Letter},
    sheet::Sheet,
};

pub(crate) fn write(letter: &Letter, context: &Context<'_>) -> Sheet {
    crate::en::write(letter, context)
}
