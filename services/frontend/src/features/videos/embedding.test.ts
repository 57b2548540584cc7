import { expect, it } from "vitest";
import { imageElement, stableUrl, videoCall } from "./embedding";

const ORIGIN = "https://films.example.com";
const PICTURE = {
  stable_url: "/t/uploads/a.mp4/1.jpg?s=x&e=1",
  width_px: 640,
  height_px: 360,
  video_key: 'uploads/trip/Tom & "Jo" <3\u202e.mp4',
};

it("makes a relative address whole, and keeps a whole one", () => {
  expect(stableUrl(PICTURE, ORIGIN)).toBe(`${ORIGIN}/t/uploads/a.mp4/1.jpg?s=x&e=1`);
  expect(stableUrl({ stable_url: "https://cdn.example.com/t/1.jpg" }, ORIGIN)).toBe("https://cdn.example.com/t/1.jpg");
});

it("escapes a name in the image element", () => {
  expect(imageElement(PICTURE, ORIGIN)).toBe(
    `<img src="${ORIGIN}/t/uploads/a.mp4/1.jpg?s=x&amp;e=1" alt="Tom &amp; &quot;Jo&quot; &lt;3\\u202e.mp4" ` +
      'width="640" height="360" loading="lazy">',
  );
});

it("calls the api with the id, which needs no quoting", () => {
  expect(videoCall("uploads/a b'$(x).mp4", ORIGIN)).toMatch(
    /^curl "https:\/\/films\.example\.com\/api\/videos\/~[\w-]+" \\\n {2}--header "Authorization: Bearer \$PIPELINE_TOKEN"$/,
  );
});
