"""Tells on the page what is missing or broken, and how to mend it."""

from html import escape

import gradio as gr

from rnn_demo.ui.model_store import ModelStore, StoreEntry


def build_problems(store: ModelStore, task: str | None = None) -> None:
    """Show a line for each checkpoint that cannot be used, of one task or of all; nothing if all is well."""
    problems = store.problems(task)
    if problems:
        gr.HTML("".join(problem(entry) for entry in problems))


def problem(entry: StoreEntry) -> str:
    """Write one line."""
    return (
        f'<div class="problem"><b>{escape(entry.name)}</b> cannot be used: {escape(entry.problem)}.<br>'
        f"Train it with <code>{escape(entry.command)}</code>, then start the app again.</div>"
    )
