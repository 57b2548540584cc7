"use client";

import { useStore } from "zustand";
import { type Upload, uploads } from "./store";

export function useUploads<Result>(select: (all: readonly Upload[]) => Result): Result {
  return useStore(uploads, (state) => select(state.all));
}
