// The candidates of a step as bars on a scale of 0 to 100%. Each is a button that writes its token.

const NUM_ROWS = 11; // the drawn token has a row of its own where it is not among the ten likeliest

function buildBars(place, events) {
  const box = make(place, "div", { class: "write-bars" });
  const caption = make(box, "p", { class: "caption" });
  const list = make(box, "ol");
  const rows = Array.from({ length: NUM_ROWS }, () => buildRow(list, events));
  box.addEventListener("pointerenter", events.hold);
  box.addEventListener("pointerleave", events.release);
  box.addEventListener("focusin", events.hold);
  box.addEventListener("focusout", events.release);

  function show(title, candidates, chosen, isYours) {
    caption.textContent = title;
    rows.forEach((row, i) => row.show(candidates[i], candidates[i] && candidates[i].id === chosen, isYours));
  }
  return { show };
}

function buildRow(list, events) {
  const item = make(list, "li");
  const button = make(item, "button", { type: "button" });
  const label = make(button, "span", { class: "label" });
  const space = make(label, "span", { class: "space" });
  const name = make(label, "span");
  const track = make(button, "span", { class: "track" });
  const fill = make(track, "span", { class: "fill" });
  const value = make(button, "span", { class: "value" });
  let candidate = null;
  button.addEventListener("click", () => candidate && events.choose(candidate.id));

  function show(next, isChosen, isYours) {
    candidate = next ?? null;
    item.classList.toggle("unused", !candidate);
    button.disabled = !candidate;
    if (!candidate) return;
    const text = labelOf(candidate.token);
    const isWord = text.length > 1 && text.startsWith("␣");
    const tag = isChosen ? (isYours ? "yours" : "drawn") : "";
    space.textContent = isWord ? "␣" : "";
    name.textContent = isWord ? text.slice(1) : text;
    fill.style.width = `${100 * candidate.prob}%`;
    value.textContent = percentOf(candidate.prob);
    item.className = [tag, candidate.prob ? "" : "out"].filter(Boolean).join(" ");
    item.dataset.tag = tag;
    const state = [percentOf(candidate.prob), tag].filter(Boolean).join(", ");
    button.setAttribute("aria-label", `Write ${spoken(candidate.token)}: ${state}`);
  }
  return { show };
}
