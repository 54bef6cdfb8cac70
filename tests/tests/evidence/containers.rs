//! ZIPs that lie: each is refused with exit code 4, the entry and the reason, in little memory.

use std::fs::{self, File};
use std::path::Path;

use fundlink_tests::zip::{Entry, Parts, Zip, bomb};

use super::{KIB, UNVERIFIED, vector, verify, verify_within};

/// What is done to a file, with the code and the words that it must be refused with.
type Case = (&'static str, Zip, &'static str, &'static str);

/// A file of a dossier, with one entry more.
fn with(entry: Entry) -> Zip {
    let mut zip = whole();
    zip.entries.push(entry);
    zip
}

fn whole() -> Zip {
    Zip::of(&vector("dossier").0)
}

/// A file of which one entry is another.
fn with_page(change: impl FnOnce(Entry) -> Entry) -> Zip {
    let mut zip = whole();
    let page = zip.entries.iter().position(|entry| entry.local.name == b"page.html").unwrap();
    zip.entries[page] = change(zip.entries[page].clone());
    zip
}

fn assert_refused(cases: Vec<Case>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evidence.zip");
    let (_, fingerprint) = vector("dossier");
    for (name, zip, code, words) in cases {
        fs::write(&file, zip.write()).unwrap();
        let said = verify(&file, &fingerprint).ended_with(UNVERIFIED);
        assert_eq!(said.code().as_deref(), Some(code), "{name}: {}", said.err);
        assert!(said.err.contains(words), "{name}: {} lacks {words}", said.err);
        assert!(said.out.is_empty() && !said.err.contains("panicked"), "{name}: {}", said.all());
    }
    // Nothing was written beside the file, nor anywhere that a name in it leads to.
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(!folder.path().parent().unwrap().join("climbed.html").exists());
    assert!(!Path::new("/climbed.html").exists());
}

#[test]
fn the_whole_file_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evidence.zip");
    for name in ["query", "dossier", "transfer", "certificate", "account", "loan", "access-list"] {
        let (parts, fingerprint) = vector(name);
        fs::write(&file, Zip::of(&parts).write()).unwrap();
        let report = verify(&file, &fingerprint).done().json();
        assert_eq!(report["verified"], true, "{name}");
        let other = verify(&file, "0000-0000-0000-0000-0000-0000-0000-0000");
        assert_eq!(other.ended_with(UNVERIFIED).code().as_deref(), Some("ANCHOR"));
    }
}

#[test]
fn names_that_lead_out_of_the_folder_are_refused() {
    let extra = |name: &str| with(Entry::deflated(name, b"x"));
    let mut cases: Vec<Case> = Vec::new();
    for name in [
        "../climbed.html",
        "/climbed.html",
        "statements/../../climbed.html",
        "statements//climbed.html",
        "./climbed.html",
        "..\\climbed.html",
        "C:\\climbed.html",
        "C:climbed.html",
        "climbed.html\0.cose",
        "climbed\u{202e}lmth",
        ".climbed",
        "",
    ] {
        cases.push(("a name", extra(name), "NAME", "the name is not plain"));
    }
    cases.push(("a folder", extra("statements/"), "NAME", "statements/"));
    cases.push(("a long name", extra(&"a".repeat(300)), "NAME", "the name is not plain"));
    cases.push(("a plain name", extra("notes.txt"), "STRAY", "notes.txt"));
    cases.push(("another case", extra("PAGE.html"), "STRAY", "PAGE.html"));
    assert_refused(cases);
}

#[test]
fn links_folders_and_devices_are_refused() {
    let with_type = |kind: u32| {
        with_page(|mut entry| {
            entry.attributes = (kind | 0o777) << 16;
            entry
        })
    };
    let link = Entry::deflated("network/link", b"/etc/passwd");
    let link = Entry { attributes: 0o120_777 << 16, ..link };
    let dos_folder = with_page(|entry| Entry { attributes: 0x10, ..entry });
    assert_refused(vec![
        ("a link more", with(link), "CONTAINER", "network/link"),
        ("a link", with_type(0o120_000), "CONTAINER", "page.html"),
        ("a folder", with_type(0o040_000), "CONTAINER", "page.html"),
        ("a device", with_type(0o060_000), "CONTAINER", "page.html"),
        ("a pipe", with_type(0o010_000), "CONTAINER", "page.html"),
        ("a folder of DOS", dos_folder, "CONTAINER", "page.html"),
    ]);
}

#[test]
fn two_entries_of_one_name_are_refused() {
    let page = vector("dossier").0.remove("page.html").unwrap();
    let mut first = whole();
    first.entries.insert(0, Entry::deflated("page.html", b"another page"));
    let mut hidden = with(Entry::deflated("page.html", b"another page"));
    hidden.entries.last_mut().unwrap().listed = None;
    assert_refused(vec![
        ("the same page", with(Entry::deflated("page.html", &page)), "DOUBLED", "page.html"),
        ("another page", with(Entry::deflated("page.html", b"other")), "DOUBLED", "page.html"),
        ("another page first", first, "DOUBLED", "page.html"),
        ("another page that hides", hidden, "CONTAINER", "hides"),
    ]);
}

#[test]
fn a_directory_that_does_not_fit_its_entries_is_refused() {
    let other_name = with_page(|entry| entry.listed_as(|header| header.name = b"page.htm1".into()));
    let other_size = with_page(|entry| entry.listed_as(|header| header.size += 1));
    let other_packed = with_page(|entry| entry.listed_as(|header| header.packed -= 1));
    let other_crc = with_page(|entry| entry.listed_as(|header| header.crc ^= 1));
    let other_method = with_page(|entry| entry.listed_as(|header| header.method = 0));
    let same_place = with_page(|entry| Entry { offset: Some(0), ..entry });
    let beyond = with_page(|entry| Entry { offset: Some(u32::MAX - 1), ..entry });
    let too_long = with_page(|entry| entry.with(|header| header.packed = u32::MAX - 1));
    let fewer = Zip { more: 1, ..whole() };
    let unlisted = with_page(|entry| Entry { listed: None, ..entry });
    let words = "does not agree with the entries";
    assert_refused(vec![
        ("another name", other_name, "CONTAINER", words),
        ("another size", other_size, "CONTAINER", words),
        ("another packed size", other_packed, "CONTAINER", words),
        ("another checksum", other_crc, "CONTAINER", words),
        ("another method", other_method, "CONTAINER", words),
        ("two at one place", same_place, "CONTAINER", words),
        ("beyond the end", beyond, "CONTAINER", words),
        ("longer than the file", too_long, "CONTAINER", words),
        ("more than there are", fewer, "CONTAINER", words),
        ("one that is not listed", unlisted, "CONTAINER", words),
        ("bytes before", Zip { before: b"#!/bin/sh\n".into(), ..whole() }, "CONTAINER", words),
        ("bytes after", Zip { after: b"x".into(), ..whole() }, "CONTAINER", "is not a ZIP"),
        ("a comment", Zip { comment: b"x".into(), ..whole() }, "CONTAINER", "is not a ZIP"),
    ]);
}

#[test]
fn what_evidence_never_uses_is_refused() {
    let flags = |flags| with_page(|entry| entry.with(|header| header.flags = flags));
    let method = |method| with_page(|entry| entry.with(|header| header.method = method));
    let extra =
        |extra: &'static [u8]| with_page(|entry| entry.with(|header| header.extra = extra.into()));
    assert_refused(vec![
        ("encrypted", flags(1), "CONTAINER", "encrypted"),
        ("sizes after the bytes", flags(8), "CONTAINER", "packed in a way"),
        ("bzip2", method(12), "CONTAINER", "packed in a way"),
        ("zstd", method(93), "CONTAINER", "packed in a way"),
        ("ZIP64", extra(&[1, 0, 8, 0, 0, 0, 0, 0, 1, 0, 0, 0]), "CONTAINER", "ZIP64"),
        ("another name", extra(&[0x75, 0x70, 1, 0, 1]), "CONTAINER", "a form that evidence never"),
        ("a broken extra field", extra(&[1]), "CONTAINER", "a form that evidence never has"),
    ]);
}

#[test]
fn bytes_that_are_not_what_they_say_are_refused() {
    let changed = with_page(|mut entry| {
        let middle = entry.bytes.len() / 2;
        entry.bytes[middle] ^= 1;
        entry
    });
    let crc = with_page(|entry| entry.with(|header| header.crc ^= 1));
    let longer = with_page(|entry| entry.with(|header| header.size -= 1));
    let shorter = with_page(|entry| entry.with(|header| header.size += 1));
    let trailing = with_page(|mut entry| {
        entry.bytes.extend(b"more");
        entry.with(|header| header.packed += 4)
    });
    let stored = with_page(|entry| entry.with(|header| header.method = 0));
    let words = "does not unpack to the size and checksum";
    assert_refused(vec![
        ("a bit", changed, "CONTAINER", words),
        ("a checksum", crc, "CONTAINER", words),
        ("more than it says", longer, "CONTAINER", words),
        ("less than it says", shorter, "CONTAINER", words),
        ("bytes after its end", trailing, "CONTAINER", words),
        ("stored, it says", stored, "CONTAINER", words),
    ]);
}

#[test]
fn a_file_that_unpacks_to_gigabytes_is_refused_in_flat_memory() {
    let gibibytes = bomb(5 * 1024);
    let says = |size| with(Entry::packed("network/roster-9.cose", gibibytes.clone(), 0, size));
    let mebibyte = Entry::deflated("leaves/140200-1-1000.digest", &vec![0; 1024 * 1024]);
    let named = |number: usize| format!("leaves/140200-1-{}.digest", 1_000 + number).into_bytes();
    let mut hundred = whole();
    let next = |number| mebibyte.clone().with(|header| header.name = named(number));
    hundred.entries.extend((0..100).map(next));
    // Two hundred names for one packed mebibyte.
    let mut overlapping = with(mebibyte.clone());
    overlapping.entries.extend((1..=200).map(|number| {
        let entry = mebibyte.clone().listed_as(|header| header.name = named(number));
        Entry { offset: Some(0), bytes: Vec::new(), ..entry }
    }));
    let mut parts = whole();
    let small = |number: usize| Entry::deflated(&format!("network/roster-{number}.cose"), b"");
    parts.entries.extend((100..20_000).map(small));
    assert_refused(vec![
        ("says five gigabytes", says(u32::MAX - 1), "TOO_LARGE", "network/roster-9.cose"),
        ("says ten bytes", says(10), "CONTAINER", "network/roster-9.cose"),
        ("says a mebibyte", says(1024 * 1024), "CONTAINER", "network/roster-9.cose"),
        ("a hundred mebibytes", hundred, "TOO_LARGE", "more in it than evidence ever holds"),
        ("one mebibyte two hundred times", overlapping, "CONTAINER", "leaves/140200-1-1001"),
        ("twenty thousand parts", parts, "TOO_LARGE", "more in it than evidence ever holds"),
    ]);
}

#[test]
fn whatever_is_no_evidence_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evidence.zip");
    let whole = whole().write();
    for bytes in [&b""[..], b"PK", b"<html></html>", &whole[..whole.len() / 2], &whole[1..]] {
        fs::write(&file, bytes).unwrap();
        verify_within(KIB, &file, &[]).ended_with(UNVERIFIED);
    }
    // Four gibibytes of nothing.
    File::create(&file).unwrap().set_len(4 << 30).unwrap();
    let said = verify_within(KIB, &file, &[]).ended_with(UNVERIFIED);
    assert_eq!(said.code().as_deref(), Some("TOO_LARGE"));
    // An empty ZIP has no root keys.
    fs::write(&file, Zip::of(&Parts::new()).write()).unwrap();
    let said = verify_within(KIB, &file, &[]).ended_with(UNVERIFIED);
    assert_eq!(said.code().as_deref(), Some("MISSING"));
    // What cannot be read is not evidence against anybody.
    verify_within(KIB, &folder.path().join("no.zip"), &[]).ended_with(2);
    verify_within(KIB, folder.path(), &[]).ended_with(2);
}

/// What is done to the parts of a file.
type Change = Box<dyn Fn(&mut Parts)>;

fn renamed(from: &'static str, to: &'static str) -> Change {
    Box::new(move |parts| {
        let bytes = parts.remove(from).unwrap();
        parts.insert(to.to_owned(), bytes);
    })
}

/// Copies parts of an answer to a place after it.
fn doubled(extensions: &'static [&'static str]) -> Change {
    Box::new(move |parts| {
        for extension in extensions {
            let twin = parts[&format!("statements/0002-answer-140200.{extension}")].clone();
            parts.insert(format!("statements/0003-answer-140200.{extension}"), twin);
        }
    })
}

#[test]
fn a_part_that_is_missing_doubled_renamed_or_swapped_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("evidence.zip");
    let (parts, fingerprint) = vector("dossier");
    let refused = |change: &dyn Fn(&mut Parts)| {
        let mut changed = parts.clone();
        change(&mut changed);
        fs::write(&file, Zip::of(&changed).write()).unwrap();
        verify(&file, &fingerprint).ended_with(UNVERIFIED)
    };
    for name in parts.keys() {
        let said = refused(&|parts| drop(parts.remove(name)));
        let folder = name.split(['/', '.']).next().unwrap();
        assert!(said.err.contains(folder), "without {name}: {}", said.err);
    }
    let (other, _) = vector("transfer");
    let sheet = other["statements/0003-sheet-140200.cose"].clone();
    let swapped: Change = Box::new(move |parts| {
        parts.insert("statements/0002-answer-140200.cose".to_owned(), sheet.clone());
    });
    let cases: [(&str, &str, Change); 5] = [
        ("statements/0002-answer-140200", "INCLUSION", swapped),
        ("statements/0003-answer-140200", "TOO_WEAK", doubled(&["cose"])),
        ("statements/0003-answer-140200", "DOUBLED", doubled(&["cose", "blinding", "tlog-proof"])),
        (
            "network/authority-key-2",
            "FORM",
            renamed("network/authority-key-1.cose", "network/authority-key-2.cose"),
        ),
        ("network/roster-6", "FORM", renamed("network/roster-5.cose", "network/roster-6.cose")),
    ];
    for (part, code, change) in cases {
        let said = refused(&change);
        assert_eq!(said.code().as_deref(), Some(code), "{part}: {}", said.err);
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
}
