"use client";

import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { asProblem } from "@/lib/api/problem";
import { text } from "@/text/pages/video";
import { useDelete } from "../api/deletion";
import { nameOf } from "../names";

interface DeleteDialogProps {
  videoKey: string;
  onClose: () => void;
  onDeleted: () => void;
}

/** Question before one video is deleted. */
export function DeleteDialog({ videoKey, onClose, onDeleted }: DeleteDialogProps) {
  const [withUpload, setWithUpload] = useState(false);
  const deletion = useDelete(videoKey);
  return (
    <Dialog title={text.video.deleteTitle} isOpen onClose={onClose}>
      <p className="[overflow-wrap:anywhere]">{text.video.deleteQuestion(nameOf(videoKey), withUpload)}</p>
      <label className="mt-3 flex items-center gap-2.5">
        <input
          type="checkbox"
          checked={withUpload}
          onChange={(event) => setWithUpload(event.target.checked)}
          className="size-4 accent-accent"
        />
        {text.video.deleteUploadToo}
      </label>
      {deletion.error ? (
        <p role="alert" className="mt-3 text-bad">
          {asProblem(deletion.error).message}
        </p>
      ) : null}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={onClose}>{text.common.cancel}</Button>
        <Button
          kind="danger"
          disabled={deletion.isPending}
          onClick={() => deletion.mutate(withUpload, { onSuccess: onDeleted })}
        >
          {deletion.isPending ? text.video.deleting : text.video.delete}
        </Button>
      </div>
    </Dialog>
  );
}
