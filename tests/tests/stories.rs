//! The ten stories and the edge cases of inter-city transfers and loans, over whole nodes, to the fen.
//!
//! | story | what it tells | module |
//! |---|---|---|
//! | 1 | an account moves, and its months with it | `story_01_normal_move` |
//! | 2 | the bank delivers another amount than the sheet says | `story_02_amount_mismatch` |
//! | 3 | a court freezes the account, at each moment | `story_03_court_freeze` |
//! | 4 | an unsettled loan, and a new letter once it is settled | `story_04_outstanding_loan` |
//! | 5 | the record holds a number of 15 digits | `story_05_old_number` |
//! | 6 | a name that was damaged, or written otherwise | `story_06_rare_name` |
//! | 7 | a letter that comes twice, and a second letter | `story_07_duplicate_letter` |
//! | 8 | the bank gives the money back | `story_08_money_returned` |
//! | 9 | 30 June comes between, and a change of mind | `story_09_thirtieth_of_june` |
//! | 10 | two cities, one loan | `story_10_two_cities_one_loan` |
//! | 10 | a household of whom one has borrowed twice elsewhere | `story_10_household` |
//! | 10 | the second loan, which the other city and the authority see | `story_10_second_loan` |
//! | – | the authority asks about an alert, a center explains | `dialogue_on_an_alert` |
//! | – | money and status | `edge_cases_money` |
//! | – | persons, numbers, members | `edge_cases_identity` |
//!
//! **Promises.** Every node is a process of its own and is driven with the commands of its people;
//! time is that of the story.
//! **Left to others.** The same rules between engines, without sockets: the tests of
//! `fundlink-protocol`.

#![expect(clippy::unwrap_used, reason = "what fails here fails a test")]

mod stories {
    mod dialogue_on_an_alert;
    mod edge_cases_identity;
    mod edge_cases_money;
    mod story_01_normal_move;
    mod story_02_amount_mismatch;
    mod story_03_court_freeze;
    mod story_04_outstanding_loan;
    mod story_05_old_number;
    mod story_06_rare_name;
    mod story_07_duplicate_letter;
    mod story_08_money_returned;
    mod story_09_thirtieth_of_june;
    mod story_10_household;
    mod story_10_second_loan;
    mod story_10_two_cities_one_loan;
}
