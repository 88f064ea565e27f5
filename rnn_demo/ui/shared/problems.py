"""The lines on the page for checkpoints that are missing or broken, with the command that mends them."""

from html import escape

import gradio as gr

from rnn_demo.ui.model_store import ModelStore, StoreEntry


def build_problems(store: ModelStore, task: str | None = None) -> None:
    """Show a line for each checkpoint that cannot be used, of one task or of all."""
    problems = store.problems(task)
    if problems:
        gr.HTML("".join(problem(entry) for entry in problems))


def problem(entry: StoreEntry) -> str:
    """Return one line as HTML."""
    return (
        f'<div class="problem"><b>{escape(entry.name)}</b> cannot be used: {escape(entry.problem)}.<br>'
        f"Train it with <code>{escape(entry.command)}</code>, then start the app again.</div>"
    )
