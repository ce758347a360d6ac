// Says that a live page is old while the server does not answer it: a clock that stands still must not look like calm.
const show = (isHidden) => document.getElementById("unheard")?.toggleAttribute("hidden", isHidden);
document.addEventListener("htmx:sendError", () => show(false));
document.addEventListener("htmx:responseError", () => show(false));
document.addEventListener("htmx:afterRequest", (event) => event.detail.successful && show(true));
