import { afterEach, expect, it, vi } from "vitest";
import { listSettings } from "./settings";

afterEach(() => vi.unstubAllEnvs());

function find(name: string) {
  return listSettings().find((setting) => setting.name === name);
}

it("lists values of the environment with their defaults", () => {
  vi.stubEnv("STORAGE_ORIGIN", "https://films.example");
  vi.stubEnv("API_BASE_URL", undefined);
  expect(find("STORAGE_ORIGIN")).toMatchObject({ value: "https://films.example", source: "environment", default: "" });
  expect(find("API_BASE_URL")).toMatchObject({ value: "http://thumbnail-api:8000", source: "default" });
});

it("shows no password of an address", () => {
  vi.stubEnv("API_BASE_URL", "http://user:secret@api:8000");
  expect(find("API_BASE_URL")?.value).toBe("http://***@api:8000");
});
