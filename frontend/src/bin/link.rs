//! The pages behind mailed links: small, and without the router.

fn main() {
    frontend::link();
}
