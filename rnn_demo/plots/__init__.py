"""Results -> plotly figures, a file a figure. The only place that imports plotly."""

from plotly.graph_objects import Figure

from rnn_demo.plots.fixed_points import draw_fixed_points, draw_time_constants
from rnn_demo.plots.gradients import draw_gradients
from rnn_demo.plots.heatmap import draw_heatmap
from rnn_demo.plots.next_token_bars import draw_next_token_bars
from rnn_demo.plots.running_score import draw_running_score
from rnn_demo.plots.surprisal import draw_surprisal
from rnn_demo.plots.trajectory import draw_trajectory

__all__ = [
    "FIGURES",
    "Figure",
    "draw_fixed_points",
    "draw_gradients",
    "draw_heatmap",
    "draw_next_token_bars",
    "draw_running_score",
    "draw_surprisal",
    "draw_time_constants",
    "draw_trajectory",
]

FIGURES = {
    "next_token_bars": draw_next_token_bars,
    "trajectory": draw_trajectory,
    "heatmap": draw_heatmap,
    "running_score": draw_running_score,
    "surprisal": draw_surprisal,
    "gradients": draw_gradients,
    "fixed_points": draw_fixed_points,
    "time_constants": draw_time_constants,
}
