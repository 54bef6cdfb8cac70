//! Who acts: the operator that a command names.

/// The operator of a command; signing in comes with the desk.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct OperatorArgument {
    /// Who acts: the id of an operator in the configuration
    #[arg(long, short, value_name = "ID", env = "FUNDLINK_OPERATOR", hide_env = true)]
    pub(crate) operator: String,
}
