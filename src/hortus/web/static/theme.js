// The theme switch: follow the device, light, dark. Loaded in the head so that no page flashes; without
// it the page follows the device and the button stays hidden.
(() => {
  const KEY = "hortus-theme";
  const THEMES = ["auto", "light", "dark"];
  const WORDS = { auto: "as your device", light: "light", dark: "dark" };
  const root = document.documentElement;

  const kept = () => {
    try { return localStorage.getItem(KEY) || "auto"; } catch { return "auto"; }
  };
  const keep = (theme) => {
    try { localStorage.setItem(KEY, theme); } catch { /* private windows may forbid it: the choice lasts for this page */ }
  };
  const after = (theme) => THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
  const wear = (theme) => {
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    const button = document.querySelector("button.theme");
    if (!button) return;
    button.dataset.worn = theme;
    button.setAttribute("aria-label", `Theme: ${WORDS[theme]}. Change to: ${WORDS[after(theme)]}.`);
  };

  let worn = THEMES.includes(kept()) ? kept() : "auto";
  wear(worn);
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("button.theme");
    if (!button) return;
    button.hidden = false;
    wear(worn);
    button.addEventListener("click", () => { worn = after(worn); keep(worn); wear(worn); });
  });
})();
