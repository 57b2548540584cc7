/** For probes: this server answers. Whether the api does is the api's own probe to say. */
export const dynamic = "force-dynamic";

export function GET(): Response {
  return Response.json({ status: "ok" });
}
