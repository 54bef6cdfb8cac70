//! Damages to the ledger and to transfers, and what is told of each.
//!
//! **Promises.** One row for each finding about money.
//! **Left to others.** Holding what is told against these rows: [`super`].

use super::*;

pub(super) const LEDGER: &[Row] = &[
    (
        "sums that do not sum to zero",
        |shelf| changed::<TrialBalance>(shelf, Area::LedgerTotals, |sums| sums.cash -= 100),
        &[(Fault::LedgerSum, Restore), (Fault::LedgerTotals, Restore)],
    ),
    (
        "sums that are not those of the postings",
        |shelf| {
            changed::<TrialBalance>(shelf, Area::LedgerTotals, |sums| {
                sums.cash -= 100;
                sums.interest += 100;
            })
        },
        &[(Fault::LedgerTotals, Restore)],
    ),
    (
        "sums that are gone",
        |shelf| without(shelf, Area::LedgerTotals),
        &[(Fault::LedgerTotals, Rebuild)],
    ),
    (
        "a posting that cannot be read",
        |shelf| longer(shelf, Area::Posting),
        &[(Fault::RowForm, Restore), (Fault::Posting, Restore), (Fault::LedgerTotals, Restore)],
    ),
    (
        "a posting that does not balance",
        |shelf| {
            changed::<Posting>(shelf, Area::Posting, |posting| {
                let amount = &mut posting.lines[0].amount;
                *amount = amount.checked_add(Fen::new(100).unwrap()).unwrap();
            })
        },
        &[(Fault::Posting, Restore), (Fault::LedgerTotals, Restore)],
    ),
    (
        "a posting that is missing between two",
        |shelf| shelf.with(&rows(shelf, Area::Posting)[1].0, None),
        &[
            (Fault::Posting, Restore),
            (Fault::LedgerTotals, Restore),
            (Fault::Suspense, Restore),
            (Fault::TransferMoney, Restore),
        ],
    ),
    (
        "suspense of no transfer",
        |shelf| {
            let row = key(Area::Suspense, &[&[2], &[9; 32]]);
            shelf.with(&row, Some(cbor::encode(&Fen::new(1).unwrap())))
        },
        &[(Fault::Suspense, Restore)],
    ),
    (
        "a balance that differs from its record's",
        |shelf| {
            changed::<Personal>(shelf, Area::LedgerAccount, |personal| {
                let since = personal.accrual.since();
                personal.accrual = Accrual::with_balance(since, Fen::new(12_345).unwrap());
            })
        },
        &[(Fault::Balance, Restore), (Fault::Balance, Restore)],
    ),
    (
        "an account that the ledger has lost",
        |shelf| without(shelf, Area::LedgerAccount),
        &[(Fault::Balance, Restore)],
    ),
];

pub(super) const TRANSFERS: &[Row] = &[
    (
        "a settlement that the state denies",
        |shelf| open_changed(shelf, |open| open.state = OutgoingState::Accepted),
        &[(Fault::TransferMoney, Restore)],
    ),
    (
        "money of the bank's that no posting knows",
        |shelf| open_changed(shelf, |open| open.case.lines.clear()),
        &[(Fault::TransferMoney, Restore)],
    ),
    (
        "a posting by an order that was never done",
        |shelf| {
            let done = rows(shelf, Area::LedgerUndo).remove(0).0;
            shelf.with(&done, None)
        },
        &[(Fault::TransferMoney, Restore)],
    ),
    (
        "a posting by a notice that never came",
        |shelf| without(shelf, Area::Notice),
        &[(Fault::TransferMoney, Restore)],
    ),
    (
        "a transfer that is not over and not listed",
        |shelf| without(shelf, Area::TransferOpen),
        &[(Fault::TransferRows, Rebuild)],
    ),
    (
        "a transfer that is not found by its number",
        |shelf| without(shelf, Area::TransferNumber),
        &[(Fault::TransferRows, Rebuild)],
    ),
    (
        "a transfer whose deadline nobody watches",
        |shelf| {
            let [_, (_, open)] = transfers(shelf);
            unset(shelf, Timer::Transfer(open.case.id))
        },
        &[(Fault::Timer, Rebuild)],
    ),
    (
        "an order to the core that is gone",
        |shelf| {
            open_changed(shelf, |open| {
                let mark = CoreMark { order: OrderId::new([9; 32]), step: CoreStep::Unlock };
                open.case.core = Some(mark);
            })
        },
        &[(Fault::TransferRows, Restore)],
    ),
    (
        "an order to the core that no transfer has given",
        |shelf| {
            let (row, order) = order(shelf);
            shelf.with(&row, Some(cbor::encode(&order)))
        },
        &[(Fault::TransferRows, Restore)],
    ),
    (
        "an order to the bank that is gone",
        |shelf| open_changed(shelf, |open| open.case.attempts += 1),
        &[(Fault::TransferRows, Restore)],
    ),
    (
        "a statement that is not known to be of its transfer",
        |shelf| without(shelf, Area::TransferOf),
        &[(Fault::TransferRows, Rebuild)],
    ),
    (
        "a transfer that is listed and not there",
        |shelf| shelf.with(&key(Area::TransferOpen, &[&[9; 32]]), Some(Vec::new())),
        &[(Fault::TransferRows, Restore)],
    ),
    (
        "a number of no transfer",
        |shelf| shelf.with(&key(Area::TransferNumber, &[&[9; 16]]), Some(vec![9; 32])),
        &[(Fault::TransferRows, Restore)],
    ),
];
