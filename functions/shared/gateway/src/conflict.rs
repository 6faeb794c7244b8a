//! Handlers read, decide, and write on condition that all is still as it was read; who was too slow begins again.

use api::{Code, Problem};
use licensing::limit::TryAgainAt;
use store::optimistic::NoOutcome;

use crate::ApiError;

/// Why a handler has no answer after one round.
#[derive(Debug)]
pub enum Conflict {
    /// Somebody wrote between reading and writing: nothing was written, and it is worth beginning again.
    Lost,
    /// A problem.
    ApiError(ApiError),
}

impl NoOutcome for Conflict {
    type Error = ApiError;

    fn obstacle(self) -> Option<ApiError> {
        match self {
            Self::Lost => None,
            Self::ApiError(error) => Some(error),
        }
    }

    /// Nothing was changed, and trying again in a moment helps: no defect, so it is not logged.
    fn given_up() -> ApiError {
        Code::Busy.into()
    }
}

impl From<store::Failed> for Conflict {
    fn from(failed: store::Failed) -> Self {
        match failed {
            store::Failed::Lost(_) => Self::Lost,
            store::Failed::Error(error) => Self::ApiError(error.into()),
        }
    }
}

impl From<ApiError> for Conflict {
    fn from(error: ApiError) -> Self {
        Self::ApiError(error)
    }
}

impl From<store::Error> for Conflict {
    fn from(error: store::Error) -> Self {
        Self::ApiError(error.into())
    }
}

impl From<Problem> for Conflict {
    fn from(problem: Problem) -> Self {
        Self::ApiError(problem.into())
    }
}

impl From<Code> for Conflict {
    fn from(code: Code) -> Self {
        Self::ApiError(code.into())
    }
}

impl From<TryAgainAt> for Conflict {
    fn from(at: TryAgainAt) -> Self {
        Self::ApiError(at.into())
    }
}
