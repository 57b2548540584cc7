"use client";

import { FlaskConical } from "lucide-react";
import { Button } from "@/components/ui/button";
import { useConfig, useIsOperator } from "@/features/session/session";
import { text } from "@/text";
import { openTest } from "./run";

/** Button for operators of a pipeline that has test videos. A compact one shows only its icon on a phone. */
export function TestButton({ isCompact = false }: { isCompact?: boolean }) {
  const isOperator = useIsOperator();
  const config = useConfig();
  // Keep the place until the role is known: most users are operators.
  if (!config)
    return (
      <Button className="invisible" icon={<FlaskConical size={16} aria-hidden />}>
        <span className={isCompact ? "max-sm:sr-only" : ""}>{text.test.button}</span>
      </Button>
    );
  if (!isOperator) return null;
  const canTest = config?.can_test ?? true;
  return (
    <Button
      icon={<FlaskConical size={16} aria-hidden />}
      aria-disabled={!canTest}
      title={canTest ? undefined : text.test.unavailable}
      onClick={() => canTest && openTest()}
    >
      <span className={isCompact ? "max-sm:sr-only" : ""}>{text.test.button}</span>
    </Button>
  );
}
