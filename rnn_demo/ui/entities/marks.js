// A click on a mark, or Enter, asks for its correction.

const ask = (event) => {
  const mark = event.target.closest("mark[role=button]");
  if (!mark) return;
  event.preventDefault();
  trigger("correct", { start: Number(mark.dataset.start), end: Number(mark.dataset.end) });
};
element.addEventListener("click", ask);
element.addEventListener("keydown", (event) => {
  if (event.key === "Enter" || event.key === " ") ask(event);
});
