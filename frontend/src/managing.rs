//! The program on whose pages users are managed: its router. Its frame is the portal's, and what is not its own is the portal.

use leptos::prelude::AnyView;

use crate::{
    pages::{manage, manage_add, manage_person, manage_several},
    portal,
    route::{Managing, Route},
};

/// Begins the program.
pub(crate) fn begin() {
    portal::start(|route| matches!(route, Route::Manage(..)), page);
}

fn page(route: Route) -> AnyView {
    match route {
        Route::Manage(licence, Managing::People) => manage::page(licence),
        Route::Manage(licence, Managing::Add) => manage_add::page(licence),
        Route::Manage(licence, Managing::Person) => manage_person::page(licence),
        Route::Manage(licence, Managing::Several) => manage_several::page(licence),
        _ => portal::nowhere(),
    }
}
