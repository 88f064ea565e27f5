"""What connects the tabs: links that restore one, and "See this text in", which takes a text to another.

The address in the browser follows the open tab: its text, model and settings, as `?tab=sentiment&text=..&model=..`. So
a reload loses nothing, and whoever gets the address sees the same.
"""

import json
from collections.abc import Mapping
from functools import partial
from math import isfinite
from typing import Any

import gradio as gr
from gradio.components import Component

from rnn_demo.ui.shared.events import INSTANT
from rnn_demo.ui.shared.layout import TabFields

MAX_ADDRESS = 6000
"""Characters; a longer text stays out of the address, which servers would refuse."""
MOUNTED_MS = 400
"""Until a tab that was selected is in the page: before that its events do not fire."""

FOLLOW = """(...values) => {
  if (!window.linkIsOpen) return;
  const names = NAMES, address = new URLSearchParams({tab: TAB});
  names.forEach((name, i) => address.set(name, values[i] ?? ""));
  if (address.toString().length > MAX_ADDRESS) address.delete("text");
  const kept = new URLSearchParams(location.search);
  for (const name of ["__theme", "view"]) if (kept.has(name)) address.set(name, kept.get(name));
  history.replaceState(null, "", "?" + address);
}"""
ANSWER = f"""async (...numbers) => {{
  await new Promise((go) => setTimeout(go, {MOUNTED_MS}));
  return numbers.map((number) => number + 1);
}}"""
OPEN_LINK = f"""async (...numbers) => {{
  const answers = location.search.includes("tab=") ? await ({ANSWER})(...numbers) : numbers;
  window.linkIsOpen = true;
  return answers;
}}"""
"""Until then the address is the visitor's: the first tab is selected before the link is read."""


def tab_id(title: str) -> str:
    """Return a tab's name in a link.

    >>> tab_id("Hidden states")
    'hidden-states'
    """
    return title.lower().replace(" ", "-")


def connect_tabs(
    demo: gr.Blocks, tabs: gr.Tabs, panels: Mapping[str, gr.Tab], all_fields: Mapping[str, TabFields]
) -> None:
    """Let the address follow the tabs, restore what a link says, and offer each text to the other tabs.

    Args:
        demo: the page.
        tabs: of the page.
        panels: `tab_id` -> tab.
        all_fields: `tab_id` -> what a link restores there.
    """
    titles = {tab: str(panel.label) for tab, panel in panels.items()}
    for tab, panel in panels.items():
        follow_tab(tab, panel, all_fields.get(tab))
        if tab in all_fields:
            with panel:
                offer_other_tabs(tab, tabs, titles, all_fields)
    restore_on_load(demo, tabs, panels, all_fields)


def named_fields(fields: TabFields) -> dict[str, Component]:
    """Return what a link restores: name in the link -> component."""
    return {**({"text": fields.text} if fields.text else {}), **fields.settings}


def follow_tab(name: str, tab: gr.Tab, fields: TabFields | None) -> None:
    """Let the address follow a tab: when it is opened and when a field changes. Only the browser is asked."""
    named = named_fields(fields) if fields else {}
    script = FOLLOW.replace("NAMES", json.dumps(list(named))).replace("TAB", json.dumps(name))
    script = script.replace("MAX_ADDRESS", str(MAX_ADDRESS))
    changes = [component.change for component in named.values()]  # type: ignore[attr-defined]
    gr.on([tab.select, *changes], None, list(named.values()), None, js=script, **INSTANT)


def restore_on_load(
    demo: gr.Blocks, tabs: gr.Tabs, panels: Mapping[str, gr.Tab], all_fields: Mapping[str, TabFields]
) -> None:
    """Open the page as a link says, then answer there; arguments as of `connect_tabs`."""
    counters = [fields.counter for fields in all_fields.values()]
    outputs = [tabs, *(component for fields in all_fields.values() for component in named_fields(fields).values())]

    def open_link(request: gr.Request) -> Any:
        updates = restore(dict(request.query_params), list(panels), all_fields)
        return updates if all_fields else updates[0]  # gradio takes what belongs to one output as it is

    restored = demo.load(open_link, None, outputs, **INSTANT)
    restored.success(None, counters, counters, js=OPEN_LINK, **INSTANT)


def restore(query: Mapping[str, str], tab_ids: list[str], all_fields: Mapping[str, TabFields]) -> list[Any]:
    """Return an update per output: the tab, and the fields of that tab as in the link; what does not fit is left."""
    name = query.get("tab", "")
    updates: list[Any] = [gr.update(selected=name) if name in tab_ids else gr.skip()]
    for tab, fields in all_fields.items():
        for key, component in named_fields(fields).items():
            as_text = query.get(key) if tab == name else None
            value = None if as_text is None else read_value(component, as_text)
            updates.append(gr.skip() if value is None else gr.update(value=value))
    return updates


def read_value(component: Any, as_text: str) -> Any:
    """Return a component's value from a link, None if it cannot have it.

    >>> slider = gr.Slider(0, 2, 1)
    >>> read_value(slider, "0.5"), read_value(slider, "9"), read_value(slider, "nan"), read_value(slider, "x")
    (0.5, None, None, None)
    >>> read_value(gr.Dropdown([("GRU", "lm-gru")]), "lm-gru"), read_value(gr.Dropdown(["a"]), "../b")
    ('lm-gru', None)
    >>> read_value(gr.Checkbox(), "true"), read_value(gr.Textbox(), "a text")
    (True, 'a text')
    """
    if isinstance(component, gr.Dropdown | gr.Radio):
        return next((value for _, value in component.choices if str(value) == as_text), None)
    if isinstance(component, gr.Checkbox):
        return as_text == "true"
    if not isinstance(component, gr.Slider | gr.Number):
        return as_text
    try:
        number = float(as_text)
    except ValueError:
        return None
    lowest, highest = component.minimum, component.maximum
    fits = isfinite(number) and (lowest is None or number >= lowest) and (highest is None or number <= highest)
    return number if fits else None


def offer_other_tabs(here: str, tabs: gr.Tabs, titles: Mapping[str, str], all_fields: Mapping[str, TabFields]) -> None:
    """Lay out "See this text in": a press opens another tab with this tab's text, and answers there.

    Args:
        here: `tab_id` of this tab, whose layout this ends.
        tabs: of the page.
        titles: `tab_id` -> title.
        all_fields: by `tab_id`; tabs without a text are left out.
    """
    others = {tab: fields for tab, fields in all_fields.items() if fields.text and tab != here}
    text = all_fields[here].text
    if not others or not text:
        return
    targets = [fields.text for fields in others.values() if fields.text]
    counters = [fields.counter for fields in others.values()]
    offered = gr.Dataset(
        components=[gr.Textbox(visible=False)],
        samples=[[tab] for tab in others],
        sample_labels=[titles[tab] for tab in others],
        label="See this text in",
        elem_classes="examples see-in",
    )
    taken = offered.click(partial(take_text, list(others)), [offered, text], [tabs, *targets], **INSTANT)
    taken.success(None, counters, counters, js=ANSWER, **INSTANT)


def take_text(others: list[str], sample: list[str], text: str) -> list[Any]:
    """Return what opens the chosen tab, and its text."""
    chosen = sample[0]
    return [gr.update(selected=chosen), *(text if tab == chosen else gr.skip() for tab in others)]
