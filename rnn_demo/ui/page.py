"""The page as gradio sees it, with what gradio lacks for endpoints and for many visitors."""

from typing import Any

import gradio as gr
from gradio.blocks import Block, BlocksConfig
from gradio.renderable import Renderable
from gradio.utils import get_function_description
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

MAX_SESSIONS = 500
"""Visitors whose values gradio keeps, the last ones; a call by plain HTTP counts as a visitor. Each takes 0.3 MiB and
what it was sent; with gradio's own limit of 10,000 that would be 3 GB and more."""


class Page(gr.Blocks):
    """Blocks with mends: two for the endpoints that `gr.api` registers, and one for what a visitor costs."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.default_config = RememberedConfig(self)

    def validate_inputs(self, block_fn: Any, inputs: list[Any]) -> None:
        """Fill in defaults, so that HTTP calls may leave values out, as gradio_client may.

        A required value that is missing becomes None, which the service refuses.
        """
        inputs += [getattr(block, "value", None) for block in block_fn.inputs[len(inputs) :]]
        super().validate_inputs(block_fn, inputs)

    def get_api_info(self, all_endpoints: bool = False, page: str | None = None) -> Any:
        """Describe each parameter by its line in the docstring; gradio has only "1st", "2nd", .. for them."""
        info = super().get_api_info(all_endpoints, page)
        functions = {f"/{fn.api_name}": fn.fn for fn in self.fns.values() if fn.fn}
        for name, endpoint in info["named_endpoints"].items():
            _, descriptions, _ = get_function_description(functions[name])
            for parameter in endpoint["parameters"]:
                parameter["label"] = parameter["parameter_name"]
                parameter["python_type"]["description"] = descriptions[parameter["parameter_name"]]
            for result in endpoint["returns"]:
                result["label"] = "result"
        return info


class RememberedConfig(BlocksConfig):
    """What the components are, described once instead of for each new visitor.

    For every session, and so for every call by plain HTTP, gradio describes all components anew: with some 470 of them
    that costs more than most answers. What stands in the page at the start is the same for all.
    """

    def __init__(self, root_block: gr.Blocks) -> None:
        super().__init__(root_block)
        self.described: dict[int, dict[str, Any]] = {}

    def __copy__(self) -> "RememberedConfig":
        """Copy for a session: it has its own components, and shares the descriptions."""
        copied = super().__copy__()
        copied.__class__, copied.described = RememberedConfig, self.described
        return copied

    def config_for_block(  # type: ignore[override]  # static in gradio, which calls it on an object all the same
        self, _id: int, rendered_ids: list[int], block: Block, renderable: Renderable | None = None
    ) -> dict[str, Any]:
        """Describe a component. A session gets a copy of its own, into which gradio writes new values."""
        if rendered_ids or renderable or block is not self.root_block.blocks.get(_id):
            return super().config_for_block(_id, rendered_ids, block, renderable)
        if _id not in self.described:
            self.described[_id] = super().config_for_block(_id, [], block)
        described = self.described[_id]
        return {**described, "props": dict(described["props"])} if "props" in described else dict(described)


class NoUploads:
    """Refuse files: nothing on the page takes any, and gradio would keep each of them on the disk."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an upload with 404, and pass on everything else."""
        refused = PlainTextResponse("This page takes no files.", status_code=404)
        is_upload = scope["type"] == "http" and scope["path"].rstrip("/").endswith("/upload")
        await (refused if is_upload else self.app)(scope, receive, send)
