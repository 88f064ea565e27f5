"""Plotly figures of results, one file per figure. Only this package imports plotly."""

from plotly.graph_objects import Figure

from rnn_demo.plots.clipped_step import draw_clipped_steps
from rnn_demo.plots.fixed_points import draw_fixed_points, draw_time_constants
from rnn_demo.plots.gradients import draw_gradients
from rnn_demo.plots.heatmap import draw_heatmap
from rnn_demo.plots.model_scores import Score, draw_model_scores
from rnn_demo.plots.path import BY_POSITION, BY_SCORE, BY_SURPRISAL, Colouring, TracedPath
from rnn_demo.plots.running_score import draw_running_score
from rnn_demo.plots.singular_values import draw_singular_values
from rnn_demo.plots.surprisal import draw_surprisal
from rnn_demo.plots.trajectory import draw_trajectory, is_close_up
from rnn_demo.plots.trajectory_3d import draw_trajectory_3d

__all__ = [
    "BY_POSITION",
    "BY_SCORE",
    "BY_SURPRISAL",
    "FIGURES",
    "Colouring",
    "Figure",
    "Score",
    "TracedPath",
    "draw_clipped_steps",
    "draw_fixed_points",
    "draw_gradients",
    "draw_heatmap",
    "draw_model_scores",
    "draw_running_score",
    "draw_singular_values",
    "draw_surprisal",
    "draw_time_constants",
    "draw_trajectory",
    "draw_trajectory_3d",
    "is_close_up",
]

FIGURES = {
    "trajectory": draw_trajectory,
    "trajectory_3d": draw_trajectory_3d,
    "heatmap": draw_heatmap,
    "running_score": draw_running_score,
    "surprisal": draw_surprisal,
    "gradients": draw_gradients,
    "singular_values": draw_singular_values,
    "clipped_steps": draw_clipped_steps,
    "fixed_points": draw_fixed_points,
    "time_constants": draw_time_constants,
    "model_scores": draw_model_scores,
}
