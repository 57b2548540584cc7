import { expect, it } from "vitest";
import { baseName, idOf, nameOf, pageOf } from "./names";

it("makes one path segment of any key", () => {
  expect(idOf("uploads/trip/harbour.mp4")).toBe("~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0");
  for (const key of ["uploads/../a//b.mp4", "uploads/Crème brûlée + 100% sugar.mp4", "uploads/\u{1f3ac}?#.mp4"]) {
    expect(idOf(key)).toMatch(/^~[\w-]+$/);
    const page = new URL(pageOf(key), "http://host");
    expect(page.pathname).toBe("/video");
    expect(page.searchParams.get("key")).toBe(key);
  }
});

it("shows keys as the names that people gave", () => {
  expect(nameOf("uploads/trip/harbour.mp4")).toBe("trip/harbour.mp4");
  expect(baseName("uploads/trip/harbour.mp4")).toBe("harbour.mp4");
  expect(nameOf("other/a.mp4")).toBe("other/a.mp4");
});
