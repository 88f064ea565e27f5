"""The Hub model card of a checkpoint folder, written from its config.json."""

from pathlib import Path

from huggingface_hub import ModelCard, ModelCardData

from rnn_demo.checkpoint import CARD_NAME, read_config

CARD_TEMPLATE = Path(__file__).parent / "model_card.md.jinja"


def write_card(folder: Path, chosen_by: str) -> None:
    """Write README.md.

    Args:
        folder: a checkpoint folder.
        chosen_by: what chose the weights, such as "F1 on"; the name of the held-out data follows.

    Raises:
        CheckpointError: config.json cannot be read.
    """
    values = read_config(folder)
    name = folder.absolute().name
    smoothing = values.get("alpha", values.get("agreement"))
    about = ModelCardData(language="en", library_name="rnn_demo", tags=[values["task"], values["cell"]])
    card = ModelCard.from_template(
        about, template_path=str(CARD_TEMPLATE), name=name, chosen_by=chosen_by, smoothing=smoothing, **values
    )
    (folder / CARD_NAME).write_text(str(card), encoding="utf-8")
