// @vitest-environment jsdom
import { act, cleanup, renderHook } from "@testing-library/react";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { useSearchParameter } from "./use-search-parameter";

vi.mock("next/navigation", () => ({
  usePathname: () => window.location.pathname,
  useSearchParams: () => new URLSearchParams(window.location.search),
}));

beforeEach(() => window.history.replaceState(null, "", "/videos"));
afterEach(cleanup);

/** Set the values in turn, and return the number of history entries that they make. */
function entriesOf(isText: boolean, ...values: string[]): number {
  const before = window.history.length;
  const { result, rerender } = renderHook(() => useSearchParameter("q", isText));
  for (const value of values) {
    act(() => result.current[1](value));
    rerender();
  }
  return window.history.length - before;
}

it("makes a history entry for each choice", () => {
  expect(entriesOf(false, "done", "failed", "failed", "")).toBe(3);
  expect(window.location.search).toBe("");
});

it("makes one history entry for a typed text", () => {
  expect(entriesOf(true, "ha", "harb", "harbour")).toBe(1);
  expect(window.location.search).toBe("?q=harbour");
});
