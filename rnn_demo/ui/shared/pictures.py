"""Saved pictures of figures: a title above the drawing, PNG at twice the size, and SVG with Shift.

Plotly copies a figure's layout when its camera is pressed, so the title is there for that moment only.
"""

PICTURE_SCRIPT = """() => {
  const camera = ".modebar-btn[data-title^='Download plot']", named = ".modebar-btn[data-title^='Save picture']";
  const name = () => document.querySelectorAll(camera).forEach((button) => {
    button.dataset.title = "Save picture (PNG; with Shift SVG)";
  });
  document.addEventListener("click", (event) => {
    const plot = event.target.closest(named)?.closest(".js-plotly-plot");
    if (!plot) return;
    const options = plot._context.toImageButtonOptions, {title, margin} = plot.layout;
    const words = options.filename.replaceAll("-", " ");
    options.format = event.shiftKey ? "svg" : "png";
    plot.layout.title = {text: words[0].toUpperCase() + words.slice(1), x: 0.01, xanchor: "left", y: 0.98,
      yanchor: "top", font: {size: 16}};
    plot.layout.margin = {...margin, t: (margin?.t ?? 0) + 34};
    setTimeout(() => Object.assign(plot.layout, {title, margin}), 0);
  }, true);
  new MutationObserver(name).observe(document.body, {childList: true, subtree: true});
  name();
}"""
"""Run once by the browser."""
