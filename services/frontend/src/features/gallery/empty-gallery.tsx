"use client";

import { Empty } from "@/components/ui/states";
import { TestButton } from "@/features/pipeline-test/test-button";
import { useIsOperator } from "@/features/session/session";
import { UploadButton } from "@/features/uploads/components/upload-button";
import { text } from "@/text";

/** Empty gallery with instructions for the first video. */
export function EmptyGallery() {
  const isOperator = useIsOperator();
  return (
    <Empty
      title={text.gallery.emptyTitle}
      actions={
        isOperator ? (
          <>
            <UploadButton label={text.uploads.choose} />
            <TestButton />
          </>
        ) : null
      }
    >
      {isOperator ? text.gallery.empty : text.gallery.emptyViewer}
    </Empty>
  );
}
