"use client";

import { Suspense } from "react";
import { PodsCard } from "@/features/pods/pods-card";
import { QueueCard } from "@/features/queue/queue-card";
import { SceneCard } from "@/features/scene/components/scene-card";
import { text } from "@/text";
import { Figures } from "./figures";
import { LatestCard } from "./latest-card";
import { PerformanceCard } from "./performance-card";

/** Each card starts in a task of its own: together they would block the browser. */
export function OverviewPage() {
  return (
    <div className="grid gap-4 lg:grid-cols-12">
      <h1 className="sr-only">{text.overview.title}</h1>
      <Suspense>
        <Figures />
      </Suspense>
      <Suspense>
        <SceneCard className="lg:col-span-8" />
      </Suspense>
      <Suspense>
        <PerformanceCard className="lg:col-span-4" />
      </Suspense>
      <Suspense>
        <QueueCard className="lg:col-span-8" />
      </Suspense>
      <Suspense>
        <PodsCard className="lg:col-span-4" />
      </Suspense>
      <Suspense>
        <LatestCard className="lg:col-span-12" />
      </Suspense>
    </div>
  );
}
