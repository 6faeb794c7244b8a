//! The page behind an activation link: small, and without the router.

fn main() {
    frontend::link();
}
