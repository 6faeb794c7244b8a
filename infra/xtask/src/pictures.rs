//! `cargo xtask pictures`: the README's pictures, taken of the portal as it is now.

use crate::{
    Outcome, pages,
    programs::{note, root, succeed},
    tests::playwright,
    toolchain::Profile,
};

/// Builds what is shown, goes the way from the mail to the activated service in the browser, and keeps a picture of each step.
pub(crate) fn run(arguments: &[&str]) -> Outcome {
    if !arguments.is_empty() {
        return Err("Usage: cargo xtask pictures (it takes no arguments)".to_owned());
    }
    pages::build(Profile::Quick)?;
    let mut browser = playwright()?;
    browser.args(["--config", "pictures.config.mjs"]);
    browser.env("COUNTERSIGN_PICTURES", root().join("infra/pictures"));
    succeed(&mut browser, "taking the pictures")?;
    note("pictures: in infra/pictures");
    Ok(())
}
