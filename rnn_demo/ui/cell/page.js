// The tab: words, controls, equations and units around the drawing. Steps are taken here, without the server.

const STEP_MS = 1400;
const QUICK_MS = 400; // whoever goes faster sees no sparks
const find = (selector) => element.querySelector(selector);
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const state = { cell: "", t: 0, unit: 0, hovered: null, term: null, timer: null, steppedAt: 0 };
let message = null;
let data = null;
let numbers = null;
let plan = null;
let board = null;
let terms = [];

function read() {
  stop();
  message = props.value?.json ? JSON.parse(props.value.json) : null;
  find(".cell").classList.toggle("empty", !message);
  if (!message) return;
  state.t = 0;
  buildSwitch();
  show(message.first);
}

function show(cell) {
  const wasCell = data;
  state.cell = cell;
  data = message.cells[cell];
  numbers = numbersOf(data);
  plan = CELLS[cell] ?? genericCell(cell, data);
  state.unit = data.unit;
  state.hovered = state.term = null;
  if (wasCell !== data) state.t = Math.min(state.t, data.tokens.length - 1);
  board = buildBoard(find(".board"), plan.drawing, data.units.length, {
    unit: (unit) => { state.hovered = unit; update(); },
    choose: (unit) => { state.unit = unit; update(); },
    term: light,
  });
  buildWords();
  buildTerms();
  buildUnits();
  find(".steps").max = data.tokens.length - 1;
  const cut = find(".cut");
  cut.hidden = !data.skipped;
  cut.textContent = data.skipped ? `Only the first ${data.tokens.length} tokens are shown; ${data.skipped} more follow.` : "";
  buildUnrolled(find(".unrolled"), data, goTo);
  update();
}

function buildSwitch() {
  const place = find(".switch");
  place.replaceChildren();
  for (const cell of Object.keys(message.cells)) {
    const title = CELLS[cell]?.title ?? cell.toUpperCase();
    const button = html(place, "button", { type: "button", "data-cell": cell }, title);
    button.addEventListener("click", () => show(cell));
  }
}

function buildWords() {
  const place = find(".words");
  place.replaceChildren();
  data.words.forEach((first, i) => {
    const end = data.words[i + 1] ?? data.tokens.length;
    const word = html(place, "button", { type: "button", class: "word", tabindex: "-1" });
    const text = html(word, "span", { class: "text" });
    for (let t = first; t < end; t++) html(text, "span", { class: "token", "data-t": t }, data.tokens[t]);
    word.classList.toggle("split", end - first > 1);
    word.classList.toggle("glued", data.glued[first]);
    const chart = html(word, "span", { class: "chart", "aria-hidden": "true" });
    html(chart, "span", { class: "bar" });
    word.addEventListener("click", (event) => goTo(Number(event.target.dataset?.t ?? first)));
  });
}

function buildTerms() {
  const place = find(".equations");
  place.replaceChildren();
  terms = plan.terms.map((term) => {
    const item = html(place, "div", { role: "listitem", class: `term${term.long ? " long" : ""}`, tabindex: "0", "data-term": term.of });
    html(item, "span", { class: "title" }, term.title);
    html(item, "span", { class: "math" }).innerHTML = term.math; // our own constants, never the visitor's text
    const filled = html(item, "span", { class: "filled" });
    for (const event of ["pointerenter", "focus"]) item.addEventListener(event, () => light(term.of));
    for (const event of ["pointerleave", "blur"]) item.addEventListener(event, () => light(null));
    return { ...term, item, filled };
  });
}

function buildUnits() {
  const place = find(".units");
  place.replaceChildren();
  html(place, "span", { class: "label" }, "Follow a unit");
  data.units.forEach((number, unit) => {
    const button = html(place, "button", { type: "button", class: "follow" });
    html(button, "span", { class: "swatch" });
    html(button, "span", {}, `${number}`);
    button.addEventListener("click", () => { state.unit = unit; update(); });
    for (const event of ["pointerenter", "focus"]) button.addEventListener(event, () => { state.hovered = unit; update(); });
    for (const event of ["pointerleave", "blur"]) button.addEventListener(event, () => { state.hovered = null; update(); });
  });
}

function light(term) {
  state.term = term;
  for (const node of [...board.lit, ...terms.map((each) => each.item)])
    node.classList.toggle("lit", term !== null && node.dataset.term === term);
  board.root.classList.toggle("dimmed", term !== null);
  explain();
}

function explain() {
  const unit = state.hovered ?? state.unit;
  const term = terms.find((each) => each.of === state.term);
  find(".meaning").textContent = term
    ? term.means((name) => numbers.text(name, state.t, unit))
    : "Point at a part of the drawing, or at an equation, to see what it does.";
}

function update() {
  const unit = state.hovered ?? state.unit;
  const readNumber = (name) => numbers.text(name, state.t, unit);
  updateBoard(board, numbers, state.t, unit);
  board.word.textContent = clipped(data.tokens[state.t], 40);
  for (const term of terms) writeEquation(term.filled, fillIn(term.numbers, readNumber));
  const word = `“${data.tokens[state.t]}”`;
  find(".story").textContent = `Unit ${data.units[unit]}. ${plan.story(readNumber, word)}`;
  find(".legend").textContent = `Bars: the ${plan.memory === "c" ? "memory c" : "state h"} of unit ${data.units[unit]} after each word, indigo above 0, orange below.`;
  find(".count").textContent = `${state.t + 1} / ${data.tokens.length}`;
  find(".steps").value = state.t;
  find(".steps").setAttribute("aria-valuetext", `${state.t + 1} of ${data.tokens.length}: ${data.tokens[state.t]}`);
  find(".board").setAttribute("aria-label", `The ${plan.title} at ${word}, unit ${data.units[unit]}. ${terms.map((term) => `${term.title} ${readNumber(term.of)}`).join(", ")}.`);
  updateWords(unit);
  updateUnits(unit);
  for (const moment of find(".unrolled").querySelectorAll(".moment")) moment.classList.toggle("now", Number(moment.dataset.t) === state.t);
  for (const button of find(".switch").children) button.setAttribute("aria-pressed", button.dataset.cell === state.cell);
  explain();
}

// Lines break before an equals sign only.
function writeEquation(place, text) {
  place.replaceChildren();
  for (const side of text.split(" = ")) {
    html(place, "span", { class: "equal" }, `= ${side}`);
    place.append(" ");
  }
}

function updateWords(unit) {
  const scale = numbers.unitScale(plan.memory, unit);
  const buttons = [...find(".words").children];
  buttons.forEach((word, i) => {
    const first = data.words[i];
    const end = data.words[i + 1] ?? data.tokens.length;
    const here = state.t >= first && state.t < end;
    if (here) word.setAttribute("aria-current", "step");
    else word.removeAttribute("aria-current");
    word.tabIndex = here ? 0 : -1;
    word.classList.toggle("ahead", first > state.t);
    const bar = word.querySelector(".bar");
    const value = numbers.at(plan.memory, here ? state.t : end - 1, unit);
    paint(bar, value, scale);
    bar.style.height = `${Math.max(1, (17 * Math.min(1, Math.abs(value) / scale))).toFixed(1)}px`;
    for (const token of word.querySelectorAll(".token")) token.classList.toggle("now", Number(token.dataset.t) === state.t);
    if (here) keepInSight(word);
  });
}

function keepInSight(word) {
  const place = find(".words");
  if (word.offsetTop < place.scrollTop || word.offsetTop + word.offsetHeight > place.scrollTop + place.clientHeight)
    place.scrollTop = word.offsetTop - 4;
}

function updateUnits(unit) {
  const scale = numbers.scale("h");
  [...find(".units").querySelectorAll(".follow")].forEach((button, i) => {
    const value = numbers.text("h", state.t, i);
    paint(button.firstChild, numbers.at("h", state.t, i), scale);
    button.setAttribute("aria-pressed", i === state.unit);
    button.setAttribute("aria-label", `Unit ${data.units[i]}, h is ${value}`);
    button.classList.toggle("followed", i === unit);
  });
}

function goTo(t) {
  const last = data.tokens.length - 1;
  const next = Math.max(0, Math.min(last, t));
  const moves = next === state.t + 1 && !calm.matches && performance.now() - state.steppedAt > QUICK_MS;
  state.steppedAt = performance.now();
  if (moves) carryOver(board);
  state.t = next;
  update();
  if (moves) sparkle(board, plan.terms);
}

function stop() {
  clearInterval(state.timer);
  state.timer = null;
  find(".play").textContent = "▶";
  find(".play").setAttribute("aria-label", "Play");
}

function play() {
  if (state.timer) return stop();
  if (state.t === data.tokens.length - 1) goTo(0);
  find(".play").textContent = "❚❚";
  find(".play").setAttribute("aria-label", "Pause");
  state.timer = setInterval(() => {
    if (!element.isConnected || state.t === data.tokens.length - 1) return stop();
    goTo(state.t + 1);
  }, STEP_MS);
}

function take(t) {
  stop();
  goTo(t);
}

find(".previous").addEventListener("click", () => take(state.t - 1));
find(".next").addEventListener("click", () => take(state.t + 1));
find(".play").addEventListener("click", play);
find(".steps").addEventListener("input", (event) => take(Number(event.target.value)));
find(".cell").addEventListener("keydown", (event) => {
  const way = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!way || !data || event.target.matches(".steps") || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  take(state.t + way);
  if (event.target.matches(".word")) find(".word[aria-current]").focus();
});
watch("value", read);
read();
