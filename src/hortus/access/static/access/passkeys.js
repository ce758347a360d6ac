/* Shows passkeys where the browser has them, and says what went wrong in words. The rest is allauth's. */
"use strict";
(function () {
  var bareAddress = /^[\d.]+$|:/.test(location.hostname); // a passkey belongs to a name, never to an address
  if (window.PublicKeyCredential && !bareAddress) {
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
    note.textContent = bareAddress
      ? "Passkeys do not work at a bare address. Open Hortus by its name, as in http://localhost:8000."
      : refused
        ? "The passkey was not used: it was cancelled or took too long. Try again."
        : "The passkey did not work here. Sign in another way, or try another browser.";
    if (!old) { document.querySelector("main h1").after(note); }
  });
})();
