//! Edge cases about persons, numbers and members.
