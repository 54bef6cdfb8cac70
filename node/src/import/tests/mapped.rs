//! A dump with a center's own names and codes.

use super::*;

/// The dump as the core system of some vendor writes it.
fn foreign() -> Dump {
    let mut dump = dump()
        .with(PERSONS, "GRZH,XingMing,ZJLX,ZJHM", "客户编码,客户姓名,客户证件类型,证件号码")
        .with(PERSONS, "陈𤧛,03", "陈𤧛,99");
    // The reversal flag the other way round, and year-end interest under a code of their own.
    let ledger = dump.texts[LEDGER].replace(",09,,", ",98,,");
    let ledger = ledger.replace(",0.00,01,", ",0.00,0x,").replace(",1.10,01,", ",1.10,0x,");
    let ledger = ledger.replace(",0.00,02,", ",0.00,01,").replace(",0x,", ",02,");
    dump.texts[LEDGER] = ledger;
    dump
}

const MAPPING: &str = "center = \"140200\"\npassport_as_other = true\n[columns.persons]\n\
     \"客户编码\" = \"GRZH\"\n\"客户姓名\" = \"XingMing\"\n\"客户证件类型\" = \"ZJLX\"\n\
     [codes.GJHTQYWLX]\n\"98\" = \"09\"\n[codes.CZBZ]\n\"01\" = \"02\"\n\"02\" = \"01\"\n";

fn with(mapping: &str) -> ImportOptions {
    ImportOptions { mapping: Mapping::parse(mapping).unwrap(), ..options() }
}

#[test]
fn a_mapping_makes_a_dump_of_other_names_and_codes_the_same() {
    let expected: Vec<ImportedAccount> = dump().check().unwrap().accounts.collect();
    let set = foreign().checked(&with(MAPPING)).unwrap();
    let mapped: Vec<_> = set.report.codes.all_mapped().collect();
    let year_ends = mapped.iter().find(|count| count.code.as_deref() == Some("98")).unwrap();
    assert_eq!((year_ends.column, year_ends.rows), ("GJHTQYWLX", 3));
    assert_eq!(set.accounts.collect::<Vec<_>>(), expected);
}

#[test]
fn codes_that_nobody_mapped_are_counted_and_their_rows_are_faults() {
    let options = with(&MAPPING.replace("\"98\" = \"09\"\n", ""));
    let Err(ImportError::Faults(faults)) = foreign().checked(&options) else { panic!("unknown") };
    assert_eq!(faults.total, 3);
    let unknown: Vec<_> = faults.codes.all_unknown().collect();
    assert_eq!(unknown.len(), 1);
    assert_eq!((unknown[0].code.as_deref(), unknown[0].rows), (Some("98"), 3));
}

#[test]
fn a_mapping_that_names_what_is_not_there_or_maps_two_to_one_is_refused() {
    for (text, expected) in [
        ("[columns.persons]\n\"姓\" = \"XINGM\"", "column `XINGM`"),
        (
            "[columns.persons]\n\"a\" = \"ZJHM\"\n\"b\" = \"zjhm\"",
            "two columns of persons.csv to ZJHM",
        ),
        ("[columns.persons]\n\"a\" = \"ZJHM\"\n\"A\" = \"ZJLX\"", "two columns of persons.csv"),
        ("[columns.people]\n\"a\" = \"ZJHM\"", "a file `people`"),
        ("[files]\nperson = \"a.csv\"", "a file `person`"),
        ("[files]\npersons = \"a.csv\"\naccounts = \"a.csv\"", "one name to two files"),
        ("[codes.XingMing]\n\"1\" = \"01\"", "no column with codes"),
        ("[codes.ZJLX]\n\"1\" = \"07\"", "`07`"),
        ("center = \"14\"", "six digits"),
        ("colums = 1", "not of its form"),
        ("[codes.ZJLX]\n\"1\" = \"01\"\n\"1\" = \"02\"", "not of its form"),
    ] {
        let error = Mapping::parse(text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    let other = Mapping::parse("center = \"140100\"").unwrap();
    assert!(other.for_center(options().center).is_err());
    // A header that the mapping names and the file lacks; two headers for one column.
    let options = with("[columns.persons]\n\"客户证件\" = \"ZJHM\"");
    assert_eq!(
        dump().with(PERSONS, "ZJHM", "x").faults_with(&options),
        ["persons:1:ZJHM:MAPPING_COLUMN"]
    );
    let options = with("[columns.persons]\n\"SJHM\" = \"ZJHM\"");
    assert_eq!(dump().faults_with(&options), ["persons:1:ZJHM:COLUMN_DOUBLED"]);
}

#[test]
fn what_is_suggested_parses_names_the_doubtful_and_holds_no_value() {
    let folder = tempfile::tempdir().unwrap();
    let dump = foreign().with(LOANS, "LJYQQS,DQYQQS,DKDBLX", "LJYQQS,DQYQQS,DKZT");
    let dump =
        dump.with(LOANS, ",,2,2,01", ",,2,2,5").with(LOANS, "20251231,0,,01", "20251231,0,,3");
    for (index, file) in ImportFile::DATA.into_iter().enumerate() {
        let name = if file == ImportFile::Persons { "GR_INFO.csv" } else { file.file_name() };
        std::fs::write(folder.path().join(name), &dump.texts[index]).unwrap();
    }
    std::fs::write(folder.path().join("notes.csv"), "李晓禾,140199199003070223\n").unwrap();
    let text = suggest::suggest(folder.path(), TextEncoding::Auto).unwrap();
    for line in [
        "persons = \"GR_INFO.csv\"",
        "\"客户姓名\" = \"XingMing\"",
        "\"98\" = \"09\"",
        "\"01\" = \"02\"",
        "\"3\" = \"settled\"",
        "passport_as_other = true",
        "# \"notes.csv\" was not recognised",
    ] {
        assert!(text.contains(line), "{line} is not in\n{text}");
    }
    for value in ["140199", "李晓禾", "E12345678", "43758"] {
        assert!(!text.contains(value), "{value}");
    }
    let mapping = Mapping::parse(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let files = ImportFiles::open(folder.path(), &mapping).unwrap();
    let options = ImportOptions { mapping, ..options() };
    let found = check(files, &options, &mut |_| {});
    // What it cannot know is the account's number under another name.
    let Err(ImportError::Faults(faults)) = found else { panic!("客户编码 is nobody's name") };
    assert_eq!(short(&faults.faults[0]), "persons:1:GRZH:COLUMN_MISSING");
}
