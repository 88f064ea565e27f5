// The drawings: for each cell its equations (with sentences), and where strips, wires, boxes and numbers stand.

const GATE_Y = 300;
const H_RAIL = 346;
const X_RAIL = 374;

// A gate: two branches from the rails below (what h and what x add), the box, its strip, and its name.
function gate(of, x, sign, name) {
  return {
    wires: [
      { of: `${of}_h`, d: `M${x - 10} ${H_RAIL}V${GATE_Y + 17}`, term: of, dot: [x - 10, H_RAIL] },
      { of: `${of}_x`, d: `M${x + 10} ${X_RAIL}V${GATE_Y + 17}`, term: of, dot: [x + 10, X_RAIL] },
      { of, d: `M${x} ${GATE_Y - 17}V250`, term: of },
    ],
    strips: [{ of, x: x - 42, y: 234, lying: true, term: of }],
    boxes: [{ x, y: GATE_Y, sign, term: of }],
    numbers: [{ of, x: x + (sign === "σ" ? 28 : 33), y: GATE_Y + 5, term: of }],
    names: [{ x, y: 402, text: name, term: of }],
  };
}

function rails(last, hStart) {
  return [
    { of: "h@", d: `M${hStart}H${last - 10}`, term: "" },
    { d: `M56 ${X_RAIL}H${last + 10}`, term: "" },
  ];
}

function joined(parts) {
  const kinds = ["wires", "strips", "boxes", "numbers", "names"];
  return Object.fromEntries(kinds.map((kind) => [kind, parts.flatMap((part) => part[kind] ?? [])]));
}

const X_STRIP = { of: "x", x: 34, y: 320, name: "x", sub: "t", what: "the word", term: "" };
const argument = (letter, row) =>
  `<i>W</i><sub>i${row}</sub><i>x</i><sub>t</sub> + <i>b</i><sub>i${row}</sub> + ` +
  `<i>W</i><sub>h${row}</sub><i>h</i><sub>t−1</sub> + <i>b</i><sub>h${row}</sub>`;
const v = (letter, sub = "t") => `<i>${letter}</i><sub>${sub}</sub>`;

const CELLS = {
  lstm: {
    title: "LSTM",
    memory: "c",
    terms: [
      {
        of: "forget", title: "forget gate", math: `${v("f")} = σ(${argument("f", "f")})`,
        numbers: "σ({forget_x} {+forget_h}) = σ({forget_sum}) = {forget}",
        means: (n) => `Forget gate: how much of the old memory stays. ${n("forget")} keeps ${share(+n("forget"))} of it.`,
      },
      {
        of: "input", title: "input gate", math: `${v("i")} = σ(${argument("i", "i")})`,
        numbers: "σ({input_x} {+input_h}) = σ({input_sum}) = {input}",
        means: (n) => `Input gate: how much of what is new gets in. ${n("input")} lets ${share(+n("input"))} of it in.`,
      },
      {
        of: "candidate", title: "candidate", math: `${v("g")} = tanh(${argument("g", "g")})`,
        numbers: "tanh({candidate_x} {+candidate_h}) = tanh({candidate_sum}) = {candidate}",
        means: (n) => `Candidate: what this word would like to write into the memory, between −1 and 1. Here ${n("candidate")}.`,
      },
      {
        of: "c", title: "memory", long: true, math: `${v("c")} = ${v("f")} ${v("c", "t−1")} + ${v("i")} ${v("g")}`,
        numbers: "{forget} × {*c@} + {input} × {*candidate} = {kept} {+added} = {c}",
        means: (n) => `Memory: what is kept of the old (${n("kept")}) plus what is added (${n("added")}). No squashing on the way, so it can last.`,
      },
      {
        of: "output", title: "output gate", math: `${v("o")} = σ(${argument("o", "o")})`,
        numbers: "σ({output_x} {+output_h}) = σ({output_sum}) = {output}",
        means: (n) => `Output gate: how much of the memory is shown now. ${n("output")} shows ${share(+n("output"))} of it; the rest stays inside.`,
      },
      {
        of: "h", title: "hidden state", long: true, math: `${v("h")} = ${v("o")} tanh(${v("c")})`,
        numbers: "{output} × tanh({c}) = {output} × {*squashed} = {h}",
        means: (n) => `Hidden state: what the next layer and the next step read. The memory ${n("c")} is squashed to ${n("squashed")}, and the output gate lets ${n("h")} out.`,
      },
    ],
    story: (n, word) =>
      `At ${word} this unit keeps ${share(+n("forget"))} of its memory (${n("c@")} → ${n("kept")}), ` +
      `adds ${n("added")}, and now holds ${n("c")}.`,
    drawing: joined([
      { wires: rails(520, `56 234H84V${H_RAIL}`) },
      gate("forget", 150, "σ", "forget"),
      gate("input", 262, "σ", "input"),
      gate("candidate", 366, "tanh", "candidate"),
      gate("output", 520, "σ", "output"),
      {
        strips: [
          { of: "c@", x: 34, y: 26, name: "c", sub: "t−1", what: "memory", term: "c" },
          { of: "h@", x: 34, y: 180, name: "h", sub: "t−1", what: "state", term: "" },
          X_STRIP,
          { of: "c", x: 704, y: 26, name: "c", sub: "t", what: "memory", term: "c", becomes: "c@" },
          { of: "h", x: 704, y: 180, name: "h", sub: "t", what: "state", term: "h", becomes: "h@" },
        ],
        wires: [
          { of: "c@", d: "M56 80H136", term: "c", belt: true },
          { of: "forget", d: "M150 234V95", term: "forget" },
          { of: "kept", d: "M164 80H300", term: "c", belt: true },
          { of: "input", d: "M262 234V168H300", term: "input" },
          { of: "candidate", d: "M366 234V168H328", term: "candidate" },
          { of: "added", d: "M314 154V95", term: "c" },
          { of: "c", d: "M328 80H704", term: "c", belt: true },
          { of: "c", d: "M606 80V117", term: "h", dot: [606, 80] },
          { of: "squashed", d: "M606 151V186", term: "h" },
          { of: "output", d: "M520 234V200H592", term: "output" },
          { of: "h", d: "M620 200H662V234H704", term: "h" },
        ],
        boxes: [
          { x: 150, y: 80, sign: "×", term: "c" },
          { x: 314, y: 80, sign: "+", term: "c" },
          { x: 314, y: 168, sign: "×", term: "c" },
          { x: 606, y: 134, sign: "tanh", term: "h" },
          { x: 606, y: 200, sign: "×", term: "h" },
        ],
        numbers: [
          { of: "c@", x: 96, y: 66, middle: true, term: "c" },
          { of: "kept", x: 232, y: 66, middle: true, term: "c" },
          { of: "c", x: 467, y: 66, middle: true, term: "c" },
          { of: "added", x: 322, y: 126, term: "c" },
          { of: "squashed", x: 614, y: 174, term: "h" },
          { of: "h", x: 655, y: 258, middle: true, term: "h" },
        ],
      },
    ]),
  },
  gru: {
    title: "GRU",
    memory: "h",
    terms: [
      {
        of: "reset", title: "reset gate", math: `${v("r")} = σ(${argument("r", "r")})`,
        numbers: "σ({reset_x} {+reset_h}) = σ({reset_sum}) = {reset}",
        means: (n) => `Reset gate: how much of the old state the candidate may look at. ${n("reset")} lets it use ${share(+n("reset"))} of it.`,
      },
      {
        of: "update", title: "update gate", math: `${v("z")} = σ(${argument("z", "z")})`,
        numbers: "σ({update_x} {+update_h}) = σ({update_sum}) = {update}",
        means: (n) => `Update gate: how much of the old state stays. ${n("update")} keeps ${share(+n("update"))} of it; the rest is replaced.`,
      },
      {
        of: "candidate", title: "candidate", long: true,
        math: `${v("n")} = tanh(<i>W</i><sub>in</sub>${v("x")} + <i>b</i><sub>in</sub> + ${v("r")} (<i>W</i><sub>hn</sub>${v("h", "t−1")} + <i>b</i><sub>hn</sub>))`,
        numbers: "tanh({candidate_x} + {reset} × {*candidate_h}) = tanh({candidate_sum}) = {candidate}",
        means: (n) => `Candidate: the new value that this word proposes, between −1 and 1. Here ${n("candidate")}.`,
      },
      {
        of: "h", title: "state and memory", long: true, math: `${v("h")} = ${v("z")} ${v("h", "t−1")} + (1 − ${v("z")}) ${v("n")}`,
        numbers: "{update} × {*h@} + {open} × {*candidate} = {kept} {+added} = {h}",
        means: (n) => `New state: a mixture of the old (${n("kept")}) and the candidate (${n("added")}). What one gets, the other loses.`,
      },
    ],
    story: (n, word) =>
      `At ${word} this unit keeps ${share(+n("update"))} of its state (${n("h@")} → ${n("kept")}), ` +
      `adds ${n("added")}, and now holds ${n("h")}.`,
    drawing: joined([
      { wires: rails(556, `92 80V${H_RAIL}`) },
      gate("reset", 160, "σ", "reset"),
      gate("update", 290, "σ", "update"),
      gate("candidate", 556, "tanh", "candidate"),
      {
        strips: [
          { of: "h@", x: 34, y: 26, name: "h", sub: "t−1", what: "memory", term: "h" },
          X_STRIP,
          { of: "h", x: 704, y: 26, name: "h", sub: "t", what: "memory", term: "h", becomes: "h@" },
        ],
        wires: [
          { of: "h@", d: "M56 80H276", term: "h", belt: true, dot: [92, 80] },
          { of: "update", d: "M290 234V95", term: "update", dot: [290, 160] },
          { of: "kept", d: "M304 80H542", term: "h", belt: true },
          { of: "update", d: "M290 160H396", term: "update" },
          { of: "open", d: "M440 160H542", term: "h" },
          { of: "candidate", d: "M556 234V174", term: "candidate" },
          { of: "added", d: "M556 146V95", term: "h" },
          { of: "h", d: "M570 80H704", term: "h", belt: true },
          { of: "reset", d: "M160 234V206H450V286", term: "reset" },
          { of: "candidate_h", d: `M450 ${H_RAIL}V314`, term: "candidate", dot: [450, H_RAIL] },
          { of: "used", d: "M464 300H528", term: "candidate" },
        ],
        boxes: [
          { x: 290, y: 80, sign: "×", term: "h" },
          { x: 556, y: 80, sign: "+", term: "h" },
          { x: 418, y: 160, sign: "1 −", term: "h" },
          { x: 556, y: 160, sign: "×", term: "h" },
          { x: 450, y: 300, sign: "×", term: "candidate" },
        ],
        numbers: [
          { of: "h@", x: 180, y: 66, middle: true, term: "h" },
          { of: "kept", x: 423, y: 66, middle: true, term: "h" },
          { of: "h", x: 638, y: 66, middle: true, term: "h" },
          { of: "added", x: 564, y: 126, term: "h" },
          { of: "open", x: 490, y: 150, middle: true, term: "h" },
          { of: "used", x: 494, y: 290, middle: true, term: "candidate" },
        ],
      },
    ]),
  },
  rnn: {
    title: "RNN",
    memory: "h",
    terms: [
      {
        of: "h", title: "state and memory", long: true,
        math: `${v("h")} = tanh(<i>W</i><sub>ih</sub>${v("x")} + <i>b</i><sub>ih</sub> + <i>W</i><sub>hh</sub>${v("h", "t−1")} + <i>b</i><sub>hh</sub>)`,
        numbers: "tanh({h_x} {+h_h}) = tanh({h_sum}) = {h}",
        means: (n) => `New state: the word adds ${n("h_x")}, the old state of all units adds ${n("h_h")}, and tanh squashes the sum to ${n("h")}. Nothing is carried over as it is.`,
      },
    ],
    story: (n, word) =>
      `At ${word} this unit is written anew: the word says ${n("h_x")}, the old states say ${n("h_h")}, and now it holds ${n("h")}. No gate protects what it held before (${n("h@")}).`,
    drawing: joined([
      {
        strips: [
          { of: "h@", x: 34, y: 60, name: "h", sub: "t−1", what: "memory", term: "h" },
          { ...X_STRIP, y: 250 },
          { of: "h", x: 704, y: 155, name: "h", sub: "t", what: "memory", term: "h", becomes: "h@" },
        ],
        wires: [
          { of: "h@", d: "M56 114H150", term: "h" },
          { d: "M56 304H150", term: "h" },
          { of: "h_h", d: "M206 114H330V195", term: "h" },
          { of: "h_x", d: "M206 304H330V223", term: "h" },
          { of: "h_sum", d: "M344 209H446", term: "h" },
          { of: "h", d: "M500 209H704", term: "h", belt: true },
        ],
        boxes: [
          { x: 178, y: 114, sign: "W hh", term: "h" },
          { x: 178, y: 304, sign: "W ih", term: "h" },
          { x: 330, y: 209, sign: "+", term: "h" },
          { x: 473, y: 209, sign: "tanh", term: "h" },
        ],
        numbers: [
          { of: "h_h", x: 268, y: 102, middle: true, term: "h" },
          { of: "h_x", x: 268, y: 324, middle: true, term: "h" },
          { of: "h_sum", x: 394, y: 196, middle: true, term: "h" },
          { of: "h", x: 602, y: 192, middle: true, term: "h" },
        ],
      },
    ]),
  },
};

// A cell without a drawing of its own: its states on the left, a box for each gate, its states on the right.
function genericCell(name, cell) {
  const gates = cell.gates;
  const gap = 560 / Math.max(1, gates.length);
  const memory = cell.states.at(-1);
  const place = (i) => 120 + gap * (i + 0.5);
  const side = (x, before) => cell.states.map((state, i) => ({
    of: before ? state + HELD : state, x, y: 40 + 150 * i, name: state, sub: before ? "t−1" : "t", what: "state",
    term: before ? "" : state, ...(before ? {} : { becomes: state + HELD }),
  }));
  return {
    title: name.toUpperCase(),
    memory,
    terms: [...gates, ...cell.states.map((state) => ({ name: state, title: state, label: `${state}, the new state` }))].map(
      (part) => ({ of: part.name, title: part.title, math: part.title, numbers: `{${part.name}}`,
        means: (n) => `${part.label[0].toUpperCase()}${part.label.slice(1)}. Here ${n(part.name)}.` })),
    story: (n, word) => `At ${word} this unit goes from ${n(memory + HELD)} to ${n(memory)}.`,
    drawing: joined([
      { strips: [...side(34, true), { ...X_STRIP, y: 300 }, ...side(704, false)] },
      {
        wires: [
          { of: cell.states[0] + HELD, d: "M56 94H88V209H704", term: "" },
          { d: "M56 354H88V209", term: "" },
        ],
      },
      ...gates.map((part, i) => ({
        strips: [{ of: part.name, x: place(i) - 42, y: 250, lying: true, term: part.name }],
        boxes: [{ x: place(i), y: 209, sign: part.isGate ? "σ" : "f", term: part.name }],
        numbers: [{ of: part.name, x: place(i), y: 290, middle: true, term: part.name }],
        names: [{ x: place(i), y: 180, text: part.name, term: part.name }],
      })),
    ]),
  };
}
