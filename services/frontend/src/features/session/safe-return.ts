/** Return the page to open after the login: a page of this dashboard, whatever the address says. */
export function safeReturnPath(next: string | null): string {
  if (!next?.startsWith("/") || next.startsWith("//") || next.includes("\\")) return "/";
  const url = new URL(next, "http://dashboard.invalid");
  const isOurs = url.host === "dashboard.invalid" && url.pathname !== "/login" && !url.pathname.startsWith("/api/");
  return isOurs ? url.pathname + url.search : "/";
}
