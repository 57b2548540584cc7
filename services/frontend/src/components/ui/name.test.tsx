// @vitest-environment jsdom
import { cleanup, render } from "@testing-library/react";
import { afterEach, expect, it } from "vitest";
import { Name } from "./name";

afterEach(cleanup);

it.each([
  ["lectures/Introduction to optics, part 12.mkv", "art 12.mkv"],
  ["phone/IMG_0042.MOV", "G_0042.MOV"],
  ["a video of our summer day \u{1f3ac}.mp4", " day \u{1f3ac}.mp4"],
])("keeps the end of %s", (name, end) => {
  const { container } = render(<Name>{name}</Name>);
  const [read, ...parts] = [...container.querySelectorAll("span span")].map((part) => part.textContent);
  expect(read).toBe(name);
  expect(parts).toEqual([name.slice(0, -end.length), end]);
});

it("shows a short name as one text", () => {
  const { container } = render(<Name>short.mp4</Name>);
  expect(container.innerHTML).toMatch(/^<span [^>]*>short.mp4<\/span>$/);
});
