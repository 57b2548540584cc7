"use client";

import { Upload as UploadIcon } from "lucide-react";
import { useId, useRef } from "react";
import { BUTTON_SHAPE, Button } from "@/components/ui/button";
import { useConfig, useIsOperator } from "@/features/session/session";
import { text } from "@/text";
import { uploadLimits } from "../validate-file";
import { addFiles } from "../store";

/** Return the file picker of the page, null for viewers. */
export function uploadInput(): HTMLElement | null {
  return document.querySelector<HTMLElement>("[data-upload-input]");
}

/** Button that opens the file picker. Only operators see it. */
export function UploadButton({
  isPrimary = true,
  label = text.uploads.button,
}: {
  isPrimary?: boolean;
  label?: string;
}) {
  const input = useRef<HTMLInputElement>(null);
  const id = useId();
  const config = useConfig();
  const isOperator = useIsOperator();
  // Keep the place until the role is known: most users are operators.
  if (!config) return <span className={`${BUTTON_SHAPE} invisible`}>{label}</span>;
  if (!isOperator) return null;
  const limits = uploadLimits(config);
  return (
    <>
      <input
        ref={input}
        id={id}
        type="file"
        multiple
        hidden
        data-upload-input
        accept={limits.extensions.join(",")}
        aria-label={text.uploads.choose}
        onChange={(event) => {
          addFiles(event.target.files ?? [], limits);
          event.target.value = "";
        }}
      />
      <Button
        kind={isPrimary ? "primary" : "plain"}
        title={text.uploads.kinds(limits.extensions)}
        icon={<UploadIcon size={16} aria-hidden />}
        onClick={() => input.current?.click()}
      >
        {label}
      </Button>
    </>
  );
}
