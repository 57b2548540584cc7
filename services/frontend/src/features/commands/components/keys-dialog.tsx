"use client";

import { Fragment, useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { text } from "@/text";
import { KEY_LIST } from "@/text/keys";
import { hasSingleKeys, setSingleKeys } from "../store";

/** All keys of the dashboard. */
export function KeysDialog({ onClose }: { onClose: () => void }) {
  const [isOn, setOn] = useState(hasSingleKeys);
  return (
    <Dialog title={text.commands.keys} isOpen onClose={onClose}>
      <dl className="grid grid-cols-[auto_1fr] items-center gap-x-6 gap-y-2">
        {KEY_LIST.map(([keys, meaning]) => (
          <Fragment key={meaning}>
            <dt className="flex gap-1">
              {keys.map((key) => (
                <kbd
                  key={key}
                  className="min-w-7 rounded border border-line-strong bg-raised px-1.5 py-0.5 text-center text-xs"
                >
                  {key}
                </kbd>
              ))}
            </dt>
            <dd>{meaning}</dd>
          </Fragment>
        ))}
      </dl>
      <label className="mt-5 flex items-center gap-2.5 border-t border-line pt-4">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => {
            setSingleKeys(event.target.checked);
            setOn(event.target.checked);
          }}
          className="size-4 accent-accent"
        />
        {text.commands.singleKeys}
      </label>
    </Dialog>
  );
}
