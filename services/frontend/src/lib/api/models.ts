/** Short names of the api's models. Their definitions are generated: see schema.ts. */

import type { Schemas } from "./call";

export type Config = Schemas["Config"];
export type DeadLetter = Schemas["DeadLetter"];
export type JobProgress = Schemas["JobProgress"];
export type Metrics = Schemas["Metrics"];
export type Pod = Schemas["Pod"];
export type Processing = Schemas["Processing"];
export type PurgePreview = Schemas["PurgePreview"];
export type PurgeProgress = Schemas["PurgeProgress"];
export type State = Schemas["State"];
export type Thumbnail = Schemas["Thumbnail"];
export type Video = Schemas["Video"];
export type VideoSummary = Schemas["VideoSummary"];
export type VideoDetails = Schemas["VideoDetails"];
