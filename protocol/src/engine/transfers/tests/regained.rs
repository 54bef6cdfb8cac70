//! What a case comes back with after a loss: its account, the cap of its order, the day of its credit.

use super::world::{World, application, clerk, date, newcomer, saver, yuan};
use crate::account::{AccountNumber, AccountStatus};
use crate::core_system::CoreAction;
use crate::cose::Received;
use crate::digest::{Digest, DigestStatus};
use crate::engine::core_orders::OpenOrder;
use crate::engine::imports::ImportItem;
use crate::engine::transfer_command::Decision;
use crate::engine::{CoreDriver, recovery, tag_index, transfers_in, transfers_out};
use crate::id::{ReferenceTag, TransferId};
use crate::mode::Mode;
use crate::money::Fen;
use crate::statement::Statement;
use crate::statement::transfer::TransferStep;
use crate::store::Store as _;
use crate::store::keys::{Area, key};
use crate::store::prefix_end;
use crate::subject::{Reference, TagEpoch, Tagger as _};
use crate::testing::logs::digest;
use crate::testing::people::LI;
use crate::testing::{DATONG, TAIYUAN};
use crate::transfer::outgoing::OutgoingState;
use crate::transfer::reason::RefusalReason;

const OLD: &str = "9923041500021";
const NEW: &str = "0126050100001";

fn world() -> World {
    let old = saver(DATONG, OLD, LI, (202_304, 36, "1200.00"), "2026-05-06");
    World::new("2026-05-20", vec![old, newcomer(TAIYUAN, NEW, LI)])
}

/// The bytes of the statement of a transfer that has this kind.
fn bytes_of(world: &mut World, transfer: TransferId, kind: &str) -> Vec<u8> {
    let hashes = world.show(DATONG, transfer).statements;
    let store = world.province.node(DATONG).engine.store().clone();
    let all = hashes
        .iter()
        .map(|hash| store.get(&key(Area::Statement, &[hash.as_bytes()])).unwrap().unwrap());
    let is_of = |bytes: &Vec<u8>| {
        let said = Received::parse(bytes.clone()).unwrap().read_again().unwrap();
        said.kind().name() == kind
    };
    all.into_iter().find(is_of).unwrap()
}

#[test]
fn a_settlement_is_ordered_again_with_the_cap_of_then() {
    let mut paid = world();
    let transfer = paid.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let bytes = bytes_of(&mut paid, transfer, "sheet");
    let said = Received::parse(bytes).unwrap().read_again().unwrap();
    let Statement::Sheet(sheet) = &said else { panic!("another statement") };
    let amount = sheet.amount().unwrap();
    let less = amount.checked_sub(Fen::new(1).unwrap()).unwrap();
    for (driver, mode, most, cap) in [
        (CoreDriver::External, Mode::Auto, amount, amount),
        (CoreDriver::External, Mode::Auto, less, Fen::MAX),
        (CoreDriver::External, Mode::Confirm, amount, Fen::MAX),
        (CoreDriver::Embedded, Mode::Auto, amount, Fen::MAX),
    ] {
        let mut world = world();
        world.province.set_modes(DATONG, Mode::Confirm);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        world.province.tamper();
        world.province.set_modes(DATONG, mode);
        world.change_settings(DATONG, |settings| {
            settings.core_driver = driver;
            settings.policy.auto_amount_max = most;
        });
        let ordered = world.province.act(DATONG, |round| {
            let mut case = transfers_out::load(round.view, transfer).unwrap().unwrap();
            case.state = OutgoingState::Accepted;
            transfers_out::save(round, &case).unwrap();
            let step = TransferStep::of(&said).unwrap();
            assert!(transfers_out::recalled::follow(round, transfer, step).unwrap());
            let prefix = key(Area::CoreOrder, &[]);
            let rows = round.view.range(&prefix, &prefix_end(&prefix), 9).unwrap();
            let open: OpenOrder = crate::cbor::decode(&rows[0].1).unwrap();
            open.order.action
        });
        let CoreAction::Settle(account, on, known) = ordered else { panic!("another order") };
        assert_eq!((account.as_str(), on), (OLD, date("2026-05-20")));
        assert_eq!(known, cap, "{driver:?} {mode:?} {most}");
    }
}

#[test]
fn a_letter_comes_back_for_the_account_that_takes_deposits_and_for_an_open_one_before_a_closed() {
    use AccountStatus::{Frozen, Normal, TransferredOut as Closed};
    for (first, second, expected) in [
        (Normal, Closed, Some(NEW)),
        (Closed, Normal, Some("0126050100009")),
        (Frozen, Normal, Some("0126050100009")),
        (Closed, Frozen, Some("0126050100009")),
        (Frozen, Closed, Some(NEW)),
    ] {
        let mut world = world();
        world.province.set_modes(DATONG, Mode::Confirm);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        let letter = bytes_of(&mut world, transfer, "letter");
        let items = [(NEW, first), ("0126050100009", second)].map(|(number, status)| {
            let mut account = newcomer(TAIYUAN, number, LI);
            account.record.account.status = status;
            account.record.account.closed_on = status.is_closed().then(|| date("2026-05-06"));
            ImportItem::Account(Box::new(account))
        });
        world.province.import(TAIYUAN, items.into()).unwrap();
        world.province.tamper();
        let verified = world.province.verify(DATONG, letter).unwrap();
        let Statement::Letter(said) = verified.statement() else { panic!("another statement") };
        let account = world.province.act(TAIYUAN, |round| {
            transfers_in::recalled::begin(round, said, &verified).unwrap();
            let case = transfers_in::load(round.view, transfer).unwrap().unwrap();
            assert_eq!(case.operator, clerk(), "who entered the letter");
            case.account
        });
        let expected = expected.map(|number| AccountNumber::parse(number).unwrap());
        assert_eq!(Some(account), expected, "{first:?} {second:?}");
    }
}

#[test]
fn money_that_was_credited_before_the_loss_is_credited_for_the_day_of_then() {
    let mut world = world();
    let taken = world.province.now;
    world.backups = Some((TAIYUAN, Vec::new()));
    let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
    let (_, mut backups) = world.backups.take().unwrap();
    let before = world.stored(TAIYUAN, NEW);
    let months = world.show(TAIYUAN, transfer).months.unwrap();
    assert_eq!(months.history.total(), 36, "the months of this city and of the one before it");
    world.go_to("2026-05-22");
    world.restore(TAIYUAN, (backups.swap_remove(0), taken));
    let after = world.stored(TAIYUAN, NEW);
    let days = |account: &crate::engine::records::StoredAccount| {
        account.rows.iter().map(|row| (row.posted_on, row.amount)).collect::<Vec<_>>()
    };
    assert_eq!(days(&after), days(&before));
    assert_eq!(days(&after).last().unwrap().0, date("2026-05-20"));
    assert_eq!(after.record.account.balance, yuan("44285.84"));
    assert_eq!(world.show(TAIYUAN, transfer).line.due, None, "nothing is awaited any more");
    let wait = world.decide(TAIYUAN, transfer, (clerk(), Decision::Wait));
    assert!(wait.is_err(), "it is over");
}

#[test]
fn a_leaf_of_a_transfer_that_goes_on_is_not_taken_for_lost() {
    for at in [TAIYUAN, DATONG] {
        let mut world = world();
        world.province.set_modes(DATONG, Mode::Confirm);
        let transfer = world.start(TAIYUAN, application(DATONG, OLD, LI)).unwrap();
        world.province.advance(5_000);
        world.province.tamper();
        let of = Reference::Transfer(transfer);
        let reference = world.province.node(at).tagger.reference(TagEpoch(1), of).unwrap();
        let own = Digest { reference: Some(reference), ..digest(1) };
        let other = Digest { reference: Some(ReferenceTag::new([9; 32])), ..digest(2) };
        for said in [&own, &other, &digest(3)] {
            let leaf = world.province.act(at, |round| round.publish(said).unwrap());
            let place = [&1_u32.to_be_bytes()[..], &leaf.to_be_bytes()].concat();
            let row = key(Area::PulledLeaf, &[&place]);
            world.province.act(at, |round| round.view.put(row, crate::cbor::encode(said)));
        }
        world.province.advance(5_000);
        let is_lost = |world: &mut World| {
            world.province.act(at, |round| recovery::recall(round).unwrap());
            world.province.advance(5_000);
            [1, 2, 3].map(|number| {
                let tag = digest(number).subjects[0];
                let found =
                    world.province.act(at, |round| tag_index::by_tag(round.view, tag, 9).unwrap());
                found[0].digest.status == DigestStatus::Lost
            })
        };
        assert_eq!(is_lost(&mut world), [false, true, true], "{at}");
        let closed = Decision::Refuse(RefusalReason::Closed, None);
        world.decide(DATONG, transfer, (clerk(), closed)).unwrap();
        assert_eq!(is_lost(&mut world), [true; 3], "{at}: nothing goes on any more");
    }
}
