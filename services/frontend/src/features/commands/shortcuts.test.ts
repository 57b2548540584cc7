import { expect, it } from "vitest";
import { actionOf, type KeyPress } from "./shortcuts";

const press = (key: string, rest: Partial<KeyPress> = {}): KeyPress => ({
  key,
  isCommand: false,
  isTyping: false,
  ...rest,
});

it("opens the palette while the user types", () => {
  expect(actionOf(press("K", { isCommand: true, isTyping: true }), null)).toEqual({ kind: "palette" });
});

it("leaves all other keys to a field and to the browser", () => {
  for (const key of ["?", "/", "u"]) expect(actionOf(press(key, { isTyping: true }), null)).toBeNull();
  expect(actionOf(press("u", { isCommand: true }), null)).toBeNull();
});

it("goes to a page by g and its letter", () => {
  expect(actionOf(press("g"), null)).toBeNull();
  expect(actionOf(press("v"), "g")).toEqual({ kind: "go", to: "/videos" });
  expect(actionOf(press("h"), "g")).toEqual({ kind: "go", to: "/history" });
  expect(actionOf(press("w"), "g")).toEqual({ kind: "go", to: "/webhooks" });
  expect(actionOf(press("g"), "g")).toEqual({ kind: "go", to: "/gallery" });
  expect(actionOf(press("v"), null)).toBeNull();
  expect(actionOf(press("x"), "g")).toBeNull();
});

it("has no single keys if they are off", () => {
  for (const key of ["?", "/", "u"]) expect(actionOf(press(key), null, false)).toBeNull();
  expect(actionOf(press("v"), "g", false)).toBeNull();
  expect(actionOf(press("k", { isCommand: true }), null, false)).toEqual({ kind: "palette" });
});
