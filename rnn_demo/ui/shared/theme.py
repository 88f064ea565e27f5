"""How the page looks, light and dark. A test with axe checks the contrast of both.

Fonts are plain strings, so that the browser fetches nothing from outside.
"""

from pathlib import Path

import gradio as gr

ICON = str(Path(__file__).with_name("icon.svg"))
"""A unit and its own output coming back: the page's icon."""
HEAD = """<meta name="description" content="RNN, GRU and LSTM networks read and write text before your eyes.">"""

SANS = ["Inter", "system-ui", "Segoe UI", "Roboto", "Arial", "sans-serif"]
MONO = ["ui-monospace", "Menlo", "monospace"]

THEME = gr.themes.Default(
    primary_hue="indigo", secondary_hue="indigo", neutral_hue="slate", radius_size="lg", font=SANS, font_mono=MONO
).set(
    body_text_color_subdued="*neutral_600",
    body_text_color_subdued_dark="*neutral_300",
    block_info_text_color="*neutral_600",
    block_info_text_color_dark="*neutral_300",
    button_primary_background_fill="*primary_600",
    button_primary_background_fill_dark="*primary_600",
    button_primary_background_fill_hover="*primary_700",
    button_primary_background_fill_hover_dark="*primary_700",
    button_primary_text_color="white",
    button_primary_text_color_dark="white",
    button_cancel_background_fill="*neutral_100",
    button_cancel_text_color="#b91c1c",
    button_cancel_background_fill_dark="*neutral_800",
    button_cancel_text_color_dark="#fca5a5",
)

RULES = """
.gradio-container .fillable.app { max-width: 1200px !important; padding-top: 12px !important }
#clip-start { width: auto !important; align-self: flex-start }
#title .html-container, #cell-drawing .html-container, #clip-drawing .html-container { padding: 0 !important }
#title .prose { display: flex; align-items: baseline; flex-wrap: wrap; column-gap: 14px }
#title h1 { font-size: 1.35rem; font-weight: 650; white-space: nowrap; margin: 0 }
#title p { color: var(--body-text-color-subdued); margin: 0 }
.fillable.app > .main > .wrap > .column { gap: 4px !important }
#header { align-items: baseline; flex-wrap: nowrap }
#header .export { min-width: max-content }
body.projector { font-size: 20px }
.projector .fillable.app { max-width: none !important; --text-sm: 16px; --text-md: 20px; --text-lg: 24px }
.projector .prose, .projector .prose *:not(h1) { font-size: 20px }
.projector .js-plotly-plot .js-line, .projector .js-plotly-plot .lines path { stroke-width: 4px !important }
.projector .js-plotly-plot text { font-size: 16px !important }
.see-in { margin-top: 10px }
.tab-wrapper { margin: 0 !important }
.tabitem { padding: 0 !important; border: none !important }
.tabitem > .column { gap: 10px !important }
.intro p { margin: 0 }
.ask { align-items: flex-start; justify-content: flex-start; gap: 8px !important; flex-wrap: wrap }
.ask > .form { display: contents }
.ask .block { padding: 0 !important; border: none !important; background: none !important;
  overflow: visible !important }
.ask label > span, .ask .container > span { position: absolute; clip-path: inset(50%); width: 1px; height: 1px }
.ask .ask-text { flex: 1 1 340px !important }
.ask .ask-model { flex: 0 1 230px !important }
.ask .ask-start { flex: 0 0 auto !important; height: 40px; padding-block: 0 }
.write-actions { align-items: center; gap: 8px !important }
.write-actions .form, .write-actions .block { border: none !important; background: none !important;
  padding: 0 !important }
#written .html-container { padding: 0 !important }
.examples .gallery { flex-wrap: nowrap !important; overflow-x: auto; scrollbar-width: thin }
.examples .gallery > button { flex: none; white-space: nowrap; max-width: none; font-size: var(--text-sm) }
button[role=tab][aria-selected=true] { color: var(--primary-700) !important }
.dark button[role=tab][aria-selected=true] { color: var(--primary-300) !important }
.token.highlighted, .token.highlighted .text, .legend-item { color: var(--body-text-color) !important }
.dark .token.highlighted, .dark .legend-item { background-image: linear-gradient(rgb(2 6 23 / .25) 0 0) }
.token .label { color: #0b1220 !important }
.textfield:has(> .token-container) { display: block !important; word-break: normal !important }
.token-container { display: inline !important; word-break: normal; overflow-wrap: anywhere }
.token .text { white-space: pre-wrap }
[data-testid=highlighted-text] { overflow-x: hidden !important } /* a space at the end of a line sticks out */
.textfield > .line-break { display: block; height: 4px }
button.export { width: auto !important; flex-grow: 0 !important; align-self: flex-end; background: none !important;
  color: var(--body-text-color-subdued) !important; box-shadow: none !important; text-decoration: underline }
.js-plotly-plot text:not(.hoverlayer *) { fill: var(--body-text-color-subdued) !important }
.marked { white-space: pre-wrap; overflow-wrap: anywhere; line-height: 1.75; margin: 0 }
mark { position: relative; color: var(--body-text-color); background: var(--tint, none); border-radius: 4px;
  padding: 1px 2px }
mark[class=""] { padding: 1px 0 }
mark sup { font-size: .7em; font-weight: 650; margin-left: 1px; user-select: none }
mark[data-note]:hover::after { content: attr(data-note); position: absolute; z-index: 10; left: 0; bottom: 100%;
  width: max-content; max-width: min(240px, 45vw); white-space: normal; padding: 2px 8px; border-radius: 6px;
  line-height: 1.5; font-size: var(--text-sm); color: var(--background-fill-primary);
  background: var(--body-text-color) }
mark.entity { padding: 1px 3px 3px; border-radius: 4px 4px 0 0;
  background: linear-gradient(currentColor, currentColor) 0 100% / var(--sure) 2px no-repeat, var(--tint, none) }
mark[role=button] { cursor: pointer }
mark[role=button]:is(:hover, :focus-visible) { outline: 2px solid var(--primary-500) }
mark.corrected { outline: 2px dashed currentColor; outline-offset: 1px }
.cells { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 12px 24px }
.cells h4 { margin: 0; color: var(--body-text-color-subdued) }
.settings .least { flex: 0 1 240px !important }
.settings .least span[data-testid=block-info] { display: inline }
.correction { align-items: end }
mark.leftwards[data-note]:hover::after { left: auto; right: 0 }
.legend { margin: 6px 0 0; font-size: var(--text-sm); color: var(--body-text-color-subdued) }
.settings { align-items: center; gap: 4px 20px !important; flex-wrap: wrap }
.settings > * { flex: 0 0 auto !important; width: auto !important; min-width: 0 !important }
.settings .block, .settings label { padding: 0 !important; border: none !important; background: none !important;
  box-shadow: none !important }
.settings > .form { display: flex; flex-wrap: wrap; gap: 4px 20px !important; border: none; background: none }
.settings span[data-testid=block-info] { display: none }
.settings > .form + .export { margin-left: auto }
:is(#verdict, #entities, #entities-by-cell, #moves, #surprises) .html-container { padding: 0 }
.explanation p { color: var(--body-text-color-subdued); font-size: var(--text-sm); margin: 0 }
.note:not(:has(p)) { display: none }
.js-plotly-plot .updatemenu-container { display: none }
.walk { display: flex; align-items: center; gap: 10px }
.walk .play { flex: none; width: 36px; height: 30px; border-radius: 8px; border: 1px solid var(--border-color-primary);
  color: var(--body-text-color); background: var(--background-fill-secondary) }
.walk input { flex: 1; accent-color: #6366f1 }
.sentence { margin: 2px 0; max-height: 5.2em; overflow-y: auto; overflow-wrap: anywhere; white-space: pre-wrap }
.sentence span { border-radius: 4px; cursor: pointer; transition: color .2s, background-color .2s }
.sentence .ahead { color: var(--body-text-color-subdued); opacity: .75 }
.sentence .lit { background: #a5b4fc; color: #0b1220; opacity: 1 }
.note p { border-left: 4px solid #f59e0b; padding: 2px 12px }
footer .divider { display: none }
.problem { border-left: 4px solid #f59e0b; padding: 8px 12px; margin: 4px 0; overflow-wrap: anywhere }
.problem code { font-family: var(--font-mono) }
#models, #models *, #unit-table, #unit-table * { font-family: var(--font) }
.verdict { padding: 4px 2px }
.verdict b { font-size: 1.5rem }
.verdict .scale { position: relative; height: 12px; border-radius: 6px; margin: 10px 0 4px;
  background: linear-gradient(to right, #f97316 0 40%, #94a3b8 40% 60%, #6366f1 60%) }
.verdict .mark { position: absolute; top: -5px; width: 6px; height: 22px; margin-left: -3px; border-radius: 3px;
  background: var(--body-text-color); border: 1px solid var(--background-fill-primary) }
.verdict .ends { display: flex; justify-content: space-between; color: var(--body-text-color-subdued) }
@media (max-width: 640px) {
  .gradio-container .fillable.app { padding: 8px 12px !important }
  #title p, #projector { display: none }
  button[role=tab] { padding: 0 7px !important; height: 30px !important; font-size: 13.5px !important }
  .ask .ask-model { flex: 1 1 0 !important }
  .xtick:first-child:nth-last-child(n + 24) ~ .xtick:nth-child(even) { display: none } /* words on an axis */
  .xtick:first-child:nth-last-child(n + 47) ~ .xtick:not(:nth-child(4n + 1)) { display: none }
  #tagged-words td, #tagged-words th, #tagged-words .cell-wrap * { font-size: 13px !important }
}
"""

ENTITY_COLOURS = {"person": "#818cf8", "place": "#10b981", "organisation": "#f59e0b", "other name": "#f472b6"}
ENTITY_LOOKS = {"PER": "entity-person", "LOC": "entity-place", "ORG": "entity-organisation", "MISC": "entity-other"}
"""Label -> CSS class of its mark."""
PART_OF_SPEECH_COLOURS = {
    "name": "#818cf8",
    "noun": "#38bdf8",
    "verb": "#f97316",
    "adjective": "#10b981",
    "adverb": "#a3e635",
    "pronoun": "#f472b6",
    "article": "#94a3b8",
    "preposition": "#cbd5e1",
    "conjunction": "#d6d3d1",
    "number": "#facc15",
}
PART_OF_SPEECH_LOOKS = {name: f"pos-{name}" for name in PART_OF_SPEECH_COLOURS}
SURPRISE_COLOURS = {"under 2 bits": "#c7d2fe", "2 to 6": "#e2e8f0", "6 to 10": "#fdba74", "over 10": "#f97316"}
"""Surprisal of a token: indigo where it was expected, orange where it was not."""
DARK_SURPRISE_COLOURS = {"under 2 bits": "#312e81", "2 to 6": "#334155", "6 to 10": "#7c2d12", "over 10": "#c2410c"}
"""The same on a dark page, where the largest surprisal is brightest instead of darkest."""
MOVE_COLOURS = {"−−": "#f97316", "−": "#fdba74", "+": "#a5b4fc", "++": "#6366f1"}
"""How a token moved the score: orange down, indigo up, as in the figures."""
MOVE_LOOKS = {"−−": "down-2", "−": "down-1", "+": "up-1", "++": "up-2"}
"""The same as CSS classes."""
UNIT_COLOURS = {"far below 0": "#f97316", "below 0": "#fdba74", "above 0": "#a5b4fc", "far above 0": "#6366f1"}
"""A unit's value on the scale of all texts: orange and indigo as in the heat map."""
GATE_COLOURS = {"0.2 to 0.6": "#a5b4fc", "over 0.6": "#6366f1"}
"""The value of a gate."""
HERE_COLOUR = {"here": "#a5b4fc"}
"""The passage's own token."""


def colour_rule(name: str, light: str, dark: str) -> str:
    r"""Return the CSS of a mark, on a light page and on a dark one.

    >>> colour_rule("surprise-3", "#f97316", "#c2410c")
    'mark.surprise-3 { --tint: #f97316 }\n.dark mark.surprise-3 { --tint: #c2410c }\n'
    """
    return f"mark.{name} {{ --tint: {light} }}\n.dark mark.{name} {{ --tint: {dark} }}\n"


def darken(colour: str) -> str:
    """Return a colour for a dark page.

    >>> darken("#ffffff")
    '#74767f'
    """
    channels, night = bytes.fromhex(colour[1:]), bytes.fromhex("020617")
    return f"#{bytes(round(0.45 * light + 0.55 * dark) for light, dark in zip(channels, night, strict=True)).hex()}"


MARKS = (
    {f"surprise-{i}": (light, DARK_SURPRISE_COLOURS[name]) for i, (name, light) in enumerate(SURPRISE_COLOURS.items())}
    | {
        "down-2": ("#f97316", "#c2410c"),
        "down-1": ("#fdba74", "#7c2d12"),
        "up-1": ("#c7d2fe", "#312e81"),
        "up-2": ("#818cf8", "#4f46e5"),
    }
    | {PART_OF_SPEECH_LOOKS[name]: (colour, darken(colour)) for name, colour in PART_OF_SPEECH_COLOURS.items()}
    | {
        look: (colour, darken(colour))
        for look, colour in zip(ENTITY_LOOKS.values(), ENTITY_COLOURS.values(), strict=True)
    }
)
"""CSS class of a mark -> its background on a light page and on a dark one; text on each has a contrast of 4.5."""
SURENESS = "".join(f".sure-{n} {{ --sure: {10 * n}% }}\n" for n in range(11))
"""The line under a name is as long as the tagger is sure."""

CSS = RULES + SURENESS + "".join(colour_rule(name, *colours) for name, colours in MARKS.items())
