// The mailbox page: a list that fills itself, one mail, and the portal's clock.

const $ = (selector) => document.querySelector(selector);
const fates = { delivered: "Delivered", bounced: "Bounced", complained: "Complaint", waiting: "On its way" };
let mails = [];
let of = 0;
let open = null;
let offset = 0;

/** An element with its text or children; nothing from a mail ever becomes markup. */
function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  element.append(...children);
  return element;
}

async function call(path, body) {
  const how = body === undefined ? {} : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(path, how);
  if (!response.ok) throw new Error((await response.text()) || `This did not work (${response.status}).`);
  return response.status === 204 ? null : response.json();
}

function say(text, bad = false) {
  const message = $("#message");
  message.textContent = text;
  message.hidden = !text;
  message.classList.toggle("bad", bad);
  clearTimeout(say.timer);
  if (text && !bad) say.timer = setTimeout(() => say(""), 6000);
}

/** Does something that a button asked for, with the button resting meanwhile. */
async function act(button, what) {
  button.disabled = true;
  try {
    await what();
  } catch (error) {
    say(error.message, true);
  } finally {
    button.disabled = false;
  }
}

const fateOf = (mail) => (mail.told.length ? mail.told[mail.told.length - 1].fate : "waiting");
const day = (at) => at.slice(0, 10);
const minute = (at) => at.slice(11, 16);

function fate(name, at) {
  return el("span", { class: `fate ${name}` }, at ? `${fates[name]} ${day(at)} ${minute(at)}` : fates[name]);
}

// The list

function query(more) {
  const search = new URLSearchParams({ q: $("#q").value, ...more });
  return `/api/mails?${search}`;
}

function row(mail, fresh) {
  const today = day(new Date(Date.now() + offset).toISOString());
  const at = day(mail.at) === today ? minute(mail.at) : day(mail.at);
  return el("li", { class: fresh ? "new" : null, "data-id": mail.id },
    el("a", { href: `#${mail.id}`, "aria-current": mail.id === open ? "true" : null },
      el("span", { class: "to" }, mail.to), el("time", { class: "at", datetime: mail.at }, at),
      el("span", { class: "subject" }, mail.subject), fate(fateOf(mail))));
}

function showList(fresh = 0) {
  $("#list").replaceChildren(...mails.map((mail) => row(mail, mail.number > fresh && fresh > 0)));
  $("#more").hidden = mails.length >= of;
  $("#none").hidden = mails.length > 0;
  $("#none").textContent = $("#q").value ? "No results" : "No emails yet. Ask the portal for a sign-in code, and it appears here.";
}

async function load() {
  const found = await call(query({}));
  mails = found.mails;
  of = found.of;
  setNow(found.now);
  showList();
}

/** Waits for new mails as long as the page is open; what became of the mails that are shown comes along. */
async function watch() {
  for (;;) {
    try {
      const newest = mails.length ? mails[0].number : 0;
      const asked = $("#q").value;
      const found = await call(query({ after: newest, wait: 20 }));
      if (asked !== $("#q").value) continue;
      if (found.mails.length) {
        mails = [...found.mails, ...mails.filter((mail) => mail.number <= newest)];
        of += found.mails.length;
        showList(newest);
      }
      setNow(found.now);
      setTimeout(refresh, 1500);
    } catch {
      await new Promise((done) => setTimeout(done, 2000));
    }
  }
}

async function refresh() {
  const found = await call(query({ limit: Math.max(mails.length, 1) })).catch(() => null);
  if (!found) return;
  const told = new Map(found.mails.map((mail) => [mail.id, mail.told]));
  let changed = false;
  for (const mail of mails) {
    const now = told.get(mail.id);
    if (!now || now.length === mail.told.length) continue;
    mail.told = now;
    changed = true;
    const entry = $(`#list li[data-id="${CSS.escape(mail.id)}"] .fate`);
    if (entry) entry.replaceWith(fate(fateOf(mail)));
    if (mail.id === open) $("#told")?.replaceChildren(...toldOf(mail));
  }
  if (changed) showGivenUp();
}

$("#more").addEventListener("click", (event) => act(event.target, async () => {
  const found = await call(query({ before: mails[mails.length - 1].number }));
  mails = [...mails, ...found.mails];
  showList();
}));
let typed;
$("#q").addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(() => load().catch((error) => say(error.message, true)), 150);
});
$("form[role=search]").addEventListener("submit", (event) => event.preventDefault());

// One mail

const toldOf = (mail) => (mail.told.length ? mail.told.map((told) => fate(told.fate, told.at)) : [fate("waiting")]);

async function show() {
  open = decodeURIComponent(location.hash.slice(1)) || null;
  document.body.classList.toggle("reading", open !== null);
  for (const link of document.querySelectorAll("#list a")) {
    if (link.getAttribute("href") === `#${open}`) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  if (!open) {
    $("#mail").replaceChildren(hints());
    return;
  }
  let mail;
  try {
    mail = await call(`/api/mails/${encodeURIComponent(open)}`);
  } catch {
    $("#mail").replaceChildren(el("p", { class: "empty" }, "This mail is not in the mailbox."));
    return;
  }
  const report = (name, words) => el("button", {
    type: "button",
    onclick: (event) => act(event.target, async () => {
      const now = await call(`/api/mails/${encodeURIComponent(mail.id)}/${name}`, {});
      $("#told").replaceChildren(...toldOf(now));
      say(`We told the portal: ${fates[name].toLowerCase()}.`);
      await refresh();
    }),
  }, words);
  const silent = el("input", {
    type: "checkbox",
    checked: mail.silent,
    disabled: mail.to.startsWith("silent"),
    onchange: (event) => act(event.target, async () => {
      await call("/api/silent", { address: mail.to, on: event.target.checked });
      say(event.target.checked ? `We no longer report deliveries to ${mail.to}.` : `We report deliveries to ${mail.to} again.`);
    }),
  });
  const facts = [["To", mail.to], ["From", mail.from], ["Sent", `${day(mail.at)} ${minute(mail.at)} UTC`]];
  const list = el("dl", {}, ...facts.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]),
    el("dt", {}, "Outcome"), el("dd", { id: "told" }, ...toldOf(mail)));
  if (mail.code) list.append(el("dt", {}, "Code"), el("dd", { class: "code" }, mail.code));
  $("#mail").replaceChildren(
    el("button", { type: "button", id: "to-list", class: "quiet", onclick: () => { location.hash = ""; } }, "‹ All emails"),
    el("h2", {}, mail.subject),
    list,
    el("div", { class: "acts" },
      report("bounced", "Report a hard bounce"), report("complained", "Report a complaint"),
      el("label", {}, silent, "Report nothing for this address")),
    ...forms(mail));
  $("#mail").scrollTop = 0;
  // On a small screen the mail takes the place of the list, and of what had the focus.
  if (getComputedStyle($("nav")).display === "none") {
    scrollTo(0, 0);
    $("#mail").focus({ preventScroll: true });
  }
}

/** What an address decides, for those who try what happens when mail goes wrong. */
function hints() {
  const rules = [
    ["bounce…@", "bounces hard"], ["complain…@", "arrives and is reported as junk"],
    ["silent…@", "is never heard of"], ["reject…@", "is refused at once"],
  ];
  return el("div", { class: "empty" },
    el("p", {}, "Choose a mail to read it. Mail to everybody arrives, except that mail to"),
    el("dl", {}, ...rules.flatMap(([address, what]) => [el("dt", {}, address), el("dd", {}, what)])));
}

/** The mail as HTML and as text, one at a time. */
function forms(mail) {
  const frame = el("iframe", {
    src: `/mails/${encodeURIComponent(mail.id)}`,
    title: "The mail as HTML",
    sandbox: "allow-same-origin allow-popups allow-popups-to-escape-sandbox",
    onload: () => {
      const fit = () => { frame.style.height = `${frame.contentDocument.documentElement.scrollHeight}px`; };
      fit();
      new ResizeObserver(fit).observe(frame.contentDocument.body);
    },
  });
  const text = el("pre", { tabindex: "0", role: "region", "aria-label": "The email as text" }, ...linked(mail.text));
  const panels = { HTML: frame, Text: text };
  const sheet = el("div", { class: "sheet", role: "tabpanel" }, frame);
  const choose = (name) => {
    sheet.replaceChildren(panels[name]);
    for (const tab of tabs.children) {
      tab.setAttribute("aria-selected", String(tab.textContent === name));
      tab.tabIndex = tab.textContent === name ? 0 : -1;
    }
  };
  const tabs = el("div", { class: "tabs", role: "tablist", "aria-label": "Forms of the mail" },
    ...Object.keys(panels).map((name) => el("button", { type: "button", role: "tab", onclick: () => choose(name) }, name)));
  tabs.addEventListener("keydown", (event) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    const other = [...tabs.children].find((tab) => tab !== document.activeElement);
    choose(other.textContent);
    other.focus();
  });
  choose("HTML");
  return [tabs, sheet];
}

function linked(text) {
  return text.split(/(https?:\/\/[^\s<>\u2068\u2069]+)/).map((part, nth) =>
    nth % 2 ? el("a", { href: part, target: "_blank", rel: "noreferrer" }, part) : part);
}

addEventListener("hashchange", show);

// The clock

function setNow(now) {
  offset = Date.parse(now) - Date.now();
  tick();
}

function tick() {
  const now = new Date(Date.now() + offset).toISOString();
  $("#now").textContent = `${day(now)} ${minute(now)} UTC`;
  $("#now").dateTime = now;
  const minutes = Math.round(offset / 60000);
  const size = Math.abs(minutes);
  const amount = size < 120 ? `${size} min` : size < 2880 ? `${Math.round(size / 60)} h` : `${Math.round(size / 1440)} days`;
  $("#ahead").textContent = size < 2 ? "" : `${minutes > 0 ? "+" : "−"}${amount}`;
  $("#back").hidden = size < 2;
}

async function move(button, wish) {
  await act(button, async () => {
    say("Doing what falls due until then. Over months this takes a minute.");
    const { now } = await call("/api/clock", wish);
    setNow(now);
    showAt();
    say(`It is ${day(now)} ${minute(now)} UTC in the portal. It did what was due, or is still doing it.`);
    showGivenUp();
  });
}

function showAt() {
  $("#at").value = new Date(Date.now() + offset).toISOString().slice(0, 16);
}

for (const button of document.querySelectorAll("[data-forward]")) {
  button.addEventListener("click", () => move(button, { forward: Number(button.dataset.forward) }));
}
$("#to").addEventListener("submit", (event) => {
  event.preventDefault();
  move(event.submitter, { to: `${$("#at").value}:00Z` });
});
$("#back").addEventListener("click", (event) => move(event.target, { back: true }));
$("#clock").addEventListener("toggle", showAt);
addEventListener("click", (event) => {
  if (!$("#clock").contains(event.target)) $("#clock").open = false;
});
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  $("#clock").open = false;
});

// What no function could take

async function showGivenUp() {
  const { records } = await call("/api/given-up").catch(() => ({ records: [] }));
  $("#given-up").hidden = records.length === 0;
  $("#given-up p").textContent = records.length === 1
    ? `A function could not take a record (${records[0].mapping}). The console says why.`
    : `Functions could not take ${records.length} records. The console says why.`;
}
$("#given-up button").addEventListener("click", (event) => act(event.target, async () => {
  await call("/api/given-up", {});
  await showGivenUp();
}));

await load().catch((error) => say(error.message, true));
show();
showGivenUp();
setInterval(tick, 10000);
watch();
