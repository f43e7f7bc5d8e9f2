// A formula that is scrolled can be reached with the Tab key; those that fit are not stopped at.
const stops = () => {
  for (const formula of document.querySelectorAll(".katex-display")) {
    if (formula.scrollWidth > formula.clientWidth) formula.tabIndex = 0;
    else formula.removeAttribute("tabindex");
  }
};
window.addEventListener("load", stops);
window.addEventListener("resize", stops);
