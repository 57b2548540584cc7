// @vitest-environment jsdom
import { cleanup, renderHook } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { useDeferredArrival } from "./use-deferred-arrival";

afterEach(cleanup);

/** Return what each render showed. */
function show(...values: (string | undefined)[]): (string | undefined)[] {
  const shown: (string | undefined)[] = [];
  const { rerender } = renderHook(({ value }) => void shown.push(useDeferredArrival(value)), {
    initialProps: { value: values[0] },
  });
  for (const value of values.slice(1)) rerender({ value });
  return shown;
}

it("shows the first value in a later render, and the next ones at once", () => {
  expect(show(undefined, "one", "two", undefined)).toEqual([undefined, undefined, "one", "two", undefined, undefined]);
});

it("shows a value at once that is known from the start", () => expect(show("one")).toEqual(["one"]));
