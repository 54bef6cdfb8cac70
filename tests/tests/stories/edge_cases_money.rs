//! Edge cases about money and the status of accounts.
