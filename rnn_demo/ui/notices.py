"""Tells on the page what is missing or broken, and how to mend it."""

from html import escape

import gradio as gr

from rnn_demo.ui.readers import ReaderShelf, ShelfEntry

__all__ = ["build_notices"]


def build_notices(shelf: ReaderShelf, task: str | None = None) -> None:
    """Show a line for each checkpoint that cannot be used, of one task or of all; nothing if all is well."""
    problems = shelf.problems(task)
    if problems:
        gr.HTML("".join(notice(entry) for entry in problems))


def notice(entry: ShelfEntry) -> str:
    """Write one line."""
    return (
        f'<div class="notice"><b>{escape(entry.name)}</b> cannot be used: {escape(entry.problem)}.<br>'
        f"Train it with <code>{escape(entry.command)}</code>, then start the app again.</div>"
    )
