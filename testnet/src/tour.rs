//! The tour: a province from nothing, and what a network of its centers is for, played over real
//! processes and told as it happens.
//!
//! The province lives on one day, [`TODAY`], whatever the clock of the machine says: amounts, working
//! days and interest are then the same each time.
//!
//! **Promises.** Every step does what a newcomer would do: commands of the program, or the control
//! interface that the commands use. A step that does not show what it is there to show fails, and
//! says why; when a tour is dropped, no process of it is left.
//! **Left to others.** Words: the command line. What is played with: `network` and `province`.

use std::fmt;
use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use fundlink_node::clock;
use fundlink_node::control::client::{ClientError, ControlClient};
use fundlink_protocol::time::{Date, DateError, Timestamp};
use tokio::time::{Instant, sleep};

use crate::fundlink::FundlinkError;
use crate::member::{AUTHORITY, DATONG, Identity, LINFEN, TAIYUAN};
use crate::network::{Network, NetworkError, Setup};
use crate::province::{City, DayError, FIRST_DAY, Province, Scale};
use crate::supervisor::{LOOK_AGAIN, SupervisorError};

mod evidence;
mod loan_check;
mod records;
pub mod report;
mod roots;
mod scene;
mod second_loan;
mod transfers;

use records::Files;
use report::{Report, Step};

/// What is played, and where.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The program.
    pub binary: PathBuf,
    /// The folder for everything; one of an earlier testnet is cleared.
    pub folder: PathBuf,
    /// Everything that is drawn comes from it.
    pub seed: u64,
    /// How large the cities are.
    pub scale: Scale,
}

/// A province that runs.
#[derive(Debug)]
pub struct Tour {
    network: Network,
    folder: PathBuf,
    files: Files,
    /// The loan check, of which evidence is made.
    dossier: Option<String>,
}

/// Who is told what happens.
pub struct Teller<'t> {
    tell: &'t mut (dyn FnMut(Report) + Send),
}

/// Why the tour ended.
#[derive(Debug, thiserror::Error)]
#[error("{cause}")]
pub struct TourError {
    /// In which step.
    pub step: Step,
    /// Why.
    pub cause: Cause,
}

/// Why a step failed.
#[derive(Debug, thiserror::Error)]
pub enum Cause {
    /// The network could not be made.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// A command failed.
    #[error(transparent)]
    Command(#[from] FundlinkError),
    /// A node has ended.
    #[error(transparent)]
    Node(#[from] SupervisorError),
    /// A node refused, or does not answer.
    #[error("{member}: {error}")]
    Control {
        /// Which.
        member: &'static str,
        /// What it said.
        error: ClientError,
    },
    /// A file cannot be written or read.
    #[error("a file of the testnet cannot be written or read: {0}")]
    Io(#[from] io::Error),
    /// The day of the testnet is not one.
    #[error("the day of the testnet cannot be reckoned: {0}")]
    Day(#[from] DateError),
    /// The province does not begin so early.
    #[error(transparent)]
    FirstDay(#[from] DayError),
    /// Something that must happen did not, in time.
    #[error("after {} s this has not happened: {what}", limit.as_secs())]
    Late {
        /// What.
        what: String,
        /// How long was waited.
        limit: Duration,
    },
    /// Something is not as it must be.
    #[error("this is not as it must be: {0}")]
    Wrong(String),
}

/// The day of the testnet, and the day after its dumps.
pub const TODAY: (i16, i8, i8) = (2026, 5, 20);
/// The hour at which the day begins for the testnet, at +08:00.
const HOUR_MS: i64 = 9 * 3_600_000;

impl fmt::Debug for Teller<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Teller").finish_non_exhaustive()
    }
}

impl<'t> Teller<'t> {
    /// Tells this listener.
    pub fn new(tell: &'t mut (dyn FnMut(Report) + Send)) -> Self {
        Self { tell }
    }

    fn tell(&mut self, report: Report) {
        (self.tell)(report);
    }

    /// Tells that a step begins and how long it took, and says in which step a failure was.
    async fn step<T>(
        &mut self,
        step: Step,
        work: impl AsyncFnOnce(&mut Self) -> Result<T, Cause>,
    ) -> Result<T, TourError> {
        self.tell(Report::Began(step));
        let begun = Instant::now();
        let done = work(self).await.map_err(|cause| TourError { step, cause })?;
        self.tell(Report::Ended(step, begun.elapsed()));
        Ok(done)
    }
}

impl Tour {
    /// Makes the province, forms the network, imports, and waits until all hold the same.
    ///
    /// # Errors
    /// The step that failed and why; then nothing runs.
    pub async fn begin(plan: &Plan, teller: &mut Teller<'_>) -> Result<Self, TourError> {
        let folder = plan.folder.clone();
        let files = teller.step(Step::Province, async |teller| {
            // The folder is cleared before anything is written into it.
            Network::clear(&folder).await?;
            let (year, month, day) = FIRST_DAY;
            let province = Province::new(plan.seed, plan.scale, Date::new(year, month, day)?)?;
            Files::write(province, &folder.join("dumps"), teller).await
        });
        let files = files.await?;
        let network = teller.step(Step::Network, async |teller| {
            let setup = Setup {
                binary: plan.binary.clone(),
                folder: folder.clone(),
                cash: files.cash(),
                clock_offset_s: clock_offset_s()?,
            };
            let network = Network::start(setup).await?;
            network.set_auto().await?;
            teller.tell(Report::Formed(network.places.clone()));
            Ok(network)
        });
        let mut tour = Self { network: network.await?, folder, files, dossier: None };
        tour.load(teller).await?;
        Ok(tour)
    }

    async fn load(&mut self, teller: &mut Teller<'_>) -> Result<(), TourError> {
        teller.step(Step::Import, async |teller| records::import(self, teller).await).await?;
        teller.step(Step::Roots, async |teller| roots::await_same(self, teller).await).await
    }

    /// Plays all scenes.
    ///
    /// # Errors
    /// The first step that failed and why.
    pub async fn play(&mut self, teller: &mut Teller<'_>) -> Result<(), TourError> {
        let step = Step::LoanCheck;
        teller.step(step, async |teller| loan_check::play(self, teller).await).await?;
        let step = Step::Transfers;
        teller.step(step, async |teller| transfers::play(self, teller).await).await?;
        let step = Step::Refusals;
        teller.step(step, async |teller| transfers::play_refusals(self, teller).await).await?;
        let step = Step::SecondLoan;
        teller.step(step, async |teller| second_loan::play(self, teller).await).await?;
        let step = Step::Evidence;
        teller.step(step, async |teller| evidence::play(self, teller).await).await
    }

    /// The network, to be looked at.
    #[must_use]
    pub const fn network(&self) -> &Network {
        &self.network
    }

    /// Waits until a node ends by itself, and says which.
    pub async fn watch(&mut self) -> SupervisorError {
        loop {
            if let Err(ended) = self.network.supervisor.check() {
                return ended;
            }
            sleep(WATCH).await;
        }
    }

    /// Stops everything.
    ///
    /// # Errors
    /// When a node cannot be ended.
    pub async fn stop(self) -> Result<(), NetworkError> {
        self.network.stop().await
    }

    /// Looks again and again until there is something.
    async fn until<T, F: Future<Output = Result<Option<T>, Cause>>>(
        &mut self,
        what: &str,
        limit: Duration,
        mut look: impl FnMut() -> F,
    ) -> Result<T, Cause> {
        let begun = Instant::now();
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            self.network.supervisor.check()?;
            if begun.elapsed() > limit {
                return Err(Cause::Late { what: what.to_owned(), limit });
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    fn control(&self, identity: Identity) -> Control {
        Control::of(identity, &self.network.home(identity))
    }
}

const WATCH: Duration = Duration::from_millis(500);

/// The control interface of a member.
#[derive(Clone, Debug)]
struct Control {
    member: &'static str,
    client: ControlClient,
}

impl Control {
    fn of(identity: Identity, home: &Path) -> Self {
        Self { member: identity.english, client: ControlClient::new(&home.join("control.sock")) }
    }

    async fn get<R: serde::de::DeserializeOwned>(&self, path: &str) -> Result<R, Cause> {
        self.client.get(path).await.map_err(|error| self.failed(error))
    }

    async fn post<B: serde::Serialize + Sync, R: serde::de::DeserializeOwned>(
        &self,
        path: &str,
        body: &B,
    ) -> Result<R, Cause> {
        self.client.post(path, body).await.map_err(|error| self.failed(error))
    }

    const fn failed(&self, error: ClientError) -> Cause {
        Cause::Control { member: self.member, error }
    }
}

/// The member that is a city's center.
const fn member_of(city: City) -> Identity {
    match city {
        City::Taiyuan => TAIYUAN,
        City::Datong => DATONG,
        City::Linfen => LINFEN,
    }
}

/// The authority and the cities.
const EVERYBODY: [Identity; 4] = [AUTHORITY, TAIYUAN, DATONG, LINFEN];

/// What is to be added to the clock of this machine so that it shows [`TODAY`].
fn clock_offset_s() -> Result<i64, DateError> {
    let (year, month, day) = TODAY;
    let begin = Timestamp::start_of(Date::new(year, month, day)?).plus_ms(HOUR_MS);
    Ok(begin.ms_since(clock::wall_time()).div_euclid(1_000))
}
