// Draws one step of a cell as SVG: built once for a cell, then only colours, widths and numbers change.

const SVG = "http://www.w3.org/2000/svg";
const STRIP_LENGTH = { upright: 108, lying: 84 };
const STRIP_WIDTH = { upright: 22, lying: 14 };

function svg(parent, tag, attributes = {}, text = null) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== null) node.textContent = text;
  parent.append(node);
  return node;
}

function html(parent, tag, attributes = {}, text = null) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  if (text !== null) node.textContent = text;
  parent.append(node);
  return node;
}

// Colour and strength of a number: indigo above 0, orange below.
function paint(node, value, scale) {
  const strength = Math.min(1, Math.abs(value) / scale);
  node.classList.toggle("below", value < 0);
  node.style.setProperty("--strength", strength.toFixed(3));
}

function buildBoard(place, drawing, numUnits, on) {
  place.replaceChildren();
  const root = svg(place, "svg", { viewBox: "0 0 760 452", "aria-hidden": "true" });
  svg(root, "rect", { x: 70, y: 40, width: 620, height: 380, rx: 22, class: "body" });
  const layer = Object.fromEntries(["wires", "strips", "boxes", "numbers"].map((name) => [name, svg(root, "g", { class: name })]));
  const lit = [];
  const remember = (node, term) => {
    if (!term) return node;
    node.dataset.term = term;
    lit.push(node);
    node.addEventListener("pointerenter", () => on.term(term));
    node.addEventListener("pointerleave", () => on.term(null));
    return node;
  };
  const wires = drawing.wires.map((wire) => {
    svg(layer.wires, "path", { d: wire.d, class: "halo" });
    const group = remember(svg(layer.wires, "g", { class: "wire" + (wire.belt ? " belt" : "") + (wire.of ? "" : " plain") }), wire.term);
    if (wire.belt) svg(group, "path", { d: wire.d, class: "bed" });
    const path = svg(group, "path", { d: wire.d, class: "line" });
    const dot = wire.dot && svg(group, "circle", { cx: wire.dot[0], cy: wire.dot[1], r: 4, class: "dot" });
    const pulse = wire.of && svg(group, "path", { d: wire.d, pathLength: 1, class: "pulse" });
    return { ...wire, pulse, nodes: [path, dot].filter(Boolean) };
  });
  const strips = drawing.strips.map((strip) => ({ ...strip, ...buildStrip(layer.strips, strip, numUnits, on, remember) }));
  for (const box of drawing.boxes) buildBox(remember(svg(layer.boxes, "g", { class: "box" }), box.term), box);
  for (const name of drawing.names)
    remember(svg(layer.boxes, "text", { x: name.x, y: name.y, class: "name", "text-anchor": "middle" }, name.text), name.term);
  const numbers = drawing.numbers.map((number) => {
    const anchor = number.middle ? "middle" : "start";
    const node = svg(layer.numbers, "text", { x: number.x, y: number.y, class: "number", "text-anchor": anchor });
    return { ...number, node: remember(node, number.term) };
  });
  const read = drawing.strips.find((strip) => strip.of === "x");
  const word = svg(root, "text", { x: 34, y: read.y + STRIP_LENGTH.upright + 20, class: "read-word" });
  return { root, wires, strips, numbers, lit, word };
}

function buildBox(group, { x, y, sign }) {
  if (/^[×+]$/.test(sign)) svg(group, "circle", { cx: x, cy: y, r: 14 });
  else {
    const width = sign === "σ" ? 46 : 54;
    svg(group, "rect", { x: x - width / 2, y: y - 17, width, height: 34, rx: 7 });
  }
  svg(group, "text", { x, y: y + 6, "text-anchor": "middle" }, sign);
}

function buildStrip(parent, strip, numUnits, on, remember) {
  const kind = strip.lying ? "lying" : "upright";
  const size = STRIP_LENGTH[kind] / numUnits;
  const group = remember(svg(parent, "g", { class: "strip" }), strip.term);
  const frame = strip.lying
    ? { x: strip.x, y: strip.y, width: STRIP_LENGTH.lying, height: STRIP_WIDTH.lying }
    : { x: strip.x, y: strip.y, width: STRIP_WIDTH.upright, height: STRIP_LENGTH.upright };
  svg(group, "rect", { ...frame, class: "ground" });
  const cells = Array.from({ length: numUnits }, (_, unit) => {
    const at = strip.lying
      ? { x: strip.x + unit * size, y: strip.y, width: size, height: STRIP_WIDTH.lying }
      : { x: strip.x, y: strip.y + unit * size, width: STRIP_WIDTH.upright, height: size };
    const cell = svg(group, "rect", { ...at, class: "unit" });
    if (strip.of !== "x") {
      cell.addEventListener("pointerenter", () => on.unit(unit));
      cell.addEventListener("pointerleave", () => on.unit(null));
      cell.addEventListener("click", () => on.choose(unit));
    }
    return cell;
  });
  svg(group, "rect", { ...frame, class: "frame" });
  const ring = strip.of === "x" ? null : svg(group, "rect", { x: 0, y: 0, width: 0, height: 0, class: "ring" });
  if (strip.name) {
    const label = svg(group, "text", { x: strip.x + 11, y: strip.y - 8, class: "state-name", "text-anchor": "middle" });
    svg(label, "tspan", { class: "letter" }, strip.name);
    svg(label, "tspan", { dy: 4, class: "sub" }, strip.sub);
  }
  return { group, cells, ring, size };
}

function updateBoard(board, numbers, t, unit) {
  for (const strip of board.strips) {
    const scale = numbers.scale(strip.of);
    numbers.row(strip.of, t).forEach((value, i) => strip.cells[i] && paint(strip.cells[i], value, scale));
    if (strip.ring) placeRing(strip, unit);
  }
  for (const wire of board.wires.filter((wire) => wire.of)) {
    for (const node of wire.nodes) paint(node, numbers.at(wire.of, t, unit), numbers.unitScale(wire.of, unit));
  }
  for (const number of board.numbers) number.node.textContent = numbers.text(number.of, t, unit);
}

function placeRing({ ring, x, y, size, lying }, unit) {
  const at = lying
    ? { x: x + unit * size - 1, y: y - 2, width: size + 2, height: STRIP_WIDTH.lying + 4 }
    : { x: x - 3, y: y + unit * size - 1, width: STRIP_WIDTH.upright + 6, height: size + 2 };
  for (const [name, value] of Object.entries(at)) ring.setAttribute(name, value);
}

// A spark runs along the wires, from what comes in to what goes out.
function sparkle(board, terms) {
  for (const wire of board.wires.filter((wire) => wire.pulse)) {
    const order = wire.of.endsWith(HELD) || /_(x|h)$/.test(wire.of) ? 0 : 1 + terms.findIndex((term) => term.of === wire.term);
    const frames = [{ strokeDashoffset: 0.15, opacity: 1 }, { strokeDashoffset: -1, opacity: 1 }];
    wire.pulse.animate(frames, { duration: 450, delay: 250 + 90 * order, easing: "ease-in-out" });
  }
}

// What leaves on the right comes in again on the left.
function carryOver(board) {
  for (const strip of board.strips.filter((strip) => strip.becomes)) {
    const target = board.strips.find((other) => other.of === strip.becomes);
    const ghost = strip.group.cloneNode(true);
    ghost.classList.add("ghost");
    board.root.append(ghost);
    const frames = [{ transform: "translate(0, 0)", opacity: 0.9 }, { transform: `translate(${target.x - strip.x}px, ${target.y - strip.y}px)`, opacity: 0.2 }];
    ghost.animate(frames, { duration: 500, easing: "ease-in-out" }).finished.then(() => ghost.remove(), () => ghost.remove());
  }
}
