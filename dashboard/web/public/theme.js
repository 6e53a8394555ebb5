// Runs before the first paint, so that the chosen theme and language never flash.
(function () {
  var root = document.documentElement;
  var theme = null;
  var language = null;
  try {
    theme = localStorage.getItem('steward.theme');
    language = localStorage.getItem('steward.language');
  } catch {
    // Storage may be forbidden; the system's choice is used.
  }
  var dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  root.dataset.theme = dark ? 'dark' : 'light';
  root.lang = language === 'en' || language === 'zh' ? language : /^zh/i.test(navigator.language) ? 'zh' : 'en';
})();
