"use strict";

// Shows /sandbox/state and writes through /sandbox/say, press and phone. Every text from outside is set as text.

const EVERY_MS = 1000;
const byId = (id) => document.getElementById(id);
const seen = new Map();
let state = null;
let chosen = "";
let thread = "";
let shown = "";

function element(name, className, text) {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Slack writes mentions as <@U...> and takes & < > escaped; people see and type neither.
function readable(channel, text) {
  if (channel.kind === "sms") return text;
  const names = new Map([[channel.bot, "app"], ...channel.users.map((user) => [user.id, user.name])]);
  return text.replace(/<@(\w+)>/g, (_, id) => `@${names.get(id) ?? id}`);
}

function escaped(channel, text) {
  if (channel.kind === "sms") return text;
  const safe = text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  return safe.replace(/(^|\s)@app\b/gi, `$1<@${channel.bot}>`);
}

// A place is a phone or a Slack room, in one shape for the list and the conversation.
function placesOf(channel) {
  const found = channel.kind === "sms" ? channel.phones : channel.rooms;
  return found.map((place) => ({
    key: `${channel.name}/${place.number || place.id}`,
    channel,
    place,
    phone: place.number || "",
    room: place.number ? "" : place.id,
    title: place.number ? place.name || place.number : place.user ? place.name : `#${place.name}`,
    note: noteOf(channel, place),
    messages: place.messages,
  }));
}

function noteOf(channel, place) {
  if (!place.number) return place.user ? "Slack direct message with the app" : "Slack channel";
  const name = place.name ? `${place.number} · ` : "";
  return `${name}writes to ${channel.number}${place.stopped ? " · said STOP" : ""}`;
}

const allPlaces = () => state.channels.flatMap(placesOf);
const current = () => allPlaces().find((one) => one.key === chosen);

function drawPlaces() {
  const drawn = state.channels.flatMap((channel) => {
    const title = channel.kind === "sms" ? `Phones · ${channel.name}` : `Slack · ${channel.name}`;
    return [element("h3", "group", title), ...placesOf(channel).map(placeButton)];
  });
  const focused = document.activeElement?.dataset?.key;
  byId("places").replaceChildren(...drawn);
  if (focused) drawn.find((one) => one.dataset.key === focused)?.focus();
}

function placeButton(one) {
  const last = one.messages[one.messages.length - 1];
  const unread = one.messages.length - (seen.get(one.key) ?? 0);
  const button = element("button", "place");
  const name = element("span", "name");
  name.append(element("span", "", one.title));
  if (unread > 0 && one.key !== chosen) name.append(countBadge(unread));
  button.append(name);
  if (last) button.append(element("span", "last", readable(one.channel, last.text)));
  button.type = "button";
  button.dataset.key = one.key;
  button.setAttribute("aria-current", String(one.key === chosen));
  button.addEventListener("click", () => choose(one.key, true));
  return button;
}

function countBadge(unread) {
  const badge = element("span", "count", String(unread));
  badge.setAttribute("aria-label", `${unread} new`);
  return badge;
}

function choose(key, byHand) {
  chosen = key;
  thread = "";
  byId("problem").hidden = true;
  if (byHand) {
    document.body.classList.add("chosen");
    history.replaceState(null, "", `#${encodeURIComponent(key)}`);
  }
  draw();
  byId("lines").scrollTop = byId("lines").scrollHeight;
}

function drawTalk() {
  const one = current();
  byId("write").hidden = !one;
  if (!one) return;
  seen.set(one.key, one.messages.length);
  byId("title").textContent = one.title;
  byId("subtitle").textContent = one.note;
  byId("text").placeholder = one.room && !one.place.user ? "Write a message; @app names the app" : "Write a message";
  drawLines(one);
  drawWho(one);
  drawThread(one);
}

function drawLines(one) {
  const lines = byId("lines");
  const fresh = JSON.stringify([one.key, one.messages]);
  if (fresh === shown) return;
  shown = fresh;
  const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 60;
  lines.replaceChildren(...one.messages.map((message) => lineOf(one, message)));
  if (atEnd) lines.scrollTop = lines.scrollHeight;
}

function lineOf(one, message) {
  const line = element("li", "line");
  line.classList.toggle("person", message.direction === "inbound");
  line.classList.toggle("reply", Boolean(message.thread));
  line.append(element("div", "bubble", readable(one.channel, message.text)));
  if (message.buttons?.length) line.append(choicesOf(one, message));
  line.append(metaOf(one, message));
  return line;
}

function metaOf(one, message) {
  const meta = element("div", "meta");
  if (message.name) meta.append(element("span", "", message.name));
  meta.append(element("time", "", new Date(message.at).toLocaleTimeString([], {hour: "2-digit", minute: "2-digit"})));
  if (message.status) meta.append(statusOf(message));
  if (one.room && !message.thread) meta.append(threadButton(message));
  return meta;
}

function statusOf(message) {
  const bad = ["failed", "undelivered"].includes(message.status);
  const good = ["delivered", "read"].includes(message.status);
  const text = message.error ? `${message.status} (${message.error})` : message.status;
  return element("span", bad ? "bad" : good ? "good" : "", text);
}

function threadButton(message) {
  const button = element("button", "", "Reply in thread");
  button.type = "button";
  button.addEventListener("click", () => {
    thread = message.id;
    draw();
    byId("text").focus();
  });
  return button;
}

function choicesOf(one, message) {
  const row = element("div", "choices");
  for (const choice of message.buttons) {
    const button = element("button", "", choice.label);
    button.type = "button";
    button.setAttribute("aria-pressed", String(message.pressed.includes(choice.value)));
    button.addEventListener("click", () => press(one, message, choice.value));
    row.append(button);
  }
  return row;
}

function drawWho(one) {
  const people = one.phone ? [] : one.channel.users.filter((user) => !one.place.user || user.id === one.place.user);
  const who = byId("who");
  const fresh = people.map((user) => user.id).join();
  who.hidden = people.length < 2;
  if (who.dataset.people === fresh) return;
  who.dataset.people = fresh;
  who.replaceChildren(...people.map((user) => new Option(user.name, user.id)));
}

function drawThread(one) {
  const root = one.messages.find((message) => message.id === thread);
  byId("thread").hidden = !root;
  if (root) byId("thread-text").textContent = `In the thread of “${readable(one.channel, root.text)}”`;
}

function drawAdd() {
  const lines = state.channels.filter((channel) => channel.kind === "sms");
  byId("add").hidden = lines.length === 0;
  byId("line").hidden = lines.length < 2;
  if (byId("line").options.length === lines.length) return;
  byId("line").replaceChildren(...lines.map((channel) => new Option(channel.name, channel.name)));
}

function draw() {
  if (!state) return;
  if (!current()) chosen = firstChoice();
  drawPlaces();
  drawTalk();
  drawAdd();
}

function firstChoice() {
  const places = allPlaces();
  const wanted = decodeURIComponent(location.hash.slice(1));
  const busy = places.find((one) => one.messages.length > 0);
  return (places.find((one) => one.key === wanted) ?? busy ?? places[0])?.key ?? "";
}

async function post(deed, body) {
  const problem = byId("problem");
  problem.hidden = true;
  try {
    const answer = await fetch(`/sandbox/${deed}`, {
      method: "POST",
      headers: {"Content-Type": "application/json"},
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error((await answer.json()).error);
    await refresh();
    return true;
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    return false;
  }
}

const writer = (one) => one.phone || byId("who").value;

function press(one, message, value) {
  return post("press", {channel: one.channel.name, who: writer(one), room: one.room, message: message.id, value});
}

async function send(event) {
  event.preventDefault();
  const one = current();
  const typed = byId("text").value.trim();
  if (!one || !typed) return;
  const text = escaped(one.channel, typed);
  const sent = await post("say", {channel: one.channel.name, who: writer(one), text, room: one.room, thread});
  if (sent) byId("text").value = "";
  byId("lines").scrollTop = byId("lines").scrollHeight;
}

async function addPhone(event) {
  event.preventDefault();
  const channel = byId("line").value;
  const number = byId("number").value.trim();
  if (!(await post("phone", {channel, number}))) return;
  byId("number").value = "";
  choose(`${channel}/${number}`, true);
  byId("text").focus();
}

function sayState(text, off) {
  const line = byId("state");
  if (line.textContent !== text) line.textContent = text;
  line.classList.toggle("off", off);
}

async function refresh() {
  try {
    const answer = await fetch(`/sandbox/state?after=${state ? state.version : ""}`);
    if (!answer.ok) throw new Error(String(answer.status));
    if (answer.status === 200) {
      state = await answer.json();
      draw();
    }
    sayState(state.owed ? `live · ${state.owed} to come` : "live", false);
  } catch {
    sayState("not reachable, trying again", true);
  }
}

async function live() {
  await refresh();
  setTimeout(live, document.hidden ? 5 * EVERY_MS : EVERY_MS);
}

byId("write").addEventListener("submit", send);
byId("add").addEventListener("submit", addPhone);
byId("leave").addEventListener("click", () => { thread = ""; draw(); });
byId("back").addEventListener("click", () => document.body.classList.remove("chosen"));
byId("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    byId("write").requestSubmit();
  }
});
live();
