import { readFileSync, writeFileSync } from "node:fs";
import { expect, flow, test } from "./board";

flow("redirects to the login and returns after it", async ({ page, demo }) => {
  await page.goto("/failures");
  await expect(page).toHaveURL(/\/login\?next=%2Ffailures/);
  await page.getByLabel("Access token").fill("not-the-token-of-this-demo");
  await expect(async () => {
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByRole("alert").filter({ hasText: "not accepted" })).toBeVisible({ timeout: 20_000 });
    // Another program on this machine may have used up the attempts of this address: one more every six seconds.
  }).toPass({ intervals: [7000] });
  await page.getByLabel("Access token").fill(demo.token);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/failures$/);
  await expect(page.getByRole("heading", { name: "Failures" })).toBeVisible();
});

flow("logs in by the demo's link and logs out", async ({ page, demo }) => {
  await page.goto(demo.login);
  await expect(page.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
  await expect(page).toHaveURL(/\/$/);
  expect(await page.evaluate(() => window.location.hash)).toBe("");
  await page.getByRole("button", { name: "More actions" }).click();
  await page.getByRole("menuitem", { name: "Log out" }).click();
  await expect(page).toHaveURL(/\/login$/);
  await page.goto("/");
  await expect(page).toHaveURL(/\/login/);
});

test("hides the session cookie from scripts", async ({ visitor }) => {
  const session = (await visitor.context().cookies()).find(({ name }) => name.includes("session"));
  expect(session).toMatchObject({ httpOnly: true, sameSite: "Strict" });
});

test("sends security headers with a new nonce per page", async ({ request }) => {
  const [first, second] = [await request.get("/login"), await request.get("/login")];
  const policy = first.headers()["content-security-policy"] ?? "";
  expect(policy).not.toBe(second.headers()["content-security-policy"]);
  expect(policy).toMatch(/script-src 'self' 'nonce-[\w+/=]{20,}' 'strict-dynamic';/);
  expect(policy).not.toContain("unsafe");
  expect(first.headers()).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
  });
  const nonce = /'nonce-([^']+)'/.exec(policy)?.[1] ?? "";
  const scripts = (await first.text()).match(/<script\b[^>]*>/g) ?? [];
  expect(scripts.length).toBeGreaterThan(0);
  for (const script of scripts) expect(script).toContain(`nonce="${nonce}"`);
});

test("shows signed pictures without a login, on pages of other sites too", async ({ visitor, request }) => {
  let url = "";
  // The demo may still be making its first thumbnails.
  await expect
    .poll(async () => {
      const answer = await visitor.request.get("/api/thumbnails?limit=1");
      const { items } = (await answer.json()) as { items: { stable_url: string }[] };
      return (url = items[0]?.stable_url ?? "");
    })
    .not.toBe("");
  const redirect = await request.get(url, { maxRedirects: 0 });
  expect(redirect.status()).toBe(302);
  // One value each: the headers of the dashboard's own pages would forbid it.
  expect(redirect.headers()).toMatchObject({
    "cache-control": "public, max-age=300",
    "cross-origin-resource-policy": "cross-origin",
  });
  expect((await request.get(url)).headers()["content-type"]).toBe("image/jpeg");
  expect((await request.get(url.replace("?s=", "?s=x"))).status()).toBe(403);
});

flow("lets a viewer read everything and change nothing", async ({ page, demo }) => {
  const file = demo.endpoints.token_file;
  const before = readFileSync(file, "utf8");
  const viewer = "token-of-a-viewer-0123456789";
  try {
    await demo.rotate(JSON.stringify({ operator: [before.trim()], viewer: [viewer] }), viewer);
    await page.goto("/login");
    await page.getByLabel("Access token").fill(viewer);
    await page.getByRole("button", { name: "Log in" }).click();
    await expect(page.getByRole("status", { name: "Connection" })).toHaveText("LIVE");
    await expect(page.getByRole("region", { name: "Pods" })).toContainText("worker-1");
    for (const name of ["Upload", "Test pipeline"]) await expect(page.getByRole("button", { name })).toHaveCount(0);
    await page.getByRole("button", { name: "More actions" }).click();
    await expect(page.getByRole("menuitem", { name: "Log out" })).toBeVisible();
    await expect(page.getByRole("menuitem", { name: "Purge" })).toHaveCount(0);
    const status = await page.evaluate(async () => (await fetch("/api/purge", { method: "DELETE" })).status);
    expect(status).toBe(403);
  } finally {
    writeFileSync(file, before);
  }
});
