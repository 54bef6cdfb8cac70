//! Every way that a transfer can take, within bounds, keeps every promise and leads to an end.
//!
//! **Promises.** Nothing within the bounds is left out; the test says how many states it has seen.
//! **Left to others.** Wider bounds: `cargo run --release -p fundlink-tests --bin model`.
#![expect(clippy::print_stdout, reason = "a test shows how much it has seen")]

use fundlink_tests::model::{Bounds, Visited, visit};

fn check(bounds: Bounds) -> Visited {
    let visited = visit(bounds);
    println!(
        "{bounds:?}: {} states, {} steps, {} deep, {:.1} s",
        visited.states,
        visited.steps,
        visited.depth,
        visited.took.as_secs_f64()
    );
    for ((out, incoming), count) in &visited.ends {
        println!("  ends {out} / {incoming}: {count}");
    }
    assert!(visited.broken.is_none(), "{}", visited.broken.unwrap_or_default());
    visited
}

#[test]
fn whatever_goes_wrong_once_a_transfer_keeps_its_promises_and_ends() {
    check(Bounds::short());
}
