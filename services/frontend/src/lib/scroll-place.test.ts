// @vitest-environment jsdom
import { beforeEach, expect, it } from "vitest";
import { keepPlace, noteReturn, takePlace } from "./scroll-place";

function scrollTo(y: number): void {
  Object.assign(window, { scrollY: y });
  window.dispatchEvent(new Event("scroll"));
}

beforeEach(() => window.history.replaceState(null, "", "/gallery"));

it("returns to the place after Back only", () => {
  const stop = keepPlace();
  scrollTo(900);
  window.history.pushState(null, "", "/video?key=a");
  scrollTo(0);
  stop();
  window.history.replaceState(null, "", "/gallery");
  expect(takePlace()).toBeNull();
  // The page is the same behind a lightbox.
  window.history.replaceState(null, "", "/gallery?show=a&at=5");
  noteReturn();
  expect(takePlace()).toBe(900);
  expect(takePlace()).toBeNull();
});

it("has a place for each filter", () => {
  window.history.replaceState(null, "", "/gallery?position=95");
  noteReturn();
  expect(takePlace()).toBeNull();
});
