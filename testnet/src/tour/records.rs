//! The records of the cities: made up, written as files, and imported as a center would.
//!
//! **Promises.** What a node says that it holds is what the files held, to the fen.
//! **Left to others.** What is in the files: `province`.

use std::path::{Path, PathBuf};

use fundlink_node::control::api::records::Records;
use fundlink_protocol::money::Fen;
use serde::Deserialize;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::sleep;

use super::report::Report;
use super::{Cause, Control, Teller, Tour, member_of};
use crate::fundlink::{Call, Fundlink, FundlinkError};
use crate::member::{CLERK, Identity};
use crate::province::{City, CityTotals, Edition, Province};
use crate::supervisor::LOOK_AGAIN;

/// Where the files are, and what they hold.
#[derive(Clone, Debug)]
pub(super) struct Files {
    province: Province,
    folder: PathBuf,
    totals: Vec<(City, CityTotals)>,
}

impl Files {
    /// Makes up the cities and writes their files.
    pub(super) async fn write(
        province: Province,
        folder: &Path,
        teller: &mut Teller<'_>,
    ) -> Result<Self, Cause> {
        let mut files = Self { province, folder: folder.to_owned(), totals: Vec::new() };
        let mut writing = JoinSet::new();
        for city in City::ALL {
            let folder = files.folder_of(city, Edition::First);
            writing.spawn_blocking(move || write(province, city, Edition::First, &folder));
        }
        while let Some(written) = writing.join_next().await {
            let (city, totals) = joined(written)?;
            teller.tell(Report::Written(city, totals));
            files.totals.push((city, totals));
        }
        files.totals.sort_by_key(|(city, _)| *city);
        Ok(files)
    }

    /// Writes another edition of a city.
    pub(super) async fn write_edition(
        &self,
        city: City,
        edition: Edition,
    ) -> Result<CityTotals, Cause> {
        let (province, folder) = (self.province, self.folder_of(city, edition));
        let written = spawn_blocking(move || write(province, city, edition, &folder)).await;
        joined(written).map(|(_, totals)| totals)
    }

    /// What the special account of each city holds: what its employees' accounts add up to.
    pub(super) fn cash(&self) -> Vec<(Identity, Fen)> {
        self.totals.iter().map(|(city, totals)| (member_of(*city), totals.balance)).collect()
    }

    /// The day of the dumps.
    pub(super) fn day(&self) -> String {
        self.province.as_of.to_string()
    }

    pub(super) fn folder_of(&self, city: City, edition: Edition) -> PathBuf {
        let name = city.english().to_lowercase();
        self.folder.join(match edition {
            Edition::First => name,
            Edition::WithSecondLoan => format!("{name}-second"),
        })
    }
}

fn write(
    province: Province,
    city: City,
    edition: Edition,
    folder: &Path,
) -> std::io::Result<(City, CityTotals)> {
    std::fs::create_dir_all(folder)?;
    Ok((city, province.write_city(city, edition, folder)?))
}

/// What a task brought; one that panicked has an error of its own.
fn joined<T, E: Into<Cause>>(
    task: Result<Result<T, E>, tokio::task::JoinError>,
) -> Result<T, Cause> {
    match task {
        Ok(done) => done.map_err(Into::into),
        Err(error) => Err(std::io::Error::other(error).into()),
    }
}

/// Imports into all cities at once.
pub(super) async fn import(tour: &mut Tour, teller: &mut Teller<'_>) -> Result<(), Cause> {
    let expected = tour.files.totals.clone();
    let all: u64 = expected.iter().map(|(_, totals)| totals.persons + totals.loans).sum();
    let mut importing = JoinSet::new();
    for (city, _) in &expected {
        let city = *city;
        let folder = tour.files.folder_of(city, Edition::First);
        let day = tour.files.day();
        let (fundlink, home) = (tour.network.fundlink.clone(), tour.network.home(member_of(city)));
        importing.spawn(async move {
            let imported = import_folder(&fundlink, &home, &folder, &day).await;
            imported.map(|records| (city, records))
        });
    }
    loop {
        tokio::select! {
            imported = importing.join_next() => {
                let Some(imported) = imported else { return Ok(()) };
                let (city, records) = joined(imported)?;
                let totals = expected.iter().find(|(known, _)| *known == city);
                let published = check(city, &records, totals.map(|(_, totals)| totals))?;
                teller.tell(Report::Imported { city, published });
            }
            () = sleep(LOOK_AGAIN.saturating_mul(4)) => {
                tour.network.supervisor.check()?;
                let mut done = 0;
                for (city, _) in &expected {
                    done += steps(&tour.control(member_of(*city))).await;
                }
                // Each record is taken first and published then.
                teller.tell(Report::Progress(done, 2 * all));
            }
        }
    }
}

/// Imports the files of a folder, as a clerk would.
pub(super) async fn import_folder(
    fundlink: &Fundlink,
    home: &Path,
    folder: &Path,
    day: &str,
) -> Result<Records, FundlinkError> {
    #[derive(Deserialize)]
    struct Printed {
        records: Records,
    }
    let call = Call::new("data import").with(folder);
    let call = call.with("--as-of").with(day).with("--operator").with(CLERK);
    let printed: Printed = fundlink.json(home, &call).await?;
    Ok(printed.records)
}

/// How many records a node has taken and published; none while it does not say.
async fn steps(node: &Control) -> u64 {
    let Ok(records) = node.get::<Records>("/v1/records").await else { return 0 };
    let staged = records.staging.map(|staging| staging.staged);
    let taken = records.current.map(|set| set.totals).or(staged);
    let taken = taken.map_or(0, |totals| totals.accounts + totals.loans);
    let published =
        records.publishing.map_or(0, |publishing| publishing.published + publishing.unchanged);
    taken + published
}

/// What the node holds is what the files held; gives how much of it is published.
fn check(city: City, records: &Records, expected: Option<&CityTotals>) -> Result<u64, Cause> {
    let held = records.current.as_ref().map(|set| &set.totals);
    let (Some(held), Some(expected)) = (held, expected) else {
        return Err(Cause::Wrong(format!("{city} has imported nothing")));
    };
    let same = held.accounts == expected.persons
        && held.loans == expected.loans
        && held.balances == expected.balance.to_string();
    if !same {
        let totals = format!("{} accounts, {} loans", held.accounts, held.loans);
        return Err(Cause::Wrong(format!("{city} holds {totals}, other totals than its files")));
    }
    Ok(records.publishing.map_or(0, |publishing| publishing.published))
}
