//! An evidence file of the loan check, verified by a process that has nothing but the file (举证).
//!
//! **Promises.** The verifying process gets an empty folder for its own: no configuration, no key, no
//! store, no control socket; and it must demand witnessed proofs.
//! **Left to others.** What is in the file, and verifying it: `fundlink_protocol::evidence`.

use std::time::Duration;

use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::time::Instant;

use super::report::{Report, Verified};
use super::{Cause, Teller, Tour};
use crate::fundlink::{Call, FundlinkError};
use crate::member::TAIYUAN;

/// Far more than it takes until the log of statements is witnessed.
const LIMIT: Duration = Duration::from_secs(60);

/// What `evidence export` prints.
#[derive(Debug, Deserialize)]
struct Exported {
    parts: Vec<IgnoredAny>,
    witnessed: bool,
}

/// What `evidence verify` prints.
#[derive(Debug, Deserialize)]
struct Proven {
    statements: Vec<IgnoredAny>,
    leaves: Vec<IgnoredAny>,
}

pub(super) async fn play(tour: &mut Tour, teller: &mut Teller<'_>) -> Result<(), Cause> {
    let Some(dossier) = tour.dossier.clone() else {
        return Err(Cause::Wrong("there is no loan check to prove".to_owned()));
    };
    let folder = tour.folder.join("evidence");
    let nothing = folder.join("empty");
    std::fs::create_dir_all(&nothing)?;
    let file = folder.join("loan-check.zip");
    let (fundlink, home) = (tour.network.fundlink.clone(), tour.network.home(TAIYUAN));
    let export = Call::new("evidence export --dossier").with(dossier).with("--out").with(&file);
    let look = || async {
        match fundlink.json::<Exported>(&home, &export).await {
            Ok(exported) => Ok(exported.witnessed.then_some(exported)),
            // Not witnessed yet: what was written so far is no use.
            Err(FundlinkError::Failed { exit: Some(3), .. }) => {
                std::fs::remove_file(&file)?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    };
    let exported = tour.until("the log of statements is witnessed", LIMIT, look).await?;
    let bytes = std::fs::metadata(&file)?.len();
    let begun = Instant::now();
    let verify = Call::new("evidence verify").with(&file);
    let proven: Proven = tour.network.fundlink.json(&nothing, &verify).await?;
    if proven.statements.is_empty() || proven.leaves.is_empty() {
        return Err(Cause::Wrong("the evidence proves nothing".to_owned()));
    }
    teller.tell(Report::Verified(Verified {
        file,
        bytes,
        parts: exported.parts.len(),
        statements: proven.statements.len(),
        leaves: proven.leaves.len(),
        took: begun.elapsed(),
    }));
    Ok(())
}
