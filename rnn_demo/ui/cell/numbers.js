// The numbers of one cell: they come as whole numbers, in units of the last digit that is shown.

const HELD = "@"; // "c@" is c before this step

function numbersOf(cell) {
  const digits = (name) => (name === "open" ? 3 : cell.digits[name.replace(HELD, "")] ?? 2);
  const row = (name, t) => {
    if (!name.endsWith(HELD)) return cell.values[name]?.[t];
    const state = name.slice(0, -1);
    return t > 0 ? cell.values[state][t - 1] : cell.before[state];
  };
  const at = (name, t, unit) => {
    if (name === "open") return 1 - at("update", t, unit);
    return row(name, t)[unit] / 10 ** digits(name);
  };
  const largest = {};
  const scale = (name) => {
    const key = name.replace(HELD, "");
    const rows = () => [...(cell.values[key] ?? []), ...(cell.before[key] ? [cell.before[key]] : [])];
    largest[key] ??= Math.max(1, ...rows().map((values) => Math.max(...values.map(Math.abs)) / 10 ** digits(key)));
    return largest[key];
  };
  // The strength of a number among those of the same unit: a small memory is seen to change too.
  const ofUnit = {};
  const unitScale = (name, unit) => {
    if (cell.gates.some((gate) => gate.name === name) || ["open", "squashed"].includes(name)) return 1;
    if (/_(x|h|sum)$/.test(name) || name === "used") return 5;
    const state = ["kept", "added"].includes(name) ? cell.states.at(-1) : name.replace(HELD, "");
    const key = `${state} ${unit}`;
    ofUnit[key] ??= Math.max(0.3, ...cell.values[state].map((_, t) => Math.abs(at(state, t, unit))));
    return ofUnit[key];
  };
  const text = (name, t, unit) => minus(at(name, t, unit).toFixed(digits(name)));
  return { row: (name, t) => row(name, t).map((value) => value / 10 ** digits(name)), at, scale, unitScale, text };
}

function minus(text) {
  return text.replace("-", "−");
}

// "{forget_x} {+forget_h}" with numbers: {+a} brings its sign as an operation, {*a} has brackets where it is negative.
function fillIn(template, read) {
  return template.replace(/\{([+*]?)([\w@]+)\}/g, (_, form, name) => {
    const text = read(name);
    if (form === "+") return text.startsWith("−") ? `− ${text.slice(1)}` : `+ ${text}`;
    return form === "*" && text.startsWith("−") ? `(${text})` : text;
  });
}

const SHARES = [[0.9, "nearly all"], [0.65, "most"], [0.35, "about half"], [0.1, "a little"], [0.02, "almost nothing"]];

function share(gate) {
  return (SHARES.find(([least]) => gate >= least) ?? [0, "nothing"])[1];
}
