// What clipping does to one training step: the gradient as an arrow before and after, and the loss along the way.

const clipPlace = element.querySelector(".clip");

function drawClipping() {
  const step = props.value?.json ? JSON.parse(props.value.json) : null;
  clipPlace.querySelector(".clip-board").replaceChildren();
  clipPlace.querySelector(".clip-caption").textContent = step ? describeClipping(step) : "";
  if (!step) return;
  const root = svg(clipPlace.querySelector(".clip-board"), "svg", { viewBox: "0 0 760 270", role: "img", "aria-label": describeClipping(step) });
  drawArrows(svg(root, "g", {}), step);
  drawLosses(svg(root, "g", { transform: "translate(420, 0)" }), step);
}

function describeClipping(step) {
  const two = (value) => value.toFixed(2);
  const before = `${step.title} learns from “${step.text}”: the gradient has the norm ${two(step.norm)}`;
  if (step.clipped >= step.norm) return `${before}, below the limit of ${two(step.limit)}, so nothing is cut.`;
  const outcome = step.lossUnclipped > step.lossClipped ? "too far" : "farther, on this text";
  return `${before}; clipping cuts it to ${two(step.clipped)}. The cut step takes the loss from ${two(step.loss)} to ` +
    `${two(step.lossClipped)}; the full one goes ${outcome}: ${two(step.lossUnclipped)}.`;
}

// Right: the part of the recurrent layers; up: that of the embedding and the projection. Lengths are true.
function drawArrows(group, step) {
  const unit = 200 / Math.max(step.norm, step.limit);
  const origin = [40, 240];
  const tip = (share) => [origin[0] + unit * step.layers * share, origin[1] - unit * step.others * share];
  const share = step.clipped / step.norm;
  const radius = unit * step.limit;
  svg(group, "path", { d: `M${origin[0] + radius} ${origin[1]}A${radius} ${radius} 0 0 0 ${origin[0]} ${origin[1] - radius}`, class: "limit" });
  svg(group, "path", { d: `M40 30V240H330`, class: "axis" });
  svg(group, "text", { x: 330, y: 260, "text-anchor": "end" }, "gradient of the recurrent layers");
  svg(group, "text", { x: 48, y: 24 }, "of the embedding and the projection");
  arrow(group, origin, tip(1), "full");
  if (share < 1) arrow(group, origin, tip(share), "cut");
  const [x, y] = tip(1);
  svg(group, "text", { x: x + 10, y: y + 5, class: "number" }, step.norm.toFixed(2));
  svg(group, "text", { x: origin[0] + radius + 6, y: 234, class: "number" }, `limit ${step.limit}`);
}

function arrow(group, from, to, kind) {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  const head = Math.min(13, 0.5 * Math.hypot(to[0] - from[0], to[1] - from[1]));
  const wing = (turn) => `${to[0] - head * Math.cos(angle + turn)} ${to[1] - head * Math.sin(angle + turn)}`;
  svg(group, "path", { d: `M${from[0]} ${from[1]}L${to[0]} ${to[1]}M${wing(0.42)}L${to[0]} ${to[1]}L${wing(-0.42)}`, class: `arrow ${kind}` });
}

function drawLosses(group, step) {
  const top = Math.max(...step.losses);
  const bottom = Math.min(...step.losses);
  const x = (length) => 40 + 260 * length / Math.max(...step.lengths);
  const y = (loss) => 215 - 165 * (loss - bottom) / (top - bottom || 1);
  const points = step.lengths.map((length, i) => [x(length), y(step.losses[i])]);
  svg(group, "path", { d: "M40 30V240H310", class: "axis" });
  svg(group, "text", { x: 310, y: 260, "text-anchor": "end" }, "length of the step");
  svg(group, "text", { x: 48, y: 24 }, "loss on this text, nats a token");
  svg(group, "path", { d: `M${points.map((point) => point.join(" ")).join("L")}`, class: "loss" });
  for (const [px, py] of points) svg(group, "circle", { cx: px, cy: py, r: 3, class: "measured" });
  mark(group, points.at(-1), step.lossUnclipped, "full", "end");
  if (step.clipped < step.norm) mark(group, [x(step.length), y(step.lossClipped)], step.lossClipped, "cut", "start");
}

function mark(group, [x, y], loss, kind, anchor) {
  svg(group, "circle", { cx: x, cy: y, r: 7, class: `mark ${kind}` });
  svg(group, "text", { x: anchor === "end" ? x - 2 : x + 11, y: y < 60 ? y + 24 : y - 12, "text-anchor": anchor, class: "number" }, loss.toFixed(2));
}

watch("value", drawClipping);
drawClipping();
