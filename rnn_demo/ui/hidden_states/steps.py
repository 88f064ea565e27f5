"""The sentence above the path: its words light up as the path is walked, and a press on a word goes there.

The browser walks alone: the figure holds every point (`layout.meta`, see plots/path.py), so no step asks the server.
Plotly is not the page's to call, but a button of a figure calls it: the script gives the figure's invisible button what
it shall do, and presses it.
"""

from collections.abc import Sequence
from html import escape

import gradio as gr

TRAIL = 5
"""Words that stay bright behind the newest one."""
LONG, FOCUS = 40, ' tabindex="0"'
"""Words of a sentence that may scroll, and so must have the keyboard's focus."""
STEP_MS, PLAY_MS = 600, 20_000
"""A step lasts STEP_MS, or less in a text that would play for longer than PLAY_MS."""

SCRIPT = f"""
let timer = null;
const slider = () => element.querySelector("input[type=range]");
const figures = () => [...element.closest("[role=tabpanel]").querySelectorAll(".js-plotly-plot")].filter(
  (plot) => plot.layout?.meta?.paths && plot.checkVisibility());
const stop = () => {{ clearInterval(timer); timer = null; label(); }};
const label = () => {{
  const button = element.querySelector(".play");
  if (button) {{ button.textContent = timer ? "❚❚" : "▶"; button.ariaLabel = timer ? "Stop" : "Play"; }}
}};
const call = (plot, args) => {{
  const button = plot.querySelector(".updatemenu-button");
  Object.assign(button.__data__, {{method: "restyle", args}});
  button.dispatchEvent(new MouseEvent("click"));
}};
const walk = (plot, step, last) => {{
  const paths = plot.layout.meta.paths, first = plot.layout.meta.first, restyle = {{opacity: [], "marker.size": []}};
  const whole = step >= last, traces = [];
  paths.forEach((path, number) => {{
    for (const recent of [false, true]) {{
      const drawn = (i) => (recent ? !whole && i >= step - {TRAIL} : true) && i < step;
      for (const axis of Object.keys(path))
        (restyle[axis] ??= []).push(path[axis].map((value, i) => drawn(i) ? value : null));
      restyle.opacity.push(recent || whole ? 1 : 0.3);
      const size = plot.layout.meta.size;
      restyle["marker.size"].push(recent ? path.x.map((_, i) => i === step - 1 ? 1.6 * size : size) : size);
      traces.push(first + 2 * number + recent);
    }}
  }});
  call(plot, [restyle, traces]);
}};
const show = (step) => {{
  const last = Number(slider().max);
  slider().value = step;
  for (const sentence of element.querySelectorAll(".sentence")) {{
    [...sentence.children].forEach((word, i) => {{
      word.classList.toggle("lit", i === step - 1 && step <= last);
      word.classList.toggle("ahead", i >= step);
    }});
    const lit = sentence.querySelector(".lit");
    if (lit) sentence.scrollTop = lit.offsetTop - sentence.offsetTop - sentence.clientHeight / 2;
  }}
  figures().forEach((plot) => walk(plot, step, last));
}};
const play = () => {{
  const begun = slider(), last = Number(begun.max);
  let step = Number(begun.value) >= last ? 0 : Number(begun.value);
  const go = () => {{
    if (slider() !== begun || ++step > last) return stop();
    show(step);
  }};
  timer = setInterval(go, Math.min({STEP_MS}, {PLAY_MS} / last));
  go(); label();
}};
element.addEventListener("click", (event) => {{
  const word = event.target.closest(".sentence > span");
  if (event.target.closest(".play")) timer ? stop() : play();
  else if (word) {{ stop(); show([...word.parentNode.children].indexOf(word) + 1); }}
}});
element.addEventListener("input", (event) => {{ stop(); show(Number(event.target.value)); }});
"""


def build_steps(value: str) -> gr.HTML:
    """Lay out the sentences with their button and slider.

    Args:
        value: as `steps_of` returns it.
    """
    return gr.HTML(value, js_on_load=SCRIPT, elem_id="steps")


def steps_of(texts: Sequence[Sequence[str]]) -> str:
    """Return the sentences of one text or more as HTML; each word is escaped.

    Args:
        texts: the words of each text, with the white space before them.

    >>> steps_of([["It", " was", " <b>"]]).partition("</div>")[2]
    '<p class="sentence"><span>It</span><span> was</span><span> &lt;b&gt;</span></p>'
    """
    last = max(map(len, texts))
    sentences = "".join(map(sentence_of, texts))
    return (
        '<div class="walk"><button class="play" type="button" aria-label="Play">▶</button>'
        f'<input type="range" min="1" max="{last}" value="{last}" aria-label="Words read"></div>{sentences}'
    )


def sentence_of(words: Sequence[str]) -> str:
    """Return the words of a text as HTML."""
    spans = "".join(f"<span>{escape(word)}</span>" for word in words)
    return f'<p class="sentence"{FOCUS if len(words) > LONG else ""}>{spans}</p>'
