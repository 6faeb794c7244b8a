//! Callers take turns: every order in which the database calls of several callers can follow each other, one after the
//! other and the same in every run.
//!
//! Each caller goes its own way into the same bench ([`super::faults::Faults`]) and is stopped before each of its calls.
//! Once all of them wait or have finished, one goes on: its call is made and answered before anybody is asked again.
//! [`Orders`] chooses who, so that no order is left out and none comes twice, also where callers make more calls than
//! foreseen because they try again.
//!
//! ```ignore
//! let mut orders = Orders::default();
//! while orders.more() {
//!     let answers = orders.run([&one, &two], [work(one.app(..)).boxed(), work(two.app(..)).boxed()]).await;
//!     // … whichever came first: one has done it, both know it.
//! }
//! assert_eq!(orders.tried(), 6);
//! ```

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::{Notify, oneshot};

use super::faults::Faults;

/// What a caller does.
pub type Work<T> = Pin<Box<dyn Future<Output = T> + Send>>;

/// Goes through all orders, one a round.
#[derive(Debug, Default)]
pub struct Orders {
    /// Who was chosen at each fork, and among how many.
    forks: Vec<Fork>,
    /// How many forks of this round are behind us.
    passed: usize,
    tried: usize,
    taken: Vec<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Fork {
    chosen: usize,
    among: usize,
}

/// A caller that makes no call for so long, and does not end either, is stuck: a test must not wait for it for ever.
const STUCK: Duration = Duration::from_secs(20);

impl Orders {
    /// Begins the next round. False: all orders were tried.
    pub fn more(&mut self) -> bool {
        if self.tried > 0 {
            loop {
                match self.forks.last_mut() {
                    None => return false,
                    Some(fork) if fork.chosen + 1 < fork.among => {
                        fork.chosen += 1;
                        break;
                    }
                    Some(_) => drop(self.forks.pop()),
                }
            }
        }
        self.tried += 1;
        self.passed = 0;
        true
    }

    /// How many orders were tried.
    pub const fn tried(&self) -> usize {
        self.tried
    }

    /// Who made the calls of this round, in their order.
    pub fn taken(&self) -> &[usize] {
        &self.taken
    }

    /// Lets all callers do their work, in this round's order. What they answer, in the order of the callers.
    pub async fn run<T: Send + 'static, const N: usize>(&mut self, ways: [&Faults; N], work: [Work<T>; N]) -> [T; N] {
        let hall = Hall::for_callers(N);
        for (caller, way) in ways.iter().enumerate() {
            way.take_turns(Some(Turn { hall: hall.clone(), caller }));
        }
        let mut caller = 0;
        let running = work.map(|work| {
            let turn = Turn { hall: hall.clone(), caller };
            caller += 1;
            tokio::spawn(async move {
                let _left = Left(turn);
                work.await
            })
        });

        self.direct(&hall).await;
        for way in ways {
            way.take_turns(None);
        }
        let mut answers = Vec::with_capacity(N);
        for caller in running {
            answers.push(caller.await.expect("no caller panics"));
        }
        answers.try_into().unwrap_or_else(|_| unreachable!("one answer a caller"))
    }

    /// Lets one after the other in until all have finished.
    async fn direct(&mut self, hall: &Hall) {
        self.taken.clear();
        loop {
            let waiting = tokio::time::timeout(STUCK, hall.at_rest()).await;
            let waiting = waiting.unwrap_or_else(|_| panic!("a caller is stuck after the calls of {:?}", self.taken));
            if waiting.is_empty() {
                return;
            }
            let next = waiting[self.choose(waiting.len())];
            self.taken.push(next);
            hall.let_in(next);
        }
    }

    fn choose(&mut self, among: usize) -> usize {
        if self.passed == self.forks.len() {
            self.forks.push(Fork { chosen: 0, among });
        }
        let fork = self.forks[self.passed];
        assert_eq!(fork.among, among, "the same calls must lead to the same fork: {:?}", self.taken);
        self.passed += 1;
        fork.chosen
    }
}

/// Where callers wait.
#[derive(Debug, Clone)]
struct Hall {
    state: Arc<Mutex<State>>,
    changed: Arc<Notify>,
}

#[derive(Debug, Default)]
struct State {
    /// A caller that asks several things at once has several calls waiting; it makes them in that order.
    waiting: Vec<VecDeque<oneshot::Sender<()>>>,
    finished: Vec<bool>,
    under_way: usize,
}

impl Hall {
    fn for_callers(count: usize) -> Self {
        let waiting = (0..count).map(|_| VecDeque::new()).collect();
        let state = State { waiting, finished: vec![false; count], under_way: 0 };
        Self { state: Arc::new(Mutex::new(state)), changed: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until nobody can go on by itself. The callers that wait; none: all have finished.
    async fn at_rest(&self) -> Vec<usize> {
        loop {
            // Asked for before looking, so that no change in between is missed.
            let changed = self.changed.notified();
            if let Some(waiting) = self.state().at_rest() {
                return waiting;
            }
            changed.await;
        }
    }

    fn let_in(&self, caller: usize) {
        let mut state = self.state();
        let next = state.waiting[caller].pop_front().expect("only who waits is chosen");
        if next.send(()).is_ok() {
            state.under_way += 1;
        }
    }
}

impl State {
    fn at_rest(&self) -> Option<Vec<usize>> {
        let rests = |caller: usize| self.finished[caller] || !self.waiting[caller].is_empty();
        let all = 0..self.waiting.len();
        if self.under_way > 0 || !all.clone().all(rests) {
            return None;
        }
        Some(all.filter(|caller| !self.waiting[*caller].is_empty()).collect())
    }
}

/// A caller's place.
#[derive(Debug, Clone)]
pub(crate) struct Turn {
    hall: Hall,
    caller: usize,
}

impl Turn {
    /// Waits until it is this caller's turn; it lasts until what is given back is dropped.
    pub(crate) async fn wait(self) -> UnderWay {
        let (sender, chosen) = oneshot::channel();
        self.hall.state().waiting[self.caller].push_back(sender);
        self.hall.changed.notify_one();
        let _ = chosen.await;
        UnderWay(self.hall)
    }
}

/// A call that is being made.
pub(crate) struct UnderWay(Hall);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.state().under_way -= 1;
        self.0.changed.notify_one();
    }
}

/// A caller that ends, however it ends.
struct Left(Turn);

impl Drop for Left {
    fn drop(&mut self) {
        self.0.hall.state().finished[self.0.caller] = true;
        self.0.hall.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All orders of callers with so many calls each, as they were taken.
    async fn orders_of<const N: usize>(calls: [usize; N]) -> Vec<Vec<usize>> {
        let mut orders = Orders::default();
        let mut all = Vec::new();
        while orders.more() {
            let hall = Hall::for_callers(N);
            for (caller, calls) in calls.into_iter().enumerate() {
                let turn = Turn { hall: hall.clone(), caller };
                tokio::spawn(async move {
                    let _left = Left(turn.clone());
                    for _ in 0..calls {
                        drop(turn.clone().wait().await);
                    }
                });
            }
            orders.direct(&hall).await;
            all.push(orders.taken().to_vec());
        }
        assert_eq!(all.len(), orders.tried());
        all
    }

    #[tokio::test]
    async fn every_order_comes_once() {
        for (calls, expected) in [([2, 2], 6), ([2, 3], 10), ([0, 2], 1), ([1, 1], 2)] {
            let mut all = orders_of(calls).await;
            assert_eq!(all.len(), expected);
            all.sort();
            all.dedup();
            assert_eq!(all.len(), expected, "{calls:?}");
        }
        assert_eq!(orders_of([2, 2, 2]).await.len(), 90);
    }
}
