/** Failed request, as the api describes it: https://www.rfc-editor.org/rfc/rfc9457 */

import { text } from "@/text";

export class Problem extends Error {
  constructor(
    readonly title: string,
    readonly detail: string,
    /** The HTTP status; 0 if there was no answer. */
    readonly status: number,
    readonly retryAfterS: number | null = null,
  ) {
    super(detail || title);
    this.name = "Problem";
  }

  get isRetryable(): boolean {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

export async function problemOf(response: Response): Promise<Problem> {
  const retryAfter = Number(response.headers.get("retry-after"));
  const body: unknown = await response.json().catch(() => null);
  const field = (name: string, otherwise: string) => {
    const value = typeof body === "object" && body !== null ? (body as Record<string, unknown>)[name] : undefined;
    return typeof value === "string" && value ? value : otherwise;
  };
  return new Problem(
    field("title", text.problems.failed(response.status)),
    field("detail", ""),
    response.status,
    Number.isFinite(retryAfter) && retryAfter > 0 ? retryAfter : null,
  );
}

/** Convert anything thrown to a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(text.problems.noAnswer, text.problems.noAnswerDetail, 0);
}
