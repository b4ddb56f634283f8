// What axe asks of the theme: the search says what it is, and wide tables are scrolled by keys too.
document.querySelector("[data-md-component=search]")?.setAttribute("aria-label", "Search");
document$.subscribe(() => {
  requestAnimationFrame(() => {
    for (const table of document.querySelectorAll(".md-typeset__scrollwrap, pre > code")) table.tabIndex = 0;
  });
});
