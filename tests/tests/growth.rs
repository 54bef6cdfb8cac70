//! A network that grows, changes its keys and loses members while accounts are under way; and what of
//! persons can be seen in it.
//!
//! | what happens | module |
//! |---|---|
//! | a fourth city joins | `joining` |
//! | every key of a center changes during a transfer | `keys` |
//! | a center is suspended; one is revoked, and another takes over | `standing` |
//! | a center's log shows two faces, and its next one opens | `next_log` |
//! | a firewall lets connections through one way alone | `firewall` |
//! | two clocks differ, within bounds and beyond | `clocks` |
//! | somebody asks what stands in the way of a member | `doctor` |
//! | everything, with every log line on; then a search for personal data | `personal_data` |
//!
//! **Promises.** Every node is a process of its own, and is driven with the commands of its people; what
//! no honest node says is said with a member's real keys.
//! **Left to others.** The same rules between engines, without sockets: the tests of
//! `fundlink-protocol`.

mod growth {
    mod clocks;
    mod doctor;
    mod firewall;
    mod joining;
    mod keys;
    mod next_log;
    mod personal_data;
    mod standing;
}
