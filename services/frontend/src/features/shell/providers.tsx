"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { Toasts } from "@/components/ui/toasts";
import { Problem } from "@/lib/api/problem";

const MAX_ATTEMPTS = 3;

export function Providers({ children }: { children: ReactNode }) {
  const [client] = useState(
    () =>
      new QueryClient({
        defaultOptions: {
          queries: {
            staleTime: 5_000,
            // Do not repeat a request that the api has refused; repeat one that failed for another reason.
            retry: (failures, error) => failures < MAX_ATTEMPTS && (!(error instanceof Problem) || error.isRetryable),
            refetchOnWindowFocus: true,
          },
        },
      }),
  );
  return (
    <QueryClientProvider client={client}>
      {children}
      <Toasts />
    </QueryClientProvider>
  );
}
