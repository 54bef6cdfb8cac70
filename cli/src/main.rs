//! The `fundlink` command.
fn main() {}
