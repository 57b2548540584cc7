/** Settings of the server, read from the environment at each request: one image serves every instance. */

import type { Schemas } from "@/lib/api/call";
import definitions from "./settings.json";

type SettingValue = Schemas["SettingValue"];

const PASSWORD = /(?<=:\/\/)[^/@\s]+(?=@)/g;

/** Return every setting of this server with the value in force, without passwords in addresses. */
export function listSettings(): SettingValue[] {
  return (definitions as SettingValue[]).map((setting) => {
    const value = process.env[setting.name];
    return value === undefined ? setting : { ...setting, value: value.replace(PASSWORD, "***"), source: "environment" };
  });
}

const DEFAULT_API_BASE_URL = "http://thumbnail-api:8000";

export function apiBaseUrl(): string {
  return (process.env.API_BASE_URL || DEFAULT_API_BASE_URL).replace(/\/+$/, "");
}

/** Address of the frames service, empty if there is none or if a load balancer routes /f to it. */
export function framesBaseUrl(): string {
  return (process.env.FRAMES_BASE_URL ?? "").replace(/\/+$/, "");
}

/** Origins of presigned URLs, separated by spaces: the bucket's own. Without them no thumbnail loads. */
export function storageOrigin(): string {
  return process.env.STORAGE_ORIGIN ?? "";
}
