for (const button of document.querySelectorAll(".again")) {
  button.addEventListener("click", () => window.location.reload());
}
