//! The pages behind mailed links that prove an address: small, and without the router.

fn main() {
    frontend::mailed();
}
