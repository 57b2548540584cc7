"use client";

import { PodsCard } from "@/features/pods/pods-card";
import { QueueCard } from "@/features/queue/queue-card";
import { SceneCard } from "@/features/scene/components/scene-card";
import { text } from "@/text";
import { Figures } from "./figures";
import { LatestCard } from "./latest-card";
import { PerformanceCard } from "./performance-card";

export function OverviewPage() {
  return (
    <div className="grid gap-4 lg:grid-cols-12">
      <h1 className="sr-only">{text.overview.title}</h1>
      <Figures />
      <SceneCard className="lg:col-span-8" />
      <PerformanceCard className="lg:col-span-4" />
      <QueueCard className="lg:col-span-8" />
      <PodsCard className="lg:col-span-4" />
      <LatestCard className="lg:col-span-12" />
    </div>
  );
}
