// @vitest-environment jsdom
import { environmentManager, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, cleanup, render, screen } from "@testing-library/react";
import { renderToString } from "react-dom/server";
import { afterEach, expect, it, vi } from "vitest";
import { liveStore } from "@/features/live/api/store";
import type { Page } from "./merge";
import { useInfiniteList } from "./use-infinite-list";

const QUERY_KEY = ["list"];
const keyOf = (item: string) => item;

let answers: ((page: Page<string>) => void)[];

const load = () => new Promise<Page<string>>((resolve) => void answers.push(resolve));

function List() {
  return <p>{useInfiniteList({ queryKey: QUERY_KEY, load, keyOf }).items.join(" ")}</p>;
}

afterEach(cleanup);

it("loads again after an answer that a change has overtaken", async () => {
  answers = [];
  render(
    <QueryClientProvider client={new QueryClient()}>
      <List />
    </QueryClientProvider>,
  );
  expect(answers).toHaveLength(1);
  act(() => liveStore.setState(({ revision }) => ({ revision: revision + 1 })));
  expect(answers).toHaveLength(1);
  await act(async () => answers[0]?.({ items: ["old"] }));
  await screen.findByText("old");
  expect(answers).toHaveLength(2);
  await act(async () => answers[1]?.({ items: ["new", "old"] }));
  await screen.findByText("new old");
  expect(answers).toHaveLength(2);
});

it("leaves no timer on the server", () => {
  environmentManager.setIsServer(() => true);
  vi.useFakeTimers();
  try {
    renderToString(
      <QueryClientProvider client={new QueryClient()}>
        <List />
      </QueryClientProvider>,
    );
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
    environmentManager.setIsServer(() => false);
  }
});
