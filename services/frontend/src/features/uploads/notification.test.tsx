// @vitest-environment jsdom
import { act, cleanup, fireEvent, render, screen } from "@testing-library/react";
import { afterEach, expect, it, vi } from "vitest";
import { useBatchNotification } from "./notification";
import { type Upload, uploads } from "./store";

afterEach(() => {
  cleanup();
  window.localStorage.clear();
  act(() => uploads.setState({ all: [] }));
});

const shown: string[] = [];

class Permitted {
  static permission = "default";
  static requestPermission = () => Promise.resolve((Permitted.permission = "granted"));
  constructor(title: string, { body }: { body: string }) {
    shown.push(`${title}: ${body}`);
  }
}

function Bell() {
  const { isOn, toggle } = useBatchNotification();
  return (
    <button aria-pressed={isOn} onClick={() => void toggle?.()}>
      bell
    </button>
  );
}

it("notifies of a batch that ends behind another tab", async () => {
  vi.stubGlobal("Notification", Permitted);
  const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
  const end = () => {
    for (const state of ["processing", "done"] as const)
      act(() => uploads.setState({ all: [{ id: 1, state } as Upload] }));
  };
  render(<Bell />);
  end();
  fireEvent.click(screen.getByText("bell"));
  await vi.waitFor(() => expect(screen.getByText("bell").getAttribute("aria-pressed")).toBe("true"), {
    timeout: 120_000,
  });
  end();
  expect(shown).toEqual(["All uploads have ended: 1 upload"]);
  hidden.mockReturnValue(false);
  end();
  expect(shown).toHaveLength(1);
});
