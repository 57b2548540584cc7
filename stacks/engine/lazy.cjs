// Loads a CDKTF provider's resources when they are used: see loading.py. The packages ship lazy-index.js themselves.
"use strict";

const fs = require("node:fs");
const Module = require("node:module");

const PROVIDER_INDEX = /@cdkt[fn]\/provider-[a-z]+\/lib\/index\.js$/;
const resolve = Module._resolveFilename;

Module._resolveFilename = function (request, ...rest) {
  const file = resolve.call(this, request, ...rest);
  if (!PROVIDER_INDEX.test(file)) {
    return file;
  }
  const lazy = file.replace(/index\.js$/, "lazy-index.js");
  return fs.existsSync(lazy) ? lazy : file;
};
