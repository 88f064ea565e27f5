// What the server sends, and when it is shown: the steps of a text come faster than an eye can follow.

const NORMAL_MS = 50;
const SLOW_MS = 600;
const BACKLOG = 50; // steps that wait for the page at the normal pace; beyond it, several are shown at once
const place = element.querySelector(".write-columns");
const status = element.querySelector(".write-status");
const pace = element.querySelector(".write-pace select");
const snapshots = new Map(); // click on a bar -> what the column then kept
let columns = [];
let lines = "";
let isDone = true;
let isStopped = false;
let timer = null;
let clicks = 0;

if (matchMedia("(prefers-reduced-motion: reduce)").matches) pace.value = "none";

function receive(atOnce) {
  const sent = props.value?.lines ?? "";
  if (!sent.startsWith(lines) || !lines) lines = "";
  const fresh = sent.slice(lines.length).split("\n").filter(Boolean).map((line) => JSON.parse(line));
  if (!lines && fresh.length) start(fresh.shift());
  lines = sent;
  if (isStopped) return;
  for (const line of fresh) take(line);
  if (atOnce || pace.value === "none") flush();
  else play();
}

function start(header) {
  isDone = isStopped = false;
  if (header.columns) return open(header);
  const snapshot = snapshots.get(header.click);
  if (!snapshot) { isStopped = true; return; } // of a page that was loaded again
  snapshot.column.begin(snapshot.prompt, snapshot.steps);
  snapshot.column.isSteered = true;
}

function open(header) {
  const isSame = columns.map((column) => column.model).join() === header.columns.map((about) => about.model).join();
  if (!isSame) {
    columns.forEach((column) => column.remove());
    columns = header.columns.map((about) => buildColumn(place, about, steer));
    place.dataset.count = columns.length;
  }
  columns.forEach((column) => column.begin(header.prompt, []));
}

function take(line) {
  if (line === "done") { isDone = true; return; }
  const [number, text, id, isWritten, candidates] = line;
  const step = { text, id, candidates: candidates.map(([token, id, prob]) => ({ token, id, prob })) };
  const column = columns[number];
  if (!column) return;
  if (column.isSteered) {
    step.isYours = true;
    column.isSteered = false;
  }
  if (isWritten) column.queue.push(step);
  else column.next = Object.assign(step, { isEnd: candidates.some(([token, each]) => each === id && token === END) });
}

function flush() {
  columns.forEach((column) => column.advance(column.queue.length, false));
  settle();
}

function play() {
  timer ??= setInterval(tick, pace.value === "slow" ? SLOW_MS : NORMAL_MS);
}

function tick() {
  for (const column of columns) {
    const count = pace.value === "slow" ? 1 : Math.max(1, Math.ceil(column.queue.length / BACKLOG));
    if (column.queue.length) column.advance(count, true);
  }
  settle();
}

function settle() {
  const isWaiting = columns.some((column) => column.queue.length);
  if (!isWaiting) { clearInterval(timer); timer = null; }
  for (const column of columns) {
    const isLive = column.queue.length > 0 || !(isDone || isStopped || column.next);
    if (column.isLive !== isLive) { column.isLive = isLive; column.update(); }
  }
  const isWriting = columns.some((column) => column.isLive);
  const message = isWriting ? "Writing…" : describeAll();
  if (status.textContent !== message) status.textContent = message;
}

function describeAll() {
  return columns.map((column) => (columns.length > 1 ? `${column.title}: ` : "") + describeColumn(column)).join(" ");
}

function describeColumn(column) {
  if (!column.steps.length) return "Nothing is written.";
  const least = column.steps.reduce((one, other) => (probOf(other) < probOf(one) ? other : one));
  const count = column.steps.length;
  const size = `${isStopped ? "Stopped after " : ""}${count} token${count > 1 ? "s" : ""}`;
  return `${size}, the least likely “${spoken(least.text)}” (${percentOf(probOf(least))}).`;
}

function steer(column, prompt, steps, id) {
  const click = ++clicks;
  snapshots.clear();
  snapshots.set(click, { column, prompt, steps });
  const forced = [...steps.map((step) => step.id), id];
  trigger("steer", { click, column: columns.indexOf(column), model: column.model, prompt, forced });
}

function stop() {
  if (!columns.some((column) => column.isLive)) return;
  isStopped = true;
  columns.forEach((column) => { column.queue = []; });
  settle();
}

function showTyped() {
  const typed = props.typed ? JSON.parse(props.typed) : null;
  columns.forEach((column, i) => {
    const candidates = typed?.columns[i];
    column.typed = candidates && !column.isLive
      ? { prompt: typed.prompt, candidates: candidates.map(([token, id, prob]) => ({ token, id, prob })) } : null;
    column.update();
  });
}

pace.addEventListener("change", () => {
  clearInterval(timer);
  timer = null;
  if (pace.value === "none") flush();
  else play();
});
document.addEventListener("click", (event) => event.target.closest?.("#write-stop") && stop());
watch("value", () => receive(false));
watch("typed", showTyped);
receive(true);
