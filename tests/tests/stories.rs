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
//! | 10 | of two applications of one moment, one is paid out | `story_10_leases` |
//! | 10 | a household of whom one has borrowed twice elsewhere | `story_10_household` |
//! | 10 | the second loan, which the other city and the authority see | `story_10_second_loan` |
//! | – | the authority asks about an alert, a center explains | `dialogue_on_an_alert` |
//! | – | money and status | `edge_cases_money` |
//! | – | persons, numbers, members | `edge_cases_identity` |
//!
//! The edge cases, each by the test that tells it:
//!
//! | case | test |
//! |---|---|
//! | the heirs of a dead person withdraw during a transfer (R08); the account was paid out (R05) | `what_happens_to_an_account_between_01_and_02_decides_about_its_letter` |
//! | an employer is bankrupt and nobody seals (R04), until the center does | the same |
//! | two accounts are merged in the transfer-out center between 01 and 02 (R05) | the same |
//! | several open accounts (R12); the wrong center, which names the right one (R15) | `every_document_moves_and_what_must_not_move_says_why` |
//! | born on a leap day; a foreigner's residence card; a passport; padded columns | the same |
//! | a negative correction, and a late payment of the employer, after closing | `a_negative_correction_after_closing_claws_nothing_back`, `a_late_employer_payment_after_closing_moves_with_a_new_letter_for_the_remainder` |
//! | 0.00 with months alone | `months_move_with_0_00_and_nothing_is_paid` |
//! | a payment fails, is unknown, or is not executed on its day | `a_failed_payment_is_corrected_paid_again_or_restored`, `an_unknown_payment_is_asked_after_and_never_ordered_twice`, `an_order_not_executed_by_the_end_of_its_day_is_recalled_and_ordered_for_the_next` |
//! | a center gets another name and key in the middle of a case; a clock is ten minutes off | `a_center_with_a_new_name_a_new_key_or_a_clock_ahead_goes_on_with_its_cases` |
//! | who enters does not review; deadlines, reminders | `whoever_enters_does_not_review_and_what_is_late_is_told` |
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
    mod story_10_leases;
    mod story_10_second_loan;
    mod story_10_two_cities_one_loan;
}
