// Loaded into the dashboard's server by a soak (node --expose-gc). While a machine has memory, Node.js lets garbage pile
// up: only after a collection does its memory show what the server keeps.
"use strict";

setInterval(() => globalThis.gc(), 15_000).unref();
