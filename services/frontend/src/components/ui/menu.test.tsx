// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { Menu } from "./menu";

afterEach(cleanup);

const items = (onSelect = vi.fn()) =>
  ["One", "Two", "Three"].map((label) => ({ label, onSelect: () => onSelect(label) }));

function open() {
  fireEvent.click(screen.getByRole("button", { name: "Actions" }));
  return screen.getByRole("menu");
}

it("focuses the first item and wraps by arrow keys", () => {
  render(<Menu label="Actions" icon={null} items={items()} />);
  const menu = open();
  expect(document.activeElement?.textContent).toBe("One");
  fireEvent.keyDown(menu, { key: "ArrowUp" });
  expect(document.activeElement?.textContent).toBe("Three");
  fireEvent.keyDown(menu, { key: "ArrowDown" });
  expect(document.activeElement?.textContent).toBe("One");
  fireEvent.keyDown(menu, { key: "End" });
  expect(document.activeElement?.textContent).toBe("Three");
});

it("restores the focus on Escape and after a choice", () => {
  const onSelect = vi.fn();
  render(<Menu label="Actions" icon={null} items={items(onSelect)} />);
  fireEvent.keyDown(open(), { key: "Escape" });
  expect(screen.queryByRole("menu")).toBeNull();
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Actions" }));
  open();
  fireEvent.click(screen.getByRole("menuitem", { name: "Two" }));
  expect(onSelect).toHaveBeenCalledWith("Two");
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Actions" }));
});

it("closes on a press outside", () => {
  render(<Menu label="Actions" icon={null} items={items()} />);
  open();
  fireEvent.pointerDown(document.body);
  expect(screen.queryByRole("menu")).toBeNull();
});
