//! A second loan in another city, which the authority notices without knowing whose it is.
//!
//! **Promises.** The alert is the one that this loan raises, and names both cities.
//! **Left to others.** Raising it: the authority's node.

use std::time::Duration;

use fundlink_node::control::api::alerts::Alert;
use tokio::time::Instant;

use super::report::{Alerted, Report};
use super::{Cause, Control, Teller, Tour, records};
use crate::member::{AUTHORITY, LINFEN};
use crate::province::{City, Edition};

/// Far more than it takes.
const LIMIT: Duration = Duration::from_secs(60);
/// The rule's name.
const DOUBLE_LOAN: &str = "double_loan";

pub(super) async fn play(tour: &mut Tour, teller: &mut Teller<'_>) -> Result<(), Cause> {
    let authority: Control = tour.control(AUTHORITY);
    let before = about_both(&authority).await?;
    let files = tour.files.clone();
    let totals = files.write_edition(City::Linfen, Edition::WithSecondLoan).await?;
    let folder = files.folder_of(City::Linfen, Edition::WithSecondLoan);
    let (home, day) = (tour.network.home(LINFEN), files.day());
    let begun = Instant::now();
    let records = records::import_folder(&tour.network.fundlink, &home, &folder, &day).await?;
    let held = records.current.map_or(0, |set| set.totals.loans);
    if held != totals.loans {
        return Err(Cause::Wrong(format!("Linfen holds {held} loans, not {}", totals.loans)));
    }
    let published = records.publishing.map_or(0, |publishing| publishing.published);
    teller.tell(Report::Imported { city: City::Linfen, published });
    let look = || async {
        let alerts = about_both(&authority).await?;
        Ok(alerts.into_iter().find(|alert| !before.iter().any(|known| known.id == alert.id)))
    };
    let alert = tour.until("the authority raises an alert of a double loan", LIMIT, look).await?;
    let took = begun.elapsed();
    teller.tell(Report::Alerted(Box::new(Alerted { alert, took })));
    Ok(())
}

/// The alerts of double loans that name Taiyuan and Linfen.
async fn about_both(authority: &Control) -> Result<Vec<Alert>, Cause> {
    let alerts: Vec<Alert> = authority.get("/v1/alerts?limit=1000").await?;
    let centers = [City::Taiyuan.center().to_string(), City::Linfen.center().to_string()];
    let both = |alert: &Alert| centers.iter().all(|center| alert.centers.contains(center));
    Ok(alerts.into_iter().filter(|alert| alert.rule == DOUBLE_LOAN && both(alert)).collect())
}
