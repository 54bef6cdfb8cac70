//! A small synthetic city, where a test needs more people than it can name.

#![expect(clippy::expect_used, reason = "what fails here fails a test")]

use std::fs;
use std::path::Path;

use fundlink_protocol::time::Timestamp;
use fundlink_testnet::province::{City, CityTotals, Edition, Province, Scale};

/// Writes the files of a city with about `persons` people, as of a time, into a folder.
///
/// # Panics
/// When the city cannot be made or written.
pub fn write_city(city: City, persons: u32, as_of: Timestamp, folder: &Path) -> CityTotals {
    let thousandths = persons.div_ceil(10);
    let scale = format!("{}.{:03}", thousandths / 1_000, thousandths % 1_000);
    let scale = Scale::parse(&scale).expect("a scale");
    let as_of = as_of.date().expect("a day of the calendar");
    let province = Province::new(7, scale, as_of).expect("a day that dumps can have");
    fs::create_dir_all(folder).expect("a folder can be made");
    province.write_city(city, Edition::First, folder).expect("files can be written")
}
