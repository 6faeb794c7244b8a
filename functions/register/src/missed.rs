//! Why a handler has no answer: somebody was faster, or there is a problem.

use std::time::Duration;

use api::{Code, Problem};
use gateway::{ApiError, App};
use licensing::limit::TryAgainAt;

/// Why a handler has no answer.
#[derive(Debug)]
pub(crate) enum Missed {
    /// Somebody wrote between reading and writing: nothing was written, and it is worth beginning again.
    Lost,
    /// A problem.
    ApiError(ApiError),
}

/// So often is a request begun again. Of those who meet at one item, one wins each round.
pub(crate) const ATTEMPTS: u32 = 12;

/// Waits before the next attempt: longer each time, and never all callers equally long. The first does not wait.
pub(crate) async fn pause(app: &App, attempt: u32) {
    if attempt > 0 {
        let most = 4_u64 << attempt.min(6);
        let wait = u64::from_le_bytes(app.chance.bytes()) % most;
        tokio::time::sleep(Duration::from_millis(wait + 1)).await;
    }
}

impl From<store::Failed> for Missed {
    fn from(failed: store::Failed) -> Self {
        match failed {
            store::Failed::Lost(_) => Self::Lost,
            store::Failed::Error(error) => Self::ApiError(error.into()),
        }
    }
}

impl From<ApiError> for Missed {
    fn from(error: ApiError) -> Self {
        Self::ApiError(error)
    }
}

impl From<store::Error> for Missed {
    fn from(error: store::Error) -> Self {
        Self::ApiError(error.into())
    }
}

impl From<Problem> for Missed {
    fn from(problem: Problem) -> Self {
        Self::ApiError(problem.into())
    }
}

impl From<Code> for Missed {
    fn from(code: Code) -> Self {
        Self::ApiError(code.into())
    }
}

impl From<TryAgainAt> for Missed {
    fn from(at: TryAgainAt) -> Self {
        Self::ApiError(at.into())
    }
}
