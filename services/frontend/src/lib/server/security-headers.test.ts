import { expect, it } from "vitest";
import { contentSecurityPolicy } from "./security-headers";

const options = { nonce: "abc", storageOrigin: "https://bucket.s3.eu-west-1.amazonaws.com", isDevelopment: false };

it("allows only nonce scripts and the bucket's pictures", () => {
  const policy = contentSecurityPolicy(options);
  expect(policy).toContain("script-src 'self' 'nonce-abc' 'strict-dynamic';");
  expect(policy).toContain(`img-src 'self' data: blob: ${options.storageOrigin};`);
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toContain("unsafe");
});

it("allows evaluation in the development server only", () => {
  expect(contentSecurityPolicy({ ...options, isDevelopment: true })).toContain("'unsafe-eval'");
});
