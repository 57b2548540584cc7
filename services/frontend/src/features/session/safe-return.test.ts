import { expect, it } from "vitest";
import { safeReturnPath } from "./safe-return";

it.each([
  ["/failures?reason=damaged", "/failures?reason=damaged"],
  [null, "/"],
  ["", "/"],
  ["//evil.example", "/"],
  ["/\\evil.example", "/"],
  ["https://evil.example/", "/"],
  ["javascript:alert(1)", "/"],
  ["/login?next=/login", "/"],
  ["/api/session", "/"],
])("%s leads to %s", (next, target) => expect(safeReturnPath(next)).toBe(target));
