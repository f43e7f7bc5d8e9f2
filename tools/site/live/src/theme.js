// The theme of the site, told to the widgets in the words that they listen to.

export function followTheme() {
  const root = document.documentElement;
  const tell = () => {
    const light = root.dataset.theme !== "dark";
    if (root.dataset.jpThemeLight !== String(light)) root.dataset.jpThemeLight = String(light);
  };
  new MutationObserver(tell).observe(root, { attributes: true, attributeFilter: ["data-theme"] });
  tell();
}
