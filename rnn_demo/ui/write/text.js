// The text of a column: the prompt, then a span a word with a button a token. The arrow keys go from token to token.

const KEYS = ["ArrowRight", "ArrowLeft", "Home", "End"];

function buildText(place, events) {
  const box = make(place, "div", { class: "write-text", role: "group", "aria-label": "Text: the arrow keys move in it" });
  let tokens = [];
  let words = [];

  function clear(prompt) {
    box.replaceChildren();
    make(box, "span", { class: "prompt" }, prompt);
    make(box, "span", { class: "caret", "aria-hidden": "true" });
    tokens = [];
    words = [];
  }

  function add(step) {
    const [space, text] = step.text.trim() ? step.text.match(/^(\s*)([^]*)$/).slice(1) : ["", step.text];
    const word = words.length && goesOn(words.at(-1).text, step.text) ? words.at(-1) : beginWord(space);
    const number = tokens.length;
    const node = make(word.node, "span", { class: "token", role: "button", tabindex: number ? "-1" : "0" }, text);
    node.dataset.number = number;
    if (!text.trim()) node.classList.add("blank");
    if (step.isYours) node.classList.add("yours");
    tokens.push(node);
    word.text += step.text;
    word.steps.push(step);
    word.nodes.push(node);
    describe(word);
  }

  function beginWord(space) {
    const word = { text: "", steps: [], nodes: [], node: document.createElement("span") };
    word.node.className = "word";
    box.lastChild.before(space, word.node);
    words.push(word);
    return word;
  }

  function describe(word) {
    const probs = word.steps.map(probOf);
    const prob = probs.reduce((product, each) => product * each, 1);
    const parts = word.steps.map((step, i) => `${labelOf(step.text)} ${percentOf(probs[i])}`);
    word.node.style.setProperty("--surprise", strengthOf(prob).toFixed(2));
    word.node.title = `${spoken(word.text)}: ${percentOf(prob)}${parts.length > 1 ? ` (${parts.join(" × ")})` : ""}`;
    word.nodes.forEach((node, i) => {
      const within = parts.length > 1 ? ` in ${spoken(word.text)}` : "";
      node.setAttribute("aria-label", `${spoken(word.steps[i].text)}${within}, ${percentOf(probs[i])}`);
    });
  }

  function fade(first) {
    tokens.slice(first).forEach((node) => node.classList.add("fading"));
  }

  function mark(number, isPinned) {
    tokens.forEach((node, i) => {
      node.classList.toggle("current", i === number);
      if (i === number && isPinned) node.setAttribute("aria-pressed", "true");
      else node.removeAttribute("aria-pressed");
    });
  }

  function focus(node, key) {
    const visible = tokens.filter((each) => each.textContent); // a byte of a character has no text yet
    const i = visible.indexOf(node);
    const next = { ArrowRight: visible[i + 1], ArrowLeft: visible[i - 1], Home: visible[0], End: visible.at(-1) }[key];
    if (!next) return;
    tokens.forEach((each) => each.setAttribute("tabindex", each === next ? "0" : "-1"));
    next.focus();
  }

  const numberOf = (event) => {
    const node = event.target.closest?.(".token");
    return node ? Number(node.dataset.number) : null;
  };
  box.addEventListener("pointerover", (event) => event.pointerType === "mouse" && events.look(numberOf(event)));
  box.addEventListener("pointerleave", () => events.look(null));
  box.addEventListener("focusin", (event) => events.look(numberOf(event)));
  box.addEventListener("focusout", () => events.look(null));
  box.addEventListener("click", (event) => numberOf(event) !== null && events.pin(numberOf(event)));
  box.addEventListener("keydown", (event) => {
    const number = numberOf(event);
    if (number === null) return;
    if (KEYS.includes(event.key)) focus(tokens[number], event.key);
    else if (event.key === "Enter" || event.key === " ") events.pin(number);
    else return;
    event.preventDefault();
  });
  const live = (isLive) => box.classList.toggle("live", isLive);
  const follow = () => { box.scrollTop = box.scrollHeight; };
  return { clear, add, fade, mark, live, follow, content: () => box.textContent };
}
