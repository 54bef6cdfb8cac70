//! Vectors of tags and of the box in which the tag key travels.

use super::writing::Vector;
use crate::document::{DocumentNumber, DocumentType};
use crate::id::TransferId;
use crate::key::KeyPurpose;
use crate::property::Property;
use crate::subject::{BoxContext, Reference, TagEpoch, TagSubject, Tagger as _};
use crate::testing::{DATONG, TAIYUAN, network, seed, tagger};
use crate::time::Date;

const EPOCH: TagEpoch = TagEpoch(1);
const KEY: [u8; 32] = [7; 32];

pub(super) fn vectors() -> Vec<Vector> {
    let mut holder = tagger(TAIYUAN);
    holder.insert(EPOCH, KEY.into());
    let today = Date::new(2026, 5, 20).unwrap();
    let mut vectors = Vec::new();
    for (name, kind, number) in [
        ("person by resident number", DocumentType::ResidentId, "140299198506150138"),
        ("the same person by the 15-digit form", DocumentType::ResidentId, "140299850615013"),
        ("person by passport", DocumentType::Passport, "E12345678"),
    ] {
        let document = DocumentNumber::parse(kind, number, today).unwrap();
        let text = document.tag_text();
        let tag = holder.tags(EPOCH, &[TagSubject::Person(&text)]).unwrap()[0];
        vectors.push(
            Vector::new(name)
                .hex("tag_key", KEY)
                .text("document_number", number)
                .number("document_type", u64::from(kind.number()))
                .hex("input", [b"person\0", text.as_bytes()].concat())
                .hex("tag", tag.as_bytes()),
        );
    }
    let (title, place) = ("晋（2021）太原市不动产权第 0000001 号", "示例区·示例路 1号-2-301");
    let property = Property::parse(title, place).unwrap();
    for ((name, written), text) in
        [("title", title), ("place", place)].into_iter().zip(property.tag_texts())
    {
        let tag = holder.tags(EPOCH, &[TagSubject::Property(&text)]).unwrap()[0];
        vectors.push(
            Vector::new(&format!("property by its {name}"))
                .hex("tag_key", KEY)
                .text("written", written)
                .hex("input", [b"property\0", text.as_bytes()].concat())
                .hex("tag", tag.as_bytes()),
        );
    }
    let id = TransferId::new([5; 32]);
    let (contract, account) = ("JK140200-2021-0001", "9923041500021");
    for (name, of, input) in [
        ("transfer", Reference::Transfer(id), [b"transfer\0".as_slice(), id.as_bytes()].concat()),
        (
            "loan",
            Reference::Loan(DATONG, contract),
            [b"loan\0".as_slice(), &DATONG.to_key(), contract.as_bytes()].concat(),
        ),
        (
            "account",
            Reference::Account(DATONG, account),
            [b"account\0".as_slice(), &DATONG.to_key(), account.as_bytes()].concat(),
        ),
    ] {
        let tag = holder.reference(EPOCH, of).unwrap();
        vectors.push(
            Vector::new(&format!("reference of a {name}"))
                .hex("tag_key", KEY)
                .hex("input", input)
                .hex("tag", tag.as_bytes()),
        );
    }
    vectors.push(sealed());
    vectors
}

/// The tag key, sealed by Taiyuan to Datong.
fn sealed() -> Vector {
    let mut holder = tagger(TAIYUAN);
    holder.insert(EPOCH, KEY.into());
    let network = network();
    let context = BoxContext { network: &network, epoch: EPOCH, from: TAIYUAN, to: DATONG };
    let to = tagger(DATONG).sealing_key().unwrap();
    let sealed = holder.seal(context, &to, &[9; 32]).unwrap();
    let bound = [EPOCH.0.to_be_bytes(), TAIYUAN.to_key(), DATONG.to_key()].concat();
    Vector::new("sealed tag key")
        .hex("receiver_secret", seed(DATONG, KeyPurpose::Sealing))
        .hex("receiver_public", to.as_bytes())
        .hex("info", b"fundlink/1/test/tag-key")
        .hex("aad", bound)
        .hex("plain", KEY)
        .hex("sealed", sealed)
}
