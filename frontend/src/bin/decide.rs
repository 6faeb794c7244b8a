//! The pages behind mailed links to a decision: small, and without the router.

fn main() {
    frontend::decide();
}
