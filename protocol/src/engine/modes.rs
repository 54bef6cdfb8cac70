//! The mode of each service, as operators set it.
//!
//! **Promises.** A service that nobody set observes; only a system administrator changes a mode.
//! **Left to others.** What a mode means: the handlers of each service.

use minicbor::{Decode, Encode};

use super::operator::{OperatorId, OperatorRole};
use super::round::{Round, Stop};
use super::single;
use crate::mode::{Mode, Service};
use crate::refusal::Refusal;
use crate::store::{StoreError, View};

/// The mode of one service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ServiceMode {
    /// The service.
    #[n(1)]
    pub service: Service,
    /// Its mode.
    #[n(2)]
    pub mode: Mode,
}

/// The mode of a service.
///
/// # Errors
/// When the store cannot be read.
pub fn mode(view: &dyn View, service: Service) -> Result<Mode, StoreError> {
    let name = ["mode/", service.name()].concat();
    single::read(view, name.as_bytes()).map(Option::unwrap_or_default)
}

/// Every service with its mode.
///
/// # Errors
/// When the store cannot be read.
pub fn all(view: &dyn View) -> Result<Vec<ServiceMode>, StoreError> {
    let services = Service::ALL.iter();
    services
        .map(|service| Ok(ServiceMode { service: *service, mode: mode(view, *service)? }))
        .collect()
}

/// Stages the mode of a service.
pub fn put(view: &mut dyn View, wanted: ServiceMode) {
    let name = ["mode/", wanted.service.name()].concat();
    single::write(view, name.as_bytes(), &wanted.mode);
}

/// Sets the mode of a service for an operator.
pub(super) fn set(
    round: &mut Round<'_>,
    operator: &OperatorId,
    wanted: ServiceMode,
) -> Result<(), Stop> {
    require_role(round, operator, OperatorRole::SystemAdministrator)?;
    put(round.view, wanted);
    Ok(())
}

/// Whether the operator is in the configuration and has the role.
///
/// # Errors
/// `OPERATOR` when not.
pub fn require_role(
    round: &Round<'_>,
    operator: &OperatorId,
    role: OperatorRole,
) -> Result<(), Stop> {
    let known = round.settings.operators.get(operator);
    if known.is_some_and(|known| known.roles.contains(&role)) {
        Ok(())
    } else {
        Err(Refusal::Operator.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::command::{Command, Reply};
    use crate::testing::{DATONG, Province};

    #[test]
    fn a_service_observes_until_an_operator_sets_it() {
        let mut province = Province::new();
        let shown = |province: &mut Province| {
            let Reply::Modes(modes) = *province.command(DATONG, Command::Modes).unwrap() else {
                panic!("another reply");
            };
            modes
        };
        assert!(shown(&mut province).iter().all(|known| known.mode == Mode::Observe));
        let wanted = ServiceMode { service: Service::Transfer, mode: Mode::Confirm };
        let set = |name| Command::SetMode { operator: OperatorId::parse(name).unwrap(), wanted };
        let refused = province.command(DATONG, set("nobody")).unwrap_err();
        assert_eq!(refused.refusal, Refusal::Operator);
        province.command(DATONG, set("clerk")).unwrap();
        province.restart(DATONG);
        assert!(shown(&mut province).contains(&wanted));
        province.set_modes(DATONG, Mode::Auto);
        assert!(shown(&mut province).iter().all(|known| known.mode == Mode::Auto));
    }
}
