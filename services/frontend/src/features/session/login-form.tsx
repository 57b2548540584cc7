"use client";

import { useRouter, useSearchParams } from "next/navigation";
import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useCallback, useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { Field } from "@/components/ui/field";
import { call } from "@/lib/api/call";
import { asProblem, type Problem } from "@/lib/api/problem";
import { retryNow, retryTransient } from "@/lib/retry";
import { text } from "@/text";
import { safeReturnPath } from "./safe-return";

/** Login form: takes the token from the user or from the demo's link, and returns to the requested page. */
export function LoginForm() {
  const router = useRouter();
  const client = useQueryClient();
  const search = useSearchParams();
  const [token, setToken] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const hasTriedLink = useRef(false);
  const next = safeReturnPath(search.get("next"));

  const login = useCallback(
    async (given: string, isLink = false) => {
      setBusy(true);
      setError(null);
      try {
        const ask = () => call("post", "/api/session", { body: { token: given } });
        // The user may follow the link before the api has started.
        await (isLink ? retryTransient(ask, { signal: new AbortController().signal }) : ask());
        client.clear();
        retryNow();
        // The router would keep the link's address with its token, and return to it after a logout.
        if (isLink) window.location.replace(new URL(next, window.location.origin));
        else router.replace(next);
      } catch (failure) {
        setError(errorMessage(asProblem(failure)));
        setBusy(false);
      }
    },
    [client, next, router],
  );

  useEffect(() => {
    if (hasTriedLink.current) return;
    hasTriedLink.current = true;
    // The token is after the #, so that no server and no log sees it.
    const linked = new URLSearchParams(window.location.hash.slice(1)).get("token");
    if (!linked) return;
    window.history.replaceState(null, "", window.location.pathname + window.location.search);
    queueMicrotask(() => void login(linked, true));
  }, [login]);

  function submit(event: FormEvent) {
    event.preventDefault();
    const given = token.trim();
    if (given) void login(given);
    else setError(text.session.missing);
  }

  return (
    <form onSubmit={submit} noValidate className="flex flex-col gap-4">
      <p className="text-muted">{search.get("expired") ? text.session.expired : text.session.intro}</p>
      <Field
        label={text.session.token}
        type="password"
        name="token"
        autoComplete="current-password"
        autoFocus
        spellCheck={false}
        value={token}
        error={error}
        onChange={(event) => setToken(event.target.value)}
      />
      <Button kind="primary" type="submit" disabled={isBusy}>
        {isBusy ? text.session.busy : text.session.submit}
      </Button>
      <p className="text-xs text-muted">{text.session.help}</p>
    </form>
  );
}

function errorMessage(problem: Problem): string {
  if (problem.status === 401 || problem.status === 403) return text.session.wrong;
  if (problem.status === 429) return text.session.tooMany(problem.retryAfterS);
  return problem.detail ? `${problem.title}. ${problem.detail}` : problem.title;
}
