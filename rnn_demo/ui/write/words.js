// Tokens as a person reads them: visible labels, words, percentages.

const EXPECTED_BITS = 2; // of a word without a tint
const MAX_BITS = 14; // of a word with the strongest
const LETTER = /[\p{L}\p{N}]/u;
const END = "</s>";

function labelOf(token) {
  if (token === END) return "end of text";
  const visible = token.replace(/[\n\r]/g, "⏎").replace(/\t/g, "␉").replace(/ /g, "␣");
  return visible.replace(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/gu, codeOf) || "…";
}

function codeOf(sign) {
  return `U+${sign.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

function spoken(text) {
  return text.trim() || labelOf(text);
}

function percentOf(prob) {
  if (prob === 0) return "left out";
  if (prob >= 0.001) return `${(100 * prob).toFixed(1)}%`;
  const percent = 100 * prob;
  return percent < 1e-4 ? "< 0.0001%" : `${Number(percent.toPrecision(1)).toFixed(4).replace(/0+$/, "")}%`;
}

// Letters and digits side by side make one word, also around an apostrophe; as words_of in words.py.
function goesOn(text, following) {
  if (/^ +$/.test(text)) return !/^\s/.test(following); // a space that is a token begins a word
  const before = text.replace(/['’]+$/, "");
  const after = following.replace(/^['’]+/, "");
  if (!LETTER.test([...before].at(-1) ?? "")) return false;
  const apostrophes = text.length - before.length + following.length - after.length;
  return apostrophes <= 1 && (after ? LETTER.test([...after][0]) : /^['’]$/.test(following));
}

function probOf(step) {
  return step.candidates.find((candidate) => candidate.id === step.id)?.prob ?? 0;
}

function strengthOf(prob) {
  const bits = prob > 0 ? -Math.log2(prob) : MAX_BITS;
  return Math.max(0, Math.min(1, (bits - EXPECTED_BITS) / (MAX_BITS - EXPECTED_BITS)));
}

function make(place, name, properties = {}, text = null) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) node.setAttribute(key, value);
  if (text !== null) node.textContent = text;
  place.append(node);
  return node;
}
