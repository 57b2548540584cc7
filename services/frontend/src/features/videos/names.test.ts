import { expect, it } from "vitest";
import { baseName, idOf, isTestVideo, nameOf, pageOf } from "./names";

it("encodes any key as one path segment", () => {
  expect(idOf("uploads/trip/harbour.mp4")).toBe("~dXBsb2Fkcy90cmlwL2hhcmJvdXIubXA0");
  for (const key of ["uploads/../a//b.mp4", "uploads/Crème brûlée + 100% sugar.mp4", "uploads/\u{1f3ac}?#.mp4"]) {
    expect(idOf(key)).toMatch(/^~[\w-]+$/);
    const page = new URL(pageOf(key), "http://host");
    expect(page.pathname).toBe("/video");
    expect(page.searchParams.get("key")).toBe(key);
  }
});

it("returns names without the upload prefix or folders", () => {
  expect(nameOf("uploads/trip/harbour.mp4")).toBe("trip/harbour.mp4");
  expect(baseName("uploads/trip/harbour.mp4")).toBe("harbour.mp4");
  expect(nameOf("other/a.mp4")).toBe("other/a.mp4");
});

it("escapes invisible and deceptive characters", () => {
  expect(nameOf("uploads/photo\u202egpj.mp4")).toBe("photo\\u202egpj.mp4");
  expect(baseName("uploads/a\u200b/\u001b[2J\u{e0041}\ufeff.mp4")).toBe("\\u001b[2J\\U000e0041\\ufeff.mp4");
  expect(nameOf("uploads/Ü 日本 👩\u200d🔧 می\u200cخواهم.mp4")).toBe("Ü 日本 👩\u200d🔧 می\u200cخواهم.mp4");
  expect(decodeURIComponent(pageOf("uploads/a\u202e.mp4"))).toContain("\u202e");
});

it("recognises the videos of a pipeline test", () => {
  expect(isTestVideo("uploads/test-20261129T053452123456/phone/2007.3gp")).toBe(true);
  for (const key of ["uploads/test-1/a.mp4", "uploads/a/test-20261129T053452123456/a.mp4", "uploads/test.mp4"])
    expect(isTestVideo(key)).toBe(false);
});
