/** All interface texts, in English. A translation would be another object of this type. */

import { actions } from "./actions";
import { board } from "./board";
import { shell } from "./shell";
import { videos } from "./videos";

export const text = { ...shell, ...board, ...videos, ...actions } as const;
