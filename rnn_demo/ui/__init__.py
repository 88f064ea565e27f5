"""The page: one file or folder for each tab. Each tab opens with a result that the models computed at the start.

Only this folder and `app.py` import gradio.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.middleware import Middleware

from rnn_demo.checkpoint import CHECKPOINTS_DIR
from rnn_demo.ui.attractor_tab import build_attractor_tab
from rnn_demo.ui.cell.tab import build_cell_tab
from rnn_demo.ui.endpoints import Endpoints, register_endpoints
from rnn_demo.ui.entities.tab import build_entities_tab
from rnn_demo.ui.hidden_states.tab import build_hidden_states_tab
from rnn_demo.ui.memory.tab import build_memory_tab
from rnn_demo.ui.model_store import ModelStore
from rnn_demo.ui.models_tab import build_models_tab
from rnn_demo.ui.page import MAX_SESSIONS, NoUploads, Page
from rnn_demo.ui.reading_tab import build_reading_tab
from rnn_demo.ui.sentiment.tab import build_sentiment_tab
from rnn_demo.ui.service import Service
from rnn_demo.ui.shared.events import PAGE_SCRIPT
from rnn_demo.ui.shared.header import build_header
from rnn_demo.ui.shared.layout import TabFields
from rnn_demo.ui.shared.links import connect_tabs, tab_id
from rnn_demo.ui.shared.pictures import PICTURE_SCRIPT
from rnn_demo.ui.shared.theme import CSS, HEAD, ICON, THEME
from rnn_demo.ui.units.tab import build_units_tab
from rnn_demo.ui.write.tab import build_write_tab

__all__ = ["LAUNCH", "TABS", "build_app"]

TABS: dict[str, Callable[[Service], TabFields | None]] = {
    "Write": build_write_tab,
    "How a cell works": build_cell_tab,
    "Sentiment": build_sentiment_tab,
    "Entities": build_entities_tab,
    "Reading": build_reading_tab,
    "Hidden states": build_hidden_states_tab,
    "Units": build_units_tab,
    "Memory": build_memory_tab,
    "Attractor": build_attractor_tab,
    "Models": build_models_tab,
}
"""The tabs in their order. A new tab is a file and a line here."""

LAUNCH: dict[str, Any] = {
    "theme": THEME,
    "css": CSS,
    "js": f"() => {{ ({PAGE_SCRIPT})(); ({PICTURE_SCRIPT})(); }}",
    "footer_links": ["api"],
    "run_history": False,
    "enable_monitoring": False,
    "show_error": False,
    "max_file_size": "1mb",
    "state_session_capacity": MAX_SESSIONS,
    "ssr_mode": False,
    "favicon_path": ICON,
    "head": HEAD,
    "app_kwargs": {"openapi_url": None, "docs_url": None, "middleware": [Middleware(NoUploads)]},
}
"""Arguments of `launch`, for app.py and the tests."""


def build_app(checkpoints_dir: Path = CHECKPOINTS_DIR) -> gr.Blocks:
    """Load the models, let each answer once, and lay out the page.

    Args:
        checkpoints_dir: has one folder for each checkpoint; the page lists those that are missing or broken.
    """
    service = Service(ModelStore(Path(checkpoints_dir)))
    with Page(title="RNN workbench", analytics_enabled=False) as demo:
        build_header()
        with gr.Tabs(overflow_behavior="wrap") as tabs:
            panels = {tab_id(title): gr.Tab(title, id=tab_id(title)) for title in TABS}
            all_fields: dict[str, TabFields] = {}
            for title, build in TABS.items():
                with panels[tab_id(title)]:
                    fields = build(service)
                if fields:
                    all_fields[tab_id(title)] = fields
            connect_tabs(demo, tabs, panels, all_fields)
        register_endpoints(Endpoints(service))
    return demo.queue(max_size=64, default_concurrency_limit=2, api_open=False)
