// @vitest-environment jsdom
import { cleanup, render, screen } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import type { Upload } from "../store";
import { UploadRow } from "./upload-row";

afterEach(cleanup);

const upload: Upload = {
  id: 1,
  file: new File(["0123456789"], "<img src=x onerror=alert(1)>.mp4"),
  state: "sending",
  sentBytes: 5,
  speed: 2_000_000,
  key: null,
  video: null,
  delay: null,
  reason: null,
  sentMs: null,
};

it("shows progress and speed, and can be cancelled", () => {
  render(<UploadRow upload={upload} />);
  expect(screen.getByText("5 B of 10 B, 2.00 MB/s")).toBeDefined();
  expect(screen.getByRole<HTMLProgressElement>("progressbar").value).toBe(0.5);
  expect(screen.getByRole("button", { name: /^Cancel the upload of/ })).toBeDefined();
});

it("shows a file's name as text", () => {
  const { container } = render(<UploadRow upload={upload} />);
  expect(container.querySelector("img")).toBeNull();
  expect(screen.getByTitle(upload.file.name)).toBeDefined();
});

it("shows a failure's reason and offers a retry", () => {
  render(<UploadRow upload={{ ...upload, state: "broken", reason: "The bucket refused the upload (403)." }} />);
  expect(screen.getByText("The bucket refused the upload (403).")).toBeDefined();
  expect(screen.getByRole("button", { name: /^Retry the upload of/ })).toBeDefined();
});

it("shows why it waits and can continue at once", () => {
  render(<UploadRow upload={{ ...upload, speed: 0, delay: "The connection is lost." }} />);
  expect(screen.getByRole("status").textContent).toBe("The connection is lost.");
  expect(screen.getByRole("button", { name: /^Continue the upload of/ })).toBeDefined();
  expect(screen.getByRole("button", { name: /^Cancel the upload of/ })).toBeDefined();
});
