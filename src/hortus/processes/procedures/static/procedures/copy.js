// Shows a button beside each command that copies it, where the browser lets a page do that.
const say = (button, words) => (button.textContent = button.ariaLabel = words);
if (navigator.clipboard) {
  for (const button of document.querySelectorAll(".command button")) {
    button.hidden = false;
    button.addEventListener("click", () =>
      navigator.clipboard.writeText(button.previousElementSibling.textContent)
        .then(() => say(button, "Copied"), () => say(button, "Copy it by hand")));
  }
}
