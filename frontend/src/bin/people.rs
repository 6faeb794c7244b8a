//! The pages on which Administrators manage the users of a licence.

fn main() {
    frontend::people();
}
