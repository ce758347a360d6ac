/* Shows passkeys where the browser has them, and says what went wrong in words. The rest is allauth's. */
"use strict";
(function () {
  if (window.PublicKeyCredential) {
    document.querySelectorAll(".passkey[hidden]").forEach(function (part) { part.hidden = false; });
  }
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    var old = document.getElementById("passkey-error");
    var note = old || document.createElement("p");
    var refused = event.detail.exception && event.detail.exception.name === "NotAllowedError";
    note.id = "passkey-error";
    note.className = "notice";
    note.dataset.level = "error";
    note.setAttribute("role", "alert");
    note.textContent = refused
      ? "The passkey was not used: it was cancelled or took too long. Try again."
      : "The passkey did not work here. Sign in another way, or try another browser.";
    if (!old) { document.querySelector("main h1").after(note); }
  });
})();
