"use client";

import { useEffect, useState } from "react";
import { text } from "@/text";
import { endedBatch } from "./batch";
import { uploads } from "./store";

const WANTED = "notify-uploads";

/** Notify the user when a batch of uploads ends while another tab or window is in front, if the user has asked. */
export function useBatchNotification() {
  const [isOn, setOn] = useState(() => canNotify() && window.localStorage.getItem(WANTED) === "on" && isAllowed());
  useEffect(() => {
    if (!isOn) return;
    return uploads.subscribe((now, before) => {
      const batch = document.hidden ? endedBatch(before.all, now.all) : null;
      if (batch) notify(text.uploads.batchEnded, text.uploads.batch(batch.ended, batch.failed));
    });
  }, [isOn]);

  async function toggle() {
    const next = !isOn && (isAllowed() || (await Notification.requestPermission()) === "granted");
    if (next) window.localStorage.setItem(WANTED, "on");
    else window.localStorage.removeItem(WANTED);
    setOn(next);
  }
  return { isOn, toggle: canNotify() ? toggle : null };
}

function canNotify(): boolean {
  return "Notification" in window && Notification.permission !== "denied";
}

function isAllowed(): boolean {
  return Notification.permission === "granted";
}

function notify(title: string, body: string): void {
  try {
    const shown = new Notification(title, { body, icon: "/icon.svg" });
    shown.onclick = () => {
      window.focus();
      shown.close();
    };
  } catch {
    // Some phones have notifications for service workers only.
  }
}
