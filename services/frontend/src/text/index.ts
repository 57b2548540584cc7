/** Every word that people read, in one place. English only; another language is another object of this shape. */

import { actions } from "./actions";
import { board } from "./board";
import { shell } from "./shell";
import { videos } from "./videos";

export const text = { ...shell, ...board, ...videos, ...actions } as const;
