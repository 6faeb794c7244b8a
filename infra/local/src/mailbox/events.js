// What others were told: a list that fills itself.

const who = { bus: "Event bus", webhook: "Webhook", endpoint: "Provisioning endpoint" };
const list = document.querySelector("#events");

/** An element with its text or children; nothing that was told ever becomes markup. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

function row(event) {
  const good = event.by === "bus" || event.answer.startsWith("20");
  return el("li", { "data-number": event.number, "data-by": event.by, "data-what": event.what },
    el("details", {},
      el("summary", {},
        el("time", { datetime: event.at }, event.at.slice(11, 19)), " ",
        el("strong", {}, event.what), " ", `${who[event.by]} `,
        el("span", { class: `fate ${good ? "delivered" : "bounced"}` }, event.answer)),
      el("p", {}, el("code", {}, event.id)),
      el("pre", { tabindex: "0" }, JSON.stringify(event.body, null, 2))));
}

let newest = 0;
for (;;) {
  try {
    const response = await fetch(`/api/events?after=${newest}&wait=${newest ? 20 : 0}`);
    const { events } = await response.json();
    if (events.length) newest = events[0].number;
    list.prepend(...events.map(row));
    document.querySelector("#none").hidden = list.children.length > 0;
    if (!events.length && !newest) await new Promise((done) => setTimeout(done, 1000));
  } catch {
    await new Promise((done) => setTimeout(done, 2000));
  }
}
