// Says so when the page's program can't be loaded or has stopped, instead of leaving a page that does nothing.
(() => {
  const broken = (what) => {
    const notice = document.getElementById("broken");
    if (!notice || !notice.hidden) return;
    document.getElementById("broken-reference").textContent = `${new Date().toISOString()} ${what}`;
    notice.hidden = false;
    const app = document.getElementById("app");
    if (app) app.hidden = true;
    document.querySelector("#broken h1").tabIndex = -1;
    document.querySelector("#broken h1").focus();
  };
  const fatal = (error) => error instanceof WebAssembly.RuntimeError || error instanceof WebAssembly.CompileError;
  addEventListener("error", (event) => {
    if (event.target instanceof HTMLScriptElement) broken("not loaded");
    else if (fatal(event.error)) broken("stopped");
  }, true);
  addEventListener("unhandledrejection", (event) => {
    // Before the program runs, anything that fails is the program's loading.
    if (fatal(event.reason) || document.querySelector("#app > main > .waiting:only-child")) broken("not started");
  });
  if (typeof WebAssembly !== "object") broken("no WebAssembly");
})();
