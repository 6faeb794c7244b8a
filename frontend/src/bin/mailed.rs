//! The pages behind the other mailed links: small, and without the router.

fn main() {
    frontend::mailed();
}
