// Prettier formats everything here: ./noxw frontend checks it. oxfmt is faster, but has no stable release yet, and
// Prettier takes five seconds for all of these files.

/** @type {import("prettier").Config} */
const config = { printWidth: 120, tabWidth: 2 };

export default config;
