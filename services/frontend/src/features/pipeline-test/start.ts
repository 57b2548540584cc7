import { call } from "@/lib/api/call";

/** Copies the test videos into the bucket; the keys of the copies. */
export async function startTest(): Promise<readonly string[]> {
  return (await call("post", "/api/test")).keys;
}
