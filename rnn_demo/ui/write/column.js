// One network: its text, its bars, and which step the bars show.

const CONTEXT = 20; // characters of the text before a step that its caption quotes

function buildColumn(place, about, steer) {
  const section = make(place, "section", { class: "write-column", "aria-label": about.title });
  make(section, "h2", {}, about.title);
  const column = { ...about, prompt: "", steps: [], queue: [], next: null, typed: null, isLive: false };
  let looked = null; // the token under the pointer or the focus
  let pinned = null; // the token that was clicked
  let held = null; // the view that stays while the pointer is over the bars
  const left = make(section, "div", { class: "write-left" });
  const text = buildText(left, {
    look: (number) => { looked = number; update(); },
    pin: (number) => { pinned = pinned === number ? null : number; update(); },
  });
  const tools = make(left, "div", { class: "write-tools" });
  buildTool(tools, "Copy", async (button) => say(button, await copy(text.content()) ? "Copied" : "Not copied"));
  buildTool(tools, "Download .txt", () => download(text.content(), fileName(about.model, column.prompt)));
  const bars = buildBars(section, {
    hold: () => { held ??= viewed(); },
    release: () => { held = null; update(); },
    choose: (id) => {
      const view = held ?? viewed();
      held = looked = pinned = null;
      const written = view.typed ? [] : column.steps.slice(0, view.number);
      text.fade(written.length);
      steer(column, view.typed ? column.typed.prompt : column.prompt, written, id);
    },
  });

  function viewed() {
    const number = (column.isLive ? null : looked) ?? pinned;
    if (number !== null && number < column.steps.length) return { number, step: column.steps[number] };
    const newest = { number: column.steps.length - 1, step: column.steps.at(-1) };
    if (column.isLive) return newest;
    if (column.typed) return { number: 0, typed: true, step: { candidates: column.typed.candidates } };
    return column.next ? { number: column.steps.length, step: column.next } : newest;
  }

  function update() {
    const view = held ?? viewed();
    const isWritten = !view.typed && view.number < column.steps.length;
    text.mark(isWritten ? view.number : null, pinned === view.number);
    text.live(column.isLive);
    const { candidates = [], id, isEnd, isYours } = view.step ?? {};
    bars.show(captionOf(view), candidates, isWritten || isEnd ? id : null, isYours);
  }

  function captionOf(view) {
    if (!view.step) return "Reading the prompt";
    if (view.typed) return "First, after your prompt";
    if (view.step.isEnd) return "The network ended its text here";
    const before = column.prompt + column.steps.slice(0, view.number).map((step) => step.text).join("");
    const title = view.number < column.steps.length ? `Token ${view.number + 1}` : "Next";
    return before.trim() ? `${title}, after “${endOf(before)}”` : title;
  }

  function begin(prompt, steps) {
    Object.assign(column, { prompt, steps: [], queue: [], next: null, typed: null, isLive: true });
    looked = pinned = held = null;
    text.clear(prompt);
    steps.forEach(write);
    update();
  }

  function write(step) {
    column.steps.push(step);
    text.add(step);
  }

  function advance(count, isFollowed) {
    column.queue.splice(0, count).forEach(write);
    if (isFollowed) text.follow();
    update();
  }

  return Object.assign(column, { begin, advance, update, remove: () => section.remove() });
}

function endOf(text) {
  const characters = [...text.trimEnd().replace(/\s+/g, " ")];
  if (characters.length <= CONTEXT) return characters.join("");
  return "…" + characters.slice(-CONTEXT).join("").replace(/^\S* (?=\S)/, "");
}

function buildTool(place, title, act) {
  const button = make(place, "button", { type: "button" }, title);
  button.addEventListener("click", () => act(button));
}

function say(button, message) {
  const title = button.dataset.title ??= button.textContent;
  button.textContent = message;
  setTimeout(() => { button.textContent = title; }, 1500);
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = make(document.body, "textarea"); // without https a browser has no clipboard object
    field.value = text;
    field.select();
    const isCopied = document.execCommand("copy");
    field.remove();
    return isCopied;
  }
}

function download(text, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function fileName(model, prompt) {
  const words = prompt.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return ["write", model, ...words.slice(0, 5)].join("-").slice(0, 60) + ".txt";
}
