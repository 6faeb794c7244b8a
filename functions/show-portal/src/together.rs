//! Calls side by side: one step of waiting, however many there are.

use std::{
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

/// Drives all futures at once; the answers come in the order of the futures.
pub(crate) async fn all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    let mut going: Vec<Going<F>> = futures.into_iter().map(|future| Going::Waits(Box::pin(future))).collect();
    poll_fn(|context| {
        // Each is polled, also after one that waits: that is what lets them wait together.
        let waiting: usize = going.iter_mut().map(|one| usize::from(one.poll(context).is_pending())).sum();
        if waiting == 0 { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    going.into_iter().filter_map(Going::answer).collect()
}

enum Going<F: Future> {
    Waits(Pin<Box<F>>),
    Done(F::Output),
}

impl<F: Future> Going<F> {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<()> {
        let Self::Waits(future) = self else { return Poll::Ready(()) };
        future.as_mut().poll(context).map(|answer| *self = Self::Done(answer))
    }

    fn answer(self) -> Option<F::Output> {
        match self {
            Self::Done(answer) => Some(answer),
            Self::Waits(_) => None,
        }
    }
}
