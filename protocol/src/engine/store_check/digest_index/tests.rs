//! The indexes of digests under the check: a row for each leaf that counts, and for no other.

use super::super::fault::{Cure, Fault};
use crate::cbor;
use crate::digest::Digest;
use crate::engine::tag_index;
use crate::log::origin::LogId;
use crate::log::tree::LeafIndex;
use crate::testing::logs::digest;
use crate::testing::{DATONG, Province, TAIYUAN};

#[test]
fn a_row_of_a_leaf_that_a_later_revision_has_replaced_is_taken_out() {
    let mut province = Province::new();
    province.tamper();
    let second = Digest { revision: 2, previous: Some(0), ..digest(1) };
    for said in [digest(1), second] {
        province.act(TAIYUAN, |round| round.publish(&said)).unwrap();
        province.advance(5_000);
    }
    let rows = tag_index::rows_of(LogId::public(TAIYUAN, 1), LeafIndex::new(0), &digest(1));
    for at in [TAIYUAN, DATONG] {
        assert!(province.check_store(at).is_clean(), "{at}");
        province.node(at).write(|view| {
            for row in &rows {
                view.put(row.clone(), cbor::encode(&digest(1)));
            }
        });
        let report = province.check_store(at);
        let found: Vec<_> =
            report.findings.iter().map(|finding| (finding.fault, finding.cure)).collect();
        assert_eq!(found, [(Fault::IndexWithoutLeaf, Cure::Rebuild)], "{at}");
        assert!(rows.iter().all(|row| report.mends.writes.get(row) == Some(&None)), "{at}");
    }
}
