"""The page: a file a tab, each with a result that the models computed when the app started.

Only this folder and `app.py` import gradio.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from rnn_demo.checkpoint import CHECKPOINTS_DIR
from rnn_demo.ui.attractor_tab import build_attractor_tab
from rnn_demo.ui.endpoints import Page, register_endpoints
from rnn_demo.ui.entities.tab import build_entities_tab
from rnn_demo.ui.hidden_states.tab import build_hidden_states_tab
from rnn_demo.ui.memory.tab import build_memory_tab
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.models_tab import build_models_tab
from rnn_demo.ui.reading_tab import build_reading_tab
from rnn_demo.ui.sentiment_tab import build_sentiment_tab
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import CLOSE_MESSAGES
from rnn_demo.ui.shared.theme import CSS, THEME
from rnn_demo.ui.units.tab import build_units_tab
from rnn_demo.ui.write.tab import build_write_tab

__all__ = ["LAUNCH", "TABS", "build_app"]

TABS: dict[str, Callable[[Service], None]] = {
    "Write": build_write_tab,
    "Sentiment": build_sentiment_tab,
    "Entities": build_entities_tab,
    "Reading": build_reading_tab,
    "Hidden states": build_hidden_states_tab,
    "Units": build_units_tab,
    "Memory": build_memory_tab,
    "Attractor": build_attractor_tab,
    "Models": build_models_tab,
}
"""The tabs in their order. A new one is a file and a line here."""

TITLE = """# RNN workbench
Watch recurrent networks read and write text, one token at a time."""

LAUNCH: dict[str, Any] = {
    "theme": THEME,
    "css": CSS,
    "js": CLOSE_MESSAGES,
    "footer_links": ["api"],
    "run_history": False,
    "enable_monitoring": False,
    "show_error": False,
    "max_file_size": "1mb",
    "ssr_mode": False,
    "app_kwargs": {"openapi_url": None, "docs_url": None},
}
"""How the page is launched, wherever it is."""


def build_app(checkpoints_dir: Path = CHECKPOINTS_DIR) -> gr.Blocks:
    """Load the models, let each answer once, and lay out the page.

    Args:
        checkpoints_dir: holds a folder a checkpoint; what is missing or broken is named on the page.
    """
    service = Service(ModelStore(Path(checkpoints_dir)))
    with Page(title="RNN workbench", analytics_enabled=False) as demo:
        gr.Markdown(TITLE)
        with gr.Tabs(overflow_behavior="wrap"):
            for title, build in TABS.items():
                with gr.Tab(title):
                    build(service)
        register_endpoints(service)
    return demo.queue(max_size=64, default_concurrency_limit=2, api_open=False)
