//! The portal.

fn main() {
    frontend::portal();
}
