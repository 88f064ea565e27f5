// The steps of the text in a row; the gradient flows back from the last one, as thick as its norm.

function buildUnrolled(place, data, goTo) {
  const norms = data.gradient;
  place.hidden = norms.length < 2;
  if (place.hidden) return;
  const step = Math.max(50, Math.min(110, 1000 / norms.length));
  const width = step * norms.length + 60;
  const board = place.querySelector(".unrolled-board");
  board.replaceChildren();
  const root = svg(board, "svg", { viewBox: `0 0 ${width} 150`, "aria-hidden": "true" });
  root.style.minWidth = `${width}px`;
  const last = norms.length - 1;
  const largest = Math.max(...norms);
  const x = (t) => 30 + step * (t + 0.5);
  norms.forEach((norm, t) => {
    const group = svg(root, "g", { class: "moment", "data-t": t });
    if (t > 0) svg(group, "path", { d: `M${x(t - 1) + 15} 46H${x(t) - 15}`, class: "forward" });
    if (t > 0) {
      const back = svg(group, "path", { d: `M${x(t) - 15} 62H${x(t - 1) + 15}`, class: "back" });
      back.style.strokeWidth = (14 * norms[t - 1] / largest + 0.5).toFixed(2);
    }
    svg(group, "rect", { x: x(t) - 15, y: 36, width: 30, height: 36, rx: 6 });
    svg(group, "text", { x: x(t), y: 59, "text-anchor": "middle", class: "moment-word" }, "h");
    svg(group, "text", { x: x(t), y: 96, "text-anchor": "middle", class: "moment-word" }, clipped(data.tokens[t], Math.floor(step / 9)));
    svg(group, "text", { x: x(t), y: 114, "text-anchor": "middle", class: "moment-norm" }, minus(short(norm)));
    group.addEventListener("click", () => goTo(t));
  });
  svg(root, "text", { x: x(last), y: 24, "text-anchor": "middle", class: "error" }, "error");
  const half = norms.findLastIndex((norm) => norm < largest / 10);
  place.querySelector(".unrolled-caption").textContent =
    "In training, the error at the last step travels back through every step: the thicker the line, the stronger the " +
    `signal that arrives. At the last step the gradient has the norm ${short(norms[last])}, at the first ${short(norms[0])}.` +
    (half >= 0 ? ` Already ${last - half} steps back, at “${data.tokens[half]}”, less than a tenth of it is left.` : "");
  board.setAttribute("aria-label", norms.map((norm, t) => `${data.tokens[t]} ${short(norm)}`).join(", "));
}

function short(norm) {
  return norm >= 0.001 || norm === 0 ? norm.toPrecision(2).replace(/e.*/, "") : norm.toExponential(0);
}

function clipped(text, most) {
  return text.length > most ? `${text.slice(0, Math.max(1, most - 1))}…` : text;
}
