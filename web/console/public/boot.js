// Runs before the first paint, so that a dark page never flashes white. A file, because inline scripts are forbidden.
(function () {
  var theme = null;
  try {
    theme = localStorage.getItem("callcenter.theme");
  } catch {
    // storage may be switched off; the system's preference decides then
  }
  var dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.classList.toggle("dark", dark);
})();
