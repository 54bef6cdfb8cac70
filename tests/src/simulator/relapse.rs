//! A center that is set back amid the work: it has forgotten what it said and heard since its backup, while
//! faults go on and others write to it.
//!
//! **Promises.** One center in a run of those that do so, once, and only where any majority of its
//! witnesses knows that it has had more: what nobody else has seen nobody can miss. The authority opens a next log for it.
//! **Left to others.** A center that is set back when everything rests: the epilogue.

use fundlink_protocol::center::CenterCode;
use fundlink_protocol::engine::command::Command;
use fundlink_protocol::engine::recovery::lapse;
use fundlink_protocol::engine::rosters::command::NetCommand;
use fundlink_protocol::store::Staged;
use fundlink_protocol::store::memory::MemoryStore;

use super::auditor::Broken;
use super::members;
use super::plan::Fault;
use super::weather::SKEW_MS_MAX;
use super::world::{Event, World};

/// Milliseconds in which what a machine has sent still arrives once it is gone.
const ON_ITS_WAY_MS: i64 = 10_000;

/// What a center can be set back to, and which one was.
#[derive(Debug, Default)]
pub(super) struct Relapses {
    backup: Option<(CenterCode, MemoryStore)>,
    set_back: Option<CenterCode>,
}

impl Relapses {
    /// Whether this center was set back.
    pub(super) fn is_set_back(&self, center: CenterCode) -> bool {
        self.set_back == Some(center)
    }

    /// Whether a center was set back amid the work.
    pub(super) const fn any(&self) -> bool {
        self.set_back.is_some()
    }
}

impl World {
    /// A look at the network: a backup is made, or a center is set back to the one that there is.
    pub(super) fn relapse(&mut self) -> Result<(), Broken> {
        self.open_next_logs()?;
        if self.relapses.any() {
            return Ok(());
        }
        if self.relapses.backup.is_none() || self.random.u8(0..6) == 0 {
            let center = members::center(self.random.u32(1..=self.centers));
            let backup = self.nodes.get(&center).map(|node| (center, node.disk().backup()));
            self.relapses.backup = backup;
            return Ok(());
        }
        if !self.plan.is_on() || !self.plan.would(Fault::Relapsed, &mut self.random) {
            return Ok(());
        }
        let Some((center, backup)) = self.relapses.backup.take() else { return Ok(()) };
        if !self.is_missed((center, &backup))? {
            return Ok(());
        }
        self.plan.count(Fault::Relapsed);
        self.relapses.set_back = Some(center);
        // What it signed before may bear the time of a clock that is ahead.
        self.auditor.forgive(center, self.now.plus_ms(SKEW_MS_MAX + 1));
        self.set_disk(center, backup);
        // Its connections are gone with the machine: what is on its way arrives soon or never.
        self.schedule.retain(
            self.now.plus_ms(ON_ITS_WAY_MS),
            |event| !matches!(event, Event::Packet(packet) if packet.from == center),
        );
        Ok(())
    }

    /// The people of a center that has fallen behind tell those of the authority which log must be
    /// closed, and they open the next one. By clocks that differ it may take a second one.
    pub(super) fn open_next_logs(&mut self) -> Result<(), Broken> {
        let Some(center) = self.relapses.set_back else { return Ok(()) };
        let Some(node) = self.nodes.get(&center) else { return Ok(()) };
        let closing = lapse::read(&Staged::new(node.disk()))?.and_then(|lapse| lapse.closing);
        let authority = self.nodes.get(&members::AUTHORITY);
        let Some(engine) = authority.and_then(|node| node.engine.as_ref()) else { return Ok(()) };
        let listed = engine.roster().member(center);
        if closing.is_some() && listed.is_some_and(|member| member.open_log() == closing) {
            // It may be suspended today; it is tried again.
            self.tell(members::AUTHORITY, Command::Net(NetCommand::NextLog(center)))?;
        }
        Ok(())
    }
}
