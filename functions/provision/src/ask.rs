//! Whether what was bought is set up: asked of the product's provisioning endpoint.

use std::time::Duration;

use gateway::{App, optimistic};
use licensing::{
    Timestamp,
    activation::{Activation, Setup, State, Step},
    event::{Event, Receiver},
    outside::Endpoint,
    when::add_minutes,
};
use store::{
    Batch, Error, Failed, Write,
    activations::{ActivationContext, ActivationContextSlots},
    licences, outbox,
};

use crate::{
    answer::{Said, not_before},
    outside,
};

/// An endpoint that is at work is asked again after so long, within the same call: somebody is watching.
pub const PATIENCE: [Duration; 4] =
    [Duration::from_secs(2), Duration::from_secs(3), Duration::from_secs(5), Duration::from_secs(8)];

/// After that, it is asked again after longer each time, minutes; and after the last as long as that is.
const PAUSES: [u32; 7] = [5, 5, 10, 20, 40, 80, 160];
const LONGEST_PAUSE: u32 = 6 * 60;

/// Asks, and writes down what comes of it. Where nothing is being set up any more, nobody is asked.
pub async fn ask(app: &App, event: &Event, patience: &[Duration]) -> Result<(), Error> {
    ask_until(app, event, patience, || false).await
}

/// As [`ask`]; where the call's time is up, who is at work is asked again later.
pub(crate) async fn ask_until(
    app: &App,
    event: &Event,
    patience: &[Duration],
    time_is_up: impl Fn() -> bool,
) -> Result<(), Error> {
    let Event::Provision { .. } = event else { return Ok(()) };
    let mut waits = patience.iter();
    // Whoever lost asks the endpoint again: it was changed meanwhile, taken back, or a further order joined it.
    optimistic!(app.store, async {
        loop {
            let Some(asked) = SetUpRequest::read(app, event).await? else { return Ok(()) };
            let Some(setup) = asked.setup(event) else {
                return Ok(app.store.event_done(&event.id(), app.now()).await?);
            };
            let (said, wait) = match &asked.endpoint {
                Some(endpoint) => asked.call(app, endpoint, setup).await,
                // Taken away by an operator: nothing is left to be set up.
                None => (Said::Done, None),
            };
            let now = app.now();
            let step = match said {
                Said::Done => asked.activation.provisioned(now, &app.policy.links),
                Said::No { reason, .. } => asked.activation.provisioning_refused(&reason, now),
                Said::AtWork => match waits.next().filter(|_| !time_is_up()) {
                    Some(wait) => {
                        tokio::time::sleep(*wait).await;
                        continue;
                    }
                    None => return Ok(asked.put_off(app, event, "the endpoint is at work", None).await?),
                },
                Said::Nothing(trouble) => return Ok(asked.put_off(app, event, &trouble, wait).await?),
            };
            let Some(step) = step else { return Ok(()) };
            return match asked.write(app, event, &step).await {
                // Somebody wrote what the same answer led to.
                Err(Failed::Lost(lost)) if lost.part == "event" => Ok(()),
                written => written,
            };
        }
    })
}

/// What is asked about, as one read found it.
struct SetUpRequest {
    context: ActivationContext,
    activation: Activation,
    endpoint: Option<Endpoint>,
    tries: u32,
}

impl SetUpRequest {
    /// None where it was done before, or is not there.
    async fn read(app: &App, event: &Event) -> Result<Option<Self>, Error> {
        let Event::Provision { licence, product, .. } = event else { return Ok(None) };
        let (queued, product_slot) = (outbox::queued(&event.id()), licences::product(product));
        let slots = ActivationContextSlots::new(licence, product);
        let mut batch = Batch::default().with(&queued).with(&product_slot);
        slots.add_to(&mut batch);
        let got = batch.read(&app.store).await?;
        let queued = got.get(&queued)?.filter(|queued| queued.done_at.is_none());
        let mut context = slots.from(&got)?;
        let (Some(queued), Some(activation)) = (queued, context.activation.take()) else { return Ok(None) };
        let endpoint = got.get(&product_slot)?.and_then(|product| product.endpoint);
        Ok(Some(Self { context, activation, endpoint, tries: queued.tries }))
    }

    /// What is being set up, if it is by this event that the endpoint is asked.
    fn setup(&self, event: &Event) -> Option<&Setup> {
        let Event::Provision { version, .. } = event else { return None };
        match &self.activation.state {
            State::Provisioning(setup) if setup.asked == *version && setup.refused.is_none() => Some(setup),
            _ => None,
        }
    }

    /// What it says, and before when it wants no further call.
    async fn call(&self, app: &App, endpoint: &Endpoint, setup: &Setup) -> (Said, Option<Timestamp>) {
        let now = app.now();
        let message = self.activation.to_provision(setup.first, setup.in_use.at);
        let receiver = Receiver::Endpoint { product: self.activation.product.clone() };
        let answer = outside(app).post(endpoint, &receiver.name(), &message, now).await;
        let wait = not_before(&answer, app.now());
        (Said::of(answer), wait)
    }

    async fn put_off(
        &self,
        app: &App,
        event: &Event,
        trouble: &str,
        not_before: Option<Timestamp>,
    ) -> Result<(), Error> {
        let pause = PAUSES.get(self.tries as usize).copied().unwrap_or(LONGEST_PAUSE);
        let now = app.now();
        let until = add_minutes(now, pause).max(not_before.unwrap_or(now));
        app.store.put_event_off(&event.id(), self.tries + 1, trouble, until).await.map(drop)
    }

    async fn write(&self, app: &App, event: &Event, step: &Step) -> Result<(), Failed> {
        let now = app.now();
        let mut done = Write::new();
        done.event_done(&app.store, &event.id(), now);
        app.store.write_step(step, self.context.head.as_ref(), now, &app.policy.links, done).await
    }
}
